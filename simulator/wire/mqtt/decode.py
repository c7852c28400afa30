"""The body of one packet to a `Packet` (OASIS MQTT 3.1.1 chapter 3; MQTT sheet 3.2).

Strict where the standard says that the receiver must close the connection: reserved flags, QoS 3, packet id 0,
wildcards in a topic name, strings that are not UTF-8 or hold NUL, bytes left over. MQTT 3.1 allowed DUP on
PUBREL, SUBSCRIBE and UNSUBSCRIBE, so these flags depend on the level of the connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.mqtt.packet import (
    FAILURE,
    LEVEL_3_1,
    LEVEL_3_1_1,
    PROTOCOL_NAMES,
    Connack,
    Connect,
    Disconnect,
    Kind,
    OtherConnect,
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
    Will,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.mqtt.packet import Packet

_DUP = 0x08
_KINDS = {kind.value: kind for kind in Kind}
_WITH_FIXED_FLAGS_2 = frozenset({Kind.PUBREL, Kind.SUBSCRIBE, Kind.UNSUBSCRIBE})


@dataclass(slots=True)
class Fields:
    """Reads a body from the front. Offsets count from the first byte of the body."""

    body: bytes
    at: int = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes. Raises MalformedMessage when there are fewer."""
        start, end = self.at, self.at + count
        if end > len(self.body):
            raise MalformedMessage("packet ends in the middle of a field", offset=len(self.body))
        self.at = end
        return self.body[start:end]

    def byte(self) -> int:
        return self.take(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def binary(self) -> bytes:
        return self.take(self.u16())

    def text(self) -> str:
        """A UTF-8 string without NUL. Surrogates are no UTF-8 for Python either."""
        start = self.at
        try:
            text = self.binary().decode()
        except UnicodeDecodeError as error:
            raise MalformedMessage("string is not UTF-8", offset=start + 2 + error.start) from None
        if "\0" in text:
            raise MalformedMessage("string holds NUL", offset=start)
        return text

    def identifier(self) -> int:
        packet_id = self.u16()
        if packet_id == 0:
            raise MalformedMessage("packet id 0", offset=self.at - 2)
        return packet_id

    def rest(self) -> bytes:
        start, self.at = self.at, len(self.body)
        return self.body[start:]

    @property
    def more(self) -> bool:
        return self.at < len(self.body)

    def end(self) -> None:
        """Raises MalformedMessage when bytes are left over."""
        if self.more:
            raise MalformedMessage(f"{len(self.body) - self.at} bytes left over", offset=self.at)


def kind_of(first: int, level: int) -> Kind:
    """The packet type in a first byte. Raises MalformedMessage (offset 0) for reserved types and flags."""
    nibble, flags = first >> 4, first & 0x0F
    kind = _KINDS.get(nibble)
    if kind is None:
        raise MalformedMessage(f"packet type {nibble} is reserved")
    if kind is Kind.PUBLISH:
        _check_publish_flags(flags)
    elif flags != (2 if kind in _WITH_FIXED_FLAGS_2 else 0) and not _dup_of_3_1(kind, flags, level):
        raise MalformedMessage(f"{kind.name} with flags {flags:x}")
    return kind


def _check_publish_flags(flags: int) -> None:
    if flags & 0x06 == 0x06:
        raise MalformedMessage("PUBLISH with QoS 3")
    if flags & _DUP and not flags & 0x06:
        raise MalformedMessage("PUBLISH with QoS 0 and DUP")


def _dup_of_3_1(kind: Kind, flags: int, level: int) -> bool:
    return level == LEVEL_3_1 and kind in _WITH_FIXED_FLAGS_2 and flags == 2 | _DUP


def decode(kind: Kind, flags: int, body: bytes) -> Packet:
    """One packet, whose first byte `kind_of` has accepted. Raises MalformedMessage with the offset in the body."""
    fields = Fields(body)
    packet = _publish(fields, flags) if kind is Kind.PUBLISH else _DECODERS[kind](fields)
    if not isinstance(packet, OtherConnect):
        fields.end()
    return packet


def _publish(fields: Fields, flags: int) -> Publish:
    topic = fields.text()
    if not topic or "+" in topic or "#" in topic:
        raise MalformedMessage("topic name is empty or holds a wildcard", offset=2)
    qos = flags >> 1 & 3
    packet_id = fields.identifier() if qos else 0
    return Publish(topic, fields.rest(), qos, bool(flags & 1), bool(flags & _DUP), packet_id)


def _connect(fields: Fields) -> Connect | OtherConnect:
    name, level = fields.text(), fields.byte()
    if name not in PROTOCOL_NAMES.values():
        raise MalformedMessage(f"protocol name {name[:16]!r}", offset=2)
    if level not in (LEVEL_3_1, LEVEL_3_1_1) or PROTOCOL_NAMES[level] != name:
        return OtherConnect(level)
    flags_at = fields.at
    flags = fields.byte()
    _check_connect_flags(flags, level, flags_at)
    keep_alive, client_id = fields.u16(), fields.text()
    will = _will(fields, flags) if flags & 0x04 else None
    user = fields.text() if flags & 0x80 else None
    password = fields.binary() if flags & 0x40 else None
    return Connect(client_id, bool(flags & 0x02), keep_alive, will, user, password, level)


def _check_connect_flags(flags: int, level: int, offset: int) -> None:
    if flags & 0x01 and level != LEVEL_3_1:
        raise MalformedMessage("reserved connect flag is set", offset=offset)
    if flags & 0x18 == 0x18:
        raise MalformedMessage("will with QoS 3", offset=offset)
    if flags & 0x38 and not flags & 0x04:
        raise MalformedMessage("will QoS or retain without a will", offset=offset)
    if flags & 0x40 and not flags & 0x80:
        raise MalformedMessage("password without a user name", offset=offset)


def _will(fields: Fields, flags: int) -> Will:
    start = fields.at
    topic = fields.text()
    if not topic or "+" in topic or "#" in topic:
        raise MalformedMessage("will topic is empty or holds a wildcard", offset=start)
    return Will(topic, fields.binary(), flags >> 3 & 3, bool(flags & 0x20))


def _connack(fields: Fields) -> Connack:
    present, code = fields.byte(), fields.byte()
    if present > 1:
        raise MalformedMessage("reserved flags in CONNACK", offset=0)
    return Connack(code, bool(present))


def _subscribe(fields: Fields) -> Subscribe:
    packet_id = fields.identifier()
    filters = []
    while fields.more:
        name, qos = fields.text(), fields.byte()
        if qos > 2:
            raise MalformedMessage(f"SUBSCRIBE with QoS byte {qos:02x}", offset=fields.at - 1)
        filters.append((name, qos))
    if not filters:
        raise MalformedMessage("SUBSCRIBE without a filter", offset=fields.at)
    return Subscribe(tuple(filters), packet_id)


def _suback(fields: Fields) -> Suback:
    packet_id, codes = fields.identifier(), tuple(fields.rest())
    if not codes or any(code > 2 and code != FAILURE for code in codes):
        raise MalformedMessage("SUBACK with a reserved code or with none", offset=2)
    return Suback(packet_id, codes)


def _unsubscribe(fields: Fields) -> Unsubscribe:
    packet_id = fields.identifier()
    filters = []
    while fields.more:
        filters.append(fields.text())
    if not filters:
        raise MalformedMessage("UNSUBSCRIBE without a filter", offset=fields.at)
    return Unsubscribe(tuple(filters), packet_id)


_DECODERS: dict[Kind, Callable[[Fields], Packet]] = {
    Kind.CONNECT: _connect,
    Kind.CONNACK: _connack,
    Kind.PUBACK: lambda fields: Puback(fields.identifier()),
    Kind.PUBREC: lambda fields: Pubrec(fields.identifier()),
    Kind.PUBREL: lambda fields: Pubrel(fields.identifier()),
    Kind.PUBCOMP: lambda fields: Pubcomp(fields.identifier()),
    Kind.SUBSCRIBE: _subscribe,
    Kind.SUBACK: _suback,
    Kind.UNSUBSCRIBE: _unsubscribe,
    Kind.UNSUBACK: lambda fields: Unsuback(fields.identifier()),
    Kind.PINGREQ: lambda fields: Pingreq(),
    Kind.PINGRESP: lambda fields: Pingresp(),
    Kind.DISCONNECT: lambda fields: Disconnect(),
}
