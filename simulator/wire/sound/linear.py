"""L16: linear samples, big endian, one or two channels (RFC 3551 section 4.5.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.errors import MalformedMessage
from simulator.wire.sound.codec import Codec

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Linear(Codec):
    """At any rate; it remembers nothing, so that it is its own encoder and decoder."""

    def __init__(self, rate: int, channels: int) -> None:
        self.name = f"L16/{rate}" if channels == 1 else f"L16/{rate}/{channels}"
        self.clock = self.rate = rate
        self.channels = channels
        self._frame = 2 * channels
        self.byte_rate = rate * self._frame

    def ticks(self, payload: bytes) -> int:
        if len(payload) % self._frame:
            raise MalformedMessage(f"{self.name} in {len(payload)} bytes", offset=len(payload))
        return len(payload) // self._frame

    def silence(self, ticks: int) -> bytes:
        return bytes(self._frame * ticks)

    def decoder(self) -> Linear:
        return self

    def encoder(self) -> Linear:
        return self

    def decode(self, payload: bytes) -> NDArray[np.int16]:
        self.ticks(payload)
        samples = np.frombuffer(payload, ">i2")
        if self.channels > 1:
            samples = samples.reshape(-1, self.channels).mean(axis=1)
        mono: NDArray[np.int16] = samples.astype(np.int16)
        return mono

    def encode(self, samples: NDArray[np.int16]) -> bytes:
        return np.repeat(samples, self.channels).astype(">i2").tobytes()
