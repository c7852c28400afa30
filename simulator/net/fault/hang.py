"""The application hangs: it reads no more."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from simulator.net.fault.kind import Direction, StreamFault
from simulator.net.fault.untimed import Untimed
from simulator.net.pipe import Portion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.chance import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang(StreamFault):
    """Nothing is read; the client's bytes are acknowledged until the buffers are full, then its window is zero.

    When it is cleared, everything that came meanwhile is read.
    """

    name = "hang"
    mechanism = "the socket is not read; real for a hung application, the kernel still acknowledges"

    direction: Direction = Direction.TO_DEVICE

    def stage(self, chance: Stream) -> Held:
        return Held()


@dataclass(frozen=True, slots=True, kw_only=True)
class HangResponse(StreamFault):
    """Requests are read and take effect, but no answer leaves. Cleared, the answers leave."""

    name = "hang_response"
    mechanism = "what the device writes is kept back; real for a hung application"

    def stage(self, chance: Stream) -> Held:
        return Held()


class Held(Untimed):
    """Keeps everything."""

    def carry(self, data: bytes, now: float) -> Iterator[Portion]:
        yield Portion(data, inf)
