"""The way is long, and not always equally long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.net.fault.kind import Direction, StreamFault
from simulator.net.fault.untimed import Untimed
from simulator.net.pipe import Portion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.chance import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency(StreamFault):
    """Every byte comes `delay` later, give or take `jitter`; order is kept, as TCP keeps it."""

    name = "latency"
    mechanism = "bytes are delayed above the socket; the TCP handshake is not, accuracy 0.3 ms"

    direction: Direction = Direction.BOTH
    delay: float = 0.1
    """Wire seconds one way."""
    jitter: float = 0.0

    def stage(self, chance: Stream) -> LatencyStage:
        return LatencyStage(self.delay, self.jitter, chance)


class LatencyStage(Untimed):
    """A delay line that never overtakes itself."""

    def __init__(self, delay: float, jitter: float, chance: Stream) -> None:
        self._delay = delay
        self._jitter = jitter
        self._chance = chance
        self._last = 0.0

    def carry(self, data: bytes, now: float) -> Iterator[Portion]:
        delay = self._delay
        if self._jitter:
            delay += self._chance.uniform(-self._jitter, self._jitter)
        self._last = max(self._last, now + max(0.0, delay))
        yield Portion(data, self._last)
