"""Codecs: their clocks, their silence, and what is no payload."""

from __future__ import annotations

import contextlib
import io

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.sound.analysis import QUIETEST, dominant, level
from simulator.wire.sound.codec import STATIC, Codec, codec_named
from simulator.wire.sound.tone import Tone
from simulator.wire.sound.wav import read_wav, write_wav

NAMES = [
    "PCMU/8000",
    "PCMA/8000",
    "G722/8000",
    "opus/48000/2",
    "L16/8000",
    "L16/16000",
    "L16/44100/2",
    "L16/48000",
]
CODECS = [codec_named(name) for name in NAMES]


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("pcmu", "PCMU/8000"),
        ("PCMA/8000/1", "PCMA/8000"),
        ("Opus", "opus/48000/2"),
        ("OPUS/48000/2", "opus/48000/2"),
        ("l16/44100/2", "L16/44100/2"),
        ("g722/8000", "G722/8000"),
    ],
)
def test_a_codec_is_found_by_name_in_any_case(asked: str, name: str):
    assert codec_named(asked).name == name


@pytest.mark.parametrize("name", ["", "L16", "PCMU/16000", "opus/48000/1", "speex/8000", "PCMU/8000/2", "x" * 100])
def test_an_unknown_one_is_refused(name: str):
    with pytest.raises(MalformedMessage):
        codec_named(name)


def test_static_types_have_their_codec():
    found = {number: codec_named(name).name for number, name in STATIC.items()}
    assert found == {0: "PCMU/8000", 8: "PCMA/8000", 9: "G722/8000", 10: "L16/44100/2", 11: "L16/44100"}


@pytest.mark.parametrize(
    ("name", "ticks", "size"),
    [
        ("PCMU", 160, 160),
        ("PCMA", 160, 160),
        ("G722", 160, 160),
        ("L16/8000", 160, 320),
        ("L16/16000", 320, 640),
        ("L16/48000", 960, 1920),
        ("L16/44100", 882, 1764),
        ("L16/44100/2", 882, 3528),
    ],
)
def test_20_ms_have_the_size_of_the_table(name: str, ticks: int, size: int):
    codec = codec_named(name)
    tone = Tone(1000).samples(0, 0.02)
    samples = np.resize(tone, codec.rate // 50)
    assert codec.clock // 50 == ticks
    assert len(codec.encoder().encode(samples)) == len(codec.silence(ticks)) == size
    assert codec.ticks(bytes(size)) == ticks


@pytest.mark.parametrize(
    ("codec", "ptime"), [(codec, ptime) for codec in CODECS for ptime in codec.packet_times], ids=str
)
def test_silence_has_its_length_and_no_sound(codec: Codec, ptime: int):
    ticks = codec.clock * ptime // 1000
    quiet = codec.silence(ticks)
    decoder = codec.decoder()
    heard = np.concatenate([decoder.decode(quiet) for _ in range(10)])
    assert codec.ticks(quiet) == ticks
    assert len(heard) == 10 * codec.rate * ptime // 1000
    assert level(heard) < -65
    if codec.name == "PCMU/8000":
        assert level(heard) == QUIETEST
        assert set(quiet) == {0xFF}


def test_opus_tells_its_length_in_its_first_bytes():
    opus = codec_named("opus")
    assert opus.ticks(b"\x00") == 480
    assert opus.ticks(b"\x19") == 2 * 2880
    assert opus.ticks(b"\xf8\xff\xfe") == 960
    assert opus.ticks(b"\xe3\x06" + bytes(12)) == 6 * 120
    for wrong in (b"", b"\xfb", b"\xfb\x00", b"\xfb\x07"):
        with pytest.raises(MalformedMessage):
            opus.ticks(wrong)


@pytest.mark.parametrize(
    ("name", "container"), [("PCMU", "pcm_mulaw"), ("PCMA", "pcm_alaw"), ("G722", "adpcm_g722")]
)
def test_another_decoder_hears_the_same_tone(name: str, container: str):
    codec = codec_named(name)
    encoder, tone = codec.encoder(), Tone(1000)
    time = np.arange(codec.rate) / codec.rate
    encoded = encoder.encode(np.rint(3276.7 * np.sin(2 * np.pi * 1000 * time)).astype(np.int16))
    context = av.CodecContext.create(container, "r")
    context.sample_rate, context.layout = codec.rate, "mono"
    samples = np.concatenate([frame.to_ndarray().reshape(-1) for frame in context.decode(av.Packet(encoded))])
    peak = dominant(samples[len(samples) // 4 :].astype(np.int16), codec.rate)
    assert peak is not None
    assert (peak.frequency, peak.level) == (pytest.approx(1000, abs=1), pytest.approx(-20, abs=0.5))
    assert tone.level == -20


@pytest.mark.fuzz
@given(st.sampled_from(CODECS), st.lists(st.binary(max_size=80), max_size=4))
def test_any_payload_is_decoded_or_malformed(codec: Codec, payloads: list[bytes]):
    decoder = codec.decoder()
    for payload in payloads:
        with contextlib.suppress(MalformedMessage):
            ticks = codec.ticks(payload)
            samples = decoder.decode(payload)
            assert samples.dtype == np.int16
            if codec.name != "opus/48000/2":
                assert len(samples) == ticks * codec.rate // codec.clock


def test_a_wav_file_is_read_by_another_library_and_by_us():
    samples = Tone(440).samples(0, 0.5)
    data = write_wav(samples, 16000)
    with av.open(io.BytesIO(data)) as container:
        frames = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    assert (np.concatenate(frames) == samples).all()
    again, rate = read_wav(data)
    assert rate == 16000
    assert (again == samples).all()


@pytest.mark.fuzz
@given(
    st.binary(max_size=60)
    | st.binary(max_size=20).map(lambda end: write_wav(np.zeros(4, np.int16), 8000)[:40] + end)
)
def test_any_bytes_are_a_wav_file_or_malformed(data: bytes):
    with contextlib.suppress(MalformedMessage):
        samples, rate = read_wav(data)
        assert samples.dtype == np.int16
        assert rate > 0
