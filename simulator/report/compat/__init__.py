"""The compatibility table: what the client under test did about each stimulus, measured on the wire.

Checks of the sheet's catalogue (scenarios-and-pytest, section 5) that this bench can decide: C01 enrolment, C05 input,
C06 wiring, C08 link lost, C17 address change, C18 upgrade. A check is decided from the journal alone; one whose stimulus
did not occur, or concerned a device that the client had no dealings with, is not listed.

`story.py` says what a device did and what the client did with it, `told.py` when the client was told of an event,
`check.py` decides. All figures are wire time: the client lives in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.report.compat.check import CHECKS
from simulator.report.compat.story import stories

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from simulator.report.result import Check

__all__ = ["as_json", "checks"]


def checks(fleet: Mapping[str, Any], records: Sequence[dict[str, Any]]) -> tuple[Check, ...]:
    """The rows of the table, by check, then in the fleet's order of devices."""
    told = list(stories(fleet, records))
    return tuple(row for check in CHECKS for story in told for row in check(story))


def as_json(rows: Iterable[Check]) -> list[dict[str, Any]]:
    """The table for programs. Two runs are compared row by row: everything but `measured` is the same text whenever
    the client did the same, and `measured` holds the numbers, durations in wire seconds."""
    return [
        {
            "check": row.id,
            "title": row.title,
            "device": row.device,
            "firmware": row.firmware,
            "stimulus": row.stimulus,
            "verdict": row.verdict,
            "detail": row.detail,
            "measured": row.measured,
        }
        for row in rows
    ]
