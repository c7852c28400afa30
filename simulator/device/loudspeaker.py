"""The loudspeaker: which source is heard, and what it played lately.

Several sources may sound at once; one of them is heard (audio sheet 7.1 and 9). Nothing is decoded while they play: the
loudspeaker remembers from where to where on its own time line each source was heard, and with what gain. `render`
makes samples of that, for a test that asks.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from simulator.device.sound import Samples, Sound

SIP = "SIP"
"""A call by SIP."""
TRANSMIT = "VAPIXAudio"
"""A client of transmit.cgi."""
CLIP = "VAPIXMediaClip"
"""An audio clip. These three names are those of the multicast controller's internal sources (audio sheet 7.1)."""
SPEAKER_TEST = "speaker test"
LOCATE = "locate"
FOREGROUND = (SIP, TRANSMIT, CLIP)
OUTRANKING = (LOCATE, SPEAKER_TEST)
"""What the device does to itself is heard above all, the first above the second (audio sheet 9)."""
MEMORY = 30.0
"""Seconds of sound that are remembered."""
MOST_STRETCHES = 256
"""Stretches that are remembered, however short."""


def audible(sources: Collection[str], ranking: Sequence[str]) -> str | None:
    """The one source that is heard, or None.

    `sources` stand in the order in which they began. With a ranking, the highest of them wins, and one that is not ranked is
    not heard. Without (the multicast controller is off), multicast is deaf and the newest foreground source
    wins, except that a call by SIP is never pre-empted.
    """
    for own in OUTRANKING:
        if own in sources:
            return own
    if ranking:
        return next((name for name in ranking if name in sources), None)
    if SIP in sources:
        return SIP
    return next((name for name in reversed(tuple(sources)) if name in FOREGROUND), None)


@dataclass(slots=True)
class _Stretch:
    """A time in which one source was heard with one gain, or nothing was."""

    source: str | None
    sound: Sound | None
    gain: float | None
    """dB; None while muted."""
    begun_at: float
    """Device seconds, for what has no time line of its own."""
    begin: float
    """Seconds on the sound's time line."""
    length: float | None = None
    """Seconds; None for the stretch that lasts."""

    def lasted(self, now: float) -> float:
        if self.length is not None:
            return self.length
        if self.sound is None:
            return max(0.0, now - self.begun_at)
        return max(0.0, self.sound.position - self.begin)

    def samples(self, begin: float, end: float) -> Samples:
        """From one second of the stretch to another, as loud as the loudspeaker played it."""
        from simulator.device.sound import amplified, count_of, silence

        if self.sound is None or self.gain is None:
            return silence(count_of(begin, end))
        return amplified(self.sound.samples(self.begin + begin, self.begin + end), self.gain)


class Loudspeaker:
    """What one loudspeaker played, newest last, up to `MEMORY` seconds."""

    def __init__(self) -> None:
        self._past: deque[_Stretch] = deque(maxlen=MOST_STRETCHES)
        self._present: _Stretch | None = None

    @property
    def silent(self) -> bool:
        """Nothing is played, or what is played is muted."""
        return self._present is None or self._present.sound is None or self._present.gain is None

    def turn(self, source: str | None, sound: Sound | None, gain: float | None, now: float) -> None:
        """From now on this is heard."""
        present = self._present
        if present is not None and (present.source, present.gain) == (source, gain) and present.sound is sound:
            return
        self._close(now)
        begin = 0.0 if sound is None else sound.position
        self._present = _Stretch(source, sound, gain, now, begin)

    def _close(self, now: float) -> None:
        """The stretch that lasts ends; what is older than the memory goes."""
        if self._present is not None:
            self._present.length = self._present.lasted(now)
            self._past.append(self._present)
        total = 0.0
        kept = 0
        for stretch in reversed(self._past):
            if total >= MEMORY:
                break
            total += stretch.lasted(now)
            kept += 1
        while len(self._past) > kept:
            self._past.popleft()

    def forget(self) -> None:
        """Nothing was ever played."""
        self._past.clear()
        self._present = None

    def heard_of(self, source: str, now: float) -> float:
        """Seconds of the memory in which this source was heard."""
        return sum(stretch.lasted(now) for stretch in self._stretches() if stretch.source == source)

    def _stretches(self) -> Iterable[_Stretch]:
        yield from self._past
        if self._present is not None:
            yield self._present

    def render(self, seconds: float, now: float) -> Samples:
        """The last seconds, at most `MEMORY`; silence before the first sound."""
        import numpy as np

        from simulator.device.sound import count_of, silence

        wanted = count_of(0.0, min(seconds, MEMORY))
        pieces: list[Samples] = []
        missing = wanted
        for stretch in reversed(tuple(self._stretches())):
            if missing <= 0:
                break
            length = stretch.lasted(now)
            piece = stretch.samples(max(0.0, length - min(seconds, MEMORY)), length)[-missing:]
            pieces.append(piece)
            missing -= len(piece)
        pieces.append(silence(max(0, missing)))
        return np.concatenate(pieces[::-1])
