"""The device answers, but takes its time: before the status line, in the head, or in the body."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.errors import FleetError
from simulator.net.fault.kind import Direction, Fault, StreamFault
from simulator.net.fault.untimed import Untimed
from simulator.net.pipe import Portion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.chance import Stream

_HEAD_END = b"\r\n\r\n"


class Part(StrEnum):
    """Where in the answer it is slow."""

    START = "start"
    HEAD = "head"
    BODY = "body"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowAnswer(StreamFault):
    """Each answer starts `delay` late; its slow part then comes `size` bytes every `pause` seconds."""

    name = "slow_answer"
    mechanism = "the answer is cut into slices sent one by one; real"

    direction: Direction = Direction.TO_CLIENT
    delay: float = 0.0
    """Wire seconds before the status line."""
    part: Part = Part.ALL
    size: int = 64
    pause: float = 0.1

    def __post_init__(self) -> None:
        Fault.__post_init__(self)
        if self.size < 1:
            raise FleetError("slow_answer: size must be at least 1")

    def stage(self, chance: Stream) -> SlowStage:
        return SlowStage(self)


class SlowStage(Untimed):
    """A write that begins with a status line begins an answer."""

    def __init__(self, fault: SlowAnswer) -> None:
        self._fault = fault
        self._next = 0.0

    def carry(self, data: bytes, now: float) -> Iterator[Portion]:
        head = data.find(_HEAD_END) + len(_HEAD_END) if data.startswith(b"HTTP/") else 0
        if head:
            self._next = max(self._next, now) + self._fault.delay
        yield from self._slices(data[:head], now, slow=self._fault.part in (Part.HEAD, Part.ALL))
        yield from self._slices(data[head:], now, slow=self._fault.part in (Part.BODY, Part.ALL))

    def _slices(self, data: bytes, now: float, *, slow: bool) -> Iterator[Portion]:
        size = self._fault.size if slow else max(1, len(data))
        for start in range(0, len(data), size):
            at = max(now, self._next)
            if slow:
                self._next = at + self._fault.pause
            yield Portion(data[start : start + size], at)
