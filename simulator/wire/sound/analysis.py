"""What samples sound like: level, dominant tones, keypresses. The ear of the tests and of expectations.

Levels are dBFS where 0 is a sine that just fits (AES17), and -100 is nothing at all.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulator.wire.sound.tone import FULL, HIGH_GROUP, KEYPAD, LOW_GROUP, RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUIETEST = -100.0
_NEAR = 4
"""Bins around a peak that belong to it: the main lobe of the window, and a little."""
_BLOCK = 0.02
"""Seconds in which a keypress is looked for."""
_FAINTEST_KEY = -45.0
_TWIST = 10.0
"""dB that the two tones of a key may differ."""
_PURITY = 0.7
"""Share of the block's power that the two tones must have."""


class Peak(NamedTuple):
    """One tone: Hz, dBFS."""

    frequency: float
    level: float


def level(samples: NDArray[np.int16]) -> float:
    """Of everything together; a sine of amplitude 32767 has 0."""
    if not len(samples):
        return QUIETEST
    power = float(np.mean(np.square(samples.astype(np.float64))))
    return _decibels(math.sqrt(2 * power))


def tones(samples: NDArray[np.int16], most: int = 4, rate: int = RATE) -> list[Peak]:
    """The strongest tones, the loudest first; none in silence. The more samples, the nearer tones are told apart."""
    if len(samples) < 2 * _NEAR + 2 or not samples.any():
        return []
    window = np.hanning(len(samples))
    spectrum = np.abs(np.fft.rfft(samples * window)) * 2 / window.sum()
    spectrum[0] = 0
    found: list[Peak] = []
    for _ in range(most):
        top = int(np.argmax(spectrum))
        if spectrum[top] < 1:
            break
        found.append(_peak(spectrum, top, rate / len(samples), window))
        spectrum[max(0, top - _NEAR) : top + _NEAR + 1] = 0
    return found


def dominant(samples: NDArray[np.int16], rate: int = RATE) -> Peak | None:
    """The loudest tone; None in silence."""
    found = tones(samples, 1, rate)
    return found[0] if found else None


def level_at(samples: NDArray[np.int16], frequency: float, rate: int = RATE) -> float:
    """How loud one frequency is."""
    if not len(samples):
        return QUIETEST
    window = np.hanning(len(samples))
    turn = np.exp(-2j * np.pi * frequency / rate * np.arange(len(samples)))
    return _decibels(2 * abs(complex(np.dot(samples * window, turn))) / max(1e-9, float(window.sum())))


def keys_pressed(samples: NDArray[np.int16], rate: int = RATE) -> str:
    """Keypresses in the band, each of at least 40 ms and apart from the next (ITU-T Q.24)."""
    size = round(_BLOCK * rate)
    blocks = samples[: len(samples) // size * size].reshape(-1, size)
    return _spelled(
        [_key(block, powers) for block, powers in zip(blocks, _group_powers(blocks, rate), strict=True)]
    )


def _spelled(heard: list[str]) -> str:
    """A key counts when it is there in two blocks on end, and again only after a block without it."""
    pressed, current = "", ""
    for before, now in zip(["", *heard], heard, strict=False):
        if now and now == before and now != current:
            pressed += now
            current = now
        elif not now and not before:
            current = ""
    return pressed


def _group_powers(blocks: NDArray[np.int16], rate: int) -> NDArray[np.float64]:
    """For each block the power of each of the eight tones, as half the square of its amplitude."""
    size = blocks.shape[1]
    turns = np.exp(-2j * np.pi / rate * np.outer(np.arange(size), np.array(LOW_GROUP + HIGH_GROUP)))
    powers: NDArray[np.float64] = np.square(np.abs(blocks @ turns) * 2 / size) / 2
    return powers


def _key(block: NDArray[np.int16], powers: NDArray[np.float64]) -> str:
    low, high = int(np.argmax(powers[:4])), int(np.argmax(powers[4:]))
    one, other = float(powers[low]), float(powers[4 + high])
    if min(one, other) < (FULL * 10 ** (_FAINTEST_KEY / 20)) ** 2 / 2:
        return ""
    if abs(10 * math.log10(one / other)) > _TWIST:
        return ""
    whole = float(np.mean(np.square(block.astype(np.float64))))
    return KEYPAD[4 * low + high] if one + other > _PURITY * whole else ""


def _peak(spectrum: NDArray[np.float64], top: int, width: float, window: NDArray[np.float64]) -> Peak:
    """Between the bins: a parabola through the logarithms finds frequency and height."""
    if not 0 < top < len(spectrum) - 1:
        return Peak(top * width, _decibels(float(spectrum[top])))
    left, middle, right = (math.log(max(float(value), 1e-9)) for value in spectrum[top - 1 : top + 2])
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend else 0.0
    height = math.exp(middle - 0.25 * (left - right) * shift)
    return Peak((top + shift) * width, _decibels(height))


def _decibels(amplitude: float) -> float:
    return max(QUIETEST, 20 * math.log10(amplitude / FULL)) if amplitude > 0 else QUIETEST
