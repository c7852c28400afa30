"""The grammar of one step: when, one verb, and what is expected.

A step says one of `at`, `after`, `when` and `every` (with `for`), has at most one verb, and may expect something.
A verb's value is a map of its fields, or its shorthand with the other fields beside it:

    - after: 10s
      press: speaker-1
      for: 25s
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from simulator.action.action import Action
from simulator.action.declaration import Record, fields_of, summary_of
from simulator.action.kind import MISSING, Duration, Kind, Path, Reading, Schemas, declared_order, shown
from simulator.action.vocabulary import ACTIONS, BY_VERB
from simulator.errors import Place, did_you_mean
from simulator.expect.expectation import Face
from simulator.scenario.expecting import Expecting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.expect.expectation import Expectation

AT, AFTER, WHEN, EVERY, FOR, EXPECT = "at", "after", "when", "every", "for", "expect"
SCHEDULES: Final = (AT, AFTER, WHEN, EVERY)
_WHEN_FACES = tuple(face for face in Face if face not in (Face.NEVER, Face.CALL))

_TIMES: Final[dict[str, tuple[Duration, str]]] = {
    AT: (Duration(), "Device time from the start."),
    AFTER: (Duration(), "Device time from the previous step's instant."),
    EVERY: (
        Duration(0.001),
        "Repeat at this interval, for the time `for`; first one interval after the step before.",
    ),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A step as it was read. Times are seconds; one of `at`, `after`, `when`, `every` is given."""

    path: Path
    at: float | None
    after: float | None
    when: Expectation | None
    every: float | None
    lasting: float
    action: Action | None
    action_place: Place
    expectations: tuple[Expectation, ...]


