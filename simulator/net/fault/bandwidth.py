"""The way is narrow."""

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

SLICES_PER_SECOND = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Bandwidth(StreamFault):
    """At most `rate` bytes a second, in slices of a hundredth of a second."""

    name = "bandwidth"
    mechanism = "token bucket above the socket; the TCP handshake is not slowed"

    direction: Direction = Direction.BOTH
    rate: int = 10_000
    """Bytes a second in each direction."""

    def __post_init__(self) -> None:
        Fault.__post_init__(self)
        if self.rate < 1:
            raise FleetError("bandwidth: rate must be at least 1 byte a second", hint="hang lets nothing through")

    def stage(self, chance: Stream) -> BandwidthStage:
        return BandwidthStage(self.rate)


class BandwidthStage(Untimed):
    """Each slice leaves when the one before has been sent at `rate`."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._slice = max(1, rate // SLICES_PER_SECOND)
        self._free = 0.0

    def carry(self, data: bytes, now: float) -> Iterator[Portion]:
        for start in range(0, len(data), self._slice):
            piece = data[start : start + self._slice]
            self._free = max(self._free, now) + len(piece) / self._rate
            yield Portion(piece, self._free)
