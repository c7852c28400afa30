"""What hands have begun and goes on by itself: the rest of a drift, a chatter, the end of a stall."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from simulator.clock import SimClock, Timer

    Step = tuple[float, Callable[[], None]]
    """Device seconds after the beginning, and what happens then."""


class Courses:
    """By what they act on: a later deed on the same thing takes the place of an earlier one."""

    def __init__(self, clock: SimClock) -> None:
        self._clock = clock
        self._running: dict[Hashable, _Course] = {}

    def begin(self, key: Hashable, steps: Iterable[Step], undo: Callable[[], None] = lambda: None) -> None:
        """Do the steps, each at its time. `undo` is called if this course is ended before its last step."""
        self.end(key)
        course = _Course(self._clock, iter(steps), undo, lambda: self._running.pop(key, None))
        self._running[key] = course
        course.go_on()

    def end(self, key: Hashable) -> None:
        """End the course on `key`, if there is one."""
        course = self._running.pop(key, None)
        if course is not None:
            course.end()


class _Course:
    """Holds one timer at a time, however many steps there are."""

    def __init__(
        self, clock: SimClock, steps: Iterator[Step], undo: Callable[[], None], over: Callable[[], object]
    ) -> None:
        self._clock = clock
        self._begun = clock.now()
        self._steps = steps
        self._undo = undo
        self._over = over
        self._timer: Timer | None = None

    def go_on(self) -> None:
        step = next(self._steps, None)
        if step is None:
            self._over()
            return
        delay, act = step

        def due() -> None:
            act()
            self.go_on()

        self._timer = self._clock.call_at(self._begun + delay, due)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._undo()
