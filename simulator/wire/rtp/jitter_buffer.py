"""When each packet is played: the adaptive jitter buffer as arithmetic (sheet SIP/RTP 13.3).

The buffer holds nothing. It gives each packet its place on the listener's time line, from which what was heard
can be put together later, exactly as a loudspeaker would have played it: late packets leave a gap or, when the
buffer grows for them, a pause; a buffer that shrinks cuts sound out.

Times are ticks of the stream's RTP clock since the stream was started.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.wire.rtp.negotiated import Playout

_WRAP = 1 << 32
_HALF = 1 << 31
WINDOW = 5.0
"""Seconds over which the buffer must have been too deep before it shrinks."""


class JitterBuffer:
    """`place` for each packet, in the order of arrival. `clock` is the RTP clock in Hz."""

    __slots__ = (
        "_anchor", "_anchor_stamp", "_clock", "_depth", "_least", "_most", "_newest", "_slack", "_target",
        "_window_end", "late",
    )  # fmt: skip

    def __init__(self, playout: Playout, clock: int) -> None:
        self._clock = clock
        self._least = round(playout.least * clock)
        self._most = max(round(playout.most * clock), self._least)
        self._target = min(max(round(playout.target * clock), self._least), self._most)
        self.late = 0
        """Packets that came after their time."""
        self.reset()

    @property
    def depth(self) -> float:
        """Seconds that a packet in time waits before it is played."""
        return self._depth / self._clock

    def reset(self) -> None:
        """Another source begins: the next packet opens the buffer anew, at the target."""
        self._depth = self._target
        self._anchor: int | None = None
        self._anchor_stamp = self._newest = 0
        self._slack = self._most
        self._window_end = 0

    def place(self, timestamp: int, arrival: int, *, newest: bool = True) -> int | None:
        """Where the packet is played; None for one that is too late.

        `newest`: its sequence number is higher than all before. Never more than `Playout.most` after `arrival`.
        """
        if self._anchor is None:
            self._window_end = arrival + round(WINDOW * self._clock)
            self._newest = timestamp
            return self._lay(timestamp, arrival + self._depth)
        stamp = self._newest + (timestamp - self._newest + _HALF) % _WRAP - _HALF
        place = self._anchor + stamp - self._anchor_stamp
        slack = place - arrival
        if newest:
            self._newest = stamp
        if slack > self._most:
            return self._lay(stamp, arrival + self._depth) if newest else None
        if slack < 0:
            return self._too_late(stamp, arrival, -slack, newest=newest)
        self._slack = min(self._slack, slack)
        if arrival >= self._window_end:
            self._shrink(arrival)
        return place

    def _lay(self, stamp: int, place: int) -> int:
        """From this packet on the time line begins anew."""
        self._anchor, self._anchor_stamp = place, stamp
        return place

    def _too_late(self, stamp: int, arrival: int, lateness: int, *, newest: bool) -> int | None:
        """A straggler is lost. A newer packet is played when it comes, and all after it so much later;
        unless it comes so late that it was a pause and no jitter."""
        if newest and lateness > self._most:
            return self._lay(stamp, arrival + self._depth)
        self.late += 1
        if not newest or self._least == self._most:  # a fixed buffer keeps its time line
            return None
        self._depth = min(self._most, self._depth + lateness)
        return self._lay(stamp, arrival)

    def _shrink(self, arrival: int) -> None:
        """Once per window: take out what no packet of it needed, down to the target."""
        spare = self._slack - self._target
        if self._anchor is not None and spare > 0:
            self._anchor -= spare
            self._depth = max(self._target, self._depth - spare)
        self._slack = self._most
        self._window_end = arrival + round(WINDOW * self._clock)
