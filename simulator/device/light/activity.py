"""Light activities: what runs, which one is seen, and what comes back when it ends.

One activity per priority: a new one of the same priority takes the place of the old one; a higher one hides those
below, whose time goes on; when the highest ends, the next is seen (audio sheet 6.1; C1410 manual, Light status).
Three priorities above 10 belong to the device itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.device.light.pattern import LightError, LightRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.clock import SimClock, Timer
    from simulator.device.light.pattern import LightPattern

MAINTENANCE, IDENTIFY, HEALTH_CHECK = 11, 12, 13
"""Priorities that no user can give or take away."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One running pattern."""

    number: int
    """Counts from 1, the lowest that is free."""
    pattern: LightPattern
    profile: str
    """Name of the profile it was started from; empty if it was started directly."""
    ends_at: float | None
    """Device seconds; None without an end."""
    timer: Timer | None

    def left(self, now: float) -> float | None:
        """Seconds it has left; None without an end."""
        return None if self.ends_at is None else max(0.0, self.ends_at - now)


class Activities:
    """What runs on one lamp; `changed` is called after each change."""

    def __init__(self, clock: SimClock, changed: Callable[[], None]) -> None:
        self._clock = clock
        self._changed = changed
        self._by_priority: dict[int, Activity] = {}

    @property
    def items(self) -> tuple[Activity, ...]:
        """The highest priority first."""
        return tuple(self._by_priority[priority] for priority in sorted(self._by_priority, reverse=True))

    @property
    def seen(self) -> Activity | None:
        """The one with the highest priority."""
        return next(iter(self.items), None)

    def start(self, pattern: LightPattern, seconds: float | None, *, profile: str = "") -> int:
        """Run a pattern for `seconds`; its number is returned."""
        self._drop(pattern.priority)
        taken = {activity.number for activity in self._by_priority.values()}
        number = next(number for number in range(1, len(taken) + 2) if number not in taken)
        timer = None if seconds is None else self._clock.call_later(seconds, lambda: self._ended(number))
        ends_at = None if seconds is None else self._clock.now() + seconds
        self._by_priority[pattern.priority] = Activity(number, pattern, profile, ends_at, timer)
        self._changed()
        return number

    def stop(self, number: int) -> None:
        """Raises LightRefused for a number that no user's activity has."""
        found = next((one for one in self.items if one.number == number), None)
        if found is None or found.pattern.priority >= MAINTENANCE:
            raise LightRefused(LightError.NO_SUCH_ACTIVITY, f"no activity {number}")
        self._remove(found.pattern.priority)

    def stop_profile(self, name: str) -> None:
        """End what was started from a profile; nothing happens if nothing was."""
        for activity in self.items:
            if activity.profile == name and activity.pattern.priority < MAINTENANCE:
                self._remove(activity.pattern.priority)

    def stop_all(self) -> None:
        """End every activity of users."""
        for activity in self.items:
            if activity.pattern.priority < MAINTENANCE:
                self._remove(activity.pattern.priority)

    def stop_priority(self, priority: int) -> None:
        """End the one of a priority, whoever began it."""
        if priority in self._by_priority:
            self._remove(priority)

    def clear(self) -> None:
        """Power is gone: nothing is left, and nobody is told."""
        for priority in tuple(self._by_priority):
            self._drop(priority)

    def _ended(self, number: int) -> None:
        priority = next(p for p, activity in self._by_priority.items() if activity.number == number)
        self._remove(priority)

    def _remove(self, priority: int) -> None:
        self._drop(priority)
        self._changed()

    def _drop(self, priority: int) -> None:
        gone = self._by_priority.pop(priority, None)
        if gone is not None and gone.timer is not None:
            gone.timer.cancel()
