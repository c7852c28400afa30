"""What a speaker sends in a call: what its microphone hears (audio sheet 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.sound import FLOOR

if TYPE_CHECKING:
    from simulator.device.audio import Audio
    from simulator.device.microphone import Microphone
    from simulator.device.sound import Samples


class Ear:
    """A source for a media session. Its time line is that of the session, so its position stands still."""

    position = 0.0

    def __init__(self, microphone: Microphone, audio: Audio) -> None:
        self._microphone = microphone
        self._audio = audio

    @property
    def silent(self) -> bool:
        """Nothing to be heard, so nobody need make samples: the switch is off, or all around is quiet."""
        quiet = self._microphone.level <= FLOOR and self._audio.heard is None
        return quiet or not self._microphone.on

    def samples(self, begin: float, end: float) -> Samples:
        """The sound between two seconds of the session."""
        return self._microphone.samples(begin, end)
