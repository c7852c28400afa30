"""Live audio over HTTP: what clients send to transmit.cgi and get from receive.cgi (VAPIX "Audio API"; audio sheet 1, 3).

Towards the device the body is the codec's bare bytes, at a fixed rate, so that bytes tell seconds. From the device it is
a stream that players take as it comes: bare bytes for mu-law, G.726 and 24 bit PCM, ADTS for AAC and Ogg for opus
[framing of the last two guess]. Codecs are FFmpeg's; G.726 is packed as RFC 3551 4.5.4 has it, low bits first.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, cast

from simulator.errors import MalformedMessage

if TYPE_CHECKING:
    import numpy as np
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from numpy.typing import NDArray

    Samples = NDArray[np.int16]

PART_SECONDS = 0.064
"""What one part of a multipart answer holds: 512 bytes of mu-law, 256 or 192 of G.726."""


@dataclass(frozen=True, slots=True)
class Coding:
    """A codec at one sample rate and bit rate."""

    name: str
    """As in `audiocodec` and `AudioSource.A0.AudioEncoding`."""
    content_type: str
    rate: int
    """Samples per second."""
    bit_rate: int
    form: str
    """Name of the bare format or container in FFmpeg."""
    codec: str
    """Name of the codec in FFmpeg."""
    options: tuple[tuple[str, str], ...] = ()
    """Of form and codec."""

    @property
    def bytes_per_second(self) -> float:
        """Of the encoded sound; exact where the rate is fixed."""
        return self.bit_rate / 8


MULAW = Coding("g711", "audio/basic", 8_000, 64_000, "mulaw", "pcm_mulaw")
MULAW_128 = Coding("axis-mulaw-128", "audio/axis-mulaw-128", 16_000, 128_000, "mulaw", "pcm_mulaw")
G726_32 = Coding("g726", "audio/G726-32", 8_000, 32_000, "g726le", "g726le", (("code_size", "4"),))
G726_24 = Coding("g726", "audio/G726-24", 8_000, 24_000, "g726le", "g726le", (("code_size", "3"),))
_SENT_TO_DEVICES = {each.content_type.lower(): each for each in (MULAW, MULAW_128, G726_32, G726_24)}

AAC_RATES = {8_000: (8, 32), 16_000: (12, 64), 32_000: (16, 128), 44_100: (32, 128), 48_000: (32, 128)}
OPUS_RATES = {8_000: (8, 32), 16_000: (12, 64), 48_000: (32, 128)}
"""Sample rate to lowest and highest kbit/s."""
LPCM_RATES = (16_000, 32_000, 44_100, 48_000)
_OGG = (("page_duration", "20000"),)


def sent_as(content_type: str) -> Coding:
    """What a `Content-Type` of transmit.cgi says; parameters behind a semicolon mean nothing. Raises MalformedMessage."""
    found = _SENT_TO_DEVICES.get(content_type.partition(";")[0].strip().lower())
    if found is None:
        raise MalformedMessage(f"no audio format {content_type[:60]!r}")
    return found


def coding(name: str, rate: int, bit_rate: int) -> Coding:
    """What receive.cgi gives for codec, sample rate and bit rate; 0 for the codec's own. Raises MalformedMessage."""
    if name == "g711" and rate in (0, MULAW.rate) and bit_rate in (0, MULAW.bit_rate):
        return MULAW
    if name == "g726" and rate in (0, G726_32.rate) and bit_rate in (0, 24_000, 32_000):
        return G726_24 if bit_rate == G726_24.bit_rate else G726_32
    if name == "lpcm" and (rate or LPCM_RATES[0]) in LPCM_RATES:
        return _lpcm(rate or LPCM_RATES[0], bit_rate)
    if name == "aac":
        return Coding(name, "audio/mpeg4-generic", *_fitting(AAC_RATES, rate, bit_rate), "adts", "aac")
    if name == "opus":
        return Coding(name, "audio/opus", *_fitting(OPUS_RATES, rate, bit_rate), "ogg", "libopus", _OGG)
    raise MalformedMessage(f"no {name[:20]!r} at {rate} Hz and {bit_rate} bit/s")


def _lpcm(rate: int, bit_rate: int) -> Coding:
    if bit_rate not in (0, rate * 24):
        raise MalformedMessage(f"24 bit PCM at {rate} Hz has {rate * 24} bit/s")
    return Coding("lpcm", "audio/L24", rate, rate * 24, "s24be", "pcm_s24be")


def _fitting(rates: dict[int, tuple[int, int]], rate: int, bit_rate: int) -> tuple[int, int]:
    """Sample rate and bit rate within what the codec takes; none given means 16 kHz and the most it takes there."""
    rate = rate or 16_000
    if rate not in rates:
        raise MalformedMessage(f"no such sample rate: {rate}")
    low, high = rates[rate]
    bit_rate = bit_rate or high * 1000
    if not low * 1000 <= bit_rate <= high * 1000:
        raise MalformedMessage(f"{low} to {high} kbit/s at {rate} Hz")
    return rate, bit_rate


def decoded(data: bytes, sent: Coding, rate: int) -> Samples:
    """The sound of a body, or of a piece of it, at another sample rate. Any bytes are sound in these codecs.

    A piece from the middle of G.726 begins with an adaptive state that is not the encoder's; it follows within
    milliseconds.
    """
    import av
    import numpy as np
    from av.audio.resampler import AudioResampler

    if not data:
        return np.zeros(0, np.int16)
    options = {**dict(sent.options), "sample_rate": str(sent.rate)}
    pieces: list[Samples] = []
    try:
        with av.open(BytesIO(data), "r", format=sent.form, options=options) as container:
            resampler = AudioResampler(format="s16", layout="mono", rate=rate)
            for frame in (*container.decode(audio=0), None):
                pieces += (made.to_ndarray()[0].astype(np.int16) for made in resampler.resample(frame))
    except (av.FFmpegError, LookupError, ValueError) as error:
        raise MalformedMessage(f"no {sent.name}: {error}") from error
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


class Encoder:
    """Encodes a stream as one receiver gets it. Ask `encode` piece by piece; what a codec delays comes later."""

    def __init__(self, made: Coding, rate: int) -> None:
        """`rate` is that of the samples. Opens nothing outside memory."""
        import av
        from av.audio.resampler import AudioResampler

        self._rate = rate
        self._count = 0
        self._sink = _Sink()
        options = {"flush_packets": "1", **dict(made.options)}
        opened: OutputContainer = av.open(self._sink, "w", format=made.form, options=options, buffer_size=512)
        self._container = opened
        stream = opened.add_stream(made.codec, rate=made.rate, layout="mono", options=dict(made.options))
        self._stream = cast("AudioStream", stream)
        self._stream.bit_rate = made.bit_rate
        self._resampler = AudioResampler(format=self._stream.format.name, layout="mono", rate=made.rate)

    def encode(self, samples: Samples) -> bytes:
        """What is to be sent now."""
        from av import AudioFrame

        frame = AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = self._rate, self._count
        self._count += len(samples)
        for resampled in self._resampler.resample(frame):
            for packet in self._stream.encode(resampled):
                self._container.mux(packet)
        return self._sink.take()

    def close(self) -> None:
        """Nothing more is encoded."""
        self._container.close()


class _Sink:
    """A file that only remembers what was written since it was last asked."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += bytes(data)
        return len(data)

    def take(self) -> bytes:
        data = bytes(self._data)
        self._data.clear()
        return data
