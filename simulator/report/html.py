"""The report as one page that needs nothing else: no network, no other file.

The page is `page.html`, a Jinja template with automatic escaping: whatever a client sent is text and never markup.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from simulator.report.timeline import timeline
from simulator.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

    from simulator.report.result import CaseResult

MOST_LINES = 5000
"""Lines of the timeline on a page; the whole of it is in timeline.jsonl."""
LANE_WIDTH = 900
LANE_HEIGHT = 22
MOST_LANES = 40
_SHOWN_IN_LANES = ("action", "event", "fault", "step", "state")

Line = dict[str, Any]


def case_page(result: CaseResult, records: Sequence[Line]) -> str:
    """The page of one case."""
    return _template().render(title=result.case, result=result, **_timeline_parts(records))


def journal_page(title: str, records: Sequence[Line]) -> str:
    """A page with the timeline alone."""
    return _template().render(title=title, result=None, **_timeline_parts(records))


def _timeline_parts(records: Sequence[Line]) -> dict[str, Any]:
    everything = timeline(records)
    return {
        "lines": everything[:MOST_LINES],
        "left_out": max(0, len(everything) - MOST_LINES),
        "lanes": lanes(everything),
        "lane_width": LANE_WIDTH,
        "lane_height": LANE_HEIGHT,
    }


def lanes(everything: Sequence[Line]) -> list[dict[str, Any]]:
    """One lane per device with a mark for each action, event, fault, step and state."""
    last = max((line["at"] for line in everything), default=0.0) or 1.0
    marks: dict[str, list[dict[str, Any]]] = {}
    for line in everything:
        if line["kind"] in _SHOWN_IN_LANES:
            marks.setdefault(line["device"] or "fleet", []).append(
                {"x": round(line["at"] / last * LANE_WIDTH, 1), "kind": line["kind"], "text": _mark_text(line)}
            )
    return [{"device": device, "marks": placed} for device, placed in sorted(marks.items())[:MOST_LANES]]


def _mark_text(line: Line) -> str:
    return f"{line['at']:.3f} s  {line['kind']}: {line['what']} {_data_text(line['data'])}"


def _data_text(data: dict[str, Any]) -> str:
    return " ".join(f"{key}={_value_text(value)}" for key, value in data.items())


def _value_text(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + _data_text(value) + "}"
    return "yes" if value is True else "no" if value is False else str(value)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("simulator.report", "."),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"data": _data_text, "duration": format_duration}
    return environment.get_template("page.html")
