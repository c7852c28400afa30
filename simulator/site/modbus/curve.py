"""How a physical quantity goes over time: device seconds in, a number out (Modbus sheet 1.9)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from simulator.chance import Stream


class Curve(Protocol):
    """A quantity as a function of device time."""

    def at(self, now: float) -> float:
        """Its value at device second `now`."""


@dataclass(frozen=True, slots=True)
class Constant:
    """The same for ever."""

    value: float

    def at(self, now: float) -> float:
        return self.value


@dataclass(frozen=True, slots=True)
class Ramp:
    """From one value to another in equal steps of time, then it stays."""

    first: float
    last: float
    begun: float
    over: float

    def at(self, now: float) -> float:
        share = 1.0 if self.over <= 0 else min(1.0, max(0.0, (now - self.begun) / self.over))
        return self.first + (self.last - self.first) * share


@dataclass(frozen=True, slots=True)
class Steps:
    """From value to value, each held for `every` seconds; the last stays."""

    values: tuple[float, ...]
    begun: float
    every: float

    def at(self, now: float) -> float:
        return self.values[min(len(self.values) - 1, max(0, int((now - self.begun) / self.every)))]


@dataclass(frozen=True, slots=True)
class Sine:
    """Around a mean, `amplitude` up and down, once in `period` seconds; it begins at the mean, rising."""

    mean: float
    amplitude: float
    period: float
    begun: float

    def at(self, now: float) -> float:
        return self.mean + self.amplitude * math.sin(2 * math.pi * (now - self.begun) / self.period)


@dataclass(frozen=True, slots=True)
class Spike:
    """Another value for a short time, then what was before."""

    peak: float
    begun: float
    lasts: float
    before: Curve

    def at(self, now: float) -> float:
        return self.peak if self.begun <= now < self.begun + self.lasts else self.before.at(now)


@dataclass(slots=True)
class Walk:
    """A random walk: every `every` seconds up or down by at most `stride`, within bounds; the same for the same seed."""

    first: float
    stride: float
    every: float
    begun: float
    stream: Stream
    low: float
    high: float
    _value: float = field(init=False)
    _steps: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._value = self.first

    def at(self, now: float) -> float:
        due = min(max(0, int((now - self.begun) / self.every)), self._steps + 100_000)
        while self._steps < due:
            self._steps += 1
            self._value += self.stream.uniform(-self.stride, self.stride)
            self._value = min(self.high, max(self.low, self._value))
        return self._value


def dew_point(celsius: float, humidity: float) -> float:
    """Magnus formula: the temperature at which this air is saturated. Humidity in percent (Modbus sheet 1.7)."""
    spread = 243.12 + celsius
    if spread <= 0:
        return celsius
    g = math.log(max(humidity, 0.1) / 100) + 17.62 * celsius / spread
    return 243.12 * g / (17.62 - g)
