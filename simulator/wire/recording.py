"""The sound in an audio file: decoded from its beginning, as far as somebody asks for it.

Format and codec were recognised by `clip_file.py`; the decoder is given the format and never guesses one, so that a
file cannot pass for a play list that opens others. Whatever is broken inside, the recording ends there and is silent
after: a device would play what it can.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.clip_file import read_clip_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.int16]

LONGEST = 1_400.0
"""Seconds that are decoded at most: a file of the largest size and the lowest rate that the manual allows. Only
opus and Vorbis may be longer; what lies behind is silence here."""
_KEPT = 2
"""Recordings whose samples are kept."""
_FORMATS = {"au": "au", "wav": "wav", "mp3": "mp3", "opus": "ogg", "vorbis": "ogg"}


class Recording:
    """The sound of one file, mono, `rate` samples per second. Costs nothing until samples are asked for."""

    def __init__(self, content: bytes, rate: int) -> None:
        self._content = content
        self._rate = rate

    def samples(self, begin: float, end: float) -> Samples:
        """From second `begin` to second `end` of the file; zeros before its beginning and after its end."""
        import numpy as np

        first, last = round(begin * self._rate), round(end * self._rate)
        found = np.zeros(max(0, last - first), np.int16)
        known = _decoding(self._content, self._rate).up_to(last)[max(0, first) : max(0, last)]
        found[max(0, -first) : max(0, -first) + len(known)] = known
        return found


@lru_cache(maxsize=_KEPT)
def _decoding(content: bytes, rate: int) -> _Decoding:
    return _Decoding(content, rate)


class _Decoding:
    """The decoder of one file, and what it gave so far."""

    def __init__(self, content: bytes, rate: int) -> None:
        import numpy as np

        self._most = round(LONGEST * rate)
        self._samples = np.zeros(0, np.int16)
        self._pieces = _pieces(content, rate)

    def up_to(self, count: int) -> Samples:
        """At least the first `count` samples, fewer where the file ends."""
        import numpy as np

        fresh = [self._samples]
        known = len(self._samples)
        while known < min(count, self._most):
            piece = next(self._pieces, None)
            if piece is None:
                break
            fresh.append(piece[: self._most - known])
            known += len(fresh[-1])
        if len(fresh) > 1:
            self._samples = np.concatenate(fresh)
        return self._samples


def _pieces(content: bytes, rate: int) -> Iterator[Samples]:
    """What the decoder gives, piece by piece, until the file ends or breaks off."""
    import av
    import numpy as np
    from av.audio.resampler import AudioResampler

    broken = (MalformedMessage, av.FFmpegError, ArithmeticError, LookupError, ValueError)
    try:
        extension = read_clip_file(content).extension
        with av.open(BytesIO(content), "r", format=_FORMATS[extension]) as container:
            resampler = AudioResampler(format="s16", layout="mono", rate=rate)
            for frame in container.decode(audio=0):
                for made in resampler.resample(frame):
                    yield made.to_ndarray()[0].astype(np.int16)
            for made in resampler.resample(None):
                yield made.to_ndarray()[0].astype(np.int16)
    except broken:
        return


def mulaw(samples: Samples, rate: int) -> bytes:
    """These samples in mu-law, as an au file has them behind its header."""
    import av

    encoder = av.AudioCodecContext.create("pcm_mulaw", "w")
    encoder.sample_rate, encoder.layout, encoder.format = rate, "mono", "s16"
    frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
    frame.sample_rate = rate
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))
