"""Timers: the values of RFC 3261 section 17 and the one heap of deadlines of a user agent."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Callable

    Action = Callable[[float], None]

SLACK = 64
"""Cancelled timers that may lie in the heap before it is worth sweeping."""


@dataclass(frozen=True, slots=True)
class Timing:
    """T1, T2 and T4 in seconds, all above 0. All other intervals derive from them (SIP sheet 4.1). Raises FleetError."""

    t1: float = 0.5
    t2: float = 4.0
    t4: float = 5.0

    def __post_init__(self) -> None:
        if min(self.t1, self.t2, self.t4) <= 0:
            raise FleetError("a SIP timer that is not above 0", hint="T1 is 0.5 s, T2 4 s, T4 5 s by default")

    @property
    def life(self) -> float:
        """64 T1, 32 s by default: timers B, D, F, H, J, L and M."""
        return 64 * self.t1


class Timer:
    """One deadline. `action` is called with the time that it was due or later."""

    __slots__ = ("_schedule", "action", "due")

    def __init__(self, due: float, action: Action, schedule: Schedule) -> None:
        self.due = due
        self.action: Action | None = action
        self._schedule = schedule

    def cancel(self) -> None:
        """Never call the action. Cancelling twice, or after it fired, does nothing."""
        if self.action is not None:
            self.action = None
            self._schedule.cancelled_one()


class Schedule:
    """All timers of one user agent."""

    __slots__ = ("_cancelled", "_heap", "_serial")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._serial = 0
        self._cancelled = 0

    def at(self, due: float, action: Action) -> Timer:
        """Call `action` once, when `due` has come."""
        self._serial += 1
        timer = Timer(due, action, self)
        heappush(self._heap, (due, self._serial, timer))
        return timer

    def next_deadline(self) -> float | None:
        """When `tick` has something to do; None: never."""
        heap = self._heap
        while heap and heap[0][2].action is None:
            heappop(heap)
            self._cancelled -= 1
        return heap[0][0] if heap else None

    def tick(self, now: float) -> None:
        """Call every action that is due, the earliest first, those set meanwhile included."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            timer = heappop(heap)[2]
            action, timer.action = timer.action, None
            if action is None:
                self._cancelled -= 1
            else:
                action(now)

    def cancelled_one(self) -> None:
        """One more timer in the heap is dead; sweep them when they are the most."""
        self._cancelled += 1
        if self._cancelled > SLACK and 2 * self._cancelled > len(self._heap):
            self._heap[:] = [entry for entry in self._heap if entry[2].action is not None]
            heapify(self._heap)
            self._cancelled = 0

    def __len__(self) -> int:
        """Timers that will still fire."""
        return len(self._heap) - self._cancelled
