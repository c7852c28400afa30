"""What a light is told to do: pattern, colours, intensity, speed, for how long and how important it is.

Names, ranges and the number of each error are those of VAPIX "Siren and light" (audio sheet 6.1). Which patterns and
colours a product has is data of its profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from simulator.errors import FleetError

if TYPE_CHECKING:
    from simulator.device.quirks import LightQuirks

LOWEST_PRIORITY, HIGHEST_PRIORITY = 1, 10
MOST_SECONDS, MOST_REPETITIONS = 259_200, 20
SECONDS, REPETITIONS = "seconds", "repetitions"


class LightError(IntEnum):
    """Numbers of what can be wrong, as the API documents them."""

    TOO_MANY_PROFILES = 1201
    INVALID_PROFILE = 1202
    NO_SUCH_ACTIVITY = 1203
    NO_HEALTH_CHECK = 1204
    NO_MAINTENANCE_MODE = 1205
    MISSING = 2103
    INVALID = 2104
    PATTERN = 2201
    INTENSITY = 2203
    PRIORITY = 2205
    DURATION_UNIT = 2207
    DURATION = 2209
    FUNCTION = 2210
    COLOR_COUNT = 2211
    COLOR = 2212
    NAME_LENGTH = 2213
    DESCRIPTION_LENGTH = 2214
    SPEED = 2215


class LightRefused(FleetError):
    """Something the light cannot be told."""

    def __init__(self, error: LightError, text: str) -> None:
        super().__init__(text)
        self.error = error


@dataclass(frozen=True, slots=True)
class Duration:
    """How long: so many seconds, or so many repetitions of the pattern."""

    unit: str
    value: int

    def checked(self) -> Duration:
        """Itself. Raises LightRefused for another unit, and outside 0 to 259,200 s or 0 to 20 repetitions."""
        most = {SECONDS: MOST_SECONDS, REPETITIONS: MOST_REPETITIONS}.get(self.unit)
        if most is None:
            raise LightRefused(LightError.DURATION_UNIT, f"a duration is in {SECONDS} or {REPETITIONS}")
        if not 0 <= self.value <= most:
            raise LightRefused(LightError.DURATION, f"a duration is 0 to {most} {self.unit}")
        return self


@dataclass(frozen=True, slots=True)
class LightPattern:
    """One way of shining."""

    pattern: str
    colors: tuple[str, ...]
    intensity: int
    speed: int
    priority: int
    duration: Duration | None = None
    """None shines until it is stopped."""

    def checked(self, quirks: LightQuirks) -> LightPattern:
        """Itself. Raises LightRefused for what this product's light cannot do."""
        ability = quirks.patterns.get(self.pattern)
        if ability is None:
            raise LightRefused(LightError.PATTERN, f"a pattern is one of {', '.join(quirks.patterns)}")
        if not ability.fewest_colors <= len(self.colors) <= ability.most_colors:
            counts = f"{ability.fewest_colors} to {ability.most_colors}"
            raise LightRefused(LightError.COLOR_COUNT, f"{self.pattern} takes {counts} colors")
        if not set(self.colors) <= set(quirks.colors):
            raise LightRefused(LightError.COLOR, f"a color is one of {', '.join(quirks.colors)}")
        if self.intensity not in quirks.intensities:
            raise LightRefused(LightError.INTENSITY, f"an intensity is {_range(quirks.intensities)}")
        if self.speed not in ability.speeds:
            raise LightRefused(LightError.SPEED, f"the speed of {self.pattern} is {_range(ability.speeds)}")
        if not LOWEST_PRIORITY <= self.priority <= HIGHEST_PRIORITY:
            limits = f"{LOWEST_PRIORITY} to {HIGHEST_PRIORITY}"
            raise LightRefused(LightError.PRIORITY, f"a priority is {limits}")
        if self.duration is not None:
            self.duration.checked()
        return self

    def seconds(self, quirks: LightQuirks) -> float | None:
        """Device seconds for which it shines; None without an end."""
        if self.duration is None:
            return None
        if self.duration.unit == SECONDS:
            return float(self.duration.value)
        return self.duration.value * quirks.patterns[self.pattern].period / self.speed


def _range(values: tuple[int, ...]) -> str:
    return str(values[0]) if len(values) == 1 else f"{values[0]} to {values[-1]}"
