"""The messages that wait for one client, bounded, with best effort going first when room runs out."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.site.broker.message import Delivery


class MessageQueue:
    """First in, first out. When full, the oldest QoS 0 message is dropped, and only then the oldest of all."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._cells: deque[list[Delivery]] = deque()
        """One-element lists in order of arrival; an emptied one was dropped."""
        self._best_effort: deque[list[Delivery]] = deque()
        """The cells with QoS 0, in the same order."""
        self._count = 0
        self._bytes = 0
        self.dropped = 0
        """Messages lost to the bound since the session began."""

    def __len__(self) -> int:
        return self._count

    def push(self, delivery: Delivery) -> bool:
        """Add at the end; False if that cost a message, perhaps this one."""
        cell = [delivery]
        self._cells.append(cell)
        if delivery.qos == 0:
            self._best_effort.append(cell)
        self._count += 1
        self._bytes += delivery.message.cost
        fits = True
        while self._count > self._most or self._bytes > self._most_bytes:
            self._drop()
            fits = False
        return fits

    def head(self) -> Delivery | None:
        """The next message, left in place."""
        while self._cells and not self._cells[0]:
            self._cells.popleft()
        return self._cells[0][0] if self._cells else None

    def pop(self) -> None:
        """Remove what `head` returned."""
        cell = self._cells.popleft()
        self._forget(cell)
        if cell[0].qos == 0:
            self._best_effort.popleft()

    def keep_assured(self) -> None:
        """The client is gone: only QoS 1 and 2 wait for it."""
        while self._best_effort:
            cell = self._best_effort.popleft()
            self._forget(cell)
            cell.clear()

    def _drop(self) -> None:
        if self._best_effort:
            cell = self._best_effort.popleft()
        else:
            self.head()
            cell = self._cells.popleft()
        self._forget(cell)
        cell.clear()
        self.dropped += 1
        if len(self._cells) > 2 * self._count + 16:
            self._cells = deque(cell for cell in self._cells if cell)

    def _forget(self, cell: list[Delivery]) -> None:
        self._count -= 1
        self._bytes -= cell[0].message.cost
