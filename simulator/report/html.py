"""The report as one page that needs nothing else: no network, no other file.

The page is `page.html`, a Jinja template with automatic escaping: whatever a client sent is text and never markup.
"""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from simulator.report.lanes import WIDTH, picture
from simulator.report.result import Verdict
from simulator.report.text import failed_steps, printable, reason
from simulator.report.timeline import story
from simulator.report.words import summary, words
from simulator.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jinja2 import Template

    from simulator.report.result import CaseResult, Check, ExpectationResult, StepResult

MOST_LINES = 4000
"""Lines of the timeline on a page; the whole of it is in timeline.jsonl."""
MOST_LOG_LINES = 400
"""Lines of the client's output on a page; the whole of it is in client.log."""
MOST_FAILURES = 5
"""Devices of one expectation whose failure is told in full."""
KINDS = (
    "step", "action", "state", "event", "request", "message", "datagram", "fault", "violation", "site", "log", "note",
)  # fmt: skip
_ALWAYS = frozenset({"step", "action", "fault", "violation", "note"})
_WIRE = frozenset({"message", "datagram", "log", "site"})

Line = dict[str, Any]


def case_page(result: CaseResult, records: Sequence[Line], client_log: str = "") -> str:
    """The page of one case."""
    return _template().render(
        title=result.case,
        result=result,
        failures=failed_steps(result),
        checks=[_Group(rows) for rows in _by_check(result.checks)],
        client_lines=client_log.splitlines()[-MOST_LOG_LINES:],
        **_parts(result.fleet, records),
    )


def journal_page(title: str, records: Sequence[Line], fleet: Mapping[str, Any] | None = None) -> str:
    """A page with the timeline alone."""
    return _template().render(
        title=title, result=None, failures=(), checks=[], client_lines=[], **_parts(fleet or {}, records)
    )


class Expected:
    """One expectation of a file, about all devices that it names: those that passed as one, the others one by one."""

    def __init__(self, results: list[ExpectationResult]) -> None:
        self.text = results[0].general if len(results) > 1 else results[0].text
        self.limits = results[0].limits
        self.passed = [one for one in results if one.verdict is Verdict.PASSED]
        self.others = [one for one in results if one.verdict is not Verdict.PASSED]
        seen = [one.seen_at for one in self.passed if one.seen_at is not None]
        self.first, self.last = min(seen, default=None), max(seen, default=None)


def expected(step: StepResult) -> list[Expected]:
    """What a step expected, device by device only where it did not come."""
    groups: dict[str, list[ExpectationResult]] = {}
    for one in step.expectations:
        groups.setdefault(one.general, []).append(one)
    return [Expected(results) for results in groups.values()]


class _Group:
    """The rows of one check, with what a reader wants first: how many passed, and those that did not."""

    def __init__(self, rows: list[Check]) -> None:
        self.rows = sorted(rows, key=lambda row: row.verdict is Verdict.PASSED)
        self.id, self.title = rows[0].id, rows[0].title
        self.passed = sum(row.verdict is Verdict.PASSED for row in rows)
        self.verdict = next(
            (row.verdict for row in self.rows if row.verdict is Verdict.FAILED), self.rows[0].verdict
        )
        self.slowest = max((row.measured["seconds"] for row in rows if "seconds" in row.measured), default=None)


def _by_check(checks: Iterable[Check]) -> list[list[Check]]:
    return [list(rows) for _, rows in groupby(sorted(checks, key=lambda row: row.id), lambda row: row.id)]


def _parts(fleet: Mapping[str, Any], records: Sequence[Line]) -> dict[str, Any]:
    everything = story(records)
    lines = chosen(everything, MOST_LINES)
    return {
        "lines": lines,
        "shown": frozenset(line["number"] for line in lines),
        "left_out": len(everything) - len(lines),
        "picture": picture(everything, summary),
        "width": WIDTH,
        "kinds": [kind for kind in KINDS if any(line["kind"] == kind for line in lines)],
        "devices": fleet.get("devices", ()),
        "broker": fleet.get("site", {}).get("broker"),
    }


def chosen(everything: Sequence[Line], most: int) -> list[Line]:
    """As many lines as there is room for, in their order: what hands did first, then the devices that they named,
    then what came later than the set-up at the start, and what went over the wire last."""
    if len(everything) <= most:
        return list(everything)
    named = frozenset(line["device"] for line in everything if line["kind"] == "action")

    def rank(line: Line) -> int:
        if line["kind"] in _ALWAYS:
            return 0
        return 1 + int(line["device"] not in named) + 2 * int(line["at"] == 0) + 4 * int(line["kind"] in _WIRE)

    return sorted(sorted(everything, key=rank)[:most], key=lambda line: line["number"])


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("simulator.report", "."),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        finalize=lambda value: printable(value) if isinstance(value, str) else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"reason": reason, "expected": expected, "most_failures": MOST_FAILURES}
    environment.filters |= {"words": words, "duration": _duration, "head": _head, "leaf": _leaf}
    return environment.get_template("page.html")


def _duration(seconds: float) -> str:
    return format_duration(round(seconds, 3))


def _head(name: str) -> str:
    """`tns1:Device/tnsaxis:IO/` of `tns1:Device/tnsaxis:IO/Port`; empty for plain words."""
    return name[: len(name) - len(_leaf(name))]


def _leaf(name: str) -> str:
    return name.rpartition("/")[2] if name.startswith("tns") else name
