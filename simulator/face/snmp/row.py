"""How groups of objects are written down: one line per object."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.wire.snmp.object_tree import Instance, Table, Writer
from simulator.wire.snmp.value import Tag

if TYPE_CHECKING:
    from simulator.face.snmp.context import Context
    from simulator.wire.snmp.ber import Oid
    from simulator.wire.snmp.value import Plain

Read = Callable[["Context"], "Plain"]
Cell = tuple[int, Tag, "Read | Plain"]
"""Number of an object or column, type, and value."""

INTEGER, OCTETS, NAME, ADDRESS = Tag.INTEGER, Tag.OCTETS, Tag.OID, Tag.ADDRESS
COUNTER, GAUGE, TICKS, COUNTER64 = Tag.COUNTER32, Tag.GAUGE32, Tag.TICKS, Tag.COUNTER64

MIB2: Oid = (1, 3, 6, 1, 2, 1)
MODULES: Oid = (1, 3, 6, 1, 6, 3)


@dataclass(slots=True)
class Group:
    """Objects of one part of the tree: instances that are always there, and tables whose rows come and go."""

    instances: list[Instance] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def scalar(group: Oid, number: int, tag: Tag, read: Read | Plain, writer: Writer | None = None) -> Instance:
    """An object with the one instance `.0`; a value that is no function never changes."""
    return instance((*group, number, 0), tag, read, writer)


def scalars(group: Oid, rows: Iterable[Cell]) -> list[Instance]:
    """Several of them."""
    return [scalar(group, number, tag, read) for number, tag, read in rows]


def instance(oid: Oid, tag: Tag, read: Read | Plain, writer: Writer | None = None) -> Instance:
    """One instance under its full name."""
    return Instance(oid, tag, read if callable(read) else _always(read), writer)


def _always(value: Plain) -> Read:
    return lambda _context: value


def column_names(entry: Oid, columns: Iterable[int]) -> tuple[Oid, ...]:
    """The names of a table's columns."""
    return tuple((*entry, column) for column in columns)


def row(entry: Oid, index: Oid, cells: Iterable[Cell]) -> list[Instance]:
    """One row of a table: each cell with its column's number."""
    return [instance((*entry, column, *index), tag, read) for column, tag, read in cells]


def address_octets(address: str) -> bytes:
    """`127.0.0.1` as four octets."""
    return bytes(map(int, address.split(".")))


def address_index(address: str) -> Oid:
    """`127.0.0.1` as four sub-identifiers."""
    return tuple(map(int, address.split(".")))
