"""The connection carries so many bytes and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.net.fault.kind import StreamFault
from simulator.net.fault.untimed import Untimed
from simulator.net.pipe import Ending, Portion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.chance import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitData(StreamFault):
    """FIN after `limit` bytes, counted from when the fault began, over all answers of the connection."""

    name = "limit_data"
    mechanism = "the socket is closed in order after the last byte allowed; real"

    limit: int = 1024
    """Bytes."""

    def stage(self, chance: Stream) -> LimitStage:
        return LimitStage(self.limit)


class LimitStage(Untimed):
    """Counts down to the end."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def carry(self, data: bytes, now: float) -> Iterator[Portion]:
        passed, self._left = data[: self._left], max(0, self._left - len(data))
        yield Portion(passed, now, Ending.NONE if self._left else Ending.ORDERLY)
