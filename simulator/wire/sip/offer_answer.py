"""Which sound flows, in which format, where to and under which key: offer and answer (RFC 3264, sheet sip-rtp 12 and 15).

One `Negotiation` lives as long as its call. It answers offers and reads answers; what it refuses changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

from simulator.errors import ClientViolation
from simulator.wire.sip import crypto_line
from simulator.wire.sip.agreement import Agreed, AudioSettings, Encryption, LocalMedia
from simulator.wire.sip.audio_format import OPUS, AudioFormat, static_payload_type, telephone_event
from simulator.wire.sip.crypto_line import KEY_LENGTHS, Crypto
from simulator.wire.sip.parameter import quote
from simulator.wire.sip.sdp import (
    Attributes,
    Direction,
    Media,
    OfferedFormat,
    Origin,
    SessionDescription,
    family,
    is_ice,
)

if TYPE_CHECKING:
    from collections.abc import Callable

PTIMES = (10, 20, 30, 40, 60)
"""Packet lengths in milliseconds that we send when asked to."""
_FIRST_DYNAMIC = 96
_PLAIN = frozenset({"RTP/AVP", "RTP/AVPF"})
_SECURE = "RTP/SAVP"
_OFFERED_SUITES = dict(enumerate(KEY_LENGTHS, 1))
"""By their tags in our offers."""


class NotAcceptable(ClientViolation):
    """Nothing in an offer or answer can be used: 488 for an offer, ACK and BYE for an answer."""

    @property
    def warning(self) -> str:
        """The text for a Warning header, to stand behind `399 <host>`."""
        return quote(self.what)


@dataclass(slots=True)
class Negotiation:
    """Offers and answers of one call. `random_bytes` makes keys."""

    settings: AudioSettings
    local: LocalMedia
    random_bytes: Callable[[int], bytes]
    wanted: Direction = Direction.SENDRECV
    """What our side wants beside the settings: `sendonly` while it holds the other one."""
    current: Agreed | None = None
    """What was agreed last."""
    _written: SessionDescription | None = None
    _version: int = 0
    _keys: dict[str, bytes] = field(default_factory=dict)

    def offer(self) -> SessionDescription:
        """Our offer: all formats, in the direction that is wanted. Its version goes up when it differs from the last.

        Raises NotAcceptable where no format is configured.
        """
        if not self.settings.formats:
            raise NotAcceptable("no codec is configured")
        offered = _numbered(self.settings)
        secure = self.settings.encryption is Encryption.MANDATORY
        media = self._media(_SECURE if secure else "RTP/AVP", offered, self._direction())
        if self.settings.rtcp_mux:
            media.attributes.append(("rtcp-mux", None))
        if self.settings.encryption is not Encryption.NONE:
            for number, suite in _OFFERED_SUITES.items():
                media.attributes.append((crypto_line.ATTRIBUTE, str(Crypto(number, suite, self._key(suite)))))
        return self._write([media], first_version=self.local.session_id)

    def answered(self, answer: SessionDescription) -> Agreed:
        """What the answer to our last offer makes of it. Raises NotAcceptable (sheet 12.4)."""
        media = answer.media[0] if answer.media else None
        if media is None or media.port == 0:
            raise NotAcceptable("the other side refused the audio")
        theirs = [offered for offered in media.audio_formats() if not offered.format.is_event]
        usable = _usable(theirs, self.settings.formats)
        if not usable or usable[0] != theirs[0]:
            raise NotAcceptable("No suitable codec in remote answer")
        found = self._agreed(answer, media, theirs[0])
        if (
            found.remote_crypto is not None
            and _OFFERED_SUITES.get(found.remote_crypto.tag) != found.remote_crypto.suite
        ):
            raise NotAcceptable("the answer takes a key that was not offered")
        ours = [o for o in _numbered(self.settings) if any(o.format.is_same(other.format) for other in usable)]
        self.current = replace(found, receives={o.payload_type: o.format for o in (*ours, *usable)})
        return self.current

    def answer(self, offer: SessionDescription) -> tuple[SessionDescription, Agreed]:
        """Our answer to an offer, and what it agrees on. Raises NotAcceptable where nothing is left: 488 (sheet 12.3)."""
        reasons: list[str] = []
        for index, media in enumerate(offer.media):
            try:
                ours, found = self._accepted(offer, media)
            except NotAcceptable as error:
                if media.kind == "audio":
                    reasons.append(error.what)
                continue
            answers = [ours if i == index else _refused(other) for i, other in enumerate(offer.media)]
            written = self._write(answers, first_version=self.local.session_id + 1)
            self.current = found
            return written, found
        raise NotAcceptable(reasons[0] if reasons else "no audio in remote offer")

    def _accepted(self, offer: SessionDescription, media: Media) -> tuple[Media, Agreed]:
        if media.kind != "audio" or media.port == 0:
            raise NotAcceptable("no audio in remote offer")
        candidates = _usable(media.audio_formats(), self.settings.formats)
        if not candidates:
            raise NotAcceptable("No suitable codec for remote offer")
        found = self._agreed(offer, media, self._preferred(candidates))
        chosen = OfferedFormat(found.payload_type, found.format, found.parameters)
        events = [] if found.event_payload_type is None else [self._event(found)]
        ours = self._media(media.transport, [chosen, *events], found.direction)
        if found.ice is None:
            ours.attributes = [(name, value) for name, value in ours.attributes if not is_ice(name)]
        if found.rtcp_mux:
            ours.attributes.append(("rtcp-mux", None))
        if found.local_crypto is not None:
            ours.attributes.append((crypto_line.ATTRIBUTE, str(found.local_crypto)))
        return ours, found

    def _preferred(self, candidates: list[OfferedFormat]) -> OfferedFormat:
        if not self.settings.own_order:
            return candidates[0]
        return min(candidates, key=lambda offered: _rank(offered.format, self.settings.formats))

    def _agreed(self, description: SessionDescription, media: Media, chosen: OfferedFormat) -> Agreed:
        """What follows from one audio line of the other side and one of its formats. Raises NotAcceptable."""
        address = self._remote_address(description, media)
        theirs = description.direction_of(media)
        if ip_address(address).is_unspecified:  # hold as it was before RFC 3264
            theirs = theirs.narrowed(Direction.SENDONLY)
        mux = self.settings.rtcp_mux and media.get("rtcp-mux") is not None
        remote_crypto = self._crypto_of(media)
        return Agreed(
            address,
            media.port,
            media.port if mux else _rtcp_port(media),
            chosen.format,
            chosen.payload_type,
            {chosen.payload_type: chosen.format},
            theirs.reversed().narrowed(self._direction()),
            held=not theirs.receives,
            ptime=self._ptime(media),
            event_payload_type=self._event_payload_type(media, chosen.format.clock),
            parameters=chosen.parameters,
            rtcp_mux=mux,
            local_crypto=None if remote_crypto is None else self._counterpart(remote_crypto),
            remote_crypto=remote_crypto,
            ice=description.ice_of(media),
        )

    def _counterpart(self, crypto: Crypto) -> Crypto:
        """Our line for the suite and tag of theirs."""
        return Crypto(crypto.tag, crypto.suite, self._key(crypto.suite))

    def _remote_address(self, description: SessionDescription, media: Media) -> str:
        address = description.address_of(media)
        if address is None:
            raise NotAcceptable("no connection address")
        try:
            ip_address(address)
        except ValueError:
            raise NotAcceptable("the connection address is no IP address") from None
        if family(address) != family(self.local.address):
            raise NotAcceptable("the connection address is of another family")
        return address

    def _crypto_of(self, media: Media) -> Crypto | None:
        """The key that the other side sends under, None for none. Raises NotAcceptable where that does not fit."""
        policy = self.settings.encryption
        if media.transport.upper() not in _PLAIN | {_SECURE}:
            raise NotAcceptable(f"transport {media.transport[:40]} is not supported")
        secure = media.transport.upper() == _SECURE
        if policy is Encryption.NONE:
            if secure:
                raise NotAcceptable("encrypted media are switched off")
            return None
        crypto = crypto_line.choose(media.all(crypto_line.ATTRIBUTE))
        if crypto is None and (secure or policy is Encryption.MANDATORY):
            raise NotAcceptable("no suitable key for encrypted media")
        return crypto

    def _direction(self) -> Direction:
        return self.wanted.narrowed(self.settings.direction)

    def _ptime(self, media: Media) -> int:
        """The packet length that the other side wishes, cut to its maximum; ours where it wishes none that we send."""
        wished = _milliseconds(media.get("ptime"))
        longest = _milliseconds(media.get("maxptime")) or PTIMES[-1]
        length = wished if wished in PTIMES else self.settings.ptime
        return max((p for p in PTIMES if p <= min(length, longest)), default=PTIMES[0])

    def _event_payload_type(self, media: Media, clock: int) -> int | None:
        if self.settings.event_payload_type is None:
            return None
        event = telephone_event(clock)
        return next((o.payload_type for o in media.audio_formats() if o.format.is_same(event)), None)

    def _event(self, found: Agreed) -> OfferedFormat:
        assert found.event_payload_type is not None
        return OfferedFormat(
            found.event_payload_type, telephone_event(found.format.clock), self.settings.event_range
        )

    def _key(self, suite: str) -> bytes:
        """Our key for a suite: the same for the whole call, so that the packets' counters go on."""
        if suite not in self._keys:
            self._keys[suite] = self.random_bytes(KEY_LENGTHS[suite])
        return self._keys[suite]

    def _media(self, transport: str, offered: list[OfferedFormat], direction: Direction) -> Media:
        local = self.local
        attributes: Attributes = [
            ("rtcp", f"{local.rtcp_port or local.port + 1} IN {family(local.address)} {local.address}"),
            (str(direction), None),
        ]
        for payload_type, audio, parameters in offered:
            attributes.append(("rtpmap", f"{payload_type} {audio}"))
            if parameters := _our_parameters(audio, parameters):
                attributes.append(("fmtp", f"{payload_type} {parameters}"))
        if self.settings.ptime != 20:
            attributes.append(("ptime", str(self.settings.ptime)))
        if local.cname:
            attributes.append(("ssrc", f"{local.ssrc} cname:{local.cname}"))
        return Media(
            "audio",
            local.port,
            transport,
            [str(o.payload_type) for o in offered],
            local.address,
            [("TIAS", str(offered[0].format.bits_per_second))],
            [*attributes, *local.attributes],
        )

    def _write(self, media: list[Media], *, first_version: int) -> SessionDescription:
        """Our description; its version is one higher than that of the last one if anything else differs from it."""
        settings, local = self.settings, self.local
        description = SessionDescription(
            Origin(id=str(local.session_id), version=str(self._version), address=local.address),
            settings.session_name,
            bandwidth=[("AS", str(settings.bandwidth))],
            attributes=[] if settings.nat_type is None else [("X-nat", str(settings.nat_type))],
            media=media,
        )
        if self._written is None:
            self._version = first_version
        elif description != self._written:
            self._version += 1
        description.origin = description.origin._replace(version=str(self._version))
        self._written = description
        return description


