"""BER as SNMP uses it (RFC 3417 section 8; SNMP sheet 2.2): definite lengths, written in their shortest form.

Readers take a place in a larger message and never look beyond its end. Names are kept as the bytes between tag and
length and the end, because an agent looks most of them up as they came.
"""

from __future__ import annotations

from functools import lru_cache

from simulator.errors import MalformedMessage

Oid = tuple[int, ...]
"""An object identifier: at most 128 sub-identifiers of at most 2^32-1 (RFC 2578 section 3.5)."""

LONGEST_OID = 128
_LARGEST_ARC = 0xFFFFFFFF
_REMEMBERED = 8192
"""Names kept decoded; a bound, as strangers choose them."""
_LONGEST_INTEGER = 8
_LONGEST_LENGTH = 8


def header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Tag, and where the content of the element at `at` begins and ends. Raises MalformedMessage."""
    if at + 2 > end:
        raise MalformedMessage("element without tag and length", offset=at)
    length, start = data[at + 1], at + 2
    if length < 0x80:
        stop = start + length
    else:
        length, start = _long_length(data, at, end)
        stop = start + length
    if stop > end:
        raise MalformedMessage("element longer than what holds it", offset=at)
    return data[at], start, stop


def _long_length(data: bytes, at: int, end: int) -> tuple[int, int]:
    octets = data[at + 1] & 0x7F
    start = at + 2 + octets
    if octets == 0:
        raise MalformedMessage("indefinite length", offset=at + 1)
    if octets > _LONGEST_LENGTH or start > end:
        raise MalformedMessage("length of the length", offset=at + 1)
    return int.from_bytes(data[at + 2 : start], "big"), start


def expect(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Where the content of an element begins and ends whose tag is due here. Raises MalformedMessage."""
    if at + 1 < end and data[at] == tag and data[at + 1] < 0x80:
        stop = at + 2 + data[at + 1]
        if stop <= end:
            return at + 2, stop
    found, start, stop = header(data, at, end)
    if found != tag:
        raise MalformedMessage(f"tag {found:#04x} where {tag:#04x} is due", offset=at)
    return start, stop


def integer(data: bytes, start: int, stop: int) -> int:
    """A signed integer, minimal or not. Raises MalformedMessage for an empty or very long one."""
    if not 0 < stop - start <= _LONGEST_INTEGER:
        raise MalformedMessage(f"integer of {stop - start} octets", offset=start)
    return int.from_bytes(data[start:stop], "big", signed=True)


def integer_at(data: bytes, at: int, end: int) -> tuple[int, int]:
    """An INTEGER element of 32 bits: its value and where the next element begins. Raises MalformedMessage."""
    if at + 2 < end and data[at] == 2 and data[at + 1] == 1:
        value = data[at + 2]
        return value - 256 if value > 127 else value, at + 3
    start, stop = expect(data, at, end, 2)
    value = integer(data, start, stop)
    if not -0x80000000 <= value <= 0x7FFFFFFF:
        raise MalformedMessage("integer beyond 32 bits", offset=start)
    return value, stop


@lru_cache(maxsize=_REMEMBERED)
def oid_of(content: bytes) -> Oid:
    """The name in the content of an OBJECT IDENTIFIER; none at all reads as 0.0 (sheet 2.4).

    Raises MalformedMessage for one that is unfinished, too long, or has a sub-identifier above 2^32-1.
    """
    if not content:
        return 0, 0
    if content[-1] & 0x80:
        raise MalformedMessage("object identifier that does not end")
    arcs: list[int] = []
    value = 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if value > _LARGEST_ARC + 80:
            raise MalformedMessage("sub-identifier beyond 32 bits")
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    arcs[:1] = [first, arcs[0] - 40 * first]
    if len(arcs) > LONGEST_OID or max(arcs) > _LARGEST_ARC:
        raise MalformedMessage("object identifier beyond its bounds")
    return tuple(arcs)


def length(octets: int) -> bytes:
    """The shortest form of a length."""
    if octets < 0x80:
        return bytes((octets,))
    if octets < 0x100:
        return bytes((0x81, octets))
    if octets < 0x10000:
        return bytes((0x82, octets >> 8, octets & 0xFF))
    body = octets.to_bytes((octets.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(body),)) + body


def element(tag: int, content: bytes) -> bytes:
    """Tag, length and content."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    if size < 0x100:
        return bytes((tag, 0x81, size)) + content
    if size < 0x10000:
        return bytes((tag, 0x82, size >> 8, size & 0xFF)) + content
    return bytes((tag,)) + length(size) + content


def integer_content(value: int) -> bytes:
    """Minimal two's complement; an unsigned value with its top bit set gets a leading zero by itself."""
    if 0 <= value < 0x80:
        return bytes((value,))
    bits = value.bit_length() if value >= 0 else (value + 1).bit_length()
    return value.to_bytes(bits // 8 + 1, "big", signed=True)


def integer_element(value: int) -> bytes:
    """An INTEGER with tag and length."""
    if 0 <= value < 0x80:
        return bytes((2, 1, value))
    content = integer_content(value)
    return bytes((2, len(content))) + content


def oid_content(oid: Oid) -> bytes:
    """The bytes of a name without tag and length; fewer than two arcs are filled up with zeros."""
    first, second, *rest = (*oid, 0, 0)[: max(2, len(oid))]
    content = bytearray()
    for arc in (40 * first + second, *rest):
        if arc < 0x80:
            content.append(arc)
        else:
            shifts = range((arc.bit_length() - 1) // 7 * 7, 0, -7)
            content += bytes(0x80 | arc >> shift & 0x7F for shift in shifts)
            content.append(arc & 0x7F)
    return bytes(content)


def oid_text(oid: Oid) -> str:
    """`1.3.6.1`"""
    return ".".join(map(str, oid))


def parse_oid(text: str) -> Oid:
    """The name in `1.3.6.1` or `.1.3.6.1`. Raises ValueError."""
    arcs = tuple(_arc(part) for part in text.removeprefix(".").split("."))
    if not 2 <= len(arcs) <= LONGEST_OID or arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39):
        raise ValueError(f"{text!r} is no object identifier")
    return arcs


def _arc(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 10 or int(text) > _LARGEST_ARC:
        raise ValueError(f"{text!r} is no sub-identifier")
    return int(text)
