"""From a source to payloads: read by the media clock, resampled, encoded; a constant where nothing sounds."""

from __future__ import annotations

from collections import deque
from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simulator.wire.rtp.negotiated import Source
    from simulator.wire.sound.codec import Codec, Encoder
    from simulator.wire.sound.resampling import Resampler

RATE = 16_000
APART = RATE // 5
"""Samples that a live source may run away from the media clock before it is read anew: 0.2 s."""
AHEAD = 10
"""Packets that are read and resampled at once from a source that is known in advance: a fifth of the work."""


_FIRST = cycle(range(1, AHEAD + 1))
"""How many the next stream reads first: they must not all come back for more in the same moment."""


class Voice:
    """What one stream says. One `payload` or one `skip` per packet time."""

    __slots__ = (
        "_ahead",
        "_codec",
        "_cursor",
        "_encoder",
        "_fetched",
        "_frame",
        "_quiet",
        "_resampler",
        "_source",
        "_stays_at",
    )

    def __init__(self) -> None:
        self._codec: Codec | None = None
        self._encoder: Encoder | None = None
        self._resampler: Resampler | None = None
        self._source: Source | None = None
        self._quiet = b""
        self._frame = 0
        """Samples of the source in one packet."""
        self._fetched = False
        self._cursor = self._stays_at = 0
        self._ahead: deque[NDArray[np.int16] | None] = deque()
        """Packets at the codec's rate that are to be encoded; None sounds of nothing."""

    def configure(self, codec: Codec, ptime: int) -> None:
        """As agreed; `ptime` in milliseconds."""
        frame = RATE * ptime // 1000
        if codec is not self._codec or frame != self._frame:
            self._encoder = self._resampler = None
            self._ahead.clear()
        self._codec, self._frame = codec, frame
        self._quiet = codec.silence(codec.clock * ptime // 1000)

    def read(self, source: Source | None) -> None:
        """From the next packet on; None is silence."""
        self._source = source
        self._resampler = None
        self._fetched = False
        self._ahead.clear()
        if source is not None:
            self._cursor = self._stays_at = round(source.position * RATE)

    def skip(self) -> None:
        """A packet time passes unsaid."""
        self._cursor += self._frame
        if self._ahead:
            self._ahead.popleft()

    def payload(self) -> bytes:
        """That of the next packet."""
        source = self._source
        if source is None:
            return self._quiet
        if not self._ahead:
            self._fetch(source)
        self._cursor += self._frame
        samples = self._ahead.popleft()
        return self._quiet if samples is None else self._encoded(samples)

    def _fetch(self, source: Source) -> None:
        """At least one more packet."""
        if getattr(source, "silent", False):
            self._resampler = None
            self._ahead.append(None)
            return
        count = 1
        if getattr(source, "ahead", False):
            count = AHEAD if self._fetched else next(_FIRST)
        self._fetched = True
        samples = self._samples(source, count)
        if samples.any():
            resampled = self._resampled(samples)
            size = len(resampled) // count
            self._ahead.extend(resampled[part * size : (part + 1) * size] for part in range(count))
        else:
            self._resampler = None
            self._ahead.extend([None] * count)

    def _samples(self, source: Source, count: int) -> NDArray[np.int16]:
        import numpy as np

        position = round(source.position * RATE)
        if position != self._stays_at and abs(position - self._cursor) > APART:
            self._cursor = self._stays_at = position
        wanted = count * self._frame
        samples = source.samples(self._cursor / RATE, (self._cursor + wanted) / RATE)
        if len(samples) != wanted:
            samples = np.concatenate((samples[:wanted], np.zeros(max(0, wanted - len(samples)), np.int16)))
        return samples

    def _resampled(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        assert self._codec is not None
        if self._codec.rate == RATE:
            return samples
        if self._resampler is None:
            from simulator.wire.sound.resampling import Resampler

            self._resampler = Resampler(RATE, self._codec.rate)
        return self._resampler.push(samples)

    def _encoded(self, samples: NDArray[np.int16]) -> bytes:
        assert self._codec is not None
        if self._encoder is None:
            self._encoder = self._codec.encoder()
        return self._encoder.encode(samples) or self._quiet
