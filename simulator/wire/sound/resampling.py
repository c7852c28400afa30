"""From one sample rate to another, by a windowed sinc in phases."""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TAPS = 48
"""Input samples that each output sample is made of, more where the rate falls."""
_EDGE = 0.94
"""Where the pass band ends, of half the lower rate."""
_KAISER = 8.0
"""80 dB below outside of it."""


class Resampler:
    """One stream of samples, in pieces of any length; the output is half a filter late."""

    __slots__ = ("_done", "_down", "_filter", "_kept", "_taken", "_up")

    def __init__(self, source: int, target: int) -> None:
        common = gcd(source, target)
        self._up, self._down = target // common, source // common
        self._filter = _filters(self._up, self._down)
        self._kept: NDArray[np.float32] = np.zeros(self._filter.shape[1] - 1, np.float32)
        self._taken = 0
        """Input samples so far, modulo a whole number of cycles."""
        self._done = 0
        """Output samples so far, likewise."""

    @property
    def delay(self) -> int:
        """Input samples that the output lags behind."""
        return int(self._filter.shape[1]) // 2

    def push(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """The output that these samples complete."""
        if self._up == self._down or not len(samples):
            return samples
        taps = self._filter.shape[1]
        line = np.concatenate((self._kept, samples.astype(np.float32)))
        total = self._taken + len(samples)
        until = -(-total * self._up // self._down)
        if self._up == 1:
            made = self._decimated(line, self._done * self._down - self._taken, until - self._done)
        else:
            windows = np.lib.stride_tricks.sliding_window_view(line, taps)
            places = np.arange(self._done, until) * self._down
            made = np.einsum(
                "ij,ij->i", windows[places // self._up - self._taken], self._filter[places % self._up]
            )
        self._kept = line[len(line) - taps + 1 :]
        cycles = total // self._down
        self._taken, self._done = total - cycles * self._down, until - cycles * self._up
        rounded: NDArray[np.int16] = np.clip(np.rint(made), -32768, 32767).astype(np.int16)
        return rounded

    def _decimated(self, line: NDArray[np.float32], first: int, count: int) -> NDArray[np.float32]:
        """Every so many samples of a convolution; as one short convolution for each remainder, none is made in vain."""
        down, row = self._down, self._filter[0]
        made = np.zeros(count, np.float32)
        for rest in range(down if count else 0):
            made += np.correlate(line[first + rest :: down], row[rest::down], "valid")[:count]
        return made


def resample(samples: NDArray[np.int16], source: int, target: int) -> NDArray[np.int16]:
    """The same sound at another rate, in time with the original; `len * target / source` samples, rounded up."""
    if source == target:
        return samples
    resampler = Resampler(source, target)
    padded = np.concatenate((samples, np.zeros(resampler.delay, np.int16)))
    made = resampler.push(padded)
    skipped = round(resampler.delay * target / source)
    wanted = -(-len(samples) * target // source)
    return made[skipped : skipped + wanted]


@lru_cache(maxsize=16)
def _filters(up: int, down: int) -> NDArray[np.float32]:
    """One row of taps per phase."""
    taps = 2 * round(_TAPS / 2 * max(1.0, down / up))
    taps -= taps % 2
    cutoff = min(1.0, up / down) * _EDGE
    phase = np.arange(up).reshape(-1, 1) / up
    distance = np.arange(taps).reshape(1, -1) - taps + 1 - phase + taps / 2
    window = np.i0(_KAISER * np.sqrt(np.clip(1 - (distance / (taps / 2)) ** 2, 0, 1)))
    rows = np.sinc(cutoff * distance) * window
    rows /= rows.sum(axis=1, keepdims=True)
    return np.asarray(rows, np.float32)
