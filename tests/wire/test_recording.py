"""The sound in clip files: of every format that is taken, and of files that are broken inside."""

from __future__ import annotations

import io
import struct
import wave
from contextlib import suppress

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.clip_file import au_header, read_clip_file
from simulator.wire.recording import LONGEST, Recording, mulaw

RATE = 16_000


def sine(hertz: float, seconds: float, rate: int = RATE):
    return np.rint(16_000 * np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * hertz / rate)).astype(np.int16)


def hertz_of(samples) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * RATE / len(samples)


def file(form: str, codec: str, *, rate: int = 48_000, layout: str = "mono", kilobits: int = 0) -> bytes:
    """Two seconds of 1 kHz, as FFmpeg writes them."""
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate, layout=layout, options={"strict": "experimental"})
        if kilobits:
            stream.bit_rate = kilobits * 1000
        frame = av.AudioFrame.from_ndarray(sine(1000, 2, rate)[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        resampler = av.AudioResampler(format=stream.format.name, layout=layout, rate=rate)
        for piece in (*resampler.resample(frame), None):
            container.mux(stream.encode(piece))
    return out.getvalue()


@pytest.mark.parametrize(
    ("form", "codec", "more"),
    [
        ("au", "pcm_mulaw", {"rate": 8000}),
        ("au", "pcm_mulaw", {"rate": 16_000}),
        ("au", "pcm_s16be", {"rate": 44_100, "layout": "stereo"}),
        ("wav", "pcm_u8", {"rate": 8000}),
        ("wav", "pcm_s16le", {"layout": "stereo"}),
        ("wav", "pcm_mulaw", {"rate": 8000}),
        ("mp3", "libmp3lame", {"kilobits": 64}),
        ("mp3", "libmp3lame", {"kilobits": 320, "layout": "stereo", "rate": 44_100}),
        ("ogg", "libopus", {}),
        ("ogg", "vorbis", {"rate": 44_100, "layout": "stereo"}),
    ],
)
def test_every_format_sounds_as_what_was_recorded(form: str, codec: str, more: dict) -> None:
    content = file(form, codec, **more)
    assert read_clip_file(content).seconds == pytest.approx(2, abs=0.1)
    recording = Recording(content, RATE)
    middle = recording.samples(0.5, 1.5)
    assert (len(middle), hertz_of(middle)) == (RATE, pytest.approx(1000, abs=1))
    loudness = 16_000 / (2 if more.get("layout") == "stereo" else 2**0.5)  # FFmpeg spreads mono over two at -3 dB
    assert np.sqrt(np.mean(middle.astype(float) ** 2)) == pytest.approx(loudness, rel=0.15)
    assert not recording.samples(2.5, 3).any()
    assert not recording.samples(-0.5, 0).any()


def test_a_piece_is_the_same_whenever_it_is_asked_for() -> None:
    content = file("mp3", "libmp3lame", kilobits=128)
    late = Recording(content, RATE).samples(1.0, 1.5)
    again = Recording(content + b"", RATE)
    early = again.samples(0.0, 0.25)
    assert np.array_equal(again.samples(1.0, 1.5), late)
    assert np.array_equal(again.samples(0.0, 0.25), early)


def test_only_as_much_is_kept_as_a_file_of_the_manual_holds() -> None:
    """Opus of silence has a few bytes a second: an hour of it is a small file."""
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 0, b"WAVE", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8, b"data", 1 << 24
    )
    content = header + b"\x80" * (1 << 24)  # 2097 s
    assert len(Recording(content, RATE).samples(LONGEST - 1, LONGEST + 1)) == 2 * RATE


def test_a_play_list_opens_nothing() -> None:
    recording = Recording(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", RATE)
    assert not recording.samples(0, 1).any()


def test_an_au_file_is_one_for_others_too() -> None:
    content = au_header(RATE, RATE) + mulaw(sine(700, 1), RATE)
    with av.open(io.BytesIO(content)) as container:
        frames = list(container.decode(audio=0))
    assert (frames[0].sample_rate, sum(frame.samples for frame in frames)) == (RATE, RATE)
    assert hertz_of(np.concatenate([frame.to_ndarray()[0] for frame in frames])) == pytest.approx(700, abs=1)


_SAMPLES = [
    file("au", "pcm_mulaw", rate=8000)[:4000],
    file("wav", "pcm_s16le", rate=8000)[:4000],
    file("mp3", "libmp3lame", kilobits=64)[:6000],
    file("ogg", "libopus")[:6000],
    file("ogg", "vorbis", rate=44_100, layout="stereo")[:8000],
]


def pcm(seconds: float) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as writer:
        writer.setparams((1, 2, 8000, 0, "NONE", ""))
        writer.writeframes(bytes(round(8000 * seconds) * 2))
    return out.getvalue()


@pytest.mark.fuzz
@given(
    st.sampled_from(_SAMPLES),
    st.lists(st.tuples(st.integers(0, 8000), st.binary(max_size=8)), max_size=6),
    st.integers(0, 8000),
)
def test_a_broken_file_ends_in_silence(content: bytes, patches: list[tuple[int, bytes]], cut: int) -> None:
    """Recognised or not, it never raises, and gives as many samples as were asked for."""
    broken = bytearray(content)
    for at, patch in patches:
        broken[at : at + len(patch)] = patch
    broken = broken[: max(cut, 1)]
    with suppress(MalformedMessage):
        read_clip_file(bytes(broken))
    assert len(Recording(bytes(broken), RATE).samples(0.05, 0.15)) == 1600
