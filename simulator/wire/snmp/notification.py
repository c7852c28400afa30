"""Traps of v1 and v2c, and informs with their repetitions (RFC 1157 4.1.6, RFC 3416 4.2.6 and 4.2.7; SNMP sheet 2.7)."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.wire.snmp.ber import Oid
from simulator.wire.snmp.message import CommunityMessage, Version, read_message
from simulator.wire.snmp.pdu import Kind, Pdu, TrapV1
from simulator.wire.snmp.value import Tag, VarBind

TRAPS: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 5)
UPTIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)
TRAP_OID: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
TRAP_ENTERPRISE: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 4, 3, 0)
ENTERPRISE_SPECIFIC = 6
INFORM_SECONDS = 5.0
"""Wire seconds that an inform waits for its answer before it is sent again."""
INFORM_TRIES = 4
"""Times an inform is sent at most."""
MOST_WAITING = 100
"""Informs that wait for an answer; the oldest is given up for a new one."""


@dataclass(frozen=True, slots=True)
class Notification:
    """What is told, in the terms of v1: a generic one, or number `specific` of an enterprise."""

    enterprise: Oid
    generic: int
    specific: int = 0
    bindings: tuple[VarBind, ...] = ()

    @property
    def oid(self) -> Oid:
        """`snmpTrapOID` (RFC 3584 section 3.1)."""
        if self.generic == ENTERPRISE_SPECIFIC:
            return (*self.enterprise, 0, self.specific)
        return (*TRAPS, self.generic + 1)


def trap_v1(note: Notification, community: bytes, agent: bytes, ticks: int) -> bytes:
    """A message with a Trap-PDU. `ticks` are hundredths of a second, `agent` the sender's address."""
    unit = TrapV1(note.enterprise, agent, note.generic, note.specific, ticks & 0xFFFFFFFF, note.bindings)
    return CommunityMessage(Version.V1, community, unit).encoded()


def trap_v2c(
    note: Notification,
    community: bytes,
    ticks: int,
    request_id: int,
    *,
    inform: bool = False,
    enterprise: bool = False,
) -> bytes:
    """A message with an SNMPv2-Trap-PDU or InformRequest-PDU; `enterprise` adds snmpTrapEnterprise.0."""
    bound = [
        VarBind.of(UPTIME, Tag.TICKS, ticks & 0xFFFFFFFF),
        VarBind.of(TRAP_OID, Tag.OID, note.oid),
        *note.bindings,
    ]
    if enterprise:
        bound.append(VarBind.of(TRAP_ENTERPRISE, Tag.OID, note.enterprise))
    unit = Pdu(Kind.INFORM if inform else Kind.TRAP, request_id, 0, 0, bound)
    return CommunityMessage(Version.V2C, community, unit).encoded()


@dataclass(slots=True)
class _Waiting:
    data: bytes
    due: float
    tries: int = 1


@dataclass(frozen=True, slots=True)
class Settled:
    """An inform was answered, or given up."""

    request_id: int
    acknowledged: bool


@dataclass(slots=True)
class InformSession:
    """Informs under way to one manager. Times are wire seconds."""

    timeout: float = INFORM_SECONDS
    tries: int = INFORM_TRIES
    _waiting: dict[int, _Waiting] = field(default_factory=dict)
    _output: list[bytes] = field(default_factory=list)

    def send(self, request_id: int, data: bytes, now: float) -> None:
        """An inform goes out, and again until it is answered."""
        if len(self._waiting) >= MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        self._waiting[request_id] = _Waiting(data, now + self.timeout)
        self._output.append(data)

    def receive(self, data: bytes, now: float) -> list[Settled]:
        """A datagram of the manager. Raises MalformedMessage; what answers nothing is left alone."""
        message = read_message(data)
        pdu = message.pdu if isinstance(message, CommunityMessage) else None
        if not isinstance(pdu, Pdu) or pdu.kind != Kind.RESPONSE or pdu.request_id not in self._waiting:
            return []
        del self._waiting[pdu.request_id]
        return [Settled(pdu.request_id, True)]

    def take_output(self) -> list[bytes]:
        """Datagrams for the manager."""
        output, self._output = self._output, []
        return output

    def next_deadline(self) -> float | None:
        """When `tick` is due."""
        return min((waiting.due for waiting in self._waiting.values()), default=None)

    def tick(self, now: float) -> list[Settled]:
        """Send again what was not answered in time; give up what was sent often enough."""
        settled = []
        for request_id, waiting in tuple(self._waiting.items()):
            if waiting.due > now:
                continue
            if waiting.tries >= self.tries:
                del self._waiting[request_id]
                settled.append(Settled(request_id, False))
            else:
                waiting.tries += 1
                waiting.due = now + self.timeout
                self._output.append(waiting.data)
        return settled
