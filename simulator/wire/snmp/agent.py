"""An agent without I/O: one message in, at most one answer out (RFC 1157, 3412, 3416; SNMP sheet 2.1 to 2.6).

What may not be answered is dropped and counted, never an exception to whoever sent it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.snmp.ber import element, integer_content, oid_content
from simulator.wire.snmp.counters import REPORTED, Counters
from simulator.wire.snmp.event import AgentEvent, Asked, BadCommunity, Dropped, Reported, Struck
from simulator.wire.snmp.fault import misled, spoiled
from simulator.wire.snmp.message import (
    LARGEST_DATAGRAM,
    Flag,
    Version,
    community_message,
    read_community,
    read_scoped,
    read_secured,
    scoped_pdu,
    version_of,
)
from simulator.wire.snmp.operation import Outcome, echo, perform
from simulator.wire.snmp.pdu import Kind, Pdu, Status, pdu_of, read_pdu
from simulator.wire.snmp.usm import Rejected, Security, Usm
from simulator.wire.snmp.value import Tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.wire.snmp.fault import AgentFault
    from simulator.wire.snmp.message import Scoped, Secured
    from simulator.wire.snmp.object_tree import ObjectView
    from simulator.wire.snmp.pdu import TrapV1

ENVELOPE = 64
"""Bytes of a v1 or v2c answer around its bindings, without the community, at most."""
SECURED_ENVELOPE = 200
"""The same of v3, without engine and context."""
_REQUESTS = frozenset({Kind.GET, Kind.GET_NEXT, Kind.GET_BULK, Kind.SET})
_GET, _GET_NEXT, _SET, _V1, _V2C, _V3 = 0xA0, 0xA1, 0xA3, 0, 1, 3
"""As plain numbers: members of enumerations cost a look-up each."""
_SHOWN = 64
"""Characters of a stranger's words that are told."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may ask what. The write community also reads. Agents that are set alike share one."""

    v1: bool = True
    v2c: bool = True
    v3: bool = True
    read: bytes = b"public"
    write: bytes = b"write"
    least_flags: int = Flag.AUTH
    """The level from which the user of v3 is given anything."""
    too_big: bool = True
    """Answer tooBig where the answer would not fit; the reference agent stays silent."""


