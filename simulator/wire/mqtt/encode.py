"""Packets to bytes (OASIS MQTT 3.1.1 and 5.0 chapter 2 and 3; MQTT sheet 3.2 and 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.wire.mqtt.fields import LONGEST, binary, identifier, text, u16, varint
from simulator.wire.mqtt.packet import (
    LEVEL_3_1_1,
    LEVEL_5,
    PROTOCOL_NAMES,
    Auth,
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
from simulator.wire.mqtt.properties import NONE, write_properties

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.mqtt.packet import Packet

__all__ = ["LONGEST", "encode", "remaining_length"]
remaining_length = varint


def encode(packet: Packet, level: int = LEVEL_3_1_1) -> bytes:
    """The bytes of one packet on a connection of this level; a `Connect` has its own.

    Raises ValueError for what no packet can carry: a string over 65,535 bytes or with NUL or surrogates, a
    packet over 256 MiB, a packet id outside 1 to 65535 where one is needed.
    """
    return _ENCODERS[type(packet)](packet, level)


def _frame(first: int, body: bytes) -> bytes:
    return bytes((first,)) + varint(len(body)) + body


def _block(packet: Any, level: int) -> bytes:
    """The properties, where the level has some."""
    return write_properties(packet.properties) if level == LEVEL_5 else b""


def _connect(packet: Connect, _level: int) -> bytes:
    will, user, password, level = packet.will, packet.username, packet.password, packet.level
    if user is None and password is not None and level != LEVEL_5:
        raise ValueError("a password needs a user name")
    flags = 0x02 if packet.clean_session else 0
    tail = _block(packet, level) + text(packet.client_id)
    if will is not None:
        flags |= 0x04 | will.qos << 3 | will.retain << 5
        tail += _block(will, level) + text(will.topic) + binary(will.payload)
    if user is not None:
        flags |= 0x80
        tail += text(user)
    if password is not None:
        flags |= 0x40
        tail += binary(password)
    head = text(PROTOCOL_NAMES[level]) + bytes((level, flags)) + u16(packet.keep_alive)
    return _frame(Kind.CONNECT << 4, head + tail)


def _connack(packet: Connack, level: int) -> bytes:
    return _frame(Kind.CONNACK << 4, bytes((packet.session_present, packet.code)) + _block(packet, level))


def _publish(packet: Publish, level: int) -> bytes:
    first = 0x30 | packet.dup << 3 | packet.qos << 1 | packet.retain
    number = identifier(packet.packet_id) if packet.qos else b""
    return _frame(first, text(packet.topic) + number + _block(packet, level) + packet.payload)


def _subscribe(packet: Subscribe, level: int) -> bytes:
    filters = b"".join(text(name) + bytes((options,)) for name, options in packet.filters)
    return _frame(0x82, identifier(packet.packet_id) + _block(packet, level) + filters)


def _unsubscribe(packet: Unsubscribe, level: int) -> bytes:
    body = identifier(packet.packet_id) + _block(packet, level) + b"".join(map(text, packet.filters))
    return _frame(0xA2, body)


def _suback(packet: Suback, level: int) -> bytes:
    return _frame(0x90, identifier(packet.packet_id) + _block(packet, level) + bytes(packet.codes))


def _unsuback(packet: Unsuback, level: int) -> bytes:
    codes = bytes(packet.codes) if level == LEVEL_5 else b""
    return _frame(0xB0, identifier(packet.packet_id) + _block(packet, level) + codes)


def _acknowledgement(first: int) -> Callable[[Any, int], bytes]:
    """PUBACK and the like: code and properties are left out where they say nothing."""

    def write(packet: Puback | Pubrec | Pubrel | Pubcomp, level: int) -> bytes:
        return _frame(first, identifier(packet.packet_id) + _outcome(packet, level))

    return write


def _outcome(packet: Puback | Pubrec | Pubrel | Pubcomp | Disconnect | Auth, level: int) -> bytes:
    if level != LEVEL_5 or (not packet.code and packet.properties == NONE):
        return b""
    code = bytes((packet.code,))
    return code if packet.properties == NONE else code + write_properties(packet.properties)


_ENCODERS: dict[type, Callable[[Any, int], bytes]] = {
    Connect: _connect,
    Connack: _connack,
    Publish: _publish,
    Puback: _acknowledgement(0x40),
    Pubrec: _acknowledgement(0x50),
    Pubrel: _acknowledgement(0x62),
    Pubcomp: _acknowledgement(0x70),
    Subscribe: _subscribe,
    Suback: _suback,
    Unsubscribe: _unsubscribe,
    Unsuback: _unsuback,
    Pingreq: lambda packet, level: b"\xc0\0",
    Pingresp: lambda packet, level: b"\xd0\0",
    Disconnect: lambda packet, level: _frame(0xE0, _outcome(packet, level)),
    Auth: lambda packet, level: _frame(0xF0, _outcome(packet, level)),
}
