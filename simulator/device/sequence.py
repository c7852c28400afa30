"""A pulse or another sequence of states of an output, run once on the device clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.parameter import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulator.clock import SimClock, Timer

Step = tuple[bool, int]
"""Active or not, and for how many milliseconds before the next step."""

MOST_STEPS = 1000
"""Bounds the work of one request; no client is known to send more than a few."""

LONGEST_STEP = 2**31 - 1
"""Milliseconds that a 32-bit count holds."""


def check_steps(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps as they will be run. Raises Refused for none, too many or a time outside 0 to 2^31 - 1 ms."""
    if not 0 < len(steps) <= MOST_STEPS:
        raise Refused(f"a sequence has 1 to {MOST_STEPS} steps")
    if not all(0 <= milliseconds <= LONGEST_STEP for _, milliseconds in steps):
        raise Refused(f"a step takes 0 to {LONGEST_STEP} ms")
    return tuple(steps)


class StateSequence:
    """Steps in progress. It ends after the time of its last step, whose state stays, or when somebody ends it."""

    __slots__ = ("_apply", "_clock", "_done", "_due", "_position", "_steps", "_timer")

    def __init__(
        self,
        clock: SimClock,
        steps: tuple[Step, ...],
        apply: Callable[[bool], None],
        done: Callable[[], None] | None,
    ) -> None:
        self._clock = clock
        self._steps: tuple[Step, ...] | None = steps
        self._apply = apply
        self._done = done
        self._position = 0
        self._due = clock.now()
        self._timer: Timer | None = None

    @property
    def running(self) -> bool:
        return self._steps is not None

    def begin(self) -> None:
        """Take the first step, and each further one when its time has come."""
        while self._steps is not None and self._position < len(self._steps):
            active, milliseconds = self._steps[self._position]
            self._position += 1
            self._apply(active)
            if milliseconds and self.running:
                self._due += milliseconds / 1000
                self._timer = self._clock.call_at(self._due, self.begin)
                return
        self.end()

    def changes_nothing_from(self, active: bool) -> bool:
        """Whether all steps that are left would only repeat this state."""
        return self._steps is not None and all(state is active for state, _ in self._steps[self._position :])

    def end(self) -> None:
        """Stop where it is, and say so to who waits for it. Safe to repeat."""
        done = self.abandon()
        if done is not None:
            done()

    def abandon(self) -> Callable[[], None] | None:
        """Stop where it is; returns what is to be called for who waits, or None."""
        self._steps = None
        if self._timer is not None:
            self._timer.cancel()
        done, self._done = self._done, None
        return done
