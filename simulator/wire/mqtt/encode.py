"""Packets to bytes (OASIS MQTT 3.1.1 chapter 2 and 3; MQTT sheet 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.wire.mqtt.packet import (
    LEVEL_5,
    PROTOCOL_NAMES,
    Connack,
    Connect,
    Disconnect,
    Kind,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.mqtt.packet import Packet

LONGEST = 268_435_455
"""Largest remaining length: four bytes of seven bits."""
LONGEST_STRING = 0xFFFF


def encode(packet: Packet) -> bytes:
    """The bytes of one packet.

    Raises ValueError for what no packet can carry: a string over 65,535 bytes or with NUL or surrogates, a
    packet over 256 MiB, a packet id outside 1 to 65535 where one is needed.
    """
    return _ENCODERS[type(packet)](packet)


def remaining_length(length: int) -> bytes:
    """The variable length field: base 128, low digit first, the top bit means more.

    Raises ValueError above 268,435,455.
    """
    if length < 0x80:
        return bytes((length,))
    if length > LONGEST:
        raise ValueError(f"{length} bytes are more than a packet can hold")
    digits = bytearray()
    while length >= 0x80:
        digits.append(length & 0x7F | 0x80)
        length >>= 7
    digits.append(length)
    return bytes(digits)


def _frame(first: int, body: bytes) -> bytes:
    return bytes((first,)) + remaining_length(len(body)) + body


def _u16(value: int) -> bytes:
    return value.to_bytes(2, "big")


def _binary(data: bytes) -> bytes:
    if len(data) > LONGEST_STRING:
        raise ValueError(f"{len(data)} bytes are more than a string can hold")
    return _u16(len(data)) + data


def _text(text: str) -> bytes:
    if "\0" in text:
        raise ValueError("a string cannot hold NUL")
    return _binary(text.encode())


def _identifier(packet_id: int) -> bytes:
    if not 0 < packet_id <= 0xFFFF:
        raise ValueError(f"{packet_id} is no packet id")
    return _u16(packet_id)


def _connect(packet: Connect) -> bytes:
    will, user, password = packet.will, packet.username, packet.password
    if user is None and password is not None:
        raise ValueError("a password needs a user name")
    flags = 0x02 if packet.clean_session else 0
    tail = _text(packet.client_id)
    if will is not None:
        flags |= 0x04 | will.qos << 3 | will.retain << 5
        tail += _text(will.topic) + _binary(will.payload)
    if user is not None:
        flags |= 0x80
        tail += _text(user)
    if password is not None:
        flags |= 0x40
        tail += _binary(password)
    head = _text(PROTOCOL_NAMES[packet.level]) + bytes((packet.level, flags)) + _u16(packet.keep_alive)
    return _frame(Kind.CONNECT << 4, head + tail)


def _connack(packet: Connack) -> bytes:
    properties = b"\0" if packet.level == LEVEL_5 else b""
    return _frame(Kind.CONNACK << 4, bytes((packet.session_present, packet.code)) + properties)


def _publish(packet: Publish) -> bytes:
    first = 0x30 | packet.dup << 3 | packet.qos << 1 | packet.retain
    identifier = _identifier(packet.packet_id) if packet.qos else b""
    return _frame(first, _text(packet.topic) + identifier + packet.payload)


def _subscribe(packet: Subscribe) -> bytes:
    filters = b"".join(_text(name) + bytes((qos,)) for name, qos in packet.filters)
    return _frame(0x82, _identifier(packet.packet_id) + filters)


def _suback(packet: Suback) -> bytes:
    return _frame(0x90, _identifier(packet.packet_id) + bytes(packet.codes))


def _unsubscribe(packet: Unsubscribe) -> bytes:
    return _frame(0xA2, _identifier(packet.packet_id) + b"".join(map(_text, packet.filters)))


_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    Connect: _connect,
    Connack: _connack,
    Publish: _publish,
    Puback: lambda packet: _frame(0x40, _identifier(packet.packet_id)),
    Pubrec: lambda packet: _frame(0x50, _identifier(packet.packet_id)),
    Pubrel: lambda packet: _frame(0x62, _identifier(packet.packet_id)),
    Pubcomp: lambda packet: _frame(0x70, _identifier(packet.packet_id)),
    Subscribe: _subscribe,
    Suback: _suback,
    Unsubscribe: _unsubscribe,
    Unsuback: lambda packet: _frame(0xB0, _identifier(packet.packet_id)),
    Pingreq: lambda packet: b"\xc0\0",
    Pingresp: lambda packet: b"\xd0\0",
    Disconnect: lambda packet: b"\xe0\0",
}
