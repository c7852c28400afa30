"""What a listener makes of sound: how loud it is, and whether there is a tone in it. Levels in dBFS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.sound import FLOOR, RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simulator.device.sound import Samples

_WIDTH = 3
"""Lines of the spectrum to each side over which a windowed tone spreads."""
_TOLERANCE = 0.01
"""Share of its frequency by which a tone may be off."""


def tone_level(samples: Samples, hertz: float) -> float:
    """How loud a tone of this frequency is in it, one percent up or down."""
    power = _spectrum(samples)
    if not len(power):
        return FLOOR
    line = hertz * len(samples) / RATE
    reach = _WIDTH + line * _TOLERANCE
    low, high = max(0, round(line - reach)), round(line + reach) + 1
    return _decibels(float(power[low:high].sum()))


def strongest_tone(samples: Samples) -> tuple[float, float]:
    """Hertz and level of the strongest tone; 0 Hz in silence."""
    power = _spectrum(samples)
    if not len(power) or not power.any():
        return 0.0, FLOOR
    line = int(power.argmax())
    peak = power[max(0, line - _WIDTH) : line + _WIDTH + 1]
    return line * RATE / len(samples), _decibels(float(peak.sum()))


def _spectrum(samples: Samples) -> NDArray[np.float64]:
    """Power by frequency, full scale is 1; its sum is the power of the sound."""
    import numpy as np

    if len(samples) < 2 * _WIDTH:
        return np.zeros(0)
    window = np.hanning(len(samples))
    lines = np.fft.rfft(samples / 32768.0 * window)
    spectrum: NDArray[np.float64] = 2 * np.abs(lines) ** 2 / (len(samples) * float((window**2).sum()))
    return spectrum


def _decibels(power: float) -> float:
    from math import log10

    return max(FLOOR, 10 * log10(power)) if power > 0 else FLOOR
