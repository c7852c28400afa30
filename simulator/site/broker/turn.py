"""Fairness: a bounded piece of work per turn of the event loop, deliveries before new messages.

Nothing is read from any client while a delivery could be written, so a flood of publishers is slowed down by TCP
instead of filling the queues of subscribers that keep up. Clients take turns packet by packet.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

WORK = 400
"""Packets and deliveries per turn, together: some milliseconds."""
PORTION = 32
"""Deliveries to one client before the next one has its turn."""
OFFERS_PER_UNIT = 4
"""Queueing a message for a client costs about a quarter of reading or writing one."""


class Worker(Protocol):
    """A connection with work to do."""

    def read_one(self) -> tuple[bool, int]:
        """Handle one packet; whether there may be another, and to how many clients it was queued."""

    def write_some(self, most: int) -> tuple[bool, int]:
        """Send up to `most` deliveries; whether there are more that can be sent now, and how many were."""


class Turns:
    """Who waits for a turn. Both queues hold each connection at most once."""

    def __init__(self, loop: asyncio.AbstractEventLoop, stirred: Callable[[], None] = lambda: None) -> None:
        """`stirred` is called whenever there is work: a stepped clock must not go on while the broker has some."""
        self._loop = loop
        self._stirred = stirred
        self._readers: deque[Worker] = deque()
        self._writers: deque[Worker] = deque()
        self._waiting: set[tuple[bool, Worker]] = set()
        self._handle: asyncio.Handle | None = None

    def to_read(self, worker: Worker) -> None:
        """This connection has bytes to look at."""
        self._add(self._readers, worker, reading=True)

    def to_write(self, worker: Worker) -> None:
        """This connection has something to send."""
        self._add(self._writers, worker, reading=False)

    def clear(self) -> None:
        """Forget all work: the broker stops."""
        self._readers.clear()
        self._writers.clear()
        self._waiting.clear()
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _add(self, line: deque[Worker], worker: Worker, *, reading: bool) -> None:
        if (reading, worker) in self._waiting:
            return
        self._stirred()
        self._waiting.add((reading, worker))
        line.append(worker)
        if self._handle is None:
            self._handle = self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._stirred()
        self._handle = self._loop.call_soon(self._turn)  # kept below only if work is left
        self._write(WORK)
        if not self._writers:
            self._read(WORK)
            self._write(WORK)
        if not self._readers and not self._writers:
            self._handle.cancel()
            self._handle = None

    def _write(self, budget: int) -> None:
        while self._writers and budget > 0:
            worker = self._writers.popleft()
            self._waiting.discard((False, worker))
            more, sent = worker.write_some(min(PORTION, budget))
            budget -= sent + 1
            if more:
                self.to_write(worker)

    def _read(self, budget: int) -> None:
        while self._readers and budget > 0:
            worker = self._readers.popleft()
            self._waiting.discard((True, worker))
            more, offers = worker.read_one()
            budget -= 1 + offers // OFFERS_PER_UNIT
            if more:
                self.to_read(worker)
