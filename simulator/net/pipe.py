"""What carries bytes from one end of a line to the other while a fault acts on them.

    device writes -> [pipe] -> [pipe] -> socket          the way to the client
    device reads  <- [pipe] <- [pipe] <- socket          the way to the device

A `Way` is one direction of a line: without pipes bytes go straight through. Each fault that acts on the way adds a
`Pipe`, which asks the fault's `Stage` when which portion of the bytes comes out. Stages are pure: bytes and wire
time in, portions out; they know no socket and no timer, so that each is tested with a table.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator


class Ending(Enum):
    """How a connection is ended by a fault."""

    NONE = "none"
    ORDERLY = "orderly"
    """FIN after what has been sent."""
    RESET = "reset"
    """RST at once."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Bytes that come out of a stage at wire time `at`; infinity holds them until the fault is cleared."""

    data: bytes
    at: float
    ending: Ending = Ending.NONE


class Stage(Protocol):
    """The behaviour of a fault on one direction of one connection."""

    def carry(self, data: bytes, now: float) -> Iterator[Portion]:
        """Portions of `data`, their times never falling. Taken lazily, in the order in which bytes came."""

    def ends_at(self) -> float | None:
        """Wire time at which the connection is reset whatever has been carried, or None."""


class Admit(Protocol):
    """What a pipe asks at the first byte it sees: does the fault strike this connection?"""

    def __call__(self) -> Stage | None: ...


class Pipe:
    """One fault on one way. It decides at the first byte whether it strikes; if not, it is as if it were not."""

    __slots__ = (
        "_admit",
        "_decided",
        "_end_timer",
        "_ended",
        "_loop",
        "_queue",
        "_stage",
        "_timer",
        "_way",
        "held",
    )

    def __init__(self, way: Way, admit: Admit, loop: asyncio.AbstractEventLoop) -> None:
        self._way = way
        self._admit = admit
        self._loop = loop
        self._decided = False
        self._ended = False
        self._stage: Stage | None = None
        self._queue: deque[Portion | Iterator[Portion]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._end_timer: asyncio.TimerHandle | None = None
        self.held = 0
        """Bytes taken in and not yet let out."""

    def feed(self, data: bytes) -> None:
        """Take bytes in."""
        if not self._decided:
            self._decide()
        if self._stage is None:
            self._way.onward(self, data)
            return
        self.held += len(data)
        self._queue.append(self._stage.carry(data, self._loop.time()))
        self._work()
        self._arm_ending()

    def end(self) -> None:
        """The sender is done: pass that on behind the last byte."""
        self._ended = True
        self._work()

    def flush(self) -> None:
        """Let everything out now, in order: the fault is over."""
        self._stop_timers()
        while self._queue:
            portion = self._head()
            if portion is not None:
                self._queue.popleft()
                self.held -= len(portion.data)
                if portion.data:
                    self._way.onward(self, portion.data)
        if self._ended:
            self._way.ended_behind(self)

    def drop(self) -> None:
        """Forget everything: the connection is gone."""
        self._stop_timers()
        self._queue.clear()
        self.held = 0

    def _decide(self) -> None:
        self._decided = True
        self._stage = self._admit()

    def _head(self) -> Portion | None:
        """The next portion, taken out of its generator; None when that was empty."""
        head = self._queue[0]
        if isinstance(head, Portion):
            return head
        portion = next(head, None)
        if portion is None:
            self._queue.popleft()
            return None
        self._queue.appendleft(portion)
        return portion

    def _work(self) -> None:
        """Let out what is due and set the timer for the rest."""
        while self._queue and self._timer is None:
            portion = self._head()
            if portion is None:
                continue
            if portion.at > self._loop.time():
                self._wait_until(portion.at)
                return
            self._queue.popleft()
            self._let_out(portion)
        if self._ended and not self._queue:
            self._ended = False
            self._way.ended_behind(self)

    def _let_out(self, portion: Portion) -> None:
        self.held -= len(portion.data)
        if portion.data:
            self._way.onward(self, portion.data)
        if portion.ending is not Ending.NONE:
            self._way.strike(portion.ending)

    def _wait_until(self, at: float) -> None:
        if at != float("inf"):
            self._timer = self._loop.call_at(at, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._work()
        self._way.eased()

    def _arm_ending(self) -> None:
        at = self._stage.ends_at() if self._stage is not None else None
        if at is not None and self._end_timer is None:
            self._end_timer = self._loop.call_at(at, self._way.strike, Ending.RESET)

    def _stop_timers(self) -> None:
        for timer in (self._timer, self._end_timer):
            if timer is not None:
                timer.cancel()
        self._timer = self._end_timer = None


class Way:
    """One direction of a line."""

    __slots__ = ("_ended", "_onto", "eased", "pipes", "strike")

    def __init__(
        self,
        onto: Callable[[bytes], None],
        ended: Callable[[], None],
        strike: Callable[[Ending], None],
        eased: Callable[[], None],
    ) -> None:
        self.pipes: list[Pipe] = []
        self.strike = strike
        self.eased = eased
        """Called when bytes that were held have left."""
        self._onto = onto
        self._ended = ended

    @property
    def held(self) -> int:
        """Bytes on the way."""
        return sum(pipe.held for pipe in self.pipes)

    def feed(self, data: bytes) -> None:
        """Bytes enter."""
        if self.pipes:
            self.pipes[0].feed(data)
        else:
            self._onto(data)

    def end(self) -> None:
        """The sender is done; `ended` is called when everything before has come out."""
        if self.pipes:
            self.pipes[0].end()
        else:
            self._ended()

    def onward(self, pipe: Pipe, data: bytes) -> None:
        """Bytes leave `pipe`."""
        following = self._after(pipe)
        if following is None:
            self._onto(data)
        else:
            following.feed(data)

    def ended_behind(self, pipe: Pipe) -> None:
        """The end leaves `pipe`."""
        following = self._after(pipe)
        if following is None:
            self._ended()
        else:
            following.end()

    def remove(self, pipe: Pipe) -> None:
        """End one fault: what it held comes out now, and the way is as without it."""
        if pipe in self.pipes:
            pipe.flush()
            self.pipes.remove(pipe)
            self.eased()

    def drop(self) -> None:
        """The connection is gone."""
        for pipe in self.pipes:
            pipe.drop()

    def _after(self, pipe: Pipe) -> Pipe | None:
        index = self.pipes.index(pipe) + 1
        return self.pipes[index] if index < len(self.pipes) else None
