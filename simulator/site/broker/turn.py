"""Fairness: a bounded piece of work per turn of the event loop, deliveries before new messages.

Nothing is read from any client while a delivery could be written, so a flood of publishers is slowed down by TCP
instead of filling the queues of subscribers that keep up. Clients take turns after a few packets. Those for whom
deliveries wait come first: their acknowledgements are what makes room, and among a thousand publishers they would
hardly be heard.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

WORK = 400
"""Deliveries and packets per turn: some milliseconds."""
NEW = 16
"""Packets of other clients per turn while deliveries wait for acknowledgements. Few, so that these are looked for
often: twenty of them make room for twenty deliveries, and a turn that took hundreds of messages would fill the queues
faster than they empty."""
PORTION = 32
"""Deliveries to one client before the next one has its turn."""
FEW = 4
"""Packets of one client before the next one has its turn."""
ACKNOWLEDGEMENTS = 20
"""Packets taken from a client for whom deliveries wait before the next one has its turn."""
OFFERS_PER_UNIT = 4
"""Queueing a message for a client costs about a quarter of reading or writing one."""


class Worker(Protocol):
    """A connection with work to do."""

    @property
    def awaited(self) -> bool:
        """Deliveries wait for this client to say something."""

    def read_some(self, most: int) -> tuple[bool, int]:
        """Handle up to `most` packets; whether there may be more, and to how many clients they were queued."""

    def write_some(self, most: int) -> tuple[bool, int]:
        """Send up to `most` deliveries; whether there are more that can be sent now, and how many were."""


class Turns:
    """Who waits for a turn. The queues hold each connection at most once for reading and once for writing."""

    def __init__(self, loop: asyncio.AbstractEventLoop, stirred: Callable[[], None] = lambda: None) -> None:
        """`stirred` is called whenever there is work: a stepped clock must not go on while the broker has some."""
        self._loop = loop
        self._stirred = stirred
        self._readers: deque[Worker] = deque()
        self._awaited: deque[Worker] = deque()
        self._writers: deque[Worker] = deque()
        self._waiting: set[tuple[bool, Worker]] = set()
        self._blocked: set[Worker] = set()
        """For whom deliveries wait that could not be sent at the last visit."""
        self._handle: asyncio.Handle | None = None

    def to_read(self, worker: Worker) -> None:
        """This connection has bytes to look at."""
        self._add(self._awaited if worker.awaited else self._readers, worker, reading=True)

    def to_write(self, worker: Worker) -> None:
        """This connection has something to send."""
        self._add(self._writers, worker, reading=False)

    def forget(self, worker: Worker) -> None:
        """This connection is gone."""
        self._blocked.discard(worker)

    def clear(self) -> None:
        """Forget all work: the broker stops."""
        self._readers.clear()
        self._awaited.clear()
        self._writers.clear()
        self._waiting.clear()
        self._blocked.clear()
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
            self._read(self._awaited, WORK, ACKNOWLEDGEMENTS)
            self._read(self._readers, NEW if self._blocked else WORK, FEW)
            self._write(WORK)
        if not self._readers and not self._awaited and not self._writers:
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
            elif worker.awaited:
                self._blocked.add(worker)
            else:
                self._blocked.discard(worker)

    def _read(self, line: deque[Worker], budget: int, portion: int) -> None:
        while line and budget > 0:
            worker = line.popleft()
            self._waiting.discard((True, worker))
            more, offers = worker.read_some(portion)
            budget -= portion + offers // OFFERS_PER_UNIT
            if more:
                self.to_read(worker)
