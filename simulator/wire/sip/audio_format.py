"""Audio formats as session descriptions name them (RFC 3551, RFC 7587, sheet sip-rtp 12.2)."""

from __future__ import annotations

import re
from typing import NamedTuple


class AudioFormat(NamedTuple):
    """An encoding by name, RTP clock in Hz and number of channels."""

    name: str
    clock: int
    channels: int = 1

    def is_same(self, other: AudioFormat) -> bool:
        """Whether both mean the same: names in any case."""
        return (
            self.clock == other.clock
            and self.channels == other.channels
            and self.name.lower() == other.name.lower()
        )

    @property
    def is_event(self) -> bool:
        """Whether it carries key presses instead of sound (RFC 4733)."""
        return self.name.lower() == "telephone-event"

    @property
    def bits_per_second(self) -> int:
        """The bit rate that descriptions announce (b=TIAS)."""
        return self.clock * 16 * self.channels if self.name.upper() == "L16" else 64_000

    def __str__(self) -> str:
        """As in rtpmap; one channel is not written."""
        return f"{self.name}/{self.clock}" + (f"/{self.channels}" if self.channels != 1 else "")


PCMU = AudioFormat("PCMU", 8000)
PCMA = AudioFormat("PCMA", 8000)
G722 = AudioFormat("G722", 8000)
"""Its clock is 8000 by an old mistake of RFC 1890; it carries 16,000 samples a second."""
OPUS = AudioFormat("opus", 48_000, 2)
L16_8000 = AudioFormat("L16", 8000)
L16_16000 = AudioFormat("L16", 16_000)
L16_48000 = AudioFormat("L16", 48_000)
L16_44100 = AudioFormat("L16", 44_100)
L16_44100_STEREO = AudioFormat("L16", 44_100, 2)

KNOWN = (PCMU, PCMA, G722, OPUS, L16_8000, L16_16000, L16_48000, L16_44100, L16_44100_STEREO)
"""What sheet 12.2 lists."""

STATIC = {
    0: PCMU,
    3: AudioFormat("GSM", 8000),
    4: AudioFormat("G723", 8000),
    5: AudioFormat("DVI4", 8000),
    6: AudioFormat("DVI4", 16_000),
    7: AudioFormat("LPC", 8000),
    8: PCMA,
    9: G722,
    10: L16_44100_STEREO,
    11: L16_44100,
    12: AudioFormat("QCELP", 8000),
    13: AudioFormat("CN", 8000),
    14: AudioFormat("MPA", 90_000),
    15: AudioFormat("G728", 8000),
    16: AudioFormat("DVI4", 11_025),
    17: AudioFormat("DVI4", 22_050),
    18: AudioFormat("G729", 8000),
}
"""Payload types that need no rtpmap (RFC 3551 table 4)."""

_STATIC_NUMBERS = {audio: number for number, audio in STATIC.items()}
_RTPMAP = re.compile(r"([^/\s]{1,64})/([0-9]{1,7})(?:/([0-9]{1,2}))?")


def telephone_event(clock: int) -> AudioFormat:
    """Key presses on the clock of the audio they go with."""
    return AudioFormat("telephone-event", clock)


def static_payload_type(audio: AudioFormat) -> int | None:
    """The payload type that always means this format, or None: it needs a dynamic one."""
    return _STATIC_NUMBERS.get(audio)


def parse_rtpmap(text: str) -> AudioFormat | None:
    """The format in an rtpmap behind its number, as `opus/48000/2`; None for what cannot be read."""
    match = _RTPMAP.fullmatch(text)
    if match is None or int(match[2]) == 0 or match[3] == "0":
        return None
    return AudioFormat(match[1], int(match[2]), int(match[3] or 1))
