"""What a failing test shows: a crash of the simulator first, then the timeline, the evidence and how to repeat it."""

from __future__ import annotations

import shlex
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest

from simulator.errors import FleetError
from simulator.pytest_plugin.evidence import is_kept, planned_folder, written_folder

if TYPE_CHECKING:
    from simulator.pytest_plugin.bench import FleetHandle

SHOWN = 12
"""Lines of the timeline in a failure."""
WIDEST = 200
"""Characters of one such line."""
_LOGS = ("Log/Audit", "Log/Access")
_FLEET = pytest.StashKey["FleetHandle"]()
_FAILED = pytest.StashKey[bool]()
_CRASH_TOLD = pytest.StashKey[bool]()
_TIMELINE = pytest.StashKey[str]()


def remember_fleet(node: pytest.Item, fleet: FleetHandle) -> None:
    """From now on a failure of this test shows this fleet."""
    node.stash[_FLEET] = fleet
    node.stash[_FAILED] = node.stash[_CRASH_TOLD] = False
    node.stash[_TIMELINE] = ""


def has_failed(node: pytest.Item) -> bool:
    """Whether set-up or the test itself has failed so far."""
    return node.stash.get(_FAILED, False)


def crash_told(node: pytest.Item) -> bool:
    """Whether the report of the test itself begins with the crash of the engine."""
    return node.stash.get(_CRASH_TOLD, False)


def remember_timeline(node: pytest.Item, fleet: FleetHandle) -> None:
    """The fleet is about to go: keep the lines that a failure shows."""
    node.stash[_TIMELINE] = _timeline(fleet)


def complete(item: pytest.Item, report: pytest.TestReport) -> None:
    """Seed and folder into the report's properties; timeline and command into the sections of a failure."""
    fleet = item.stash.get(_FLEET, None)
    if fleet is None:
        return
    if report.failed:
        _explain(item, report, fleet)
    if report.when == "teardown":
        folder = written_folder(item)
        report.user_properties.append(("axis_seed", str(fleet.seed)))
        if folder is not None:
            report.user_properties.append(("axis_evidence", str(folder)))


def _explain(item: pytest.Item, report: pytest.TestReport, fleet: FleetHandle) -> None:
    item.stash[_FAILED] = True
    if report.when != "teardown":
        remember_timeline(item, fleet)
        _put_crash_first(item, report, fleet)
    options = fleet.recipe.options
    timeline = item.stash[_TIMELINE]
    if timeline and is_kept(item, options, failed=True):
        timeline += f"\nevidence  {planned_folder(item, options) / 'timeline.html'}"
    repeat = shlex.join(["pytest", item.nodeid, *options.repeat])
    report.sections.append(("axis", "\n".join(filter(None, [timeline, f"repeat    {repeat}"]))))


def _put_crash_first(item: pytest.Item, report: pytest.TestReport, fleet: FleetHandle) -> None:
    """A dead engine looks like a client's timeout; so the engine's end is told before the traceback."""
    obituary = fleet.engine.obituary()
    if obituary:
        item.stash[_CRASH_TOLD] = True
        report.longrepr = f"the simulator itself failed: {obituary}\n\n{report.longreprtext}"


def _timeline(fleet: FleetHandle) -> str:
    """The last lines since the last deed of hands, headed by the device seconds they span."""
    try:
        records = [record for record in fleet.story() if not _is_chatter(record)]
    except FleetError:
        return ""
    since = [record for record in records if record["number"] > fleet.touched.mark.journal]
    if not since:
        return "timeline  nothing happened"
    lines = _lines(since)
    head = (
        f"timeline  {since[0]['at']:.3f} .. {since[-1]['at']:.3f} ({min(len(lines), SHOWN)} of {len(lines)} lines)"
    )
    return "\n".join([head, *lines[-SHOWN:]])


def _lines(records: list[dict[str, Any]]) -> list[str]:
    """One line per record, but two and the last of many alike: a device that connects tells all its states."""
    lines: list[str] = []
    for (_, kind, what), alike in groupby(
        records, lambda record: (record["device"], record["kind"], record["what"])
    ):
        group = list(map(_line, alike))
        more = len(group) - 3
        lines += group if more < 2 else [*group[:2], f"{'':10}  ... {more} more of {kind} {what}", group[-1]]
    return lines


def _is_chatter(record: dict[str, Any]) -> bool:
    """Logs of who asked, which the requests themselves tell better, and the broker's word for each device's own."""
    kind, what = record["kind"], record["what"]
    if kind == "message":
        return record["device"] == "site" or str(record["data"].get("topic", "")).endswith(_LOGS)
    return (kind == "log" and what in ("audit", "access")) or what.endswith(_LOGS)


def _line(record: dict[str, Any]) -> str:
    data = " ".join(f"{key}={value}" for key, value in record["data"].items() if value not in ("", None))
    text = f"{record['at']:10.3f}  {record['device']:<12} {record['kind']:<10} {record['what']} {data}".rstrip()
    return text if len(text) <= WIDEST else text[: WIDEST - 3] + "..."
