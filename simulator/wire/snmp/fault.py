"""What goes wrong at an agent, as a manager sees it (SNMP sheet 2.11).

A fault of requests strikes single ones, so many times, with a probability. A fault of objects changes what the agent's
view shows as long as it acts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from simulator.wire.snmp.ber import oid_content
from simulator.wire.snmp.object_tree import Instance, ObjectView
from simulator.wire.snmp.operation import Outcome, echo
from simulator.wire.snmp.pdu import Status
from simulator.wire.snmp.value import Tag

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from typing import Any

    from simulator.chance import Stream
    from simulator.wire.snmp.ber import Oid
    from simulator.wire.snmp.object_tree import Plan, Read, Template
    from simulator.wire.snmp.pdu import Pdu
    from simulator.wire.snmp.value import Plain, VarBind

REQUEST_FAULTS: Final = (
    "silent", "slow", "wrong-id", "other-port", "duplicate", "truncated", "too-big", "gen-err",
)  # fmt: skip
OBJECT_FAULTS: Final = ("vanish", "retype", "loop", "jump")
TRAP_FAULTS: Final = ("trap-lost", "trap-doubled")
_LARGEST_ID = 0x7FFFFFFF


@dataclass(slots=True)
class AgentFault:
    """One fault of one agent. Without `below` it concerns every object."""

    kind: str
    stream: Stream
    below: Oid = ()
    count: int | None = None
    """Strikes until it is over; None for ever."""
    after: int = 0
    """Fitting requests that are spared first."""
    chance: float = 1.0
    delay: float = 0.0
    """Seconds by which an answer is late."""
    size: int = 0
    """Bytes left of a truncated answer; 0 for half of it."""
    to: int = 0
    """What numbers go on from."""
    struck: int = field(default=0, init=False)
    offsets: dict[bytes, int] = field(default_factory=dict, init=False)
    """How far a number is from the true one, by the name of its object."""

    @property
    def over(self) -> bool:
        return self.count is not None and self.struck >= self.count

    def concerns(self, oid: Oid) -> bool:
        return oid[: len(self.below)] == self.below

    def strikes(self, bindings: Sequence[VarBind] = ()) -> bool:
        """Whether this request, or trap, is struck; counts it if so."""
        if self.over or (self.below and not any(self.concerns(binding.oid) for binding in bindings)):
            return False
        if self.after:
            self.after -= 1
            return False
        if self.chance < 1.0 and self.stream.random() >= self.chance:
            return False
        self.struck += 1
        return True


def misled(struck: Sequence[AgentFault], pdu: Pdu, outcome: Outcome, *, v1: bool) -> Outcome:
    """What is answered in place of the outcome of a request; also under which number."""
    for fault in struck:
        if fault.kind == "wrong-id":
            pdu.request_id = pdu.request_id % _LARGEST_ID + 1
        elif fault.kind == "too-big":
            outcome = Outcome(Status.TOO_BIG, 0, echo(pdu) if v1 else [])
        elif fault.kind == "gen-err" and pdu.bindings:
            place = next(at for at, one in enumerate(pdu.bindings, 1) if fault.concerns(one.oid))
            outcome = Outcome(Status.GEN_ERR, place, echo(pdu))
    return outcome


def spoiled(struck: Sequence[AgentFault], data: bytes) -> list[bytes]:
    """What leaves in place of an encoded answer."""
    copies = 1
    for fault in struck:
        if fault.kind == "truncated":
            data = data[: fault.size or len(data) // 2]
        elif fault.kind == "duplicate":
            copies += 1
    return [data] * copies


class DistortedView(ObjectView):
    """A view in which objects are missing, have other types or values, or do not follow one another."""

    __slots__ = ("_faults",)

    def __init__(
        self, template: Template, context: Any, structure: Callable[[], Hashable], faults: Sequence[AgentFault]
    ) -> None:
        super().__init__(template, context, structure)
        self._faults = faults

    def plan(self, _kind: int, _bindings: Sequence[VarBind], _size: int) -> Plan | None:
        """Nothing is remembered while something is wrong."""
        return None

    def keep_plan(self, *_: object) -> None:
        """See `plan`."""

    def find(self, name: bytes) -> Instance | None:
        found = super().find(name)
        return None if found is None else self._shown(found)

    def after(self, name: bytes) -> Instance | None:
        while (following := super().after(name)) is not None:
            shown = self._shown(following)
            if shown is not None:
                return self._before_a_loop(name, following) or shown
            name = following.name
        return None

    def _before_a_loop(self, name: bytes, following: Instance) -> Instance | None:
        """The object itself that was asked for the next one."""
        if not any(fault.kind == "loop" and fault.concerns(following.oid) for fault in self._faults):
            return None
        asked = self.find(name)
        # one that no manager gets to see would be passed over for ever
        if asked is None or asked.tag == Tag.COUNTER64 or asked.read(self.context) is None:
            return None
        return asked

    def _shown(self, instance: Instance) -> Instance | None:
        for fault in self._faults:
            if not fault.concerns(instance.oid):
                continue
            if fault.kind == "vanish":
                return None
            if fault.kind == "retype":
                instance = _retyped(instance)
            elif fault.kind == "jump":
                instance = replace(instance, read=_jumped(fault, instance))
        return instance


def _retyped(instance: Instance) -> Instance:
    """Numbers become INTEGER, an INTEGER becomes Gauge32, all else becomes Opaque."""
    read = instance.read
    if instance.tag == Tag.INTEGER:
        return replace(instance, tag=Tag.GAUGE32, read=lambda context: _bounded(read(context), 0xFFFFFFFF))
    if instance.tag in (Tag.COUNTER32, Tag.GAUGE32, Tag.TICKS, Tag.COUNTER64):
        return replace(instance, tag=Tag.INTEGER, read=lambda context: _bounded(read(context), 0x7FFFFFFF))
    return replace(instance, tag=Tag.OPAQUE, read=lambda context: _octets(read(context)))


def _bounded(value: Plain, largest: int) -> Plain:
    return value & largest if isinstance(value, int) else value


def _octets(value: Plain) -> Plain:
    return oid_content(value) if isinstance(value, tuple) else value


def _jumped(fault: AgentFault, instance: Instance) -> Read:
    """The number goes on from where it jumped, and wraps as its type does."""
    read, name = instance.read, instance.name
    largest = {Tag.COUNTER64: 0xFFFFFFFFFFFFFFFF, Tag.INTEGER: 0x7FFFFFFF}.get(Tag(instance.tag), 0xFFFFFFFF)

    def jumped(context: Any) -> Plain:
        value = read(context)
        if not isinstance(value, int):
            return value
        return value + fault.offsets.setdefault(name, fault.to - value) & largest

    return jumped
