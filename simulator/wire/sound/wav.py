"""WAV files of linear 16-bit samples, as bytes."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING

import numpy as np

from simulator.errors import MalformedMessage

if TYPE_CHECKING:
    from numpy.typing import NDArray


def write_wav(samples: NDArray[np.int16], rate: int) -> bytes:
    """A mono file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def read_wav(data: bytes) -> tuple[NDArray[np.int16], int]:
    """Samples, channels mixed, and their rate. Raises MalformedMessage for anything but 16-bit linear."""
    try:
        with wave.open(io.BytesIO(data), "rb") as reader:
            channels, width, rate = reader.getnchannels(), reader.getsampwidth(), reader.getframerate()
            content = reader.readframes(reader.getnframes())
    except (wave.Error, EOFError, ValueError, OverflowError, MemoryError) as error:
        raise MalformedMessage(f"no WAV file: {str(error) or 'it ends early'}") from None
    if width != 2 or channels < 1 or not rate:
        raise MalformedMessage(f"a WAV file of {8 * width} bits and {channels} channels")
    samples = np.frombuffer(content[: len(content) // (2 * channels) * 2 * channels], "<i2")
    return samples.reshape(-1, channels).mean(axis=1).astype(np.int16), rate
