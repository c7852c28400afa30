"""One timer for all streams of a fleet (sheet SIP/RTP 13.2 and 22).

A wheel of twelve slots, 10 ms each: a stream that sends every 20 ms stands in six of them, one of 60 ms in two. Slots
come due by an absolute schedule that began with the first stream; the loop wakes for slots with streams only.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Protocol

from simulator.net.activity import without_cause

if TYPE_CHECKING:
    from collections.abc import Callable

SLOT = 0.010
SLOTS = 12
SPREAD = 64
"""Streams that a slot may have more than its neighbour: few streams wake the loop together, many are spread."""


MOST_BEHIND = 500
"""Slots that are gone through at most after the loop stood still: a laptop that slept is not to count its missed hours."""


class Ticking(Protocol):
    """A stream on the wheel."""

    def tick(self, due: float, now: float) -> None:
        """A packet time has come: it was due at `due` and it is `now`, both on the loop's clock."""
        ...


class Ticker:
    """Made inside the running loop; idle until a stream is added. What a stream raises goes to `bug`."""

    def __init__(self, bug: Callable[[Ticking, BaseException], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._bug = bug
        self._slots: tuple[dict[Ticking, None], ...] = tuple({} for _ in range(SLOTS))
        self._places: dict[Ticking, range] = {}
        self._origin = 0.0
        self._turn = 0
        """Number of the next slot since the origin."""
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._places)

    def add(self, stream: Ticking, ptime: int) -> None:
        """Tick it every `ptime` milliseconds from now on: 10, 20, 30, 40 or 60. Again: with another one."""
        self.remove(stream)
        step = ptime // 10
        if SLOTS % step:
            raise ValueError(f"no packet time of {ptime} ms")
        if not self._places:
            self._origin, self._turn = self._loop.time(), 0
        place = range(self._phase(step), SLOTS, step)
        self._places[stream] = place
        for slot in place:
            self._slots[slot][stream] = None
        self._arm()

    def remove(self, stream: Ticking) -> None:
        """Tick it no more. One that is not there is no mistake."""
        for slot in self._places.pop(stream, range(0)):
            del self._slots[slot][stream]
        if not self._places:
            self._disarm()

    def close(self) -> None:
        """Stop. Safe to repeat."""
        self._places.clear()
        for slot in self._slots:
            slot.clear()
        self._disarm()

    def _phase(self, step: int) -> int:
        """The first slot of a stream: where others are already awake, unless they are many more than elsewhere."""
        loads = [sum(len(self._slots[slot]) for slot in range(phase, SLOTS, step)) for phase in range(step)]
        busiest = max(range(step), key=loads.__getitem__)
        emptiest = min(range(step), key=loads.__getitem__)
        return emptiest if loads[busiest] - loads[emptiest] >= SPREAD * (SLOTS // step) else busiest

    def _arm(self) -> None:
        """Wake for the next slot in which there is a stream."""
        self._disarm()
        for turn in range(self._turn, self._turn + SLOTS):
            if self._slots[turn % SLOTS]:
                when = self._origin + turn * SLOT
                self._timer = without_cause(self._loop.call_at, when, self._fire)
                return

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._timer = None
        last = math.floor((self._loop.time() - self._origin) / SLOT + 1e-6)
        for turn in range(max(self._turn, last - MOST_BEHIND), last + 1):
            due = self._origin + turn * SLOT
            for stream in tuple(self._slots[turn % SLOTS]):
                try:
                    stream.tick(due, self._loop.time())
                except Exception as error:
                    self._bug(stream, error)
        self._turn = max(self._turn, last + 1)
        if self._places:
            self._arm()
