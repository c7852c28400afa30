"""Session descriptions (RFC 8866, sheet sip-rtp 12), read leniently and written as pjmedia orders them.

Lines that no speaker needs (information, e-mail, time zones, keys) are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from simulator.errors import MalformedMessage
from simulator.wire.sip.audio_format import STATIC, AudioFormat, parse_rtpmap
from simulator.wire.sip.message import encoded

if TYPE_CHECKING:
    from collections.abc import Iterable

MEDIA_TYPE = "application/sdp"
LARGEST = 65_536
"""Bytes of a description; no call needs a tenth of it."""
MOST_MEDIA = 64

Attributes = list[tuple[str, str | None]]
"""`a=` lines in order, name and value; None for one that is a mere flag."""


class Direction(StrEnum):
    """Who sends, seen by the one who says so."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @classmethod
    def of(cls, *, sends: bool, receives: bool) -> Direction:
        if sends:
            return cls.SENDRECV if receives else cls.SENDONLY
        return cls.RECVONLY if receives else cls.INACTIVE

    @property
    def sends(self) -> bool:
        return self in {Direction.SENDRECV, Direction.SENDONLY}

    @property
    def receives(self) -> bool:
        return self in {Direction.SENDRECV, Direction.RECVONLY}

    def reversed(self) -> Direction:
        """The same, seen by the other side."""
        return Direction.of(sends=self.receives, receives=self.sends)

    def narrowed(self, limit: Direction) -> Direction:
        """Only what both allow."""
        return Direction.of(sends=self.sends and limit.sends, receives=self.receives and limit.receives)


class Origin(NamedTuple):
    """The `o=` line. Numbers are kept as text: they may be longer than any integer type."""

    username: str = "-"
    id: str = "0"
    version: str = "0"
    address: str = "0.0.0.0"

    def __str__(self) -> str:
        return f"{self.username} {self.id} {self.version} IN {family(self.address)} {self.address}"


class OfferedFormat(NamedTuple):
    """An audio format of a media line with the payload type that stands for it there."""

    payload_type: int
    format: AudioFormat
    parameters: str = ""
    """What `a=fmtp` says."""


class Ice(NamedTuple):
    """ICE attributes as data (RFC 8839); candidates as written, to be read by whoever runs ICE."""

    username: str
    password: str
    candidates: tuple[str, ...] = ()
    options: str = ""
    lite: bool = False


@dataclass(slots=True)
class Media:
    """One `m=` line and what belongs to it."""

    kind: str
    port: int
    transport: str = "RTP/AVP"
    formats: list[str] = field(default_factory=list)
    address: str | None = None
    """Of its own `c=` line."""
    bandwidth: list[tuple[str, str]] = field(default_factory=list)
    attributes: Attributes = field(default_factory=list)

    def get(self, name: str) -> str | None:
        """The value of the first such attribute, empty for a flag; None where there is none."""
        return _get(self.attributes, name)

    def all(self, name: str) -> tuple[str, ...]:
        """The values of all such attributes."""
        return tuple(value or "" for n, value in self.attributes if n == name)

    def audio_formats(self) -> list[OfferedFormat]:
        """Payload types with a known meaning, in order: by rtpmap, else by the static table of RFC 3551."""
        maps = _by_payload_type(self.all("rtpmap"))
        parameters = _by_payload_type(self.all("fmtp"))
        found = []
        for text in self.formats:
            if not _is_number(text) or int(text) > 127:
                continue
            payload_type = int(text)
            audio = parse_rtpmap(maps.get(payload_type, "")) or STATIC.get(payload_type)
            if audio is not None:
                found.append(OfferedFormat(payload_type, audio, parameters.get(payload_type, "")))
        return found

    def __str__(self) -> str:
        lines = [f"m={self.kind} {self.port} {self.transport} {' '.join(self.formats)}"]
        if self.address is not None:
            lines.append(f"c=IN {family(self.address)} {self.address}")
        return _joined([*lines, *_tail_lines(self.bandwidth, self.attributes)])


@dataclass(slots=True)
class SessionDescription:
    """A whole description; `str` writes it, `parse` reads it."""

    origin: Origin = field(default_factory=Origin)
    name: str = "-"
    address: str | None = None
    """Of the session's `c=` line."""
    bandwidth: list[tuple[str, str]] = field(default_factory=list)
    timing: str = "0 0"
    attributes: Attributes = field(default_factory=list)
    media: list[Media] = field(default_factory=list)

    def get(self, name: str) -> str | None:
        """The value of the session's first such attribute, empty for a flag; None where there is none."""
        return _get(self.attributes, name)

    def address_of(self, media: Media) -> str | None:
        """Where a medium wants its packets: its own address, else the session's."""
        return self.address if media.address is None else media.address

    def direction_of(self, media: Media) -> Direction:
        """What a medium, else the session, says; `sendrecv` where neither does (RFC 8866 section 6.7)."""
        for name, _ in (*media.attributes, *self.attributes):
            if name in _DIRECTIONS:
                return Direction(name)
        return Direction.SENDRECV

    def ice_of(self, media: Media) -> Ice | None:
        """The ICE attributes for a medium, or None where there is no candidate and no fragment."""
        username, password = (
            own if (own := media.get(name)) is not None else self.get(name) for name in ("ice-ufrag", "ice-pwd")
        )
        if username is None or password is None:
            return None
        options = media.get("ice-options") or self.get("ice-options") or ""
        return Ice(username, password, media.all("candidate"), options, self.get("ice-lite") is not None)

    def __str__(self) -> str:
        lines = ["v=0", f"o={self.origin}", f"s={self.name}"]
        if self.address is not None:
            lines.append(f"c=IN {family(self.address)} {self.address}")
        bandwidth = [f"b={kind}:{value}" for kind, value in self.bandwidth]
        lines += [*bandwidth, f"t={self.timing}", *_tail_lines((), self.attributes)]
        return _joined(lines) + "".join(map(str, self.media))

    def encode(self) -> bytes:
        """The body of a message."""
        return encoded(str(self))


