"""One call of the speaker while SIP carries it: the device's call, its session descriptions and its media."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from simulator.device.call import CallState
from simulator.face.sip.description import agreed_media, codec_name, described, local_media
from simulator.face.sip.ear import Ear
from simulator.journal import Kind
from simulator.wire.rtp.statistics import StreamStatistics
from simulator.wire.sip import sdp

if TYPE_CHECKING:
    from simulator.device.call import Call
    from simulator.device.device import Device
    from simulator.face.sip.way import Media
    from simulator.wire.rtp.negotiated import Source
    from simulator.wire.sip.agreement import Agreed
    from simulator.wire.sip.offer_answer import Negotiation

SOURCE = "SIP"
"""What a call is to the loudspeaker (audio sheet 9)."""
_COUNTED = tuple(field.name for field in fields(StreamStatistics))


class Conversation:
    """Made when a call comes in or goes out; `end` when it is over."""

    __slots__ = (
        "_device",
        "_playing",
        "_started",
        "answer",
        "call",
        "media",
        "negotiation",
        "number",
        "transport",
    )

    def __init__(
        self, device: Device, call: Call, media: Media, negotiation: Negotiation, transport: str, number: int
    ) -> None:
        self._device = device
        self.call = call
        self.media = media
        self.negotiation = negotiation
        self.number = number
        """Of the user agent."""
        self.transport = transport
        self.answer = b""
        """Our description for the 200 of an incoming call."""
        self._started = self._playing = False
        media.on_note(self._note)

    @property
    def agreed(self) -> Agreed | None:
        """What offer and answer have settled last."""
        return self.negotiation.current

    # Descriptions. What cannot be used raises MalformedMessage or NotAcceptable, both ClientViolation

    def offer(self) -> bytes:
        """Our full offer."""
        return self.negotiation.offer().encode()

    def answer_to(self, offer: bytes) -> bytes:
        """Our answer to an offer of the peer."""
        return described(self.negotiation, offer)

    def answered_with(self, answer: bytes) -> None:
        """The peer's answer to our offer."""
        self.negotiation.answered(sdp.parse(answer))

    def moved_to(self, media: Media) -> bytes:
        """The device has another address: other ports, and the offer that says so."""
        self._stop(self.media)
        self.media = media
        media.on_note(self._note)
        self.negotiation.local = local_media(media, self.negotiation.local.session_id)
        self._started = False
        return self.offer()

    # Media

    def follow(self) -> None:
        """Hear and speak as it is agreed now."""
        agreed = self.agreed
        if agreed is None:
            return
        if self._started:
            self.media.update(agreed_media(agreed))
        else:
            self._started = True
            self.media.start(agreed_media(agreed), self._microphone())
        self._note(
            "media", {"codec": codec_name(agreed), "direction": agreed.direction.value, "ptime": agreed.ptime}
        )
        self._play()

    def follow_if_up(self) -> None:
        """The same, unless the call is still to be answered, or is ending."""
        if self.call.state is CallState.ACTIVE:
            self.follow()

    def up(self) -> None:
        """The call is established: the media flow, and the device knows."""
        self.follow()
        self.call.answered("" if self.agreed is None else codec_name(self.agreed))

    def end(self) -> None:
        """The call is over: ports are free, and the journal holds what was counted."""
        self._stop(self.media)

    def _stop(self, media: Media) -> None:
        if self._playing and self._device.audio is not None:
            self._device.audio.end(SOURCE)
        self._playing = False
        media.stop()
        if self._started:
            counted = media.statistics
            self._note("media ended", {name: getattr(counted, name) for name in _COUNTED})

    def _play(self) -> None:
        """What comes in is heard, as long as it is to be."""
        audio, agreed = self._device.audio, self.agreed
        if audio is None or agreed is None:
            return
        hears = agreed.direction.receives
        if hears and not self._playing:
            audio.begin(SOURCE, self.media.heard)
        elif self._playing and not hears:
            audio.end(SOURCE)
        self._playing = hears

    def _microphone(self) -> Source | None:
        """What the device hears; None sends silence."""
        microphone = self._device.microphone
        return None if microphone is None else Ear(self._device, microphone)

    def _note(self, what: str, data: dict[str, object]) -> None:
        self._device.note(Kind.STATE, f"sip {what}", call=self.call.id, **data)
