"""Sound as the device knows it: samples on a time line, made only when somebody asks for them.

Whatever can be heard, a clip, a call, `transmit.cgi`, a page over multicast, is a `Sound`. It counts the seconds it has
made so far; a live one keeps what came in encoded and bounded form. Most tests never ask how anything sounds, so nothing
is decoded until `samples` is called.

Levels are in dB relative to full scale (dBFS), where 0 is a sine that just fits (AES17).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.int16]

RATE = 16_000
"""Samples per second, everywhere between the codecs and the loudspeaker: mono, signed 16 bits."""
FULL = 32_767
FLOOR = -90.0
"""dBFS of silence: as low as 16 bits go, and where the scale of the alarm level begins (audio sheet 1)."""


class Sound(Protocol):
    """Something that makes sound, on a time line of its own that starts at 0."""

    @property
    def position(self) -> float:
        """Seconds of sound made so far. It never goes back."""

    def samples(self, begin: float, end: float) -> Samples:
        """What it made from second `begin` to second `end`: `count_of(begin, end)` samples, zeros where not known."""


def count_of(begin: float, end: float) -> int:
    """Samples between two seconds of a time line, so that neighbouring pieces neither overlap nor leave a gap."""
    return max(0, round(end * RATE) - round(begin * RATE))


def silence(count: int) -> Samples:
    """So many samples of nothing."""
    import numpy as np

    return np.zeros(count, np.int16)


def amplified(samples: Samples, decibels: float) -> Samples:
    """Louder or softer, clipped at full scale as an amplifier does."""
    import numpy as np

    if decibels == 0:
        return samples
    louder = np.rint(samples.astype(np.float64) * 10 ** (decibels / 20))
    return np.clip(louder, -32768, 32767).astype(np.int16)


def level_of(samples: Samples) -> float:
    """Root mean square in dBFS, at least `FLOOR`."""
    import numpy as np

    if not len(samples):
        return FLOOR
    power = 2 * float(np.mean(np.square(samples.astype(np.float64)))) / FULL**2
    return max(FLOOR, 10 * math.log10(power)) if power > 0 else FLOOR


def tone(hertz: float, decibels: float, begin: float, end: float) -> Samples:
    """A sine with this level, in phase with every other piece of the same tone."""
    import numpy as np

    first = round(begin * RATE)
    phase = np.arange(first, first + count_of(begin, end)) * (2 * np.pi * hertz / RATE)
    peak = min(FULL, FULL * 10 ** (decibels / 20))
    wave: Samples = np.rint(peak * np.sin(phase)).astype(np.int16)
    return wave