class StepKind(Kind):
    """Reads one step as a Draft."""

    words = "step"
    _when = Expecting("when", _WHEN_FACES)
    _expect = Expecting("expect")

    def read(self, value: object, path: Path, reading: Reading) -> Any:
        if not isinstance(value, Mapping):
            reading.problem(
                path, f"a step is a map, not {shown(value)}", "for example - {at: 30s, cut: io-2/input/2}"
            )
            return MISSING
        before = len(reading.problems)
        verb = self._verb(value, path, reading)
        times = self._times(value, path, reading)
        action = self._action(verb, value, path, reading) if verb else None
        self._refuse_unknown(verb, value, path, reading)
        when = self._group(self._when, WHEN, value, path, reading)
        expected = self._group(self._expect, EXPECT, value, path, reading)
        if not verb and EXPECT not in value and len(reading.problems) == before:
            reading.problem(path, "the step does nothing", "give it a verb, or expect something")
        if len(when) > 1:
            reading.problem((*path, WHEN), "a step waits for one thing", "expect several in a step of their own")
        if len(reading.problems) > before:
            return MISSING
        place = reading.place((*path, verb) if verb else path) or Place("")
        first = when[0] if when else None
        return Draft(
            path,
            times.get(AT),
            times.get(AFTER),
            first,
            times.get(EVERY),
            times.get(FOR, 0.0),
            action,
            place,
            expected,
        )

    def _verb(self, value: Mapping[str, object], path: Path, reading: Reading) -> str:
        verbs = [key for key in value if key in BY_VERB]
        for other in verbs[1:]:
            what = f"a step does one thing, and this one says {verbs[0]!r} and {other!r}"
            reading.problem((*path, other), what, "make two steps of it", at_key=True)
        return verbs[0] if verbs else ""

    def _times(self, value: Mapping[str, object], path: Path, reading: Reading) -> dict[str, float]:
        given = [key for key in SCHEDULES if key in value]
        if not given:
            reading.problem(path, "the step does not say when", "write at, after, when or every")
        for other in given[1:]:
            what = f"a step has one time, and this one says {given[0]!r} and {other!r}"
            reading.problem((*path, other), what, at_key=True)
        times = {key: _TIMES[key][0].read(value[key], (*path, key), reading) for key in given if key in _TIMES}
        if EVERY in value:
            if FOR in value:
                times[FOR] = Duration(0.001).read(value[FOR], (*path, FOR), reading)
            else:
                reading.problem(
                    (*path, EVERY), "'every' needs 'for'", "say how long it goes on, for example for: 2m"
                )
        return times

    def _action(self, verb: str, value: Mapping[str, object], path: Path, reading: Reading) -> Action | None:
        declared = BY_VERB[verb]
        beside = [key for key in value if key in self._beside(verb, value)]
        inside: object = value[verb]
        at = (*path, verb)
        if beside and not isinstance(inside, Mapping):
            for key in beside:
                reading.stands_for((*at, key), (*path, key))
            inside = {declared.shorthand: inside, **{key: value[key] for key in beside}}
        read = Record(declared).read(inside, at, reading)
        return None if read is MISSING else read

    def _beside(self, verb: str, value: Mapping[str, object]) -> set[str]:
        """Keys of a step that are fields of its verb."""
        declared = BY_VERB[verb]
        if isinstance(value[verb], Mapping) or not declared.shorthand:
            return set()
        taken = {AT, AFTER, WHEN, EVERY, EXPECT, *([FOR] if EVERY in value else [])}
        return {field.key for field in fields_of(declared)} - {declared.shorthand} - taken

    def _refuse_unknown(self, verb: str, value: Mapping[str, object], path: Path, reading: Reading) -> None:
        known = {*SCHEDULES, EXPECT, *BY_VERB, *([FOR] if EVERY in value else [])}
        fields = self._beside(verb, value) if verb else set()
        for key in value:
            if key not in known | fields:
                hint = did_you_mean(key, {*known, *fields})
                if not hint and verb:
                    hint = f"keys of {verb}: {', '.join(field.key for field in fields_of(BY_VERB[verb]))}"
                reading.problem((*path, key), f"unknown key {shown(key)}", hint, at_key=True)

    def _group(
        self, kind: Expecting, key: str, value: Mapping[str, object], path: Path, reading: Reading
    ) -> tuple[Expectation, ...]:
        if key not in value:
            return ()
        read = kind.read(value[key], (*path, key), reading)
        return () if read is MISSING else read

    def order(self, keys: Sequence[str]) -> list[str]:
        verb = next((key for key in keys if key in BY_VERB), "")
        fields = [field.key for field in fields_of(BY_VERB[verb])] if verb else []
        schedule = [*SCHEDULES, *([FOR] if EVERY in keys else [])]
        beside = [key for key in fields if key not in {*schedule, EXPECT}]
        return declared_order(keys, [*schedule, verb, *beside, EXPECT])

    def inside(self, key: str | int) -> Kind:
        if key in (WHEN, EXPECT):
            return self._when if key == WHEN else self._expect
        return Record(BY_VERB[key]) if isinstance(key, str) and key in BY_VERB else Kind()

    def schema(self, schemas: Schemas) -> dict[str, Any]:
        if "Step" not in schemas.found:
            schemas.found["Step"] = {}
            schemas.found["Step"] = self._definition(schemas)
        return {"$ref": schemas.prefix + "Step"}

    def _definition(self, schemas: Schemas) -> dict[str, Any]:
        properties: dict[str, Any] = {
            key: {"description": doc, **kind.schema(schemas)} for key, (kind, doc) in _TIMES.items()
        }
        properties[WHEN] = {"description": "Wait until this is seen.", **self._when.schema(schemas)}
        for declared in ACTIONS:
            form = Record(declared).schema(schemas)
            properties[declared.verb] = {"description": summary_of(declared), **form}
        for declared in ACTIONS:
            for field in fields_of(declared) if declared.shorthand else ():
                properties.setdefault(field.key, {"description": f"A field of the verb, such as {declared.verb}."})
        properties[EXPECT] = {"description": "What must be seen.", **self._expect.schema(schemas)}
        one = [{"required": [key]} for key in SCHEDULES]
        return {"type": "object", "properties": properties, "additionalProperties": False, "oneOf": one}
