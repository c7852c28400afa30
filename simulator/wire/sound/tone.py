"""Sound made by arithmetic: tones, keypresses in the band, a recording played from its beginning.

Each is a source for a stream: `samples` between two positions, and a `position` that stands still, since nothing
of it is past. All of it is known in advance (`ahead`).
Levels are dBFS where 0 is a sine that just fits (AES17).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RATE = 16_000
FULL = 32_767
LOW_GROUP, HIGH_GROUP = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
KEYPAD = "123A456B789C*0#D"
"""Row by row; rows have the low tone, columns the high one (ITU-T Q.23)."""


class Tone:
    """One or more sines at the same level each, without end. Frequencies in Hz, below 8,000."""

    position = 0.0
    silent = False
    ahead = True

    def __init__(self, *frequencies: float, level: float = -20.0) -> None:
        self.frequencies = frequencies
        self.level = level
        self._repeats = all(float(frequency).is_integer() for frequency in frequencies)
        """After a second everything comes again."""

    def samples(self, begin: float, end: float) -> NDArray[np.int16]:
        first, last = round(begin * RATE), max(round(begin * RATE), round(end * RATE))
        if not self._repeats:
            return _sines(self.frequencies, self.level, first, last)
        second = _second(self.frequencies, self.level)
        start = first % RATE
        stop = start + last - first
        if stop <= RATE:
            return second[start:stop]
        return second[np.arange(start, stop) % RATE]


@lru_cache(maxsize=64)
def _second(frequencies: tuple[float, ...], level: float) -> NDArray[np.int16]:
    made = _sines(frequencies, level, 0, RATE)
    made.flags.writeable = False  # shared by all tones like this
    return made


def _sines(frequencies: tuple[float, ...], level: float, first: int, last: int) -> NDArray[np.int16]:
    time = np.arange(first, last) / RATE
    made = sum((np.sin(2 * np.pi * frequency * time) for frequency in frequencies), np.zeros(len(time)))
    return np.clip(np.rint(made * (FULL * 10 ** (level / 20))), -FULL - 1, FULL).astype(np.int16)


class Recording:
    """Samples at 16,000 a second, once or over and over; silence before and after."""

    position = 0.0
    ahead = True

    def __init__(self, samples: NDArray[np.int16], *, repeat: bool = False) -> None:
        self._samples = samples
        self._repeat = repeat and len(samples) > 0
        self.silent = not samples.any()

    @property
    def duration(self) -> float:
        """Seconds of one round."""
        return len(self._samples) / RATE

    def samples(self, begin: float, end: float) -> NDArray[np.int16]:
        first, last = round(begin * RATE), round(end * RATE)
        if self._repeat:
            return self._samples[np.arange(first, last) % len(self._samples)]
        made = np.zeros(max(0, last - first), np.int16)
        known = self._samples[max(0, first) : max(0, last)]
        start = max(0, -first)
        made[start : start + len(known)] = known
        return made


def keypresses(
    digits: str, *, on: float = 0.1, off: float = 0.1, level: float = -12.0, rate: int = RATE
) -> NDArray[np.int16]:
    """Two tones per key, each at `level`; `on` and `off` in seconds. Raises ValueError for what is no key."""
    parts: list[NDArray[np.int16]] = []
    time = np.arange(round(on * rate)) / rate
    for digit in digits.upper():
        place = KEYPAD.find(digit)
        if place < 0:
            raise ValueError(f"{digit!r} is no key")
        pair: Sequence[int] = (LOW_GROUP[place // 4], HIGH_GROUP[place % 4])
        both = sum((np.sin(2 * np.pi * frequency * time) for frequency in pair), np.zeros(len(time)))
        parts += [
            np.rint(both * FULL * 10 ** (level / 20)).astype(np.int16),
            np.zeros(round(off * rate), np.int16),
        ]
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)
