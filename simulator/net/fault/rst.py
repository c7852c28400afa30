"""The connection is reset, for example in the middle of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.net.fault.kind import StreamFault
from simulator.net.pipe import Ending, Portion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.chance import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Rst(StreamFault):
    """RST after so many bytes, or so long after the first; whichever is first. Neither: at the first byte."""

    name = "rst"
    mechanism = "SO_LINGER 0 and close; real"

    after_bytes: int | None = None
    after_time: float | None = None
    """Wire seconds since the first byte that passed after the fault began."""

    def stage(self, chance: Stream) -> RstStage:
        limit = 0 if self.after_bytes is None and self.after_time is None else self.after_bytes
        return RstStage(limit, self.after_time)


class RstStage:
    """Counts down to the reset."""

    def __init__(self, limit: int | None, after: float | None) -> None:
        self._left = limit
        self._after = after
        self._at: float | None = None

    def carry(self, data: bytes, now: float) -> Iterator[Portion]:
        if self._at is None and self._after is not None:
            self._at = now + self._after
        if self._left is None:
            yield Portion(data, now)
        elif len(data) < self._left:
            self._left -= len(data)
            yield Portion(data, now)
        else:
            yield Portion(data[: self._left], now, Ending.RESET)
            self._left = 0

    def ends_at(self) -> float | None:
        return self._at
