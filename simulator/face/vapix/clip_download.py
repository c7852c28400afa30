"""A long clip on its way to a client that downloads it: decoded piece by piece, so that nobody else has to wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from simulator.device.sound import RATE, count_of
from simulator.wire.clip_file import au_header
from simulator.wire.recording import mulaw

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.clip_sound import Recorded
    from simulator.face.exchange import Channel

AT_ONCE = 30.0
"""Seconds of sound that are decoded in one go."""


class Download:
    """One client's download."""

    PAUSE: ClassVar[float] = 0.02
    """Wire seconds between two pieces."""
    PIECE: ClassVar[float] = 5.0
    """Seconds of sound in one."""

    def __init__(self, recording: Recorded, seconds: float) -> None:
        self._recording = recording
        self._seconds = seconds
        self._at = 0.0
        self._channel: Channel | None = None

    def open(self, channel: Channel) -> Callable[[], None]:
        """The header goes first."""
        self._channel = channel
        channel.send(au_header(count_of(0.0, self._seconds), RATE))
        return self._close

    def _close(self) -> None:
        self._channel = None

    def beat(self) -> None:
        """One more piece, and the end after the last."""
        if self._channel is None:
            return
        begin, end = self._at, min(self._at + self.PIECE, self._seconds)
        self._at = end
        self._channel.send(mulaw(self._recording.samples(begin, end), RATE))
        if end >= self._seconds:
            self._channel.close()