class Agent:
    """Answers managers. `usm` is None for an agent without v3."""

    __slots__ = ("_events", "_output", "access", "counters", "faults", "largest", "struck", "usm", "view")

    def __init__(self, view: ObjectView, access: Access, usm: Usm | None = None) -> None:
        self.view = view
        self.access = access
        self.usm = usm
        self.counters = Counters()
        self.largest = LARGEST_DATAGRAM
        """Bytes of an answer at most."""
        self.faults: Sequence[AgentFault] = ()
        """What may strike a request."""
        self.struck: Sequence[AgentFault] = ()
        """What struck the last one."""
        self._events: list[AgentEvent] = []
        self._output: list[bytes] = []

    def receive(self, data: bytes, now: float) -> list[AgentEvent]:
        """Take in one message. `now` is device seconds, for the time window of v3."""
        counters = self.counters
        counters.in_pkts += 1
        self._events = []
        self.struck = ()
        try:
            version, at, end = version_of(data)
            access = self.access
            if (version == _V2C and access.v2c) or (version == _V1 and access.v1):
                self._community(version, data, at, end)
            elif version == _V3 and access.v3 and self.usm is not None:
                self._secured(self.usm, data, at, end, now)
            else:
                counters.in_bad_versions += 1
                self._events.append(Dropped(f"version {version} is not spoken"))
        except MalformedMessage as error:
            counters.in_parse_errs += 1
            self._events.append(Dropped(str(error)))
        return self._events

    def take_output(self) -> list[bytes]:
        """What is to be sent to whom the last message came from."""
        output, self._output = self._output, []
        return output

    def _send(self, data: bytes) -> None:
        self.counters.out_pkts += 1
        if self.struck:
            self._output += spoiled(self.struck, data)
        else:
            self._output.append(data)

    def _silenced(self, pdu: Pdu) -> bool:
        """Find out which faults strike this request; whether it gets no answer."""
        self.struck = [fault for fault in self.faults if fault.strikes(pdu.bindings)]
        self._events += [Struck(fault.kind) for fault in self.struck]
        return any(fault.kind == "silent" for fault in self.struck)

    # v1 and v2c

    def _community(self, version: int, data: bytes, at: int, end: int) -> None:
        community, at = read_community(data, at, end)
        pdu = read_pdu(data, at, end)
        access = self.access
        writable = community == access.write
        if not writable and community != access.read:
            self.counters.in_bad_community_names += 1
            self._events.append(BadCommunity(_words(community)))
            return
        if not isinstance(pdu, Pdu) or pdu.kind not in _REQUESTS:
            self._events.append(Dropped(f"an agent does not take {_kind(pdu)}"))
            return
        if pdu.kind == _SET and not writable:
            self.counters.in_bad_community_uses += 1
        if self.faults and self._silenced(pdu):
            return
        v1 = version == _V1
        room = self.largest - len(community) - ENVELOPE
        outcome = perform(self.view, pdu, v1=v1, writable=writable, room=room)
        if outcome is None:
            self._events.append(Dropped("GETBULK of v1"))
            return
        if self.struck:
            outcome = misled(self.struck, pdu, outcome, v1=v1)
        answer = _answer(pdu, outcome)
        whole = community_message(version, community, answer)
        if len(whole) > self.largest:
            outcome = Outcome(Status.TOO_BIG, 0, echo(pdu) if v1 else [])
            whole = community_message(version, community, _answer(pdu, outcome))
        self._answered(version, pdu, outcome, whole, _words(community))

    def _answered(self, version: int, pdu: Pdu, outcome: Outcome, whole: bytes, who: str) -> None:
        self._count(pdu, outcome)
        if len(whole) > self.largest or (outcome.status == Status.TOO_BIG and not self.access.too_big):
            self.counters.silent_drops += 1
            self._events.append(Dropped("the answer is too big to be sent"))
            return
        self.counters.out_get_responses += 1
        self._send(whole)
        self._events.append(Asked(version, pdu.kind, pdu.bindings, outcome.status, who))

    def _count(self, pdu: Pdu, outcome: Outcome) -> None:
        counters, status = self.counters, outcome.status
        if pdu.kind == _SET:
            counters.in_set_requests += 1
            counters.in_total_set_vars += 0 if status else len(pdu.bindings)
        else:
            counters.in_total_req_vars += 0 if status else len(outcome.bindings)
            if pdu.kind == _GET:
                counters.in_get_requests += 1
            elif pdu.kind == _GET_NEXT:
                counters.in_get_nexts += 1
        if not status:
            return
        if status == Status.TOO_BIG:
            counters.out_too_bigs += 1
        elif status == Status.NO_SUCH_NAME:
            counters.out_no_such_names += 1
        elif status == Status.BAD_VALUE:
            counters.out_bad_values += 1
        elif status == Status.GEN_ERR:
            counters.out_gen_errs += 1

    # v3

    def _secured(self, usm: Usm, data: bytes, at: int, end: int, now: float) -> None:
        message = read_secured(data, at, end)
        try:
            scoped, security = usm.opened(message, data[:end], now)
            pdu = self._wanted(scoped, security)
        except Rejected as rejected:
            self._report(usm, message, rejected, now)
            return
        if self.faults and self._silenced(pdu):
            return
        outcome = self._performed(pdu, security, message)
        if outcome is None:
            self._events.append(Dropped(f"an agent does not take {_kind(pdu)}"))
            return
        if self.struck:
            outcome = misled(self.struck, pdu, outcome, v1=False)
        self._reply(usm, message, scoped, security, pdu, outcome, now)

    def _wanted(self, scoped: Scoped, security: Security) -> Pdu:
        """The unit, if it is one for this agent. Raises Rejected."""
        assert self.usm is not None
        pdu = scoped.pdu
        if scoped.engine_id != self.usm.engine_id or not isinstance(pdu, Pdu) or pdu.kind not in _REQUESTS:
            raise Rejected("unknown_pdu_handlers", security)
        if scoped.context:
            raise Rejected("unknown_contexts", security)
        return pdu

    def _performed(self, pdu: Pdu, security: Security, message: Secured) -> Outcome | None:
        if security.flags & self.access.least_flags != self.access.least_flags:
            return Outcome(Status.AUTHORIZATION_ERROR, 0, echo(pdu))
        room = min(self.largest, message.max_size) - SECURED_ENVELOPE
        return perform(self.view, pdu, v1=False, writable=True, room=room)

    def _reply(
        self,
        usm: Usm,
        message: Secured,
        scoped: Scoped,
        security: Security,
        pdu: Pdu,
        outcome: Outcome,
        now: float,
    ) -> None:
        whole = usm.sealed(
            scoped_pdu(scoped.engine_id, scoped.context, _answer(pdu, outcome)), message, security, now
        )
        if len(whole) > min(self.largest, message.max_size):
            outcome = Outcome(Status.TOO_BIG, 0, [])
            unit = scoped_pdu(scoped.engine_id, scoped.context, _answer(pdu, outcome))
            whole = usm.sealed(unit, message, security, now)
        self._answered(Version.V3, pdu, outcome, whole, _words(message.user))

    def _report(self, usm: Usm, message: Secured, rejected: Rejected, now: float) -> None:
        """Tell the sender what was wrong, if he takes reports (RFC 3412 section 7.1)."""
        count = getattr(self.counters, rejected.counter) + 1
        setattr(self.counters, rejected.counter, count)
        self._events.append(Reported(rejected.counter, _words(message.user)))
        if not message.flags & Flag.REPORTABLE:
            return
        value = element(Tag.COUNTER32, integer_content(count & 0xFFFFFFFF))
        binding = element(0x30, element(6, oid_content(REPORTED[rejected.counter])) + value)
        report = pdu_of(Kind.REPORT, _request_id(message), 0, 0, [binding])
        self._send(usm.sealed(scoped_pdu(usm.engine_id, b"", report), message, rejected.security, now))


def _request_id(message: Secured) -> int:
    """Of a unit that can be read without a key; 0 of any other."""
    if message.flags & Flag.PRIV:
        return 0
    try:
        pdu = read_scoped(message.scoped).pdu
    except MalformedMessage:
        return 0
    return pdu.request_id if isinstance(pdu, Pdu) else 0


def _answer(pdu: Pdu, outcome: Outcome) -> bytes:
    return pdu_of(Kind.RESPONSE, pdu.request_id, outcome.status, outcome.place, outcome.bindings)


def _kind(pdu: Pdu | TrapV1) -> str:
    return Kind(pdu.kind).name if isinstance(pdu, Pdu) else Kind.TRAP_V1.name


@lru_cache(maxsize=1024)
def _words(octets: bytes) -> str:
    """What a stranger says, fit for a log."""
    text = octets[:_SHOWN].decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "?" for char in text)
