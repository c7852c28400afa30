"""Audio files as they are uploaded: which format by their first bytes, and how long they play.

Sniffed by magic, never by name (audio sheet 2.3). Refused is what the manual refuses (C1410 manual, Troubleshooting,
Problems with sound files): au mu-law not at 8 or 16 kHz; wav not 8 or 16 bit, not mono or stereo, not 8 to 48 kHz; mp3
not 64 to 320 kbit/s. VAPIX adds au with PCM, and wav with mu-law or mp3 inside. Opus and Vorbis have no limits.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from simulator.errors import MalformedMessage
from simulator.wire.mp3_frame import average_kilobits, frames

MULAW_SILENCE = b"\xff"
_AU_MULAW, _AU_PCM = 1, {2: 1, 3: 2}
"""Encodings of an au file; those of PCM with their bytes per sample."""
_AU_HEADER = 24
_WAV_PCM, _WAV_MULAW, _WAV_MP3 = 1, 7, 0x55
_LOWEST_RATE, _HIGHEST_RATE = 8_000, 48_000
_TELEPHONE_RATE, _WIDE_RATE = 8_000, 16_000
_LOWEST_KILOBITS, _HIGHEST_KILOBITS = 64, 320
_OPUS_RATE = 48_000
"""Opus counts time in samples of 48 kHz, whatever the recording had (RFC 7845 4)."""
_OGG_HEADER = 27
_MOST_CHUNKS = 64


@dataclass(frozen=True, slots=True)
class ClipFile:
    """What a file says of itself. `seconds` is None where it does not say how long it plays."""

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
    if content[:3] == b"ID3" or (content[:1] == b"\xff" and content[1:2] >= b"\xe0"):
        return _mp3(content)
    raise MalformedMessage("no au, wav, mp3, opus or vorbis file")


def silent_au(seconds: float) -> bytes:
    """An au file of silence, mu-law at 8 kHz: what is downloaded for a clip whose recording is not ours to give."""
    samples = round(seconds * _TELEPHONE_RATE)
    return au_header(samples, _TELEPHONE_RATE) + MULAW_SILENCE * samples


def au_header(samples: int, rate: int) -> bytes:
    """What stands before so many bytes of mu-law, one channel."""
    return struct.pack(">4s5I", b".snd", _AU_HEADER, samples, _AU_MULAW, rate, 1)


def _au(content: bytes) -> ClipFile:
    """The length that the header gives may be unknown (all ones), so it is the file's that counts."""
    if len(content) < _AU_HEADER:
        raise MalformedMessage("an au header that ends early", offset=len(content))
    offset, _size, encoding, rate, channels = struct.unpack_from(">5I", content, 4)
    if encoding == _AU_MULAW:
        width, fits = 1, rate in (_TELEPHONE_RATE, _WIDE_RATE)
    else:
        width, fits = _AU_PCM.get(encoding, 0), _LOWEST_RATE <= rate <= _HIGHEST_RATE
    if not width or not fits or not 1 <= channels <= 2 or offset < _AU_HEADER:
        raise MalformedMessage("an au file with an encoding that is not supported", offset=4)
    return ClipFile("au", _seconds(len(content) - offset, rate * width * channels))


def _wav(content: bytes) -> ClipFile:
    chunks = _chunks(content)
    at, size = chunks.get(b"fmt ", (12, 0))
    if size < 16:
        raise MalformedMessage("a wav file without a format", offset=at)
    kind, channels, rate, byte_rate, _align, bits = struct.unpack_from("<HHIIHH", content, at)
    if not _is_wav_supported(kind, bits) or not 1 <= channels <= 2 or not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
        raise MalformedMessage("a wav file with an encoding that is not supported", offset=at)
    per_second = byte_rate if kind == _WAV_MP3 else rate * channels * bits // 8
    return ClipFile("wav", _seconds(chunks.get(b"data", (0, 0))[1], per_second))


def _is_wav_supported(kind: int, bits: int) -> bool:
    if kind == _WAV_PCM:
        return bits in (8, 16)
    return kind == _WAV_MP3 or (kind == _WAV_MULAW and bits == 8)


def _chunks(content: bytes) -> dict[bytes, tuple[int, int]]:
    """Name to position and size of the first chunk of that name; what a size promises beyond the file is not there."""
    found: dict[bytes, tuple[int, int]] = {}
    at = 12
    while at + 8 <= len(content) and len(found) < _MOST_CHUNKS:
        name, size = struct.unpack_from("<4sI", content, at)
        found.setdefault(name, (at + 8, min(size, len(content) - at - 8)))
        at += 8 + size + size % 2
    return found


def _mp3(content: bytes) -> ClipFile:
    found = list(frames(content))
    if not found:
        raise MalformedMessage("an mp3 file without a frame")
    if not _LOWEST_KILOBITS <= average_kilobits(found) <= _HIGHEST_KILOBITS:
        raise MalformedMessage("an mp3 file below 64 kbit/s")
    return ClipFile("mp3", sum(frame.seconds for frame in found))


def _ogg(content: bytes) -> ClipFile:
    """The first packet tells the codec, the granule position of the last page the end (RFC 3533 6, RFC 7845 4)."""
    if len(content) < _OGG_HEADER:
        raise MalformedMessage("an ogg header that ends early", offset=len(content))
    at = _OGG_HEADER + content[_OGG_HEADER - 1]
    packet = content[at : at + 32]
    last = content.rfind(b"OggS", 0, len(content) - _OGG_HEADER + 4)
    (granule,) = struct.unpack_from("<q", content, last + 6)
    if packet.startswith(b"OpusHead") and len(packet) >= 12:
        (skipped,) = struct.unpack_from("<H", packet, 10)
        return ClipFile("opus", _seconds(granule - skipped, _OPUS_RATE))
    if packet.startswith(b"\x01vorbis") and len(packet) >= 16:
        (rate,) = struct.unpack_from("<I", packet, 12)
        return ClipFile("vorbis", _seconds(granule, rate))
    raise MalformedMessage("an ogg file with neither opus nor vorbis", offset=at)


def _seconds(amount: int, per_second: int) -> float | None:
    return amount / per_second if amount > 0 and per_second > 0 else None
