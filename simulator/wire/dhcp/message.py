"""The DHCP message: 236 fixed bytes of BOOTP, the cookie, and options (RFC 2131 section 2).

Encoding splits options longer than 255 bytes and pads to 300, decoding joins the parts (RFC 3396) and follows
option overload into the `file` and `sname` fields.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum
from ipaddress import IPv4Address

from simulator.errors import MalformedMessage

COOKIE = b"\x63\x82\x53\x63"
_FIXED = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s4s")
SHORTEST = 300
"""Bytes every message is padded to: the least a BOOTP relay must take (RFC 1542 section 2.1)."""
PAD, OVERLOAD, END = 0, 52, 255
NOWHERE = "0.0.0.0"
"""An address field that says nothing."""


class Op(IntEnum):
    REQUEST = 1
    REPLY = 2


class Type(IntEnum):
    """Option 53."""

    DISCOVER = 1
    OFFER = 2
    REQUEST = 3
    DECLINE = 4
    ACK = 5
    NAK = 6
    RELEASE = 7
    INFORM = 8


@dataclass(slots=True)
class Message:
    """One message. Addresses are dotted text, `chaddr` the 6 bytes of a MAC, options in the order sent."""

    op: int
    xid: int
    chaddr: bytes
    options: dict[int, bytes] = field(default_factory=dict)
    secs: int = 0
    flags: int = 0
    ciaddr: str = NOWHERE
    yiaddr: str = NOWHERE
    siaddr: str = NOWHERE
    giaddr: str = NOWHERE
    sname: bytes = b""
    file: bytes = b""

    @property
    def type(self) -> Type | None:
        """What option 53 says; None for plain BOOTP or an unknown type."""
        value = self.options.get(53, b"")
        return Type(value[0]) if len(value) == 1 and 1 <= value[0] <= len(Type) else None


def encode(message: Message) -> bytes:
    """The bytes of a message, at least 300 of them."""
    addresses = (message.ciaddr, message.yiaddr, message.siaddr, message.giaddr)
    packed = (IPv4Address(address).packed for address in addresses)
    head = (message.op, 1, len(message.chaddr), 0, message.xid, min(message.secs, 0xFFFF), message.flags)
    fixed = _FIXED.pack(*head, *packed, message.chaddr, message.sname, message.file, COOKIE)
    options = b"".join(_encode_option(code, value) for code, value in message.options.items())
    return (fixed + options + bytes([END])).ljust(SHORTEST, b"\0")


def _encode_option(code: int, value: bytes) -> bytes:
    parts = [value[i : i + 255] for i in range(0, len(value), 255)] or [b""]
    return b"".join(bytes([code, len(part)]) + part for part in parts)


def decode(data: bytes) -> Message:
    """Read a message. Raises MalformedMessage for anything that is no DHCP over Ethernet."""
    if len(data) < _FIXED.size:
        raise MalformedMessage("shorter than a DHCP message", offset=len(data))
    op, htype, hlen, _hops, xid, secs, flags, *fields, cookie = _FIXED.unpack_from(data)
    ciaddr, yiaddr, siaddr, giaddr, chaddr, sname, file = fields
    if op not in (Op.REQUEST, Op.REPLY):
        raise MalformedMessage(f"operation {op} is neither request nor reply")
    if (htype, hlen) != (1, 6):
        raise MalformedMessage("not an Ethernet address", offset=1)
    if cookie != COOKIE:
        raise MalformedMessage("no DHCP cookie", offset=_FIXED.size - 4)
    options: dict[int, bytes] = {}
    _decode_options(data[_FIXED.size :], options, _FIXED.size)
    sname, file = _follow_overload(options, sname, file)
    message = Message(
        op, xid, chaddr[:6], options, secs, flags, sname=sname.rstrip(b"\0"), file=file.rstrip(b"\0")
    )
    message.ciaddr, message.yiaddr = str(IPv4Address(ciaddr)), str(IPv4Address(yiaddr))
    message.siaddr, message.giaddr = str(IPv4Address(siaddr)), str(IPv4Address(giaddr))
    return message


def _follow_overload(options: dict[int, bytes], sname: bytes, file: bytes) -> tuple[bytes, bytes]:
    """Option 52 says that `file` (1), `sname` (2) or both (3) carry options; `file` is read first."""
    overload = options.pop(OVERLOAD, b"\0")[:1] or b"\0"
    if overload[0] & 1:
        _decode_options(file, options, 108)
        file = b""
    if overload[0] & 2:
        _decode_options(sname, options, 44)
        sname = b""
    options.pop(OVERLOAD, None)
    return sname, file


def _decode_options(data: bytes, options: dict[int, bytes], start: int) -> None:
    position = 0
    while position < len(data) and data[position] != END:
        code = data[position]
        position += 1
        if code == PAD:
            continue
        if position >= len(data) or position + 1 + data[position] > len(data):
            raise MalformedMessage(f"option {code} is cut off", offset=start + position)
        length = data[position]
        options[code] = options.get(code, b"") + data[position + 1 : position + 1 + length]
        position += 1 + length
