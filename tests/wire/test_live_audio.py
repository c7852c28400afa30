"""Codecs of live audio over HTTP: what is sent to a device, and what comes from it."""

from __future__ import annotations

import io
from contextlib import suppress

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.live_audio import (
    G726_24,
    G726_32,
    MULAW,
    MULAW_128,
    PART_SECONDS,
    Encoder,
    coding,
    decoded,
    sent_as,
)

RATE = 16_000
PIECE = round(PART_SECONDS * RATE)


def sine(hertz: float, seconds: float):
    return np.rint(12_000 * np.sin(np.arange(round(seconds * RATE)) * 2 * np.pi * hertz / RATE)).astype(np.int16)


def hertz_of(samples) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * RATE / len(samples)


def encoded(made, samples) -> bytes:
    encoder = Encoder(made, RATE)
    pieces = [encoder.encode(samples[at : at + PIECE]) for at in range(0, len(samples), PIECE)]
    encoder.close()
    return b"".join(pieces)


@pytest.mark.parametrize("made", [MULAW, MULAW_128, G726_32, G726_24])
def test_what_goes_in_comes_out(made) -> None:
    body = encoded(made, sine(1000, 2))
    assert len(body) == pytest.approx(2 * made.bytes_per_second, rel=0.2)
    heard = decoded(body, made, RATE)
    assert hertz_of(heard[4000:20_000]) == pytest.approx(1000, abs=2)


def test_mulaw_is_that_of_g711() -> None:
    """ITU-T G.711: 0xff is zero, 0x80 and 0x00 the extremes, and magnitudes are those of the table."""
    assert decoded(b"\xff\x80\x00\xf0" * 2, MULAW_128, RATE)[:4].tolist() == [0, 32124, -32124, 120]


def test_g726_is_packed_as_rtp_has_it() -> None:
    """RFC 3551 4.5.4: the first code word is in the low bits. FFmpeg's g726 in the other order is not this sound."""
    body = encoded(G726_32, sine(1000, 1))
    with av.open(io.BytesIO(body), format="g726", options={"code_size": "4"}) as container:
        other = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)]).astype(float)
    ours = decoded(body, G726_32, 8000).astype(float)
    spectra = [np.abs(np.fft.rfft(each[2000:6000] * np.hanning(4000))) for each in (ours, other)]
    shares = [float(each[495:506].sum() / each.sum()) for each in spectra]
    assert shares[0] > 0.5 > shares[1]


@pytest.mark.parametrize(
    ("name", "rate", "bit_rate", "form"),
    [
        ("aac", 0, 0, "aac"),
        ("aac", 8000, 8000, "aac"),
        ("aac", 48_000, 128_000, "aac"),
        ("opus", 0, 0, "ogg"),
        ("opus", 48_000, 32_000, "ogg"),
    ],
)
def test_players_take_the_stream_as_it_is(name: str, rate: int, bit_rate: int, form: str) -> None:
    made = coding(name, rate, bit_rate)
    body = encoded(made, sine(1000, 3))
    with av.open(io.BytesIO(body), format=form) as container:
        frames = list(container.decode(audio=0))
    heard = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.argmax(spectrum) * frames[0].sample_rate / len(heard) == pytest.approx(1000, abs=2)


def test_24_bit_pcm_is_big_endian() -> None:
    body = encoded(coding("lpcm", 0, 0), np.full(2 * PIECE, 0x1234, np.int16))
    assert body[:3] == b"\x12\x34\x00"
    assert len(body) == 2 * PIECE * 3


@pytest.mark.parametrize(
    ("name", "rate", "bit_rate"),
    [
        *(("mp2", 0, 0), ("g711", 16_000, 0), ("g711", 0, 32_000), ("g726", 0, 16_000), ("g726", 44_100, 0)),
        *(("aac", 22_050, 0), ("aac", 8000, 64_000), ("aac", 16_000, 1), ("opus", 44_100, 0), ("lpcm", 8000, 0)),
        *(("lpcm", 16_000, 64_000), ("", 0, 0), ("aac", -1, 0)),
    ],
)
def test_what_the_table_does_not_have_is_refused(name: str, rate: int, bit_rate: int) -> None:
    with pytest.raises(MalformedMessage):
        coding(name, rate, bit_rate)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("audio/basic", MULAW),
        ("Audio/Basic; rate=8000", MULAW),
        ("audio/axis-mulaw-128", MULAW_128),
        ("audio/G726-32", G726_32),
        ("audio/g726-24", G726_24),
    ],
)
def test_content_types(text: str, made) -> None:
    assert sent_as(text) is made


@pytest.mark.fuzz
@given(st.text(max_size=40))
def test_other_content_types_are_refused(text: str) -> None:
    with suppress(MalformedMessage):
        assert sent_as(text).content_type.lower() == text.partition(";")[0].strip().lower()


@pytest.mark.fuzz
@given(st.binary(max_size=400), st.sampled_from([MULAW, MULAW_128, G726_32, G726_24]))
def test_any_bytes_are_sound(data: bytes, made) -> None:
    """The resampler's filter is some samples long, so the edges are not exact."""
    heard = decoded(data, made, RATE)
    assert len(heard) == pytest.approx(len(data) / made.bytes_per_second * RATE, abs=100)
