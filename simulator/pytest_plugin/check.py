"""What is checked when a test ends, all of it reported together."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest

from simulator.errors import EngineGone, FleetError
from simulator.pytest_plugin.option import marker_arguments

if TYPE_CHECKING:
    from simulator.pytest_plugin.bench import FleetHandle

MOST_LISTED = 5


def check_fleet(node: pytest.Item, fleet: FleetHandle) -> None:
    """Take the fleet away and fail the test for what it left or what its client did wrong."""
    try:
        problems = [*_expectations(fleet), *_client(node, fleet), *_open_ends(node, fleet)]
        if not fleet.engine.attached:
            fleet.caller.call("DELETE", "/v1/fleet")
            problems += _leftovers(fleet)
    except EngineGone as gone:
        pytest.fail(f"the simulator itself failed: {gone}", pytrace=False)
    if problems:
        pytest.fail("\n  ".join(["at the end of the test:", *problems]), pytrace=False)


def _expectations(fleet: FleetHandle) -> list[str]:
    return [f"expectation never awaited, {promise.where}: {promise.text}" for promise in fleet.unawaited()]


def _client(node: pytest.Item, fleet: FleetHandle) -> list[str]:
    records = fleet.journal(after=fleet.began, kinds="request,violation")["records"]
    violations = [record for record in records if record["kind"] == "violation"]
    problems = [
        f"the client broke a rule: {record['device']}: {record['what']}" for record in violations[:MOST_LISTED]
    ]
    unknown = _unknown_requests(node, fleet, records)
    if unknown and fleet.made.options.strict:
        problems += [f"the client asked for what the device does not have: {line}" for line in unknown]
    elif unknown:
        listed = "; ".join(unknown)
        warnings.warn(f"asked for what the device does not have: {listed}", pytest.PytestWarning, stacklevel=2)
    return problems


def _unknown_requests(node: pytest.Item, fleet: FleetHandle, records: list[dict[str, Any]]) -> list[str]:
    allowed = marker_arguments(node).get("allow_unknown", ())
    allowed = (allowed,) if isinstance(allowed, str) else tuple(allowed if allowed is not True else ("",))
    asked = {
        f"{record['device']}: {record['what']}"
        for record in records
        if record["kind"] == "request"
        and record["data"].get("status") == 404
        and not record["data"].get("observer")
    }
    return sorted(line for line in asked if not any(part in line for part in allowed))[:MOST_LISTED]


def _open_ends(node: pytest.Item, fleet: FleetHandle) -> list[str]:
    excused = {kind for marker in node.iter_markers("axis_expect_leak") for kind in marker.args}
    if excused == set() and node.get_closest_marker("axis_expect_leak") is not None:
        return []
    open_ends: dict[str, list[str]] = fleet.caller.call("GET", "/v1/open-ends")
    return [
        f"the client left {kind} open, close them or mark axis_expect_leak({kind!r}): {', '.join(ends[:MOST_LISTED])}"
        for kind, ends in open_ends.items()
        if ends and kind not in excused
    ]


def _leftovers(fleet: FleetHandle) -> list[str]:
    """What the engine still holds after the fleet is gone: a bug of ours, and better known than hidden."""
    try:
        health = fleet.caller.call("GET", "/v1/health")
    except FleetError as error:
        return [str(error)]
    return [f"the engine leaks {what}: {count}" for what, count in health["leaks"].items() if count]
