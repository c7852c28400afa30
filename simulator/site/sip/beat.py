"""The wire-time timer of a session without I/O: it asks when something is due, and lets it be done then."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from simulator.clock import wire_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.net.activity import Activity


class Timed(Protocol):
    """What sessions have in common here."""

    def next_deadline(self) -> float | None: ...
    def tick(self, now: float) -> None: ...


class Beat:
    """One timer of the event loop, or none while nothing is due. `after` runs after each tick, to send what came of it."""

    def __init__(self, session: Timed, activity: Activity, after: Callable[[], None]) -> None:
        self._session = session
        self._activity = activity
        self._after = after
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None

    def set(self) -> None:
        """The session's next deadline may have moved."""
        due = self._session.next_deadline()
        if due == self._due and self._timer is not None:
            return
        self.stop()
        if due is not None:
            self._due = due
            self._timer = self._loop.call_at(due, self._tick)

    def stop(self) -> None:
        """Nothing is due any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._due = None

    def _tick(self) -> None:
        self._timer = self._due = None
        self._activity.count += 1
        self._session.tick(wire_now())
        self._after()
