"""The three kinds of link fault, by what they act on, and the parameters that all share.

A fault is a frozen dataclass of parameters plus its behaviour on one stream, one opening or one datagram. Chance
comes from a named stream of the run's seed; all durations are wire time, never scaled (network sheet, section 15).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Protocol

from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulator.chance import Stream
    from simulator.net.pipe import Stage


class Direction(StrEnum):
    """Which bytes a fault acts on; on a connection the device opened, the client is whoever it called."""

    TO_CLIENT = "to-client"
    TO_DEVICE = "to-device"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(ABC):
    """What every fault can be told. Raises FleetError for values out of range."""

    name: ClassVar[str]
    mechanism: ClassVar[str]
    """How it is done on this host and what is not real about it, for the report."""

    chance: float = 1.0
    """Share struck, 0 to 1, of connections, listeners or datagrams; drawn once for each."""
    count: int | None = None
    """How many are struck at most."""
    after: int = 0
    """How many are let pass first."""
    duration: float | None = None
    """Wire seconds after which it clears itself."""

    def __post_init__(self) -> None:
        if not 0 <= self.chance <= 1:
            raise FleetError(f"{self.name}: chance {self.chance:g} is outside 0 to 1")
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int | float) and value < 0:
                raise FleetError(f"{self.name}: {field.name} must not be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFault(Fault):
    """Acts on the bytes of connections, those that exist and those to come."""

    direction: Direction = Direction.TO_CLIENT

    @abstractmethod
    def stage(self, chance: Stream) -> Stage:
        """The behaviour on one direction of one connection that is struck."""


class Opening(Protocol):
    """A listener or a bound UDP socket, as faults see it."""

    def shut(self) -> None:
        """Close the socket: TCP peers get RST, UDP peers ICMP port unreachable."""

    def reopen(self) -> None:
        """Listen again on the same address and port."""

    def go_silent(self) -> None:
        """Answer no new peer; nothing is closed."""

    def speak_again(self) -> None:
        """End of the silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningFault(Fault):
    """Acts on listeners and bound UDP sockets as a whole."""

    @abstractmethod
    def begin(self, opening: Opening) -> Callable[[], None]:
        """Strike one opening; returns what ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatagramFault(Fault):
    """Acts on single datagrams, both those that come and those that go."""

    direction: Direction = Direction.BOTH

    @abstractmethod
    def fates(self, chance: Stream) -> Sequence[float]:
        """What becomes of one struck datagram: a delay in seconds for each copy; none at all loses it."""


class Dice:
    """Decides whether the next connection, listener or datagram is struck: after, chance, count."""

    def __init__(self, fault: Fault, chance: Stream) -> None:
        self._fault = fault
        self._chance = chance
        self._seen = 0
        self.struck = 0

    def strikes(self) -> bool:
        """Draw for the next one."""
        fault = self._fault
        self._seen += 1
        if self._seen <= fault.after or (fault.count is not None and self.struck >= fault.count):
            return False
        if fault.chance < 1 and self._chance.random() >= fault.chance:
            return False
        self.struck += 1
        return True
