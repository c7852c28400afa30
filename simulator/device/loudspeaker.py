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
    start: float
    """Seconds on the loudspeaker's time line."""
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

    def samples(self, after: float, count: int) -> Samples:
        """So many samples from so many seconds after its start, as loud as the loudspeaker played them."""
        from simulator.device.sound import RATE, amplified, silence

        if self.sound is None or self.gain is None:
            return silence(count)
        first = round((self.begin + after) * RATE)
        return amplified(self.sound.samples(first / RATE, (first + count) / RATE), self.gain)


class Loudspeaker:
    """What one loudspeaker played, newest last, up to `MEMORY` seconds.

    Its time line is that of what it played: the seconds of each source that was heard, and of silence those of the
    device clock.
    """

    def __init__(self) -> None:
        self._past: deque[_Stretch] = deque(maxlen=MOST_STRETCHES)
        self._present: _Stretch | None = None
        self._start = 0.0

    @property
    def silent(self) -> bool:
        """No source is heard."""
        return self._present is None or self._present.source is None

    def turn(self, source: str | None, sound: Sound | None, gain: float | None, now: float) -> None:
        """From now on this is heard."""
        present = self._present
        if present is not None and (present.source, present.gain) == (source, gain) and present.sound is sound:
            return
        self._close(now)
        begin = 0.0 if sound is None else sound.position
        self._present = _Stretch(source, sound, gain, now, self._start, begin)

    def _close(self, now: float) -> None:
        """The stretch that lasts ends; what is older than the memory goes."""
        if self._present is not None:
            self._present.length = self._present.lasted(now)
            self._start += self._present.length
            self._past.append(self._present)
        while self._past and self._start - self._past[0].start - self._past[0].lasted(now) > MEMORY:
            self._past.popleft()

    def forget(self, now: float) -> None:
        """Let go of everything that was played."""
        self._start = self.position(now)
        self._past.clear()
        self._present = None

    def position(self, now: float) -> float:
        """Seconds on its time line."""
        return self._start if self._present is None else self._present.start + self._present.lasted(now)

    def samples(self, begin: float, end: float, now: float) -> Samples:
        """What it played from one second to another of its time line; silence where that is not known."""
        from simulator.device.sound import RATE, count_of, silence

        made, first = silence(count_of(begin, end)), round(begin * RATE)
        for stretch in self._stretches():
            low, high = max(begin, stretch.start), min(end, stretch.start + stretch.lasted(now))
            at, count = round(low * RATE) - first, count_of(low, high)
            if high > low and count and stretch.sound is not None:
                made[at : at + count] = stretch.samples(low - stretch.start, count)
        return made

    def _stretches(self) -> Iterable[_Stretch]:
        yield from self._past
        if self._present is not None:
            yield self._present
