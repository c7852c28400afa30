"""The body of one packet to a `Packet` (OASIS MQTT 3.1.1 and 5.0 chapter 3; MQTT sheet 3.2
and 3.3).

Strict where the standard says that the receiver must close the connection: reserved flags, QoS 3, packet id 0,
wildcards in a topic name, strings that are not UTF-8 or hold NUL, bytes left over. MQTT 3.1 allowed DUP on
PUBREL, SUBSCRIBE and UNSUBSCRIBE, so these flags depend on the level of the connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.mqtt.fields import Fields
from simulator.wire.mqtt.packet import (
    FAILURE,
    LEVEL_3_1,
    LEVEL_3_1_1,
    LEVEL_5,
    NO_LOCAL,
    PROTOCOL_NAMES,
    QOS,
    RETAIN_HANDLING,
    Auth,
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
from simulator.wire.mqtt.properties import NONE, WILL, Properties, read_properties
from simulator.wire.mqtt.reason import BadPacket, Reason, code_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.mqtt.packet import Packet

_DUP = 0x08
_KINDS = {kind.value: kind for kind in Kind}
_WITH_FIXED_FLAGS_2 = frozenset({Kind.PUBREL, Kind.SUBSCRIBE, Kind.UNSUBSCRIBE})


def kind_of(first: int, level: int) -> Kind:
    """The packet type in a first byte. Raises MalformedMessage (offset 0) for reserved types and flags."""
    nibble, flags = first >> 4, first & 0x0F
    kind = _KINDS.get(nibble)
    if kind is None or (kind is Kind.AUTH and level != LEVEL_5):
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


def decode(kind: Kind, flags: int, body: bytes, level: int = LEVEL_3_1_1) -> Packet:
    """One packet, whose first byte `kind_of` has accepted, on a connection of this level.

    Raises MalformedMessage with the offset in the body.
    """
    fields = Fields(body)
    packet = _publish(fields, flags, level) if kind is Kind.PUBLISH else _DECODERS[kind](fields, level)
    if not isinstance(packet, OtherConnect):
        fields.end()
    return packet


def _block(fields: Fields, level: int, where: int) -> Properties:
    return read_properties(fields, where) if level == LEVEL_5 else NONE


def _publish(fields: Fields, flags: int, level: int) -> Publish:
    topic = fields.text()
    qos = flags >> 1 & 3
    if "+" in topic or "#" in topic or (not topic and level != LEVEL_5):
        raise BadPacket("topic name is empty or holds a wildcard", offset=2, code=Reason.TOPIC_INVALID)
    packet_id = fields.identifier() if qos else 0
    properties = _block(fields, level, Kind.PUBLISH)
    if not topic and properties.topic_alias is None:
        raise BadPacket("neither a topic name nor a topic alias", offset=0, code=Reason.PROTOCOL_ERROR)
    _check_response_topic(properties)
    return Publish(topic, fields.rest(), qos, bool(flags & 1), bool(flags & _DUP), packet_id, properties)


def _check_response_topic(properties: Properties) -> None:
    topic = properties.response_topic
    if topic is not None and (not topic or "+" in topic or "#" in topic):
        raise BadPacket("response topic is empty or holds a wildcard", code=Reason.PROTOCOL_ERROR)


def _connect(fields: Fields, _level: int) -> Connect | OtherConnect:
    name, level = fields.text(), fields.byte()
    if name not in PROTOCOL_NAMES.values():
        raise MalformedMessage(f"protocol name {name[:16]!r}", offset=2)
    if level not in PROTOCOL_NAMES or PROTOCOL_NAMES[level] != name:
        return OtherConnect(level)
    try:
        return _connect_of(fields, level)
    except MalformedMessage as error:
        raise BadPacket(error.what, offset=error.offset, code=code_of(error), level=level) from None


def _connect_of(fields: Fields, level: int) -> Connect:
    flags_at = fields.at
    flags = fields.byte()
    _check_connect_flags(flags, level, flags_at)
    keep_alive = fields.u16()
    properties = _block(fields, level, Kind.CONNECT)
    client_id = fields.text()
    will = _will(fields, flags, level) if flags & 0x04 else None
    user = fields.text() if flags & 0x80 else None
    password = fields.binary() if flags & 0x40 else None
    return Connect(client_id, bool(flags & 0x02), keep_alive, will, user, password, level, properties)


def _check_connect_flags(flags: int, level: int, offset: int) -> None:
    if flags & 0x01 and level != LEVEL_3_1:
        raise MalformedMessage("reserved connect flag is set", offset=offset)
    if flags & 0x18 == 0x18:
        raise MalformedMessage("will with QoS 3", offset=offset)
    if flags & 0x38 and not flags & 0x04:
        raise MalformedMessage("will QoS or retain without a will", offset=offset)
    if flags & 0x40 and not flags & 0x80 and level != LEVEL_5:
        raise MalformedMessage("password without a user name", offset=offset)


def _will(fields: Fields, flags: int, level: int) -> Will:
    properties = _block(fields, level, WILL)
    _check_response_topic(properties)
    start = fields.at
    topic = fields.text()
    if not topic or "+" in topic or "#" in topic:
        raise BadPacket("will topic is empty or holds a wildcard", offset=start, code=Reason.TOPIC_INVALID)
    return Will(topic, fields.binary(), flags >> 3 & 3, bool(flags & 0x20), properties)


def _connack(fields: Fields, level: int) -> Connack:
    present, code = fields.byte(), fields.byte()
    if present > 1:
        raise MalformedMessage("reserved flags in CONNACK", offset=0)
    # A server that does not speak MQTT 5 says so in the old form.
    properties = _block(fields, level, Kind.CONNACK) if fields.more else NONE
    return Connack(code, bool(present), properties)


def _subscribe(fields: Fields, level: int) -> Subscribe:
    packet_id = fields.identifier()
    properties = _block(fields, level, Kind.SUBSCRIBE)
    filters = []
    while fields.more:
        name, options = fields.text(), fields.byte()
        _check_options(name, options, level, fields.at - 1)
        filters.append((name, options))
    if not filters:
        raise BadPacket("SUBSCRIBE without a filter", offset=fields.at, code=Reason.PROTOCOL_ERROR)
    return Subscribe(tuple(filters), packet_id, properties)


def _check_options(name: str, options: int, level: int, offset: int) -> None:
    if level != LEVEL_5:
        if options > 2:
            raise MalformedMessage(f"SUBSCRIBE with QoS byte {options:02x}", offset=offset)
    elif options & 0xC0 or options & QOS == QOS or options & RETAIN_HANDLING == RETAIN_HANDLING:
        raise BadPacket(f"subscription options {options:02x}", offset=offset, code=Reason.PROTOCOL_ERROR)
    elif options & NO_LOCAL and name.startswith("$share/"):
        raise BadPacket("No Local on a shared subscription", offset=offset, code=Reason.PROTOCOL_ERROR)


def _suback(fields: Fields, level: int) -> Suback:
    packet_id = fields.identifier()
    properties, codes = _block(fields, level, Kind.SUBACK), tuple(fields.rest())
    if not codes or (level != LEVEL_5 and any(code > 2 and code != FAILURE for code in codes)):
        raise MalformedMessage("SUBACK with a reserved code or with none", offset=2)
    return Suback(packet_id, codes, properties)


def _unsubscribe(fields: Fields, level: int) -> Unsubscribe:
    packet_id = fields.identifier()
    properties = _block(fields, level, Kind.UNSUBSCRIBE)
    filters = []
    while fields.more:
        filters.append(fields.text())
    if not filters:
        raise BadPacket("UNSUBSCRIBE without a filter", offset=fields.at, code=Reason.PROTOCOL_ERROR)
    return Unsubscribe(tuple(filters), packet_id, properties)


def _unsuback(fields: Fields, level: int) -> Unsuback:
    packet_id = fields.identifier()
    properties = _block(fields, level, Kind.UNSUBACK)
    return Unsuback(packet_id, tuple(fields.rest()) if level == LEVEL_5 else (), properties)


def _acknowledgement(
    kind: Kind, made: Callable[[int, int, Properties], Packet]
) -> Callable[[Fields, int], Packet]:
    def read(fields: Fields, level: int) -> Packet:
        packet_id = fields.identifier()
        return made(packet_id, *_outcome(fields, level, kind))

    return read


def _outcome(fields: Fields, level: int, kind: Kind) -> tuple[int, Properties]:
    """Reason code and properties, which may both be left out."""
    if level != LEVEL_5 or not fields.more:
        return 0, NONE
    code = fields.byte()
    return code, NONE if fields.at == len(fields.body) else read_properties(fields, kind)


_DECODERS: dict[Kind, Callable[[Fields, int], Packet]] = {
    Kind.CONNECT: _connect,
    Kind.CONNACK: _connack,
    Kind.PUBACK: _acknowledgement(Kind.PUBACK, Puback),
    Kind.PUBREC: _acknowledgement(Kind.PUBREC, Pubrec),
    Kind.PUBREL: _acknowledgement(Kind.PUBREL, Pubrel),
    Kind.PUBCOMP: _acknowledgement(Kind.PUBCOMP, Pubcomp),
    Kind.SUBSCRIBE: _subscribe,
    Kind.SUBACK: _suback,
    Kind.UNSUBSCRIBE: _unsubscribe,
    Kind.UNSUBACK: _unsuback,
    Kind.PINGREQ: lambda fields, level: Pingreq(),
    Kind.PINGRESP: lambda fields, level: Pingresp(),
    Kind.DISCONNECT: lambda fields, level: Disconnect(*_outcome(fields, level, Kind.DISCONNECT)),
    Kind.AUTH: lambda fields, level: Auth(*_outcome(fields, level, Kind.AUTH)),
}
