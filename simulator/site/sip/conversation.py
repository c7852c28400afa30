"""The sound of one call of a phone: what was agreed, what it sends, what it hears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.face.sip.description import agreed_media
from simulator.wire.sip.agreement import AudioSettings, LocalMedia
from simulator.wire.sip.offer_answer import Negotiation
from simulator.wire.sip.sdp import Direction, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.chance import Stream as Chance
    from simulator.net.media.session import MediaSession
    from simulator.wire.rtp.fault import RtpFault
    from simulator.wire.rtp.negotiated import Source

LISTENED = 0.5
"""Seconds of the last sound in which tones are looked for."""
_FAINT, _BESIDE = -60.0, 30.0
"""dBFS under which there is no tone, and decibels under the loudest one under which it counts for nothing."""
_NTP_SECONDS = 32


class Conversation:
    """Made when a call begins, ended with it. Raises NotAcceptable and MalformedMessage for descriptions that do not do."""

    def __init__(
        self, media: MediaSession, settings: AudioSettings, chance: Chance, source: Source | None
    ) -> None:
        self._media = media
        self._source = source
        self._begun = False
        local = LocalMedia(
            media.address, media.port, chance.getrandbits(_NTP_SECONDS), media.ssrc, media.cname, media.rtcp_port
        )
        self._negotiation = Negotiation(settings, local, chance.randbytes)

    # Descriptions

    def offer(self, direction: Direction | None = None) -> bytes:
        """What we offer, from now on in this direction if one is named."""
        if direction is not None:
            self._negotiation.wanted = direction
        return self._negotiation.offer().encode()

    def answer(self, offer: bytes) -> bytes:
        """Our answer to an offer; the sound follows it."""
        written, _ = self._negotiation.answer(parse(offer))
        self._follow()
        return written.encode()

    def answered(self, answer: bytes) -> None:
        """The answer to our offer: the sound follows it."""
        self._negotiation.answered(parse(answer))
        self._follow()

    def _follow(self) -> None:
        agreed = self._negotiation.current
        if agreed is None:
            return
        if self._begun:
            self._media.update(agreed_media(agreed))
        else:
            self._begun = True
            self._media.start(agreed_media(agreed), self._source)

    # What is agreed

    @property
    def codec(self) -> str:
        """Name of the codec; empty before anything is agreed."""
        agreed = self._negotiation.current
        return "" if agreed is None else agreed.format.name

    @property
    def held(self) -> bool:
        """The other side does not want to hear us."""
        agreed = self._negotiation.current
        return agreed is not None and agreed.held

    @property
    def holding(self) -> bool:
        """We do not want to hear the other side."""
        return not self._negotiation.wanted.receives

    # Sound

    def speak(self, source: Source | None) -> None:
        """Send this from now on; None: silence."""
        self._source = source
        if self._begun:
            self._media.speak(source)

    def press(self, digit: str) -> None:
        """Send a keypress as RTP events. Raises FleetError where they were not agreed."""
        self._media.press(digit)

    def on_digit(self, listener: Callable[[str], None]) -> None:
        """Tell of each keypress that comes as RTP events."""
        self._media.on_digit(listener)

    def break_rule(self, fault: RtpFault) -> None:
        self._media.begin_fault(fault)

    def keep_rule(self, fault: RtpFault) -> None:
        self._media.end_fault(fault)

    def stop(self) -> None:
        """The call is over. What was heard stays."""
        self._media.stop()

    def packets(self) -> int:
        """RTP packets that came."""
        return self._media.statistics.received_packets if self._begun else 0

    def heard(self) -> dict[str, Any]:
        """Level and tones of the last moment, found only now."""
        if not self._begun:
            return {"level": None, "tones": []}
        from simulator.wire.sound.analysis import level, tones  # numpy is loaded by whoever listens

        end = self._media.heard.position
        samples = self._media.heard.samples(max(0.0, end - LISTENED), end)
        found = [peak for peak in tones(samples) if peak.level >= _FAINT]
        return {
            "level": round(level(samples), 1),
            "tones": [
                {"frequency": round(peak.frequency, 1), "level": round(peak.level, 1)}
                for peak in found
                if peak.level >= found[0].level - _BESIDE
            ],
        }
