"""Audio files as they are uploaded: which format by their first bytes, and how long they play where the header says so.

Sniffed by magic, never by name (audio sheet 2.3). Limits of the manual (Troubleshooting, Audio clips): au mu-law at 8 or
16 kHz; wav with 8 or 16 bit PCM, mu-law or mp3 inside, 1 or 2 channels, 8 to 48 kHz.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from simulator.errors import MalformedMessage

AU_ENCODINGS = {1: 1, 2: 1, 3: 2}
"""mu-law, 8 and 16 bit PCM: bytes per sample."""
WAV_PCM, WAV_MULAW, WAV_MP3 = 1, 7, 0x55
LOWEST_RATE, HIGHEST_RATE = 8_000, 48_000


@dataclass(frozen=True, slots=True)
class ClipFile:
    """What a file says of itself. `seconds` is None where only decoding would tell."""

    extension: str
    seconds: float | None


def read_clip_file(content: bytes) -> ClipFile:
    """Raises MalformedMessage for another format or one outside the limits."""
    if content[:4] == b".snd":
        return _au(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return _wav(content)
    if content[:4] == b"OggS":
        return _ogg(content)
    if content[:3] == b"ID3" or (len(content) > 1 and content[0] == 0xFF and content[1] & 0xE0 == 0xE0):
        return ClipFile("mp3", None)
    raise MalformedMessage("no au, wav, mp3, opus or vorbis file")


def _au(content: bytes) -> ClipFile:
    if len(content) < 24:
        raise MalformedMessage("an au header that ends early", offset=len(content))
    offset, _size, encoding, rate, channels = struct.unpack_from(">5I", content, 4)
    width = AU_ENCODINGS.get(encoding)
    if width is None or not 1 <= channels <= 2:
        raise MalformedMessage("an au file with an encoding that is not supported", offset=12)
    _check_rate(rate)
    return ClipFile("au", _seconds(len(content) - offset, rate * width * channels))


def _wav(content: bytes) -> ClipFile:
    chunks = _chunks(content)
    if "fmt " not in chunks or chunks["fmt "][1] < 16:
        raise MalformedMessage("a wav file without a format", offset=12)
    at = chunks["fmt "][0]
    kind, channels, rate, per_second, _align, bits = struct.unpack_from("<HHIIHH", content, at)
    if (
        kind not in (WAV_PCM, WAV_MULAW, WAV_MP3)
        or not 1 <= channels <= 2
        or (kind == WAV_PCM and bits not in (8, 16))
    ):
        raise MalformedMessage("a wav file with an encoding that is not supported", offset=at)
    _check_rate(rate)
    size = chunks.get("data", (0, 0))[1]
    return ClipFile("wav", _seconds(size, per_second))


def _chunks(content: bytes) -> dict[str, tuple[int, int]]:
    """Name to position and size, the size never beyond the file."""
    found: dict[str, tuple[int, int]] = {}
    at = 12
    while at + 8 <= len(content) and len(found) < 64:
        name = content[at : at + 4].decode("latin-1")
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        if name == "fmt " and at + 8 + size > len(content):
            raise MalformedMessage("a wav header that ends early", offset=at)
        found.setdefault(name, (at + 8, min(size, len(content) - at - 8)))
        at += 8 + size + size % 2
    return found


def _ogg(content: bytes) -> ClipFile:
    if b"OpusHead" in content[:256]:
        return ClipFile("opus", None)
    if b"\x01vorbis" in content[:256]:
        return ClipFile("vorbis", None)
    raise MalformedMessage("an ogg file with neither opus nor vorbis", offset=28)


def _check_rate(rate: int) -> None:
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise MalformedMessage(f"a sample rate of {rate} Hz is outside {LOWEST_RATE} to {HIGHEST_RATE}")


def _seconds(size: int, per_second: int) -> float | None:
    return size / per_second if size > 0 and per_second > 0 else None
