"""Protocol data units of v1, v2c and v3 (RFC 1157 section 4.1, RFC 3416 section 4; SNMP sheet 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from simulator.errors import MalformedMessage
from simulator.wire.snmp.ber import (
    Oid,
    element,
    expect,
    header,
    integer_at,
    integer_content,
    integer_element,
    oid_content,
    oid_of,
)
from simulator.wire.snmp.value import Tag, VarBind, bindings, plain

_NO_ERROR = bytes((2, 1, 0, 2, 1, 0))
"""Status and index of a request."""


class Kind(IntEnum):
    """Tags of protocol data units."""

    GET = 0xA0
    GET_NEXT = 0xA1
    RESPONSE = 0xA2
    SET = 0xA3
    TRAP_V1 = 0xA4
    GET_BULK = 0xA5
    INFORM = 0xA6
    TRAP = 0xA7
    REPORT = 0xA8


class Status(IntEnum):
    """`error-status`. v1 knows the first six."""

    NO_ERROR = 0
    TOO_BIG = 1
    NO_SUCH_NAME = 2
    BAD_VALUE = 3
    READ_ONLY = 4
    GEN_ERR = 5
    NO_ACCESS = 6
    WRONG_TYPE = 7
    WRONG_LENGTH = 8
    WRONG_ENCODING = 9
    WRONG_VALUE = 10
    NO_CREATION = 11
    INCONSISTENT_VALUE = 12
    RESOURCE_UNAVAILABLE = 13
    COMMIT_FAILED = 14
    UNDO_FAILED = 15
    AUTHORIZATION_ERROR = 16
    NOT_WRITABLE = 17
    INCONSISTENT_NAME = 18


@dataclass(slots=True)
class Pdu:
    """All but the Trap-PDU of v1. In a GETBULK the two numbers are non-repeaters and max-repetitions."""

    kind: int
    request_id: int
    status: int = 0
    index: int = 0
    bindings: Sequence[VarBind] = ()

    def encoded(self) -> bytes:
        """With tag and length."""
        return pdu_of(self.kind, self.request_id, self.status, self.index, [b.encoded() for b in self.bindings])


@dataclass(slots=True)
class TrapV1:
    """The Trap-PDU of v1 (RFC 1157 section 4.1.6)."""

    enterprise: Oid
    agent: bytes
    """Four octets."""
    generic: int
    specific: int
    ticks: int
    """Hundredths of a second."""
    bindings: Sequence[VarBind] = ()

    def encoded(self) -> bytes:
        """With tag and length."""
        body = (
            element(Tag.OID, oid_content(self.enterprise))
            + element(Tag.ADDRESS, self.agent)
            + integer_element(self.generic)
            + integer_element(self.specific)
            + element(Tag.TICKS, integer_content(self.ticks))
            + element(0x30, b"".join([one.encoded() for one in self.bindings]))
        )
        return element(Kind.TRAP_V1, body)


def pdu_of(kind: int, request_id: int, status: int, index: int, encoded: Iterable[bytes]) -> bytes:
    """A protocol data unit around bindings that are encoded already."""
    listed = element(0x30, b"".join(encoded))
    error = _NO_ERROR if not status and not index else integer_element(status) + integer_element(index)
    return element(kind, integer_element(request_id) + error + listed)


def read_pdu(data: bytes, at: int, end: int) -> Pdu | TrapV1:
    """The unit whose element begins at `at`. Raises MalformedMessage."""
    kind, start, stop = header(data, at, end)
    if kind == Kind.TRAP_V1:
        return _trap(data, start, stop)
    if not Kind.GET <= kind <= Kind.REPORT:
        raise MalformedMessage(f"protocol data unit of unknown type {kind:#04x}", offset=at)
    request_id, at = integer_at(data, start, stop)
    if data[at : at + 6] == _NO_ERROR:
        return Pdu(kind, request_id, 0, 0, bindings(data, at + 6, stop))
    status, at = integer_at(data, at, stop)
    index, at = integer_at(data, at, stop)
    return Pdu(kind, request_id, status, index, bindings(data, at, stop))


def _trap(data: bytes, at: int, end: int) -> TrapV1:
    start, at = expect(data, at, end, Tag.OID)
    enterprise = oid_of(data[start:at])
    start, at = expect(data, at, end, Tag.ADDRESS)
    agent = plain(Tag.ADDRESS, data[start:at])
    generic, at = integer_at(data, at, end)
    specific, at = integer_at(data, at, end)
    start, at = expect(data, at, end, Tag.TICKS)
    ticks = plain(Tag.TICKS, data[start:at])
    assert isinstance(agent, bytes)
    assert isinstance(ticks, int)
    return TrapV1(enterprise, agent, generic, specific, ticks, bindings(data, at, end))
