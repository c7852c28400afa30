"""The objects of an agent in lexicographic order.

A `Template` is what all devices of a kind have; it is made once and shared. What differs in number from device to
device, rows of tables, is listed by `Table`s, and that list is kept until the agent's context says that its structure
changed. A value is asked for when a manager asks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import ne
from typing import Any

from simulator.wire.snmp.ber import Oid, element, integer_content, length, oid_content, oid_of
from simulator.wire.snmp.pdu import Status
from simulator.wire.snmp.value import Plain, VarBind

_SMALL = tuple(bytes((value,)) for value in range(0x80))
_COUNTER32 = 0x41
_SIZES_KEPT = 32
_PLANS_KEPT = 64
_UNREAD = object()

Read = Callable[[Any], Plain]
"""The present value in a context; None while the instance is not there."""


class CommitRefused(Exception):
    """An assignment that was checked cannot be made after all."""


@dataclass(frozen=True, slots=True)
class Writer:
    """How an object is set."""

    check: Callable[[Any, Plain], Status]
    """Whether a value of the right type would be taken."""
    commit: Callable[[Any, Plain], None]
    """Take it. Raises CommitRefused."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of an object."""

    oid: Oid
    tag: int
    read: Read
    writer: Writer | None = None
    name: bytes = field(init=False)
    """Content of the encoded name."""
    heads: dict[int, bytes] = field(init=False, compare=False, repr=False)
    """What stands before a value in a binding, by the size of the value; filled as it is needed."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", oid_content(self.oid))
        object.__setattr__(self, "heads", {})

    def bound(self, value: Plain) -> bytes:
        """A binding of an answer. Counts beyond 32 bits wrap in a Counter32."""
        if value.__class__ is int:
            if 0 <= value < 0x80:
                content = _SMALL[value]
            else:
                content = integer_content(value & 0xFFFFFFFF if self.tag == _COUNTER32 else value)
        elif value.__class__ is bytes:
            content = value
        else:
            content = oid_content(value) if isinstance(value, tuple) else b""
        head = self.heads.get(len(content))
        return (head or self._head(len(content))) + content

    def _head(self, size: int) -> bytes:
        value = bytes((self.tag,)) + length(size)
        name = element(6, self.name)
        head = bytes((0x30,)) + length(len(name) + len(value) + size) + name + value
        if size <= _SIZES_KEPT:
            self.heads[size] = head
        return head


class Listing:
    """Instances in order, found by name and by neighbour."""

    __slots__ = ("instances", "oids", "position")

    def __init__(self, instances: Iterable[Instance]) -> None:
        self.instances = tuple(sorted(instances, key=lambda one: one.oid))
        self.oids = [one.oid for one in self.instances]
        self.position = {one.name: place for place, one in enumerate(self.instances)}
        if len(self.position) != len(self.instances):
            doubled = next(oid for oid, after in zip(self.oids, self.oids[1:], strict=False) if oid == after)
            raise ValueError(f"two instances named {doubled}")


class Template(Listing):
    """Shared by all agents of a kind."""

    __slots__ = ("tables", "types")

    def __init__(self, instances: Iterable[Instance], tables: Sequence[Table] = ()) -> None:
        super().__init__(instances)
        self.tables = tuple(tables)
        columns = {column for table in self.tables for column in table.columns}
        self.types = frozenset(_type_of(oid) for oid in self.oids) | columns
        """Names of the object types, by which noSuchInstance is told from noSuchObject."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows come and go."""

    columns: tuple[Oid, ...]
    rows: Callable[[Any], Iterable[Instance]]


def _type_of(oid: Oid) -> Oid:
    return oid[:-1]


_NOTHING = Listing(())


