"""Headers of MPEG audio layer III (ISO 11172-3 2.4.2.3, ISO 13818-3 2.4.2.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.mp3_frame import average_kilobits, frame_at, frames


@pytest.mark.parametrize(
    ("header", "size", "kilobits", "milliseconds"),
    [
        ("fffb9000", 417, 128, 26.122),  # MPEG-1, 44.1 kHz: the header of nearly every mp3 file
        ("fffb9200", 418, 128, 26.122),  # with padding
        ("fffbe400", 960, 320, 24),  # MPEG-1, 48 kHz
        ("fff38000", 208, 64, 26.122),  # MPEG-2, 22.05 kHz
        ("ffe34800", 288, 32, 72),  # MPEG-2.5, 8 kHz
    ],
)
def test_known_headers(header: str, size: int, kilobits: int, milliseconds: float) -> None:
    frame = frame_at(bytes.fromhex(header).ljust(size, b"\0"), 0)
    assert frame is not None
    assert (frame.size, frame.kilobits) == (size, kilobits)
    assert frame.seconds * 1000 == pytest.approx(milliseconds, abs=0.001)


@pytest.mark.parametrize(
    "header",
    [
        "fffd9000",
        "ffff9000",
        "fff99000",
        "ffeb9000",
        "fffb0000",
        "fffbf000",
        "fffb9c00",
        "7ffb9000",
        "ff1b9000",
        "",
    ],
)
def test_other_layers_free_rates_and_reserved_values_are_no_frames(header: str) -> None:
    assert frame_at(bytes.fromhex(header).ljust(2000, b"\0"), 0) is None


def test_a_variable_rate_counts_on_average() -> None:
    low, high = (
        bytes.fromhex(header).ljust(size, b"\0") for header, size in (("fffb5000", 208), ("fffbb000", 626))
    )
    found = list(frames((low + high) * 10))
    assert len(found) == 20
    assert average_kilobits(found) == (64 + 192) / 2


@pytest.mark.fuzz
@given(st.binary(max_size=300), st.binary(min_size=2, max_size=3))
def test_frames_lie_inside_the_file_one_behind_the_other(content: bytes, header: bytes) -> None:
    content = content + b"\xff\xfb" + header + content
    assert sum(frame.size for frame in frames(content)) <= len(content)
