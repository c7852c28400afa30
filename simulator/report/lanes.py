"""The picture of a run: one lane per device, a mark where something happened, a flag for each step.

Only geometry: numbers of pixels and words. A lane never has more marks than a screen can show; what happened at the
same place is one mark that says how much it stands for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Line = dict[str, Any]
WIDTH = 1000
"""Pixels from the first instant to the last."""
GRAIN = 6
"""Pixels up to which what follows a mark belongs to it."""
MANY = 24
"""Lanes above which each one becomes narrow."""
WIDE_LANE, NARROW_LANE = 24, 14
MOST_LANES = 400
MOST_TICKS = 10
MOST_WORDS = 6
"""Things that the tooltip of one mark names."""
FLEET = "fleet"
KINDS = ("violation", "fault", "action", "event", "request", "state")
"""What has a mark, the most telling first: it gives the mark its colour."""
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400)


@dataclass(slots=True)
class Mark:
    """What happened at one place of a lane."""

    x: float
    kind: str
    number: int
    """The first line of the timeline that it stands for."""
    words: list[str] = field(default_factory=list)
    count: int = 0

    @property
    def text(self) -> str:
        more = [f"... and {self.count - len(self.words)} more"] if self.count > len(self.words) else []
        return "\n".join([*self.words, *more])


@dataclass(frozen=True, slots=True)
class Lane:
    """A device, the site, or the whole fleet."""

    name: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    """A step of the scenario."""

    x: float
    label: str
    text: str
    number: int


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it. `ticks` are places and labels of the time axis."""

    lanes: tuple[Lane, ...]
    flags: tuple[Flag, ...]
    ticks: tuple[tuple[float, str], ...]
    lane_height: int
    left_out: int
    """Lanes for which there was no room."""

    @property
    def height(self) -> int:
        return len(self.lanes) * self.lane_height


def picture(lines: Sequence[Line], words: Callable[[Line], str]) -> Picture:
    """The picture of a story. `words` says what a line is about, in one line of text."""
    last = max((line["at"] for line in lines), default=0.0) or 1.0
    lanes = _lanes(lines, WIDTH / last, words)
    height = NARROW_LANE if len(lanes) > MANY else WIDE_LANE
    shown = lanes[:MOST_LANES]
    return Picture(tuple(shown), _flags(lines, WIDTH / last), _ticks(last), height, len(lanes) - len(shown))


def _lanes(lines: Iterable[Line], scale: float, words: Callable[[Line], str]) -> list[Lane]:
    places: dict[str, list[Mark]] = {}
    for line in lines:
        if line["kind"] not in KINDS:
            continue
        name = line["device"]
        lane = places.setdefault(FLEET if name == "" or _is_pattern(name) else name, [])
        x = round(line["at"] * scale, 1)
        if not lane or x - lane[-1].x > GRAIN:
            lane.append(Mark(x, line["kind"], line["number"]))
        _add(lane[-1], line, words)
    return [Lane(name, tuple(places[name])) for name in sorted(places, key=_lane_order)]


def _add(mark: Mark, line: Line, words: Callable[[Line], str]) -> None:
    mark.count += 1
    if KINDS.index(line["kind"]) < KINDS.index(mark.kind):
        mark.kind, mark.number = line["kind"], line["number"]
    if len(mark.words) < MOST_WORDS:
        mark.words.append(f"{line['at']:.3f} s  {line['kind']}  {words(line)}")


def _flags(lines: Iterable[Line], scale: float) -> tuple[Flag, ...]:
    steps = [line for line in lines if line["kind"] == "step" and "verdict" not in line["data"]]
    return tuple(
        Flag(round(step["at"] * scale, 1), str(number), f"{step['at']:.3f} s  {step['what']}", step["number"])
        for number, step in enumerate(steps, 1)
    )


def _ticks(last: float) -> tuple[tuple[float, str], ...]:
    step = next((size for size in _TICKS if last / size <= MOST_TICKS), last / MOST_TICKS)
    times = (round(number * step, 3) for number in range(int(last / step) + 1))
    return tuple((round(time / last * WIDTH, 1), "0" if not time else format_duration(time)) for time in times)


def _is_pattern(name: str) -> bool:
    return any(sign in name for sign in "*?{")


def _lane_order(name: str) -> tuple[int, list[tuple[int, int, str]]]:
    """The fleet first, the site next, then devices as people count them: io-2 before io-10."""
    rank = {FLEET: 0, "site": 1}.get(name, 2)
    parts = re.findall(r"\d+|\D+", name)
    return rank, [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