class Plan:
    """The instances that answer a request, in order, and the answer that they gave last.

    Holds the request's bindings, by whose identity it is found. From one answer to the next most values stay as they
    are, so that only what changed is encoded anew.
    """

    __slots__ = ("_encoded", "_instances", "_places", "_reads", "_values", "bindings", "size")

    def __init__(self, bindings: Sequence[VarBind], instances: Sequence[Instance]) -> None:
        self.bindings = bindings
        self.size = 0
        """Bytes of the answer."""
        self._instances = instances
        self._reads = [instance.read for instance in instances]
        self._places = range(len(instances))
        self._values: list[object] = [_UNREAD] * len(instances)
        self._encoded = [b""] * len(instances)

    def answer(self, context: Any) -> list[bytes] | None:
        """The bindings of the answer now; None when an instance has gone. Good until the next call."""
        values = [read(context) for read in self._reads]
        kept, encoded = self._values, self._encoded
        for place in compress(self._places, map(ne, values, kept)):
            value = values[place]
            if value is None:
                return None
            bound = self._instances[place].bound(value)
            self.size += len(bound) - len(encoded[place])
            kept[place], encoded[place] = value, bound
        return encoded


class ObjectView:
    """What one agent shows of a template. `structure()` changes whenever rows of a table may have come or gone."""

    __slots__ = ("_listed_for", "_plans", "_rows", "_structure", "context", "template")

    def __init__(self, template: Template, context: Any, structure: Callable[[], Hashable]) -> None:
        self.template = template
        self.context = context
        self._structure = structure
        self._rows = _NOTHING
        self._listed_for: Hashable = None
        self._plans: dict[tuple[int, int, int], Plan] = {}

    def plan(self, kind: int, bindings: Sequence[VarBind], size: int) -> Plan | None:
        """What an equal request was answered from, while no row has come or gone."""
        plan = self._plans.get((id(bindings), kind, size))
        if plan is None or plan.bindings is not bindings:
            return None
        if self.template.tables and self._structure() != self._listed_for:
            self._plans.clear()
            return None
        return plan

    def keep_plan(self, kind: int, bindings: Sequence[VarBind], size: int, instances: list[Instance]) -> None:
        """Remember what a request was answered from."""
        if len(self._plans) >= _PLANS_KEPT:
            self._plans.clear()
        self._plans[id(bindings), kind, size] = Plan(bindings, instances)

    def find(self, name: bytes) -> Instance | None:
        """The instance of this name."""
        template = self.template
        place = template.position.get(name)
        if place is not None:
            return template.instances[place]
        rows = self._listed()
        place = rows.position.get(name)
        if place is not None:
            return rows.instances[place]
        return self._under_another_spelling(name)

    def after(self, name: bytes) -> Instance | None:
        """The instance that follows a name in lexicographic order."""
        template, rows = self.template, self._listed()
        oid: Oid | None = None
        place = template.position.get(name)
        if place is None:
            oid = oid_of(name)
            place = bisect_right(template.oids, oid) - 1
        place += 1
        first = template.instances[place] if place < len(template.instances) else None
        if not rows.instances:
            return first
        place = rows.position.get(name, -1)
        if place < 0:
            place = bisect_right(rows.oids, oid or oid_of(name)) - 1
        place += 1
        second = rows.instances[place] if place < len(rows.instances) else None
        if first is None or second is None:
            return first or second
        return first if first.oid < second.oid else second

    def knows_type(self, oid: Oid) -> bool:
        """Whether a name is that of an object type, or below one."""
        types = self.template.types
        return any(oid[:size] in types for size in range(len(oid), 6, -1))

    def _listed(self) -> Listing:
        tables = self.template.tables
        if not tables:
            return self._rows
        present = self._structure()
        if present != self._listed_for:
            context = self.context
            self._plans.clear()
            self._rows = Listing(row for table in tables for row in table.rows(context))
            self._listed_for = present
        return self._rows

    def _under_another_spelling(self, name: bytes) -> Instance | None:
        """A name that was encoded with leading zeros in a sub-identifier is the same name."""
        plain = oid_content(oid_of(name))
        return None if plain == name else self.find(plain)
