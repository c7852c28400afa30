"""Declared dataclasses: the one source of file syntax, control calls, JSON Schema and reference page.

A class is declared as a dataclass whose fields are annotated `Annotated[type, "what it means"]`; what else a
field needs (bounds, a narrower text) is a `Kind` in the same annotation. `fields_of` reads the declaration,
`Record` reads values by it. A name that Python reserves ends in `_` in the class and nowhere else: `for_` is
`for`.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import EnumType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from simulator.action.kind import (
    MISSING,
    Choice,
    Duration,
    Flag,
    Kind,
    Number,
    Path,
    Reading,
    Resistance,
    Schemas,
    Text,
    Unfit,
    Whole,
    declared_order,
    shown,
)
from simulator.errors import FleetError, SimulatorBug, did_you_mean
from simulator.units import Ohm, Seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_ITEMS = 20_000

Pairs = tuple[tuple[str, str], ...]
"""A map of text to text in the order of the file, hashable."""

HIDDEN = "hidden"
"""Marks a field that is filled in by the program and stands in no file."""

LAST = "last"
"""Marks a field that is written after those of the classes that inherit it."""

_MARKS = frozenset({HIDDEN, LAST})


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """One field of a declaration."""

    name: str
    """Attribute of the class."""
    key: str
    """Name in files and calls."""
    kind: Kind
    doc: str
    required: bool
    default: Any

    @property
    def meaning(self) -> str:
        """The first clause of the doc, for messages."""
        return self.doc.split(". ", 1)[0].split("; ", 1)[0].rstrip(".")


_DESCRIBED: dict[type, tuple[Field, ...]] = {}


def fields_of(declared: type) -> tuple[Field, ...]:
    """The fields of a declared class in their order; that is also the order in which `axsim fmt` writes keys."""
    if declared not in _DESCRIBED:
        _DESCRIBED[declared] = _described(declared)
    return _DESCRIBED[declared]


def _described(declared: type) -> tuple[Field, ...]:
    hints = typing.get_type_hints(declared, include_extras=True)
    marks = {name: _MARKS.intersection(_extras(hint)) for name, hint in hints.items()}
    written = [field for field in dataclasses.fields(declared) if HIDDEN not in marks[field.name]]
    written.sort(key=lambda field: LAST in marks[field.name])
    return tuple(_field(field, hints[field.name]) for field in written)


def _extras(annotation: Any) -> list[Any]:
    extras = getattr(annotation, "__metadata__", ())
    return [extra for extra in extras if isinstance(extra, str)]


def _field(field: dataclasses.Field[Any], annotation: Any) -> Field:
    docs = [extra for extra in _extras(annotation) if extra not in _MARKS]
    if not docs:
        raise SimulatorBug(f"field {field.name} is declared without saying what it means")
    required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    default = None if required else _default(field)
    return Field(field.name, field.name.rstrip("_"), kind_of(annotation), docs[0], required, default)


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


_SINGLE: dict[Any, Kind] = {
    str: Text(),
    int: Whole(),
    float: Number(),
    bool: Flag(),
    Seconds: Duration(),
    Ohm: Resistance(),
}


def kind_of(annotation: Any) -> Kind:
    """The kind of values that a type annotation stands for. Raises SimulatorBug for a type without one."""
    if get_origin(annotation) is Annotated:
        given = [extra for extra in annotation.__metadata__ if isinstance(extra, Kind)]
        return given[0] if given else kind_of(get_args(annotation)[0])
    if annotation in _SINGLE:
        return _SINGLE[annotation]
    if annotation == Pairs:
        return MapOf(Text(empty=True))
    return _composed_kind(annotation)


def _composed_kind(annotation: Any) -> Kind:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return Choice(arguments)
    if origin in (Union, types.UnionType):
        return kind_of(next(argument for argument in arguments if argument is not type(None)))
    if origin is tuple and arguments[1:] == (...,):
        return ListOf(kind_of(arguments[0]))
    if isinstance(annotation, EnumType):
        return Choice([str(member.value) for member in annotation], annotation)  # type: ignore[var-annotated]
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return Record(annotation)
    raise SimulatorBug(f"no kind of value is declared for {annotation}")


class ListOf(Kind):
    """Several values of one kind; a single value stands for a list of one."""

    def __init__(self, item: Kind, *, fewest: int = 0) -> None:
        self.item = item
        self._fewest = fewest
        self.words = f"list of {item.words}"

    def read(self, value: object, path: Path, reading: Reading) -> Any:
        if not isinstance(value, list | tuple):
            single = self.item.read(value, path, reading)
            return MISSING if single is MISSING else (single,)
        if not self._fewest <= len(value) <= MOST_ITEMS:
            reading.problem(path, f"expected {self._fewest} to {MOST_ITEMS} items, not {len(value)}")
            return MISSING
        items = tuple(self.item.read(item, (*path, number), reading) for number, item in enumerate(value))
        return MISSING if any(item is MISSING for item in items) else items

    def order(self, keys: Sequence[str]) -> list[str]:
        return self.item.order(keys)

    def inside(self, key: str | int) -> Kind:
        return self.item if isinstance(key, int) else self.item.inside(key)

    def show(self, value: Sequence[Any]) -> list[Any]:
        return [self.item.show(item) for item in value]

    def schema(self, schemas: Schemas) -> dict[str, Any]:
        item = self.item.schema(schemas)
        return {"anyOf": [item, {"type": "array", "items": item, "minItems": self._fewest}]}


class MapOf(Kind):
    """Values of one kind under free names; `key` narrows the names."""

    def __init__(self, item: Kind, key: Kind | None = None) -> None:
        self.item = item
        self.key = key or Text()
        self.words = f"map of {self.key.words} to {item.words}"

    def read(self, value: object, path: Path, reading: Reading) -> Any:
        if not isinstance(value, Mapping):
            reading.problem(path, f"expected a map of names to {self.item.words}, not {shown(value)}")
            return MISSING
        pairs = [self._pair(name, item, (*path, name), reading) for name, item in value.items()]
        return MISSING if any(MISSING in pair for pair in pairs) else tuple(pairs)

    def _pair(self, name: Any, item: object, path: Path, reading: Reading) -> tuple[Any, Any]:
        try:
            key = self.key.parse(name)
        except Unfit as error:
            reading.problem(path, error.what, error.hint, at_key=True)
            key = MISSING
        return key, self.item.read(item, path, reading)

    def inside(self, key: str | int) -> Kind:
        return self.item

    def show(self, value: Sequence[tuple[Any, Any]]) -> dict[str, Any]:
        return {str(self.key.show(name)): self.item.show(item) for name, item in value}

    def schema(self, schemas: Schemas) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.item.schema(schemas)}


class Record(Kind):
    """A declared class, written as a map of its keys, or as the single value of its class-level `shorthand`.

    Of a class-level `partial` one a file may hold a part; another file has the rest.
    """

    def __init__(self, declared: type) -> None:
        self.declared = declared
        self.shorthand: str = getattr(declared, "shorthand", "")
        self.words = "map"

    @property
    def fields(self) -> tuple[Field, ...]:
        return fields_of(self.declared)

    def read(self, value: object, path: Path, reading: Reading) -> Any:
        entries = self._entries(value, path, reading)
        if entries is None:
            return MISSING
        before = len(reading.problems)
        self._refuse_unknown(entries, path, reading)
        values = {field.name: _read_field(field, entries, path, reading) for field in self.fields}
        if len(reading.problems) > before:
            return MISSING
        try:
            return self.declared(**{name: read for name, read in values.items() if read is not MISSING})
        except FleetError as error:
            reading.problem(path, error.what, error.hint)
            return MISSING

    def _entries(self, value: object, path: Path, reading: Reading) -> Mapping[str, object] | None:
        if isinstance(value, Mapping):
            return value
        if self.shorthand and not (value == "" or isinstance(value, list | tuple)):
            return _Shorthand({self.shorthand: value})
        keys = ", ".join(field.key for field in self.fields)
        reading.problem(path, f"expected a map, not {shown(value)}", f"its keys: {keys}")
        return None

    def _refuse_unknown(self, entries: Mapping[str, object], path: Path, reading: Reading) -> None:
        keys = [field.key for field in self.fields]
        for name in entries:
            if name not in keys:
                reading.problem((*path, name), f"unknown key {shown(name)}", did_you_mean(name, keys), at_key=True)

    def order(self, keys: Sequence[str]) -> list[str]:
        return declared_order(keys, [field.key for field in self.fields])

    def inside(self, key: str | int) -> Kind:
        return next((field.kind for field in self.fields if field.key == key), Kind())

    def show(self, value: Any) -> dict[str, Any]:
        return {
            field.key: field.kind.show(getattr(value, field.name))
            for field in self.fields
            if field.required or getattr(value, field.name) != field.default
        }

    def schema(self, schemas: Schemas) -> dict[str, Any]:
        name = self.declared.__name__
        if name not in schemas.found:
            schemas.found[name] = {}
            schemas.found[name] = self._definition(schemas)
        return {"$ref": schemas.prefix + name}

    def _definition(self, schemas: Schemas) -> dict[str, Any]:
        whole: dict[str, Any] = {
            "type": "object",
            "description": summary_of(self.declared),
            "properties": {f.key: {"description": f.doc, **f.kind.schema(schemas)} for f in self.fields},
            "additionalProperties": False,
        }
        required = [field.key for field in self.fields if field.required]
        if required and not getattr(self.declared, "partial", False):
            whole["required"] = required
        if not self.shorthand:
            return whole
        single = next(field for field in self.fields if field.key == self.shorthand)
        return {"anyOf": [single.kind.schema(schemas), whole]}


def read_whole(declared: type, value: object, name: str) -> Any:
    """An object of a declared class from a value that stands alone, called `name` in messages.

    Raises FleetError that names every wrong field and the remedies.
    """
    reading = Reading()
    read = Record(declared).read(value, (name,), reading)
    if read is not MISSING:
        return read
    told = [f"{'.'.join(map(str, problem.path))}: {problem.what}" for problem in reading.problems]
    hints = [problem.hint for problem in reading.problems if problem.hint]
    raise FleetError("; ".join(told), hint="; ".join(hints))


class _Shorthand(dict[str, object]):
    """The entries of a value given alone: a problem with the one entry belongs to the whole value."""


def _read_field(field: Field, entries: Mapping[str, object], path: Path, reading: Reading) -> Any:
    if field.key in entries:
        place = path if isinstance(entries, _Shorthand) else (*path, field.key)
        return field.kind.read(entries[field.key], place, reading)
    if field.required:
        reading.problem(path, f"{field.key!r} is missing", f"{field.key}: {field.meaning}")
    return MISSING


def summary_of(declared: type) -> str:
    """The first paragraph of a class's docstring, as one line."""
    return " ".join((declared.__doc__ or "").split("\n\n", 1)[0].split())
