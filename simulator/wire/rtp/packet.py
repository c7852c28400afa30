"""The RTP packet (RFC 3550 section 5.1): 12 fixed bytes, contributing sources, one extension, payload, padding."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from simulator.errors import MalformedMessage

FIXED = struct.Struct("!BBHII")
HEADER = FIXED.size
VERSION = 2
PLAIN = VERSION << 6
_PADDED, _EXTENDED, _CONTRIBUTORS = 0x20, 0x10, 0x0F
MARKED = 0x80
LARGEST = 65_507
"""Bytes of a UDP payload over IPv4."""


@dataclass(slots=True)
class Packet:
    """One packet. `payload` is without padding; `extension` is the profile's 16 bits and its words."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False
    contributors: tuple[int, ...] = ()
    extension: tuple[int, bytes] | None = None
    padding: int = 0
    """Bytes of padding on the wire, the count itself included; 0: none."""

    def encode(self) -> bytes:
        """As it goes over the wire. An extension must have a whole number of 32-bit words."""
        first = PLAIN | len(self.contributors)
        parts = [struct.pack(f"!{len(self.contributors)}I", *self.contributors)]
        if self.extension is not None:
            profile, words = self.extension
            first |= _EXTENDED
            parts += [struct.pack("!HH", profile, len(words) // 4), words]
        parts.append(self.payload)
        if self.padding:
            first |= _PADDED
            parts.append(bytes(self.padding - 1) + bytes((self.padding,)))
        return encode(
            self.payload_type, self.sequence, self.timestamp, self.ssrc, b"".join(parts), self.marker, first
        )


def encode(
    payload_type: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    marker: bool = False,
    first: int = PLAIN,
) -> bytes:
    """The short way for what a sender makes 50 times a second."""
    return FIXED.pack(first, payload_type | (MARKED if marker else 0), sequence, timestamp, ssrc) + payload


def parse(data: bytes) -> Packet:
    """Read one datagram. Raises MalformedMessage for another version and for lengths that do not fit."""
    if len(data) < HEADER:
        raise MalformedMessage(f"an RTP header has {HEADER} bytes", offset=len(data))
    first, second, sequence, timestamp, ssrc = FIXED.unpack_from(data)
    if first == PLAIN:
        return Packet(second & 0x7F, sequence, timestamp, ssrc, data[HEADER:], second >= MARKED)
    if first >> 6 != VERSION:
        raise MalformedMessage(f"RTP version {first >> 6}")
    contributors, start = _contributors(data, first & _CONTRIBUTORS)
    extension = None
    if first & _EXTENDED:
        extension, start = _extension(data, start)
    padding = _padding(data, start) if first & _PADDED else 0
    payload = data[start : len(data) - padding]
    marker = second >= MARKED
    return Packet(second & 0x7F, sequence, timestamp, ssrc, payload, marker, contributors, extension, padding)


def is_rtcp(data: bytes) -> bool:
    """True for RTCP on a port that carries both (RFC 5761 section 4): packet types 192 to 223."""
    return len(data) >= 2 and 192 <= data[1] <= 223


def _contributors(data: bytes, count: int) -> tuple[tuple[int, ...], int]:
    end = HEADER + 4 * count
    if end > len(data):
        raise MalformedMessage(f"{count} contributing sources announced", offset=len(data))
    return struct.unpack_from(f"!{count}I", data, HEADER), end


def _extension(data: bytes, start: int) -> tuple[tuple[int, bytes], int]:
    if start + 4 > len(data):
        raise MalformedMessage("no room for the extension's header", offset=start)
    profile, words = struct.unpack_from("!HH", data, start)
    end = start + 4 + 4 * words
    if end > len(data):
        raise MalformedMessage(f"an extension of {words} words announced", offset=start)
    return (profile, data[start + 4 : end]), end


def _padding(data: bytes, start: int) -> int:
    padding = data[-1]
    if not padding or padding > len(data) - start:
        raise MalformedMessage(f"{padding} bytes of padding announced", offset=len(data) - 1)
    return padding
