"""Drives the devices' clock on the event loop (network sheet, section 15).

Real and scaled: one timer of the loop for the next deadline. Stepped: time moves only by `advance`, which fires
everything due at an instant, lets the loop settle, and goes on to the next instant.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from simulator.errors import FleetError
from simulator.net.activity import Activity, without_cause

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.clock import SimClock

QUIET_TURNS = 2
"""One quiet turn of the loop loses replies, measured; two and three are exact."""
PATIENCE = 5.0
"""Wire seconds that settling waits at most for busy tokens and for clients that never stop asking."""


class Pacer:
    """One per fleet, made inside the running loop. `grace` is wire seconds given to outside clients after each
    instant in which something moved: their reaction cannot be known, only waited for."""

    def __init__(self, clock: SimClock, *, grace: float = 0.0, patience: float = PATIENCE) -> None:
        self.clock = clock
        self.activity = Activity()
        self.grace = grace
        self.patience = patience
        self.unsettled = 0
        """How often settling ran out of patience: a warning for the report."""
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._advancing = asyncio.Lock()
        clock.on_change = self._rearm
        self._rearm()

    def close(self) -> None:
        """Stop driving; the clock's deadlines stay where they are. Safe to repeat."""
        self._closed = True
        self.clock.on_change = lambda: None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def advance(self, seconds: float) -> None:
        """Let a stepped clock run `seconds` of device time. Raises FleetError for another clock or a negative."""
        if seconds < 0:
            raise FleetError("time does not run backwards")
        await self.advance_to(self.clock.now() + seconds)

    async def advance_to(self, target: float) -> None:
        """Let a stepped clock run until device time `target`; each instant settles before the next comes."""
        await self.run_until(lambda: False, target)

    async def run_until(self, reached: Callable[[], bool], limit: float) -> bool:
        """Run a stepped clock until `reached()` holds after an instant, at most until device time `limit`.

        Returns whether it was reached; if so the clock stands at that instant.
        """
        if not self.clock.stepped:
            raise FleetError("only a stepped clock can be advanced", hint="start with clock: stepped")
        async with self._advancing:
            await self.settle()
            while not reached():
                due = self.clock.next_due()
                if due is None or due > limit:
                    self.clock.step_to(limit)
                    return reached()
                await self._instant(due)
            return True

    async def settle(self) -> None:
        """Wait until nothing moves any more: no callback in two turns of the loop, and no busy token held."""
        activity, quiet = self.activity, 0
        give_up = self._loop.time() + self.patience
        while quiet < QUIET_TURNS:
            before = activity.count
            await asyncio.sleep(0)
            quiet = 0 if activity.busy or activity.count != before else quiet + 1
            if not quiet and self._loop.time() > give_up:
                self.unsettled += 1
                return

    async def _instant(self, due: float) -> None:
        before = self.activity.count
        self.clock.step_to(due)
        self.clock.run_due()
        await self.settle()
        if self.grace and self.activity.count != before:
            await asyncio.sleep(self.grace)
            await self.settle()

    def _rearm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        wait = self.clock.seconds_until_due()
        if wait is not None and not self._closed:
            self._timer = without_cause(self._loop.call_later, wait, self._due)

    def _due(self) -> None:
        self._timer = None
        try:
            self.clock.run_due()
        finally:
            self._rearm()
