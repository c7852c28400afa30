"""From drafts to steps: instants are computed, `every` is written out, and time must run forward."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.action.action import Action, to_json
from simulator.scenario.expecting import flow
from simulator.scenario.plan import Step, When
from simulator.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.scenario.step import Draft
    from simulator.scenario.tree import FileReading

MOST_STEPS = 10_000


def steps(drafts: Sequence[Draft], reading: FileReading) -> tuple[Step, ...]:
    """All steps in order, with repetitions written out."""
    found: list[Step] = []
    due: float | None = 0.0
    for draft in drafts:
        made, due = _made(draft, due, reading)
        found += made
        if len(found) > MOST_STEPS:
            reading.problem(draft.path, f"the timeline has more than {MOST_STEPS} steps", "repeat less often")
            return ()
    return tuple(found)


def _made(draft: Draft, before: float | None, reading: FileReading) -> tuple[list[Step], float | None]:
    """The steps of a draft, and the instant of the last one where it is known."""
    if draft.every is not None:
        return _repeated(draft, draft.every, before, reading)
    if draft.when is not None:
        return [_step(draft, When("event", event=draft.when), None, reading)], None
    if draft.at is not None:
        if before is not None and draft.at < before:
            what = f"{format_duration(draft.at)} comes before the step above, at {format_duration(before)}"
            reading.problem((*draft.path, "at"), what, "put the steps in the order of their time")
        return [_step(draft, When("start", draft.at), draft.at, reading)], draft.at
    delay = draft.after or 0.0
    due = None if before is None else before + delay
    return [_step(draft, When("previous", delay), due, reading)], due


def _repeated(
    draft: Draft, every: float, before: float | None, reading: FileReading
) -> tuple[list[Step], float | None]:
    total = int(draft.lasting / every + 1e-9)
    if not 0 < total <= MOST_STEPS:
        what = f"every {format_duration(every)} for {format_duration(draft.lasting)} is {total} times"
        reading.problem((*draft.path, "every"), what, f"make it 1 to {MOST_STEPS}")
        return [], before
    one = _step(draft, When("previous", every), None, reading)
    made = [
        replace(one, due=None if before is None else before + number * every, repetition=(number, total))
        for number in range(1, total + 1)
    ]
    return made, made[-1].due


def _step(draft: Draft, when: When, due: float | None, reading: FileReading) -> Step:
    return Step(
        when=when,
        action=draft.action,
        expectations=draft.expectations,
        place=reading.place(draft.path),
        source=reading.source(draft.path),
        title=_title(draft.action) if draft.action else f"expect {draft.expectations[0].text}",
        due=due,
    )


def _title(action: Action) -> str:
    """`cut io-2/input/2`, `press speaker-1 for: 25s`."""
    fields = to_json(action)[action.verb]
    first = fields.pop(action.shorthand, "")
    rest = ", ".join(f"{key}: {flow(value)}" for key, value in fields.items())
    return " ".join(part for part in (action.verb, flow(first), rest) if part)
