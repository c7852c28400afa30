"""Frames of MPEG audio layer III, as far as one must know them to say how long a file plays (ISO 11172-3, 13818-3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_KILOBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KILOBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""By the version bits: 3 is MPEG-1, 2 is MPEG-2, 0 the unofficial MPEG-2.5."""
_MPEG_1 = 3
_LAYER_3 = 1
_SEARCHED = 1 << 16
"""Bytes in which the first frame must begin."""
_TAG = 10


class Frame(NamedTuple):
    """One frame: bytes with its header, kbit/s, seconds."""

    size: int
    kilobits: int
    seconds: float


def frames(content: bytes) -> Iterator[Frame]:
    """The frames of a file, from the first that another one follows to the first place where none begins."""
    at = _first(content)
    while (frame := frame_at(content, at)) is not None:
        yield frame
        at += frame.size


def average_kilobits(found: Sequence[Frame]) -> float:
    """Over all frames; a file of variable rate has some below and some above."""
    return sum(frame.kilobits for frame in found) / len(found)


def frame_at(content: bytes, at: int) -> Frame | None:
    """The frame that begins here; None where none does, or only part of one is left, or its rate is not told."""
    header = int.from_bytes(content[at : at + 4], "big")
    version, layer = header >> 19 & 3, header >> 17 & 3
    rate_index, kilobits_index = header >> 10 & 3, header >> 12 & 15
    if header >> 21 != 0x7FF or layer != _LAYER_3 or version not in _RATES or rate_index == 3:
        return None
    if kilobits_index in (0, 15):
        return None
    rate, padding = _RATES[version][rate_index], header >> 9 & 1
    kilobits = (_KILOBITS_1 if version == _MPEG_1 else _KILOBITS_2)[kilobits_index]
    samples = 1152 if version == _MPEG_1 else 576
    size = samples // 8 * kilobits * 1000 // rate + padding
    return Frame(size, kilobits, samples / rate) if at + size <= len(content) else None


def _first(content: bytes) -> int:
    """Where the first frame begins, behind an ID3 tag: what looks like one must be followed by another, or by the end."""
    start = at = _behind_tag(content)
    while 0 <= at < start + _SEARCHED:
        frame = frame_at(content, at)
        end = at + frame.size if frame is not None else 0
        if frame is not None and (end == len(content) or frame_at(content, end) is not None):
            return at
        at = content.find(b"\xff", at + 1)
    return start


def _behind_tag(content: bytes) -> int:
    """The length of an ID3v2 tag has seven bits in a byte (id3.org, 2.4, section 3.1)."""
    if content[:3] != b"ID3" or len(content) < _TAG:
        return 0
    size = 0
    for byte in content[6:_TAG]:
        size = size << 7 | byte & 0x7F
    return _TAG + size
