"""The property block of MQTT 5 (OASIS MQTT 5.0 section 2.2.2; MQTT sheet 3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from simulator.errors import MalformedMessage
from simulator.wire.mqtt.fields import Fields, binary, text, u16, u32, varint
from simulator.wire.mqtt.reason import BadPacket, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

NEVER = 0xFFFFFFFF
"""Session expiry: the session outlives every absence."""


@dataclass(frozen=True, slots=True)
class Properties:
    """What a packet says beside its old fields. None: the property is not there. Times are seconds."""

    payload_format: int | None = None
    """0 bytes, 1 UTF-8 text."""
    message_expiry: int | None = None
    content_type: str | None = None
    response_topic: str | None = None
    correlation_data: bytes | None = None
    subscription_ids: tuple[int, ...] = ()
    """1 to 268,435,455; one in SUBSCRIBE, any number in a PUBLISH of the server."""
    session_expiry: int | None = None
    assigned_client_id: str | None = None
    server_keep_alive: int | None = None
    authentication_method: str | None = None
    authentication_data: bytes | None = None
    request_problem: int | None = None
    will_delay: int | None = None
    request_response: int | None = None
    response_information: str | None = None
    server_reference: str | None = None
    reason_string: str | None = None
    receive_maximum: int | None = None
    topic_alias_maximum: int | None = None
    topic_alias: int | None = None
    maximum_qos: int | None = None
    retain_available: int | None = None
    user: tuple[tuple[str, str], ...] = ()
    """Name and value, in order; names may repeat."""
    maximum_packet_size: int | None = None
    wildcards_available: int | None = None
    subscription_ids_available: int | None = None
    shared_available: int | None = None


NONE: Final = Properties()

WILL: Final = 0
"""Stands for the will where the others stand for their packet type."""
_ACKNOWLEDGEMENTS = frozenset({4, 5, 6, 7, 9, 11})
_MESSAGE = frozenset({3, WILL})
_EVERY = frozenset({WILL, *range(1, 12), 14, 15})


@dataclass(frozen=True, slots=True)
class _Kind:
    """How values of one type are read and written."""

    read: Callable[[Fields], Any]
    write: Callable[[Any], bytes]


def _pair(fields: Fields) -> tuple[str, str]:
    return fields.text(), fields.text()


_BYTE = _Kind(Fields.byte, lambda value: bytes((value,)))
_U16 = _Kind(Fields.u16, u16)
_U32 = _Kind(Fields.u32, u32)
_VARINT = _Kind(Fields.varint, varint)
_TEXT = _Kind(Fields.text, text)
_BINARY = _Kind(Fields.binary, binary)
_PAIR = _Kind(_pair, lambda value: text(value[0]) + text(value[1]))


@dataclass(frozen=True, slots=True)
class _Property:
    name: str
    kind: _Kind
    where: frozenset[int]
    """Packet types, and `WILL`."""
    least: int = 0
    most: int | None = None
    breach: Reason = Reason.PROTOCOL_ERROR
    """What a value outside the range is."""


def _flag(name: str, *where: int) -> _Property:
    return _Property(name, _BYTE, frozenset(where), most=1)


_TABLE: Final[dict[int, _Property]] = {
    0x01: _Property("payload_format", _BYTE, _MESSAGE, most=1),
    0x02: _Property("message_expiry", _U32, _MESSAGE),
    0x03: _Property("content_type", _TEXT, _MESSAGE),
    0x08: _Property("response_topic", _TEXT, _MESSAGE),
    0x09: _Property("correlation_data", _BINARY, _MESSAGE),
    0x0B: _Property("subscription_ids", _VARINT, frozenset({3, 8}), least=1),
    0x11: _Property("session_expiry", _U32, frozenset({1, 2, 14})),
    0x12: _Property("assigned_client_id", _TEXT, frozenset({2})),
    0x13: _Property("server_keep_alive", _U16, frozenset({2})),
    0x15: _Property("authentication_method", _TEXT, frozenset({1, 2, 15})),
    0x16: _Property("authentication_data", _BINARY, frozenset({1, 2, 15})),
    0x17: _flag("request_problem", 1),
    0x18: _Property("will_delay", _U32, frozenset({WILL})),
    0x19: _flag("request_response", 1),
    0x1A: _Property("response_information", _TEXT, frozenset({2})),
    0x1C: _Property("server_reference", _TEXT, frozenset({2, 14})),
    0x1F: _Property("reason_string", _TEXT, _ACKNOWLEDGEMENTS | {2, 14, 15}),
    0x21: _Property("receive_maximum", _U16, frozenset({1, 2}), least=1),
    0x22: _Property("topic_alias_maximum", _U16, frozenset({1, 2})),
    0x23: _Property("topic_alias", _U16, frozenset({3}), least=1, breach=Reason.TOPIC_ALIAS_INVALID),
    0x24: _flag("maximum_qos", 2),
    0x25: _flag("retain_available", 2),
    0x26: _Property("user", _PAIR, _EVERY),
    0x27: _Property("maximum_packet_size", _U32, frozenset({1, 2}), least=1),
    0x28: _flag("wildcards_available", 2),
    0x29: _flag("subscription_ids_available", 2),
    0x2A: _flag("shared_available", 2),
}
_MANY = frozenset({"user", "subscription_ids"})


def read_properties(fields: Fields, where: int) -> Properties:
    """The block at the front of `fields`; `where` is the packet type, or `WILL`.

    Raises MalformedMessage, as BadPacket with the reason code where it is not the general one.
    """
    length = fields.varint()
    if not length:
        return NONE
    end = fields.at + length
    if end > len(fields.body):
        raise MalformedMessage("properties are longer than the packet", offset=len(fields.body))
    block = Fields(fields.body[:end], fields.at)
    found: dict[str, Any] = {}
    while block.more:
        _read_one(block, where, found)
    fields.at = end
    return Properties(**found)


def _read_one(block: Fields, where: int, found: dict[str, Any]) -> None:
    start, number = block.at, block.varint()
    known = _TABLE.get(number)
    if known is None:
        raise MalformedMessage(f"no property {number:#04x}", offset=start)
    name = known.name
    if where not in known.where:
        raise BadPacket(f"{name} does not belong here", offset=start, code=Reason.PROTOCOL_ERROR)
    value = known.kind.read(block)
    if isinstance(value, int) and (value < known.least or (known.most is not None and value > known.most)):
        raise BadPacket(f"{name} of {value}", offset=start, code=known.breach)
    if name in _MANY and not (name == "subscription_ids" and where == 8 and name in found):
        found[name] = (*found.get(name, ()), value)
    elif name in found:
        raise BadPacket(f"{name} twice", offset=start, code=Reason.PROTOCOL_ERROR)
    else:
        found[name] = value


def write_properties(properties: Properties) -> bytes:
    """The block with its length. Raises ValueError for what cannot be encoded."""
    if properties is NONE:
        return b"\0"
    parts = []
    for number, known in _TABLE.items():
        value = getattr(properties, known.name)
        if value is None:
            continue
        for one in value if known.name in _MANY else (value,):
            parts.append(bytes((number,)) + known.kind.write(one))
    block = b"".join(parts)
    return varint(len(block)) + block
