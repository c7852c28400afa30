"""opus: always 48,000 ticks a second, whatever is inside (RFC 6716, RFC 7587)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.errors import MalformedMessage
from simulator.wire.sound.codec import Codec

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 48_000
LONGEST = 5760
"""Ticks of one packet at most: 120 ms."""
_TICKS_OF_CONFIGURATION = (480, 960, 1920, 2880) * 3 + (480, 960) * 2 + (120, 240, 480, 960) * 4
"""Ticks of one frame by the upper five bits of the first byte (RFC 6716 table 2)."""
_QUIET_FRAME = b"\xff\xfe"
_FULLBAND_10, _FULLBAND_20 = 30 << 3, 31 << 3


class Opus(Codec):
    """Through libopus, as PyAV brings it."""

    name = "opus/48000/2"
    clock = rate = RATE
    memory = 0.08
    joins = False
    packet_times = (10, 20, 40, 60)
    byte_rate = 64_000

    def ticks(self, payload: bytes) -> int:
        if not payload:
            raise MalformedMessage("an empty opus packet")
        first = payload[0]
        count = (1, 2, 2, 0)[first & 3]
        if not count:
            if len(payload) < 2:
                raise MalformedMessage("an opus packet without its count of frames", offset=1)
            count = payload[1] & 0x3F
        ticks = count * _TICKS_OF_CONFIGURATION[first >> 3]
        if not 0 < ticks <= LONGEST:
            raise MalformedMessage(f"an opus packet of {ticks} ticks")
        return ticks

    def silence(self, ticks: int) -> bytes:
        """Frames of digital silence, 20 ms each, or one of 10 ms."""
        if ticks == RATE // 100:
            return bytes((_FULLBAND_10,)) + _QUIET_FRAME
        frames = max(1, ticks * 50 // RATE)
        if frames == 1:
            return bytes((_FULLBAND_20,)) + _QUIET_FRAME
        return bytes((_FULLBAND_20 | 3, frames)) + _QUIET_FRAME * frames

    def decoder(self) -> _Decoder:
        return _Decoder(self)

    def encoder(self) -> _Encoder:
        return _Encoder()


class _Decoder:
    __slots__ = ("_context", "_opus")

    def __init__(self, opus: Opus) -> None:
        import av

        self._opus = opus
        self._context: Any = av.CodecContext.create("libopus", "r")
        self._context.sample_rate = RATE
        self._context.layout = "mono"

    def decode(self, payload: bytes) -> NDArray[np.int16]:
        import av

        self._opus.ticks(payload)
        try:
            frames = self._context.decode(av.Packet(payload))
        except (av.FFmpegError, EOFError, ValueError) as error:
            raise MalformedMessage(f"opus: {error}") from None
        if not frames:
            return np.zeros(0, np.int16)
        return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.int16)


class _Encoder:
    __slots__ = ("_context", "_ticks", "_time")

    def __init__(self) -> None:
        self._context: Any = None
        self._ticks = 0
        self._time = 0

    def encode(self, samples: NDArray[np.int16]) -> bytes:
        import av

        if self._ticks != len(samples):
            self._open(len(samples))
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, self._time
        self._time += len(samples)
        packets = self._context.encode(frame)
        return b"".join(bytes(packet) for packet in packets)

    def _open(self, ticks: int) -> None:
        import av

        self._context = av.CodecContext.create("libopus", "w")
        self._context.sample_rate = RATE
        self._context.layout = "mono"
        self._context.format = "s16"
        self._context.bit_rate = 32_000
        self._context.options = {"frame_duration": str(ticks * 1000 // RATE), "application": "voip"}
        self._ticks = ticks
