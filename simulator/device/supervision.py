"""Ranges of a supervised input: which level means which state.

A set of ranges covers 0 to 4095 without gap or overlap. The device's web page offers end-of-line presets, each of
which is one such set; published are those of the input-only ports and parallel first of the auxiliary ports, the
other rows of the auxiliary ports follow from the converter by the same midpoint rule (io-events sheet 1.7, 1.8).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from simulator.device.loop import AUXILIARY, HIGHEST_LEVEL, INPUT_ONLY, Converter, EndOfLine, LoopState
from simulator.device.parameter import Refused

MOST_RANGES = 64
"""More would be no supervision: four states share 4096 levels."""


class RangesRefused(Refused):
    """A set of ranges with a gap, an overlap or an end outside 0 to 4095 (error 2204 of supervisedio.cgi)."""


@dataclass(frozen=True, slots=True)
class Range:
    """Levels `lower` to `upper`, both included, mean `state`."""

    state: LoopState
    lower: int
    upper: int


Ranges = tuple[Range, ...]


def check_ranges(ranges: Ranges) -> Ranges:
    """`ranges` as given. Raises RangesRefused unless each level from 0 to 4095 has exactly one state."""
    expected = 0
    if len(ranges) > MOST_RANGES:
        raise RangesRefused(f"more than {MOST_RANGES} ranges")
    for part in sorted(ranges, key=lambda part: part.lower):
        if part.lower != expected or part.upper < part.lower:
            raise RangesRefused(f"ranges have a gap or an overlap at level {expected}")
        expected = part.upper + 1
    if expected != HIGHEST_LEVEL + 1:
        raise RangesRefused(f"ranges end at level {expected - 1}, not at {HIGHEST_LEVEL}")
    return ranges


def state_of(level: int, ranges: Ranges) -> LoopState:
    """The state of a level. `ranges` have passed `check_ranges`."""
    return next(part.state for part in ranges if part.lower <= level <= part.upper)


def ranges_as_text(ranges: Ranges) -> str:
    """`cut:0-1302,open:1303-1986,...`: how the parameter store keeps them."""
    return ",".join(f"{part.state.value}:{part.lower}-{part.upper}" for part in ranges)


@lru_cache(maxsize=256)
def ranges_from_text(text: str) -> Ranges:
    """The ranges kept as `text`, shared by all ports that have the same; none if it is no set of ranges."""
    try:
        return check_ranges(tuple(_range_from_text(part) for part in text.split(",")))
    except (ValueError, RangesRefused):
        return ()


def _range_from_text(text: str) -> Range:
    state, _, ends = text.partition(":")
    lower, _, upper = ends.partition("-")
    return Range(LoopState(state), int(lower), int(upper))


_RISING = (LoopState.CUT, LoopState.OPEN, LoopState.CLOSED, LoopState.SHORT)
_FALLING = tuple(reversed(_RISING))


def _ranges(states: tuple[LoopState, ...], *last: int) -> Ranges:
    """Ranges in ascending order, given the last level of all but the highest."""
    firsts = (0, *(level + 1 for level in last))
    lasts = (*last, HIGHEST_LEVEL)
    return tuple(Range(*row) for row in zip(states, firsts, lasts, strict=True))


PRESETS: dict[Converter, dict[EndOfLine, Ranges]] = {
    INPUT_ONLY: {
        EndOfLine.PARALLEL_22K_4K7: _ranges(_RISING, 1302, 1986, 3124),
        EndOfLine.SERIAL_1K: _ranges(_RISING, 1993, 3070, 3514),
        EndOfLine.SERIAL_2K2: _ranges(_RISING, 1738, 2608, 3307),
        EndOfLine.SERIAL_4K7: _ranges(_RISING, 1499, 2114, 3059),
        EndOfLine.SERIAL_10K: _ranges(_RISING, 1319, 1704, 2824),
    },
    AUXILIARY: {
        EndOfLine.PARALLEL_22K_4K7: _ranges(_FALLING, 100, 350, 620),
        EndOfLine.SERIAL_1K: _ranges(_FALLING, 32, 92, 429),
        EndOfLine.SERIAL_2K2: _ranges(_FALLING, 64, 174, 479),
        EndOfLine.SERIAL_4K7: _ranges(_FALLING, 115, 290, 545),
        EndOfLine.SERIAL_10K: _ranges(_FALLING, 181, 424, 613),
    },
}
"""The ranges of each preset, by the kind of port."""
