"""G722: 16,000 samples a second at 64 kbit/s, under a clock that says 8,000 (RFC 3551 section 4.5.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.wire.sound.codec import Codec

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BIT_RATE = 64_000


class Wideband(Codec):
    """One byte is two samples and one tick."""

    name = "G722/8000"
    clock = byte_rate = 8000
    rate = 16_000
    memory = 0.1

    def ticks(self, payload: bytes) -> int:
        return len(payload)

    def silence(self, ticks: int) -> bytes:
        """Both sub-bands at rest: decodes to within 3 of zero."""
        return b"\xff" * ticks

    def decoder(self) -> _Stream:
        return _Stream()

    def encoder(self) -> _Stream:
        return _Stream()


class _Stream:
    """The predictors of one direction of one stream."""

    __slots__ = ("_state",)

    def __init__(self) -> None:
        from G722 import G722

        self._state = G722(Wideband.rate, _BIT_RATE)

    def decode(self, payload: bytes) -> NDArray[np.int16]:
        if not payload:
            return np.zeros(0, np.int16)
        return np.frombuffer(self._state.decode(payload), np.int16)

    def encode(self, samples: NDArray[np.int16]) -> bytes:
        encoded: bytes = self._state.encode(samples)
        return encoded
