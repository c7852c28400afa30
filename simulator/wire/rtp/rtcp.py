"""RTCP: sender and receiver reports, source description, goodbye (RFC 3550 section 6)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from simulator.errors import MalformedMessage

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, GOODBYE, APPLICATION = 200, 201, 202, 203, 204
_HEADER = struct.Struct("!BBH")
_SENDER = struct.Struct("!IQIII")
_BLOCK = struct.Struct("!IB3sIIII")
_PLAIN = 0x80
_PADDED, _COUNT = 0x20, 0x1F
CNAME = 1
MOST_BLOCKS = 31
NTP_EPOCH = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""


@dataclass(frozen=True, slots=True)
class ReceptionBlock:
    """What a receiver says about one source."""

    ssrc: int
    fraction_lost: int
    """In 1/256 since the report before."""
    lost: int
    """Cumulative, 24 bits with sign."""
    highest: int
    """Extended highest sequence number."""
    jitter: int
    """Ticks of the RTP clock."""
    last_report: int = 0
    """Middle 32 bits of the NTP time of the last sender report; 0: none came."""
    delay: int = 0
    """Since that report, in 1/65536 s."""


@dataclass(frozen=True, slots=True)
class SenderInfo:
    """NTP time as 64 bits, the RTP timestamp of that instant, and what has been sent."""

    ntp: int
    timestamp: int
    packets: int
    octets: int


@dataclass(frozen=True, slots=True)
class Report:
    """SR where `sender` is given, RR otherwise."""

    ssrc: int
    blocks: tuple[ReceptionBlock, ...] = ()
    sender: SenderInfo | None = None

    def encode(self) -> bytes:
        body = struct.pack("!I", self.ssrc)
        if self.sender is not None:
            one = self.sender
            body = _SENDER.pack(self.ssrc, one.ntp, one.timestamp, one.packets, one.octets)
        body += b"".join(map(_encode_block, self.blocks))
        return _packet(SENDER_REPORT if self.sender else RECEIVER_REPORT, len(self.blocks), body)


@dataclass(frozen=True, slots=True)
class Description:
    """SDES: for each source its items, by number; 1 is the CNAME."""

    chunks: tuple[tuple[int, tuple[tuple[int, bytes], ...]], ...]

    @classmethod
    def of(cls, ssrc: int, cname: str) -> Description:
        """That of one source."""
        return cls(((ssrc, ((CNAME, cname.encode()),)),))

    def cname(self, ssrc: int) -> str | None:
        """The canonical name of a source."""
        for source, items in self.chunks:
            for kind, value in items:
                if source == ssrc and kind == CNAME:
                    return value.decode(errors="replace")
        return None

    def encode(self) -> bytes:
        body = b""
        for ssrc, items in self.chunks:
            chunk = struct.pack("!I", ssrc) + b"".join(bytes((k, len(v))) + v for k, v in items)
            body += chunk + bytes(4 - len(chunk) % 4)
        return _packet(SOURCE_DESCRIPTION, len(self.chunks), body)


@dataclass(frozen=True, slots=True)
class Goodbye:
    """BYE of one or more sources."""

    sources: tuple[int, ...]
    reason: bytes = b""

    def encode(self) -> bytes:
        body = struct.pack(f"!{len(self.sources)}I", *self.sources)
        if self.reason:
            text = bytes((len(self.reason),)) + self.reason
            body += text + bytes(-len(text) % 4)
        return _packet(GOODBYE, len(self.sources), body)


@dataclass(frozen=True, slots=True)
class Other:
    """APP, feedback and extended reports: kept as they came."""

    kind: int
    count: int
    body: bytes = field(repr=False)

    def encode(self) -> bytes:
        return _packet(self.kind, self.count, self.body)


Part = Report | Description | Goodbye | Other


def encode(parts: tuple[Part, ...]) -> bytes:
    """One compound packet. It must begin with a report and hold a CNAME (RFC 3550 section 6.1)."""
    return b"".join(part.encode() for part in parts)


def parse(data: bytes) -> tuple[Part, ...]:
    """Read one compound packet by the rules of RFC 3550 A.2. Raises MalformedMessage.

    One that begins without a report is read too: reduced size is common (RFC 5506).
    """
    if not data:
        raise MalformedMessage("an empty RTCP packet")
    parts, at = [], 0
    while at < len(data):
        part, at = _part(data, at)
        parts.append(part)
    return tuple(parts)


def ntp_time(unix: float) -> int:
    """Seconds since 1970 as the 64 bits of NTP."""
    return int((unix + NTP_EPOCH) * (1 << 32)) & 0xFFFF_FFFF_FFFF_FFFF


def middle(ntp: int) -> int:
    """The 32 bits of an NTP time that reports refer to."""
    return (ntp >> 16) & 0xFFFF_FFFF


def round_trip(block: ReceptionBlock, ntp: int) -> float | None:
    """Seconds to the peer and back, from a block about us that came at `ntp`; None where it cannot be told."""
    if not block.last_report:
        return None
    seconds = ((middle(ntp) - block.last_report - block.delay) & 0xFFFF_FFFF) / 65536
    return seconds if seconds < 32768 else None  # the peer's clock rounds: a hair below zero


def _part(data: bytes, at: int) -> tuple[Part, int]:
    if at + 4 > len(data):
        raise MalformedMessage("no room for an RTCP header", offset=at)
    first, kind, words = _HEADER.unpack_from(data, at)
    end = at + 4 + 4 * words
    if first >> 6 != 2:
        raise MalformedMessage(f"RTCP version {first >> 6}", offset=at)
    if end > len(data):
        raise MalformedMessage(f"{words} words announced", offset=at)
    stop = end
    if first & _PADDED:
        padding = data[end - 1] if words else 0
        if end != len(data) or not padding or padding % 4 or padding > 4 * words:
            raise MalformedMessage(f"{padding} bytes of padding", offset=end - 1)
        stop -= padding
    body = data[at + 4 : stop]
    try:
        return _read(kind, first & _COUNT, body), end
    except (struct.error, IndexError):
        raise MalformedMessage(f"RTCP packet of type {kind} is too short", offset=at) from None


def _read(kind: int, count: int, body: bytes) -> Part:
    if kind == SENDER_REPORT:
        ssrc, ntp, timestamp, packets, octets = _SENDER.unpack_from(body)
        return Report(ssrc, _blocks(body, _SENDER.size, count), SenderInfo(ntp, timestamp, packets, octets))
    if kind == RECEIVER_REPORT:
        (ssrc,) = struct.unpack_from("!I", body)
        return Report(ssrc, _blocks(body, 4, count))
    if kind == SOURCE_DESCRIPTION:
        return _description(body, count)
    if kind == GOODBYE:
        sources = struct.unpack_from(f"!{count}I", body)
        rest = body[4 * count :]
        if rest and rest[0] >= len(rest):
            raise IndexError
        return Goodbye(sources, rest[1 : 1 + rest[0]] if rest else b"")
    return Other(kind, count, body)


def _blocks(body: bytes, at: int, count: int) -> tuple[ReceptionBlock, ...]:
    blocks = []
    for number in range(count):
        ssrc, fraction, lost, *rest = _BLOCK.unpack_from(body, at + number * _BLOCK.size)
        blocks.append(ReceptionBlock(ssrc, fraction, int.from_bytes(lost, "big", signed=True), *rest))
    return tuple(blocks)


def _encode_block(block: ReceptionBlock) -> bytes:
    lost = max(-0x80_0000, min(block.lost, 0x7F_FFFF)).to_bytes(3, "big", signed=True)
    highest, jitter = block.highest & 0xFFFF_FFFF, min(block.jitter, 0xFFFF_FFFF)
    return _BLOCK.pack(block.ssrc, block.fraction_lost, lost, highest, jitter, block.last_report, block.delay)


def _description(body: bytes, count: int) -> Description:
    chunks, at = [], 0
    for _ in range(count):
        (ssrc,) = struct.unpack_from("!I", body, at)
        start, at, items = at, at + 4, []
        while body[at]:
            kind, length = body[at], body[at + 1]
            if at + 2 + length > len(body):
                raise IndexError
            items.append((kind, body[at + 2 : at + 2 + length]))
            at += 2 + length
        at += 4 - (at - start) % 4
        chunks.append((ssrc, tuple(items)))
    return Description(tuple(chunks))


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return _HEADER.pack(_PLAIN | count, kind, len(body) // 4) + body