_DIRECTIONS = frozenset(map(str, Direction))


def is_ice(attribute: str) -> bool:
    """Whether an attribute is of ICE: it stands in an answer only if one stood in the offer."""
    return attribute.startswith("ice-") or attribute in {"candidate", "end-of-candidates", "remote-candidates"}


def family(address: str) -> str:
    """IP4 or IP6, by the look of an address."""
    return "IP6" if ":" in address else "IP4"


def parse(data: bytes | str) -> SessionDescription:
    """A description out of the body of a message. Raises MalformedMessage.

    Taken too: line feeds alone, lines in any order, and no `o=`, `s=` or `t=` line at all.
    """
    if len(data) > LARGEST:
        raise MalformedMessage("description is too long", offset=LARGEST)
    text = data.decode("utf-8", "surrogateescape") if isinstance(data, bytes) else data
    description = SessionDescription()
    versions = 0
    for line in text.replace("\r", "\n").split("\n"):
        if not line.strip(" \t\0"):
            continue
        kind, equals, value = line[:1], line[1:2], line[2:].strip(" \t")
        if equals != "=" or not kind.isalpha():
            raise MalformedMessage("a line that is no description")
        if kind == "v":
            if value != "0":
                raise MalformedMessage("a description of another version")
            versions += 1
        elif kind == "m":
            if len(description.media) == MOST_MEDIA:
                raise MalformedMessage("too many media")
            description.media.append(_media(value))
        else:
            _take(description, kind, value)
    if versions != 1:
        raise MalformedMessage("a description without its version line")
    return description


def _take(description: SessionDescription, kind: str, value: str) -> None:
    """A line that belongs to the last medium, or to the session before the first."""
    part: SessionDescription | Media = description.media[-1] if description.media else description
    if kind == "a":
        name, colon, rest = value.partition(":")
        part.attributes.append((name.strip(" \t"), rest.strip(" \t") if colon else None))
    elif kind == "c":
        part.address = _address(value)
    elif kind == "b":
        name, _, rest = value.partition(":")
        part.bandwidth.append((name, rest))
    elif kind == "o":
        description.origin = _origin(value)
    elif kind == "s":
        description.name = value
    elif kind == "t" and not description.media:
        description.timing = value


def _origin(value: str) -> Origin:
    parts = value.split()
    if len(parts) != 6:
        raise MalformedMessage("an o= line without its six parts")
    return Origin(parts[0], parts[1], parts[2], parts[5])


def _address(value: str) -> str:
    """The address of a `c=` line; the TTL and count of a multicast one are cut off."""
    parts = value.split()
    if len(parts) != 3 or parts[0].upper() != "IN":
        raise MalformedMessage("a c= line without an address")
    return parts[2].partition("/")[0]


def _media(value: str) -> Media:
    parts = value.split()
    if len(parts) < 3:
        raise MalformedMessage("an m= line without port and transport")
    port = parts[1].partition("/")[0]
    if not _is_number(port) or int(port) > 65_535:
        raise MalformedMessage("an m= line with a port that is none")
    return Media(parts[0], int(port), parts[2], parts[3:])


def _is_number(text: str) -> bool:
    return 0 < len(text) <= 5 and text.isascii() and text.isdigit()


def _by_payload_type(values: Iterable[str]) -> dict[int, str]:
    """What `rtpmap` or `fmtp` lines say, by their payload type; the first one counts."""
    found: dict[int, str] = {}
    for value in values:
        number, _, rest = value.replace("\t", " ").partition(" ")
        if _is_number(number):
            found.setdefault(int(number), rest.strip(" "))
    return found


def _get(attributes: Attributes, name: str) -> str | None:
    return next((value or "" for n, value in attributes if n == name), None)


def _tail_lines(bandwidth: Iterable[tuple[str, str]], attributes: Attributes) -> list[str]:
    lines = [f"b={kind}:{value}" for kind, value in bandwidth]
    return lines + [f"a={name}" if value is None else f"a={name}:{value}" for name, value in attributes]


def _joined(lines: list[str]) -> str:
    return "".join([f"{line}\r\n" for line in lines])
