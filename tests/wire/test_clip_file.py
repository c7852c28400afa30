"""Uploaded audio files: formats by magic, the manual's limits, and durations. wav files come from the wave module."""

from __future__ import annotations

import io
import struct
import wave

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.clip_file import ClipFile, read_clip_file, silent_au


def wav(*, rate: int = 16_000, channels: int = 1, width: int = 2, seconds: float = 1.0) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((channels, width, rate, 0, "NONE", ""))
        writer.writeframes(bytes(int(rate * seconds) * channels * width))
    return file.getvalue()


def riff(kind: int, *, rate: int = 8000, channels: int = 1, bits: int = 8, byte_rate: int, data: int) -> bytes:
    """A wav file with what the wave module cannot write, and a chunk before the format."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, kind, channels, rate, byte_rate, 1, bits)
    chunks = struct.pack("<4sI", b"LIST", 3) + b"abc\0" + form + struct.pack("<4sI", b"data", data) + bytes(data)
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks), b"WAVE") + chunks


def au(*, encoding: int = 1, rate: int = 8000, channels: int = 1, data: int = 8000, offset: int = 28) -> bytes:
    """The length is unknown, as streamed files have it, and a remark follows the header."""
    header = struct.pack(">4s5I", b".snd", offset, 0xFFFFFFFF, encoding, rate, channels)
    return header + b"note" + bytes(data)


def mp3(kilobits: int = 128, *, frames: int = 100, before: bytes = b"", after: bytes = b"") -> bytes:
    """MPEG-1 layer III at 44.1 kHz, frames of the right length filled with nothing (ISO 11172-3, 2.4.2.3)."""
    table = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
    frame = bytes([0xFF, 0xFB, table.index(kilobits) << 4, 0xC0])
    return before + frame.ljust(144_000 * kilobits // 44_100, b"\0") * frames + after


def ogg(packet: bytes, granule: int) -> bytes:
    """Two pages: the codec's header, and one that ends at `granule` (RFC 3533 6)."""

    def page(content: bytes, position: int) -> bytes:
        head = struct.pack("<4sBBqIIIB", b"OggS", 0, 0, position, 7, 0, 0, 1)
        return head + bytes([len(content)]) + content

    return page(packet, 0) + page(bytes(60), granule)


OPUS = b"OpusHead" + struct.pack("<BBHIHB", 1, 2, 312, 44_100, 0, 0)
VORBIS = b"\x01vorbis" + struct.pack("<IBIIIIBB", 0, 2, 44_100, 0, 128_000, 0, 0xB8, 1)


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("width", [1, 2])
def test_wav_as_pcm(rate: int, channels: int, width: int) -> None:
    clip = read_clip_file(wav(rate=rate, channels=channels, width=width, seconds=1.5))
    assert clip == ClipFile("wav", pytest.approx(1.5))


def test_wav_with_other_content() -> None:
    assert read_clip_file(riff(7, byte_rate=8000, data=4000)).seconds == 0.5
    assert read_clip_file(riff(0x55, rate=44_100, bits=0, byte_rate=16_000, data=32_000)).seconds == 2


def test_a_byte_rate_that_lies_about_pcm_does_not_count() -> None:
    assert read_clip_file(riff(1, byte_rate=1, data=8000)).seconds == 1


@pytest.mark.parametrize(
    ("encoding", "rate", "seconds"), [(1, 8000, 2), (1, 16_000, 1), (2, 8000, 2), (3, 8000, 1), (3, 16_000, 0.5)]
)
def test_au(encoding: int, rate: int, seconds: float) -> None:
    assert read_clip_file(au(encoding=encoding, rate=rate, data=16_000)) == ClipFile("au", seconds)


@pytest.mark.parametrize("kilobits", [64, 128, 320])
def test_mp3_by_its_frames(kilobits: int) -> None:
    clip = read_clip_file(mp3(kilobits))
    assert clip == ClipFile("mp3", pytest.approx(100 * 1152 / 44_100))


def test_mp3_behind_a_tag_with_junk_and_before_one() -> None:
    tag = b"ID3\x04\0\0" + bytes([0, 0, 2, 44]) + bytes(300)
    clip = read_clip_file(mp3(before=tag + b"\xff\xfb\0", after=b"TAG".ljust(128, b"\0")))
    assert clip.seconds == pytest.approx(100 * 1152 / 44_100)


def test_opus_and_vorbis_by_their_last_page() -> None:
    assert read_clip_file(ogg(OPUS, 312 + 96_000)) == ClipFile("opus", 2)
    assert read_clip_file(ogg(VORBIS, 88_200)) == ClipFile("vorbis", 2)
    assert read_clip_file(ogg(VORBIS, -1)) == ClipFile("vorbis", None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\0 a program",
        b"fLaC",
        wav(width=3),
        wav(rate=96_000),
        wav(rate=4000),
        wav(channels=6),
        riff(1, bits=12, byte_rate=1, data=1),
        riff(7, bits=16, byte_rate=1, data=1),
        riff(2, byte_rate=1, data=1),
        b"RIFF\0\0\0\0WAVE",
        b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff",
        au(rate=44_100),
        au(encoding=27),
        au(channels=0),
        au(offset=3),
        b".snd",
        mp3(32),
        mp3(56),
        b"ID3",
        b"ID3\x04\0\0\x7f\x7f\x7f\x7f",
        b"\xff\xfb\x90\xc0",
        b"OggS",
        ogg(b"\x80theora", 1),
    ],
)
def test_what_the_manual_refuses_and_what_is_no_sound(content: bytes) -> None:
    with pytest.raises(MalformedMessage):
        read_clip_file(content)


def test_silence_is_a_file_of_its_own_kind() -> None:
    silence = silent_au(3)
    assert read_clip_file(silence) == ClipFile("au", 3)
    assert silence[24:] == b"\xff" * 24_000  # the code of mu-law for nothing (G.711 table 2a)


BEGINNINGS = [wav(seconds=0.001)[:60], au(data=8), mp3(frames=2)[:900], ogg(OPUS, 5), ogg(VORBIS, 5), b"ID3"]


@pytest.mark.fuzz
@given(
    beginning=st.sampled_from([content[:length] for content in BEGINNINGS for length in (4, 12, 28, 60, 900)]),
    end=st.binary(max_size=200),
    places=st.lists(st.tuples(st.integers(0, 899), st.integers(0, 255)), max_size=4),
)
@example(beginning=b"OggS", end=bytes(23), places=[])
@example(beginning=b"\xff\xfb", end=b"\xff" * 200, places=[])
def test_no_bytes_break_it(beginning: bytes, end: bytes, places: list[tuple[int, int]]) -> None:
    content = bytearray(beginning + end)
    for place, value in places:
        if place < len(content):
            content[place] = value
    try:
        clip = read_clip_file(bytes(content))
    except MalformedMessage:
        return
    assert clip.seconds is None or clip.seconds > 0
