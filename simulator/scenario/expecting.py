"""The grammar of expectations: a map of faces, and the times that hold for all of them.

Several faces are unordered; `ordered` is explicit. `never` has its own `for`. `device`, `within`, `count` and
`for` beside the faces hold for every face that does not say otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from simulator.action.declaration import ListOf, Record
from simulator.action.kind import MISSING, Duration, Kind, Path, Reading, Schemas, Whole, declared_order, shown
from simulator.action.target import DeviceTarget
from simulator.errors import did_you_mean
from simulator.expect.expectation import DEFAULT_WITHIN, QUERIES, Expectation, Face
from simulator.expect.query import NeverQuery, Query

if TYPE_CHECKING:
    from collections.abc import Sequence

DEVICE, WITHIN, COUNT, FOR, ORDERED = "device", "within", "count", "for", "ordered"

_SHARED: Final[dict[str, tuple[Kind, str]]] = {
    DEVICE: (DeviceTarget(), "Device that all faces below are asked about; by default that of the verb."),
    WITHIN: (Duration(), f"Latest device time after the step's instant; {DEFAULT_WITHIN:g}s by default."),
    COUNT: (Whole(0, 1_000_000), "Exactly so many times; at least once by default."),
    FOR: (Duration(), "Once seen, it must stay so for this long; `never` is watched for this long."),
}
"""What stands beside the faces."""

STEADY_FACES = (
    Face.ONLINE, Face.STATE, Face.VAPIX, Face.EVERYWHERE, Face.CALL, Face.CLIENT, Face.PHONE, Face.REGISTRAR,
)  # fmt: skip
ALWAYS_FACES = (Face.NEVER, Face.ONLINE, Face.STATE, Face.EVERYWHERE)


class Expecting(Kind):
    """One group of expectations. `purpose` is the key it stands under, which decides what it may hold."""

    words = "expectations"

    def __init__(self, purpose: str, faces: Sequence[Face] = tuple(Face)) -> None:
        self.purpose = purpose
        self.faces = tuple(faces)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys it takes, in the order in which `axsim fmt` writes them."""
        ordered = (ORDERED,) if self.purpose == "expect" else ()
        return (*_SHARED, *(face.value for face in self.faces), *ordered)

    def read(self, value: object, path: Path, reading: Reading) -> Any:
        """A tuple of Expectations."""
        if not isinstance(value, Mapping) or not value:
            reading.problem(
                path, f"expected a map of faces, not {shown(value)}", f"faces: {', '.join(self.faces)}"
            )
            return MISSING
        before = len(reading.problems)
        shared = self._shared(value, path, reading)
        found = [e for key in value for e in self._of(key, value[key], (*path, key), reading, shared)]
        if len(reading.problems) > before:
            return MISSING
        if not found:
            reading.problem(path, "nothing is expected", f"name a face: {', '.join(self.faces)}")
            return MISSING
        return tuple(found)

    def _shared(self, value: Mapping[str, object], path: Path, reading: Reading) -> dict[str, Any]:
        return {
            key: kind.read(value[key], (*path, key), reading) for key, (kind, _) in _SHARED.items() if key in value
        }

    def _of(
        self, key: str, value: object, path: Path, reading: Reading, shared: dict[str, Any]
    ) -> list[Expectation]:
        if key in _SHARED:
            return []
        if key == ORDERED and key in self.keys:
            return self._ordered(value, path, reading, shared)
        if key not in self.keys:
            self._refuse(key, path, reading)
            return []
        items = value if isinstance(value, list) else [value]
        paths = [(*path, number) for number in range(len(items))] if isinstance(value, list) else [path]
        read = [self._one(Face(key), item, at, reading, shared) for item, at in zip(items, paths, strict=True)]
        return [expectation for expectation in read if expectation is not None]

    def _refuse(self, key: str, path: Path, reading: Reading) -> None:
        if key in list(Face):
            what = f"{shown(key)} says nothing in {self.purpose!r}"
            reading.problem(path, what, f"it takes {', '.join(self.faces)}", at_key=True)
            return
        hint = did_you_mean(key, self.keys) or f"faces: {', '.join(self.faces)}"
        reading.problem(path, f"unknown key {shown(key)}", hint, at_key=True)

    def _ordered(self, value: object, path: Path, reading: Reading, shared: dict[str, Any]) -> list[Expectation]:
        if not isinstance(value, list) or len(value) < 2:
            reading.problem(path, "expected a list of two or more expectations, in their order")
            return []
        found: list[Expectation] = []
        for number, item in enumerate(value):
            at = (*path, number)
            if not isinstance(item, Mapping) or len(item) != 1 or next(iter(item)) not in list(Face):
                reading.problem(at, "expected one face with what it shows", "for example - mqtt: {event: input}")
                continue
            face = Face(next(iter(item)))
            one = self._one(face, item[face], (*at, face.value), reading, {**shared, ORDERED: number})
            found += [] if one is None else [one]
        return found

    def _one(
        self, face: Face, value: object, path: Path, reading: Reading, shared: dict[str, Any]
    ) -> Expectation | None:
        query = Record(QUERIES[face]).read(value, path, reading)
        if query is MISSING or any(given is MISSING for given in shared.values()):
            return None
        problem = self._misuse(face, query, shared)
        if problem:
            reading.problem(path, *problem)
            return None
        return Expectation(
            face=face,
            query=query,
            device=_first(query.device, shared.get(DEVICE)),
            within=_first(query.within, shared.get(WITHIN), DEFAULT_WITHIN),
            count=_first(query.count, shared.get(COUNT)),
            for_=_first(query.for_, shared.get(FOR), 0.0),
            negate=face is Face.NEVER,
            until=query.until if isinstance(query, NeverQuery) else None,
            order=shared.get(ORDERED),
            place=reading.place(path),
            text=f"{face.value}: {_said(query)}",
        )

    def _misuse(self, face: Face, query: Query, shared: dict[str, Any]) -> tuple[str, str] | None:
        watched = _first(query.for_, shared.get(FOR), 0.0)
        if self.purpose == "always":
            return (
                ("'always' holds at every instant and takes no time", "leave out within, count and for")
                if ({WITHIN, COUNT, FOR} & set(shared) or query.within or query.for_ or query.count is not None)
                else None
            )
        if not isinstance(query, NeverQuery):
            return None
        if query.until is not None:
            return "'until' belongs to 'always'", "write for: with how long it is watched"
        if not watched:
            return "never needs 'for'", "say how long it is watched, for example for: 5s"
        return None

    def order(self, keys: Sequence[str]) -> list[str]:
        return declared_order(keys, self.keys)

    def inside(self, key: str | int) -> Kind:
        if key == ORDERED:
            return ListOf(self)
        return ListOf(Record(QUERIES[Face(key)])) if key in list(Face) else Kind()

    def schema(self, schemas: Schemas) -> dict[str, Any]:
        name = f"{self.purpose.capitalize()}Group"
        if name not in schemas.found:
            schemas.found[name] = {}
            schemas.found[name] = self._definition(schemas)
        return {"$ref": schemas.prefix + name}

    def _definition(self, schemas: Schemas) -> dict[str, Any]:
        properties = {key: {"description": doc, **kind.schema(schemas)} for key, (kind, doc) in _SHARED.items()}
        faces = {face: Record(QUERIES[face]).schema(schemas) for face in self.faces}
        for face, schema in faces.items():
            properties[face.value] = {"anyOf": [schema, {"type": "array", "items": schema}]}
        if ORDERED in self.keys:
            one = {
                "type": "object",
                "properties": {face.value: schema for face, schema in faces.items()},
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            }
            properties[ORDERED] = {"type": "array", "items": one, "minItems": 2, "description": "In this order."}
        return {"type": "object", "properties": properties, "additionalProperties": False, "minProperties": 1}


class Groups(ListOf):
    """A list of groups, as one tuple of expectations."""

    def read(self, value: object, path: Path, reading: Reading) -> Any:
        groups = super().read(value, path, reading)
        return MISSING if groups is MISSING else tuple(expectation for group in groups for expectation in group)


def _said(query: Query) -> str:
    fields = Record(type(query)).show(query)
    return flow(fields[query.shorthand] if list(fields) == [query.shorthand] else fields)


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def flow(value: Any) -> str:
    """A value in YAML's flow style, for messages and titles."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
