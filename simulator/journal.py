"""The journal: the only observer.

Everything that happens is one append: requests, messages, state changes, actions, faults, log lines. Each
record has a number, the device time, the device, the cause (the number of the record that led to it) and
a typed entry. Assertions, reports, captures and the page read the journal; nothing else keeps history.

The cause travels by itself: `with journal.because(record)` marks all that happens inside, and timers of the
clock carry the mark on, so that the event that follows a debounce points at the hand that cut the wire.
"""

from __future__ import annotations

import contextvars
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from simulator.clock import wire_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from simulator.clock import SimClock

DEFAULT_CAPACITY = 200_000
"""Records kept; older ones are dropped and counted in `Journal.dropped`."""

_cause: contextvars.ContextVar[int | None] = contextvars.ContextVar("cause", default=None)


class Kind(StrEnum):
    """What a record is about; also the file in which evidence puts it."""

    ACTION = "action"
    """A hand reached in: cut, power, fault, clock."""
    STATE = "state"
    """A component of a device changed: loop, port, lifecycle, lease, firmware."""
    EVENT = "event"
    """A typed event of the catalogue was published on a device's event bus."""
    REQUEST = "request"
    """A client asked a device something and was answered."""
    MESSAGE = "message"
    """An MQTT packet, a WebSocket notification or another message left or reached a device."""
    DATAGRAM = "datagram"
    """A DHCP message or another datagram left or reached a device."""
    CONNECTION = "connection"
    """A client connected to a device, or a device to a server, or the connection ended."""
    FAULT = "fault"
    """A link fault began, struck or ended."""
    LOG = "log"
    """A line of a device's own system, access or audit log."""
    VIOLATION = "violation"
    """The client under test broke a rule of a protocol."""
    SITE = "site"
    """The broker, the DHCP server or another part of the site did something."""
    STEP = "step"
    """A step or an expectation of a scenario began or was decided."""
    NOTE = "note"
    """A remark by a person."""


@dataclass(slots=True, unsafe_hash=True)
class Record:
    """One line of the journal. Nobody changes it; it is not frozen, because that makes six times the work of a new one.

    Its data are kept as names, which records of one sort share, and values: half the memory of a dictionary.
    """

    number: int
    at: float
    """Device seconds."""
    wire: float
    """Wire seconds: the machine's monotonic clock, for how long a client took."""
    kind: Kind
    device: str
    what: str
    names: tuple[str, ...]
    values: tuple[Any, ...]
    cause: int | None

    @property
    def data(self) -> dict[str, Any]:
        """Plain JSON values by name."""
        return dict(zip(self.names, self.values, strict=True))

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "at": self.at,
            "wire": round(self.wire, 6),
            "kind": self.kind.value,
            "device": self.device,
            "what": self.what,
            "data": self.data,
            "cause": self.cause,
        }


@lru_cache(maxsize=1024)
def _shared(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same object for equal names."""
    return names


class _Because:
    """Sets the cause for a while. A class of its own, as every event published passes through it."""

    __slots__ = ("_number", "_token")

    def __init__(self, number: int) -> None:
        self._number = number

    def __enter__(self) -> None:
        self._token = _cause.set(self._number)

    def __exit__(self, *_: object) -> None:
        _cause.reset(self._token)


class Journal:
    """A bounded append-only log of one fleet."""

    def __init__(self, clock: SimClock, *, capacity: int = DEFAULT_CAPACITY) -> None:
        self._clock = clock
        self._records: deque[Record] = deque(maxlen=capacity)
        self._watchers: list[Callable[[Record], None]] = []
        self._next = 1
        self._cleared = 0

    def append(self, kind: Kind, device: str, what: str, /, **data: Any) -> Record:
        """Write one record. `device` is its name in the fleet, or `site`, or empty for the whole fleet."""
        at, wire = int(self._clock.now() * 1e6 + 0.5) / 1e6, wire_now()  # a third of the time of round()
        names, values = _shared(tuple(data)), tuple(data.values())
        record = Record(self._next, at, wire, kind, device, what, names, values, _cause.get())
        self._next += 1
        self._records.append(record)
        if self._watchers:
            for watcher in tuple(self._watchers):
                watcher(record)
        return record

    def because(self, record: Record) -> AbstractContextManager[None]:
        """Everything appended or scheduled inside names `record` as its cause."""
        return _Because(record.number)

    def watch(self, watcher: Callable[[Record], None]) -> Callable[[], None]:
        """Call `watcher` with each new record; returns the function that ends it."""
        self._watchers.append(watcher)

        def stop() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

        return stop

    def since(self, number: int) -> Iterator[Record]:
        """Records with a number above `number`, oldest first."""
        newer: list[Record] = []
        for record in reversed(self._records):
            if record.number <= number:
                break
            newer.append(record)
        yield from reversed(newer)

    def clear(self) -> None:
        """Forget all records; numbers go on, so that old numbers stay unique."""
        self._records.clear()
        self._cleared = self.last_number

    @property
    def last_number(self) -> int:
        """Number of the newest record, 0 for an empty journal."""
        return self._next - 1

    @property
    def dropped(self) -> int:
        """How many records the bound has pushed out."""
        first = self._records[0].number if self._records else self._next
        return first - 1 - self._cleared
