"""When connections have waited too long: one timer for all that are timed by the same clock."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, Protocol

from simulator.clock import wire_now

if TYPE_CHECKING:
    from collections.abc import Callable

APART = 0.02
"""Seconds between two looks at the deadlines of all connections, at least."""


class Timer(Protocol):
    def cancel(self) -> None:
        """Make it not happen."""


class Clock(Protocol):
    """Wire time, or the device time of a stepped fleet."""

    def now(self) -> float:
        """Seconds."""

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call back after so many seconds."""


class WireClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        return wire_now()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(delay, callback)


class Timed(Protocol):
    """What has a deadline that may move on without a word."""

    def next_deadline(self) -> float | None:
        """When `tick` has something to do."""

    def tick(self, now: float) -> None:
        """Time has passed."""


class Deadlines:
    """Clients that ping move their deadlines on, so the timer fires once per keep alive or so."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._watched: set[Timed] = set()
        self._timer: Timer | None = None
        self._rings_at = 0.0

    def now(self) -> float:
        """Time by the clock of these connections."""
        return self._clock.now()

    def watch(self, one: Timed, deadline: float | None) -> None:
        """The deadline of one may have come closer."""
        self._watched.add(one)
        if deadline is not None:
            self._ring_at(deadline)

    def forget(self, one: Timed) -> None:
        """It is gone, or timed by another clock."""
        self._watched.discard(one)

    def stop(self) -> None:
        """No timer is left."""
        self._watched.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring_at(self, deadline: float) -> None:
        if self._timer is not None:
            if self._rings_at <= deadline:
                return
            self._timer.cancel()
        self._rings_at = deadline
        # in a context of its own: what set the timer is not the cause of what others have missed
        delay = max(0.0, deadline - self._clock.now())
        self._timer = contextvars.Context().run(self._clock.call_later, delay, self._look)

    def _look(self) -> None:
        self._timer = None
        now = self._clock.now()
        nearest: float | None = None
        for one in tuple(self._watched):
            deadline = one.next_deadline()
            if deadline is not None and deadline <= now:
                one.tick(now)
                deadline = one.next_deadline() if one in self._watched else None
            if deadline is not None:
                nearest = deadline if nearest is None else min(nearest, deadline)
        if nearest is not None:
            self._ring_at(max(nearest, now + APART))
