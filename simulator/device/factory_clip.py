"""The audio clips that ship with the speaker: names and files as recorded on 12.9.57, sound of our own.

The recordings cannot be published. Each clip is beeps of one tone instead, a different one for each, so that a test can
tell by the frequency which clip it hears: `tone_of`. Half a second of each second sounds, at `LOUDNESS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.device.sound import Samples

FACTORY_FILES = (
    ("Camera clicks", "camera_clicks16k.au"), ("Camera clicks", "camera_clicks.mp3"),
    ("Abracadabra", "abracadabra.mp3"), ("Ding-dong", "ding_dong.mp3"), ("Logo", "logo.mp3"),
    ("Ring tone 1", "ringtone_1.mp3"), ("Ring tone 2", "ringtone_2.mp3"), ("Alarm", "alarm.mp3"),
    ("Psssst", "psssst.mp3"), ("Emergency", "emergency.mp3"), ("Test Message", "test_message.mp3"),
    ("Trespassing", "trespassing.mp3"), ("Dog bark 1", "dog_1.mp3"), ("Dog bark 2", "dog_2.mp3"),
    ("Dog bark 3", "dog_3.mp3"), ("Dog bark 4", "dog_4.mp3"), ("Dog bark 5", "dog_5.mp3"),
    ("Siren", "siren.mp3"), ("Internal message example", "internal_message_example.mp3"),
    ("Sales offer example", "sales_offer_example.mp3"), ("Store closing example", "store_closing_example.mp3"),
    ("Store opening example", "store_opening_example.mp3"), ("Birds chirping", "birds_chirping.mp3"),
    ("Breaking waves", "breaking_waves.mp3"), ("Wind chimes", "wind_chimes.mp3"),
)  # fmt: skip
"""Name and file of each, in the order of their numbers."""
FIRST_FACTORY_NUMBER = 25
LOUDNESS = -12.0
"""dBFS of a beep."""
BEEP = 0.5
"""Seconds of each second that sound, from its beginning."""
_LOWEST, _STEP = 500.0, 40.0


def tone_of(number: int) -> float:
    """Hertz of the factory clip with this number: 500 for M25, 40 more for each further one."""
    return _LOWEST + _STEP * (number - FIRST_FACTORY_NUMBER)


class Beeps:
    """The sound of one factory clip, without end: the playing time is the clip's."""

    def __init__(self, number: int) -> None:
        self.hertz = tone_of(number)

    def samples(self, begin: float, end: float) -> Samples:
        """From one second of the clip to another."""
        import numpy as np

        from simulator.device.sound import RATE, count_of, tone

        first = round(begin * RATE)
        made = tone(self.hertz, LOUDNESS, begin, end)
        sounding = np.arange(first, first + count_of(begin, end)) % RATE < BEEP * RATE
        return np.where(sounding, made, np.int16(0))
