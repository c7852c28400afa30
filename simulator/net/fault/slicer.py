"""Bytes come in small pieces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import FleetError
from simulator.net.fault.kind import Direction, Fault, StreamFault
from simulator.net.fault.untimed import Untimed
from simulator.net.pipe import Portion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.chance import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Slicer(StreamFault):
    """What was one write arrives as many segments; a client that takes one read for one message shows itself."""

    name = "slicer"
    mechanism = "one send per slice with TCP_NODELAY; the kernel may still join slices without a pause"

    direction: Direction = Direction.BOTH
    size: int = 16
    """Bytes of a slice."""
    variation: int = 0
    """Bytes more or less."""
    pause: float = 0.001
    """Wire seconds between slices."""

    def __post_init__(self) -> None:
        Fault.__post_init__(self)
        if self.size < 1 or self.variation >= self.size:
            raise FleetError("slicer: size must be at least 1 and larger than variation")

    def stage(self, chance: Stream) -> SlicerStage:
        return SlicerStage(self, chance)


class SlicerStage(Untimed):
    """Cuts; the pause stands before every slice but the first of all."""

    def __init__(self, fault: Slicer, chance: Stream) -> None:
        self._fault = fault
        self._chance = chance
        self._next = 0.0

    def carry(self, data: bytes, now: float) -> Iterator[Portion]:
        start = 0
        while start < len(data):
            size = self._fault.size
            if self._fault.variation:
                size += self._chance.randint(-self._fault.variation, self._fault.variation)
            at = max(now, self._next)
            self._next = at + self._fault.pause
            yield Portion(data[start : start + size], at)
            start += size
