"""What is checked when a test ends, in this order, all of it reported together.

1. expectations that were made and never waited for,
2. requests for what the device does not have (a failure when strict, else a warning),
3. rules of a protocol that the client broke,
4. connections and subscriptions that the client left open,
5. tasks and files that the engine still holds once the fleet is gone,
6. the engine itself: if it has died, that is told before anything else.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from simulator.errors import EngineGone, FleetError
from simulator.pytest_plugin.evidence import keep_evidence
from simulator.pytest_plugin.marker import excused_leaks, marker_arguments
from simulator.pytest_plugin.report import crash_told, has_failed, remember_timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.pytest_plugin.bench import FleetHandle

MOST_LISTED = 5
PATIENCE, BREATH = 0.5, 0.02
"""Wire seconds that closed connections get to be seen closed, and between two looks."""
_PAUSE = threading.Event()


@dataclass
class Findings:
    """What the checks found so far."""

    problems: list[str] = field(default_factory=list)
    remark: str = ""


def check_fleet(node: pytest.Item, fleet: FleetHandle) -> None:
    """Take the fleet away and fail the test for what it left or what its client did wrong."""
    findings = Findings()
    try:
        _check_standing(node, fleet, findings)
        _keep(node, fleet, findings)
        if not fleet.engine.attached:
            fleet.clear()
            findings.problems += _leftovers(fleet)
    except EngineGone as gone:
        if not crash_told(node):
            findings.problems.insert(0, f"the simulator itself failed: {fleet.engine.obituary() or gone}")
    _tell(node, findings)


def _check_standing(node: pytest.Item, fleet: FleetHandle, findings: Findings) -> None:
    """What can be asked only while the fleet stands."""
    findings.problems += unawaited(fleet)
    fleet.look_away()
    records = list(fleet.story("request,violation"))
    unknown = _unknown_requests(node, records)
    if fleet.recipe.options.strict:
        findings.problems += [f"the client asked for what the device does not have: {line}" for line in unknown]
    elif unknown:
        findings.remark = f"the client asked for what the device does not have: {'; '.join(unknown)}"
    findings.problems += _violations(records)
    findings.problems += _open_ends(node, fleet)


def _keep(node: pytest.Item, fleet: FleetHandle, findings: Findings) -> None:
    if findings.problems:
        remember_timeline(node, fleet)
    try:
        keep_evidence(node, fleet, failed=has_failed(node) or bool(findings.problems))
    except EngineGone:
        raise
    except (FleetError, OSError) as error:
        findings.problems.append(f"the evidence could not be written: {error}")


def _tell(node: pytest.Item, findings: Findings) -> None:
    if findings.remark:
        try:
            node.warn(pytest.PytestWarning(findings.remark))
        except pytest.PytestWarning as warning:  # the run turns warnings into errors
            findings.problems.append(str(warning))
    if findings.problems:
        pytest.fail("\n  ".join(["at the end of the test:", *findings.problems]), pytrace=False)


def unawaited(fleet: FleetHandle) -> list[str]:
    """Expectations that nobody waited for, each with the line that made it."""
    return [f"expectation never awaited, {promise.where}: {promise.text}" for promise in fleet.unawaited()]


def _unknown_requests(node: pytest.Item, records: list[dict[str, Any]]) -> list[str]:
    allowed = marker_arguments(node).get("allow_unknown", ())
    parts = ("",) if allowed is True else (allowed,) if isinstance(allowed, str) else tuple(allowed or ())
    asked = {
        f"{record['device']}: {record['what']}"
        for record in records
        if record["kind"] == "request" and record["data"].get("status") == 404
    }
    return _listed(sorted(line for line in asked if not any(part in line for part in parts)))


def _violations(records: list[dict[str, Any]]) -> list[str]:
    broken = (record for record in records if record["kind"] == "violation")
    return _listed([f"the client broke a rule: {_words(record)}" for record in broken])


def _words(record: dict[str, Any]) -> str:
    data = " ".join(f"{key}={value}" for key, value in record["data"].items() if value not in ("", None))
    return f"{record['device']}: {record['what']} {data}".rstrip()[:300]


def _listed(lines: list[str]) -> list[str]:
    more = len(lines) - MOST_LISTED
    return [*lines[:MOST_LISTED], *([f"... and {more} more"] if more > 0 else [])]


def _open_ends(node: pytest.Item, fleet: FleetHandle) -> list[str]:
    excused = excused_leaks(node)

    def left() -> dict[str, list[str]]:
        return {
            kind: open_now
            for kind, ends in fleet.open_ends().items()
            if kind not in excused and (open_now := sorted(set(ends) - set(fleet.open_before.get(kind, ()))))
        }

    return [
        f"the client left {kind} open (close them, or mark axis_expect_leak({kind!r})): {', '.join(_listed(ends))}"
        for kind, ends in _settled(left).items()
    ]


def _leftovers(fleet: FleetHandle) -> list[str]:
    """What the engine still holds after the fleet is gone: a bug of ours, and better known than hidden."""

    def left() -> dict[str, int]:
        health = fleet.caller.call("GET", "/v1/health")
        return {what: count for what, count in health["leaks"].items() if count}

    return [f"the engine leaks {what}: {count}" for what, count in _settled(left).items()]


def _settled(left: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What is left once it no longer goes away by itself: the last packets of a client may be on their way."""
    found: dict[str, Any] = {}
    for found in _looks(left):
        if not found:
            break
        _PAUSE.wait(BREATH)
    return found


def _looks(left: Callable[[], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for _ in range(int(PATIENCE / BREATH)):
        yield left()
