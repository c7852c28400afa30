"""PCMU and PCMA: 8,000 samples a second, one byte each (ITU-T G.711; static payload types 0 and 8)."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from simulator.wire.sound.codec import Codec

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # left Python in 3.13; the package audioop-lts is the same
    import audioop

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_BYTES = 2
"""Of one linear sample."""


class Companded(Codec):
    """Both laws; it remembers nothing, so that it is its own encoder and decoder."""

    clock = rate = byte_rate = 8000

    def __init__(
        self,
        name: str,
        quiet: bytes,
        expand: Callable[[bytes, int], bytes],
        compress: Callable[[bytes, int], bytes],
    ) -> None:
        self.name = name
        self._quiet = quiet
        self._expand = expand
        self._compress = compress

    def ticks(self, payload: bytes) -> int:
        return len(payload)

    def silence(self, ticks: int) -> bytes:
        return self._quiet * ticks

    def decoder(self) -> Companded:
        return self

    def encoder(self) -> Companded:
        return self

    def decode(self, payload: bytes) -> NDArray[np.int16]:
        return np.frombuffer(self._expand(payload, _BYTES), np.int16)

    def encode(self, samples: NDArray[np.int16]) -> bytes:
        return self._compress(samples.tobytes(), _BYTES)


PCMU = Companded("PCMU/8000", b"\xff", audioop.ulaw2lin, audioop.lin2ulaw)
PCMA = Companded("PCMA/8000", b"\xd5", audioop.alaw2lin, audioop.lin2alaw)
