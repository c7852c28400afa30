"""Values of managed objects: their types on the wire, and pairs of a name and a value (RFC 3416 section 3)."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from simulator.errors import MalformedMessage
from simulator.wire.snmp.ber import Oid, element, expect, header, integer_content, oid_content, oid_of

Plain = int | bytes | Oid | None
"""A value without its type: numbers, octets (an IpAddress has four), names, nothing."""


class Tag(IntEnum):
    """Types of values, and the three exceptions that stand in a value's place from v2c on."""

    INTEGER = 0x02
    OCTETS = 0x04
    NULL = 0x05
    OID = 0x06
    ADDRESS = 0x40
    COUNTER32 = 0x41
    GAUGE32 = 0x42
    TICKS = 0x43
    OPAQUE = 0x44
    COUNTER64 = 0x46
    NO_SUCH_OBJECT = 0x80
    NO_SUCH_INSTANCE = 0x81
    END_OF_VIEW = 0x82


EXCEPTIONS = frozenset({Tag.NO_SUCH_OBJECT, Tag.NO_SUCH_INSTANCE, Tag.END_OF_VIEW})
_NUMBERS = {
    Tag.INTEGER: (-0x80000000, 0x7FFFFFFF),
    Tag.COUNTER32: (0, 0xFFFFFFFF),
    Tag.GAUGE32: (0, 0xFFFFFFFF),
    Tag.TICKS: (0, 0xFFFFFFFF),
    Tag.COUNTER64: (0, 0xFFFFFFFFFFFFFFFF),
}
_EMPTY = EXCEPTIONS | {Tag.NULL}
_KNOWN = frozenset(Tag)
_LONGEST_NUMBER = 9
_SHORT = 512
"""Bytes of a list of bindings that is remembered."""


class VarBind(NamedTuple):
    """A name and a value as they stand in a message, without their lengths."""

    name: bytes
    tag: int
    content: bytes

    @classmethod
    def of(cls, oid: Oid, tag: Tag = Tag.NULL, value: Plain = None) -> VarBind:
        """From what they mean. Raises ValueError for a number outside its type."""
        return cls(oid_content(oid), tag, content_of(tag, value))

    @property
    def oid(self) -> Oid:
        return oid_of(self.name)

    @property
    def value(self) -> Plain:
        """Raises MalformedMessage for content that its type does not have."""
        return plain(self.tag, self.content)

    def encoded(self) -> bytes:
        """As it stands in a list of bindings."""
        return element(0x30, element(6, self.name) + element(self.tag, self.content))


def content_of(tag: int, value: Plain) -> bytes:
    """The bytes of a value. Raises ValueError for one outside its type."""
    if tag in _NUMBERS:
        low, high = _NUMBERS[Tag(tag)]
        if not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"{Tag(tag).name} takes {low} to {high}, not {value!r}")
        return integer_content(value)
    if tag == Tag.OID and isinstance(value, tuple):
        return oid_content(value)
    if tag in _EMPTY and value is None:
        return b""
    if isinstance(value, bytes) and tag in (Tag.OCTETS, Tag.OPAQUE, Tag.ADDRESS):
        if tag == Tag.ADDRESS and len(value) != 4:
            raise ValueError("an IpAddress has four octets")
        return value
    raise ValueError(f"{value!r} is no {Tag(tag).name}")


def plain(tag: int, content: bytes) -> Plain:
    """What a value means. Raises MalformedMessage for content that its type does not have."""
    if tag == Tag.OCTETS or tag == Tag.OPAQUE:
        return content
    if tag in _NUMBERS:
        return _number(Tag(tag), content)
    if tag == Tag.OID:
        return oid_of(content)
    if tag == Tag.ADDRESS:
        if len(content) != 4:
            raise MalformedMessage(f"IpAddress of {len(content)} octets")
        return content
    if content:
        raise MalformedMessage("null with content")
    return None


def _number(tag: Tag, content: bytes) -> int:
    if not 0 < len(content) <= _LONGEST_NUMBER:
        raise MalformedMessage(f"{tag.name} of {len(content)} octets")
    low, high = _NUMBERS[tag]
    value = int.from_bytes(content, "big", signed=True)
    if low == 0 and value < 0:  # written without the leading zero, as some do
        value = int.from_bytes(content, "big")
    if not low <= value <= high:
        raise MalformedMessage(f"{tag.name} out of its range")
    return value


def bindings(data: bytes, at: int, end: int) -> tuple[VarBind, ...]:
    """The list of bindings whose element begins at `at`. Raises MalformedMessage.

    Managers ask for the same objects again and again, so that short lists are remembered: an equal list is the same
    tuple while it is.
    """
    listed = data[at:end]
    return _remembered(listed) if len(listed) <= _SHORT else _listed(listed)


@lru_cache(maxsize=1024)
def _remembered(data: bytes) -> tuple[VarBind, ...]:
    return _listed(data)


def _listed(data: bytes) -> tuple[VarBind, ...]:
    at, stop = expect(data, 0, len(data), 0x30)
    found: list[VarBind] = []
    while at < stop:
        start, after = expect(data, at, stop, 0x30)
        name_start, name_stop = expect(data, start, after, 6)
        tag, value_start, value_stop = header(data, name_stop, after)
        if value_stop != after:
            raise MalformedMessage("binding with something behind its value", offset=value_stop)
        name = data[name_start:name_stop]
        oid_of(name)  # one beyond its bounds spoils the message
        content = data[value_start:value_stop]
        if tag != 5 or content:
            if tag not in _KNOWN:
                raise MalformedMessage(f"value of unknown type {tag:#04x}", offset=name_stop)
            plain(tag, content)
        found.append(VarBind(name, tag, content))
        at = after
    return tuple(found)
