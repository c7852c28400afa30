"""What a failing test shows and keeps: the seed, the last lines of the timeline, the evidence folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulator.errors import FleetError
from simulator.pytest_plugin.bench import evidence_name
from simulator.pytest_plugin.option import marker_arguments

if TYPE_CHECKING:
    from simulator.pytest_plugin.bench import FleetHandle

SHOWN = 12
"""Lines of the timeline in a failure."""
_FLEET = pytest.StashKey["FleetHandle"]()
_FAILED = pytest.StashKey[bool]()
_FOLDER = pytest.StashKey[str]()


def remember_fleet(node: pytest.Item, fleet: FleetHandle) -> None:
    """From now on a failure of this test shows this fleet."""
    node.stash[_FLEET] = fleet


def add_evidence(item: pytest.Item, report: pytest.TestReport) -> None:
    """Seed and folder into the report's properties, and for a failure the timeline into its sections."""
    fleet = item.stash.get(_FLEET, None)
    if fleet is None:
        return
    if report.failed:
        item.stash[_FAILED] = True
        if report.when == "call":
            report.sections.append(("axis timeline", _timeline(fleet)))
        report.sections.append(("axis repeat", f'pytest "{item.nodeid}" --axis-seed {fleet.made.options.seed}'))
    if report.when == "teardown":
        report.user_properties.append(("axis_seed", str(fleet.seed)))
        folder = item.stash.get(_FOLDER, None)
        if folder is not None:
            report.user_properties.append(("axis_evidence", folder))
            report.sections.append(("axis evidence", folder))


def keep_evidence(node: pytest.Item, fleet: FleetHandle) -> None:
    """Write the evidence folder if the options or the test's marker ask for it."""
    options = fleet.made.options
    when = marker_arguments(node).get("evidence", options.evidence)
    if when == "off" or (when == "retain-on-failure" and not node.stash.get(_FAILED, False)):
        return
    from simulator.report.evidence import write_journal

    folder = Path(options.evidence_dir) / evidence_name(node.nodeid)
    try:
        write_journal(folder, fleet.fleet(), fleet.journal(after=fleet.began)["records"], title=node.nodeid)
    except FleetError:
        return  # the engine is gone: check_fleet says so
    node.stash[_FOLDER] = str(folder)


def _timeline(fleet: FleetHandle) -> str:
    try:
        records = fleet.journal(after=fleet.began)["records"]
    except FleetError as error:
        return str(error)
    return "\n".join(_line(record) for record in records[-SHOWN:]) or "nothing happened"


def _line(record: dict[str, Any]) -> str:
    data = " ".join(f"{key}={value}" for key, value in record["data"].items() if key != "payload")
    return f"{record['at']:10.3f}  {record['device']:<12} {record['kind']:<10} {record['what']} {data}"[
        :200
    ].rstrip()
