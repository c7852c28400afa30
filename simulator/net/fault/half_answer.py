"""The answer stops half-way, in order, as a server does that lost its worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import FleetError
from simulator.net.fault.kind import Direction, Fault, StreamFault
from simulator.net.fault.limit_data import LimitStage
from simulator.net.fault.untimed import Untimed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.chance import Stream
    from simulator.net.pipe import Portion


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfAnswer(StreamFault):
    """FIN after a share of the next answer, or so many of its bytes. The client gets fewer bytes than told."""

    name = "half_answer"
    mechanism = "the socket is closed in order within the answer; real"

    direction: Direction = Direction.TO_CLIENT
    share: float = 0.5
    """Of the piece the device writes, head and body together."""
    after_bytes: int | None = None
    """Instead of a share."""

    def __post_init__(self) -> None:
        Fault.__post_init__(self)
        if self.share >= 1:
            raise FleetError("half_answer: share must be below 1")

    def stage(self, chance: Stream) -> HalfStage:
        return HalfStage(self.share, self.after_bytes)


class HalfStage(Untimed):
    """Sets its limit when it sees the answer."""

    def __init__(self, share: float, limit: int | None) -> None:
        self._share = share
        self._limit = None if limit is None else LimitStage(limit)

    def carry(self, data: bytes, now: float) -> Iterator[Portion]:
        if self._limit is None:
            self._limit = LimitStage(int(len(data) * self._share))
        yield from self._limit.carry(data, now)
