"""The sound of one clip that is being played: its recording, so many times, at a volume of its own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from simulator.clock import SimClock
    from simulator.device.sound import Samples


class Recorded(Protocol):
    """A recording from its beginning; decoded when it is asked for."""

    def samples(self, begin: float, end: float) -> Samples:
        """From second `begin` to second `end`; zeros where there is nothing."""


class ClipSound:
    """A `Sound` on the device clock. `times` is infinite for a clip that repeats for ever."""

    def __init__(
        self, clock: SimClock, recording: Recorded | None, *, seconds: float, times: float, volume: int
    ) -> None:
        self._clock = clock
        self._recording = recording
        self._seconds = seconds
        self._times = times
        self._volume = volume
        self._started_at = clock.now()

    @property
    def position(self) -> float:
        """Seconds since the first repetition began, standing still after the last."""
        return max(0.0, min(self._clock.now() - self._started_at, self._seconds * self._times))

    def samples(self, begin: float, end: float) -> Samples:
        """Repetition follows repetition without a gap."""
        from simulator.device.sound import RATE, amplified, silence

        first, last = round(begin * RATE), round(end * RATE)
        made = silence(max(0, last - first))
        if self._recording is None or self._volume == 0:
            return made
        turn = max(1, round(self._seconds * RATE))
        heard = max(0, int(min(last, turn * self._times)) - first)
        made[:heard] = self._turns(self._recording, first, heard, turn)
        return amplified(made, 20 * math.log10(self._volume / 100))

    def _turns(self, recording: Recorded, first: int, count: int, turn: int) -> Samples:
        """`count` samples from sample `first` on, of a recording that begins anew every `turn` samples."""
        import numpy as np

        from simulator.device.sound import RATE

        if turn < count:
            once = recording.samples(0.0, turn / RATE)
            return once[(first + np.arange(count)) % turn]
        start = first % turn
        stop = min(turn, start + count)
        rest = count - (stop - start)
        return np.concatenate((recording.samples(start / RATE, stop / RATE), recording.samples(0.0, rest / RATE)))