def _numbered(settings: AudioSettings) -> list[OfferedFormat]:
    """Our formats with their payload types, and key presses on each of their clocks, the 8000 Hz one as configured."""
    taken = {settings.event_payload_type}
    free = iter([n for n in range(_FIRST_DYNAMIC, 128) if n not in taken])
    offered = []
    for audio in settings.formats:
        static = static_payload_type(audio)
        offered.append(OfferedFormat(next(free) if static is None else static, audio))
    if settings.event_payload_type is None:
        return offered
    clocks = sorted({audio.clock for audio in settings.formats}, key=lambda clock: (clock != 8000, clock))
    for index, clock in enumerate(clocks):
        number = settings.event_payload_type if index == 0 else next(free)
        offered.append(OfferedFormat(number, telephone_event(clock), settings.event_range))
    return offered


def _usable(offered: list[OfferedFormat], formats: tuple[AudioFormat, ...]) -> list[OfferedFormat]:
    return [o for o in offered if _rank(o.format, formats) < len(formats)]


def _rank(audio: AudioFormat, formats: tuple[AudioFormat, ...]) -> int:
    """The place of a format in a list; its length where it is not in it."""
    return next((index for index, other in enumerate(formats) if audio.is_same(other)), len(formats))


def _our_parameters(audio: AudioFormat, parameters: str) -> str:
    """What we say in `a=fmtp`: for opus as pjsip, for key presses their range, for others nothing."""
    if audio.is_event:
        return parameters
    return "useinbandfec=1" if audio.is_same(OPUS) else ""


def _refused(media: Media) -> Media:
    """The answer to a medium that we do not take: port 0, formats kept."""
    return Media(media.kind, 0, media.transport, media.formats[:])


def _rtcp_port(media: Media) -> int:
    """Where the other side takes RTCP: what `a=rtcp` says, else the next port."""
    port = (media.get("rtcp") or "").partition(" ")[0]
    if port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= 65_535:
        return int(port)
    return min(media.port + 1, 65_535)


def _milliseconds(text: str | None) -> int:
    """A packet length as attributes give it, 0 for none; fractions are cut off."""
    whole = (text or "").partition(".")[0]
    return int(whole) if whole.isascii() and whole.isdigit() and len(whole) <= 5 else 0
