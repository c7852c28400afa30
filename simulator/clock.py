"""Device time: one clock for all devices of a fleet.

The only file beside `chance.py` that may read the machine's clock. Device time starts at 0 and runs in
one of three modes (network sheet, section 15):

- real: as the machine's monotonic clock,
- scaled: `rate` times as fast, at most 20,
- stepped: it stands still until `SimClock.step_to` moves it.

A clock is passive. It keeps a heap of deadlines; a driver on the net floor sleeps until `next_due()` and
calls `run_due()`. Wire time (SIP timers, keep-alives towards real peers) is not in here: it is passed to
wire sessions as `now` by the floor that owns the event loop, and never scaled.

Callbacks run in the context in which they were scheduled, so that the cause of a debounced event is the
action that started the debounce (see `journal.py`).
"""

from __future__ import annotations

import contextvars
import heapq
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Callable

FASTEST = 20.0
"""The highest rate at which published clients and real peers still keep up (network sheet 15)."""

DEFAULT_EPOCH = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
"""Wall-clock time of a stepped or seeded run at device time 0; a run is reproducible only with a fixed one."""


def wire_now() -> float:
    """Seconds of the machine's monotonic clock: wire time."""
    return time.monotonic()


def machine_wall() -> datetime:
    """The machine's own date and time, for stamps that a reader compares with other programs' logs."""
    return datetime.now(UTC)


@dataclass(slots=True, order=True)
class Timer:
    """A pending call; `cancel()` makes it a no-op and is safe to repeat."""

    due: float
    sequence: int
    callback: Callable[[], None] | None = field(compare=False)
    context: contextvars.Context = field(compare=False, repr=False)

    def cancel(self) -> None:
        self.callback = None

    @property
    def pending(self) -> bool:
        return self.callback is not None


def _raise(error: Exception) -> None:
    raise error


class SimClock:
    """Device time in seconds, and the heap of what is due when."""

    def __init__(self, *, rate: float = 1.0, stepped: bool = False, epoch: datetime = DEFAULT_EPOCH) -> None:
        self.epoch = epoch
        self.on_change: Callable[[], None] = lambda: None
        """Called when the next deadline may have moved: a new first timer, another rate."""
        self.on_error: Callable[[Exception], None] = _raise
        """Called with what a callback raised, when everything else that was due has fired; by default it raises."""
        self._heap: list[Timer] = []
        self._sequence = 0
        self._base_device = 0.0
        self._base_wire = wire_now()
        self._rate = 0.0
        self.stepped = stepped
        if not stepped:
            self.set_rate(rate)

    @property
    def rate(self) -> float:
        """Device seconds per wire second; 0 while stepped or paused."""
        return self._rate

    def now(self) -> float:
        """Device seconds since the fleet started."""
        if self._rate == 0.0:
            return self._base_device
        return self._base_device + (wire_now() - self._base_wire) * self._rate

    def wall(self) -> datetime:
        """What a device with a true clock shows: UTC date and time of device time."""
        return self.epoch + timedelta(seconds=self.now())

    def set_rate(self, rate: float) -> None:
        """Run at `rate`; 0 pauses. Raises FleetError outside 0..20 and for a stepped clock."""
        if self.stepped:
            raise FleetError("a stepped clock has no rate", hint="use advance, or start with clock: real")
        if not 0 <= rate <= FASTEST:
            raise FleetError(f"clock rate {rate:g} is outside 0 to {FASTEST:g}")
        self._base_device, self._base_wire = self.now(), wire_now()
        self._rate = rate
        self.on_change()

    def call_at(self, due: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` when device time reaches `due` (at once, on the next turn, if it is past)."""
        self._sequence += 1
        timer = Timer(due, self._sequence, callback, contextvars.copy_context())
        heapq.heappush(self._heap, timer)
        if self._heap[0] is timer:
            self.on_change()
        return timer

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` after `delay` device seconds."""
        return self.call_at(self.now() + delay, callback)

    def next_due(self) -> float | None:
        """Device time of the next pending deadline, or None."""
        while self._heap and self._heap[0].callback is None:
            heapq.heappop(self._heap)
        return self._heap[0].due if self._heap else None

    def seconds_until_due(self) -> float | None:
        """Wire seconds until `next_due()`; None when nothing is due or time stands still."""
        due = self.next_due()
        if due is None or self._rate == 0.0:
            return None
        return max(0.0, (due - self.now()) / self._rate)

    def run_due(self) -> int:
        """Fire everything that is due now, in order of time, then of scheduling; returns how many fired.

        One that raises keeps none of the others from firing; `on_error` hears of it afterwards.
        """
        now = self.now()
        due: list[Timer] = []
        while self._heap and self._heap[0].due <= now:
            timer = heapq.heappop(self._heap)
            if timer.callback is not None:
                due.append(timer)
        fired, errors = 0, []
        for timer in due:
            callback, timer.callback = timer.callback, None
            if callback is None:  # an earlier callback of this instant has cancelled it
                continue
            fired += 1
            try:
                timer.context.run(callback)
            except Exception as error:
                errors.append(error)
        for raised in errors:
            self.on_error(raised)
        return fired

    def step_to(self, target: float) -> None:
        """Set a stepped clock to `target`; the caller has fired everything due before. Never backwards."""
        if not self.stepped:
            raise FleetError("only a stepped clock can be advanced", hint="start with clock: stepped")
        self._base_device = max(self._base_device, target)
