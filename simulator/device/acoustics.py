"""The acoustic path of a speaker: from its driver through the room to its own microphone.

A small model in dB, with which a speaker test comes out as it would on a wall: the driver may be torn or dead, something
may stand before it, and a wall near by sends sound back, less of it the further away it is. Everything is a fact of the
world that hands change; nothing here knows of tests (audio sheet 5; C1410 manual, Speaker test).
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.errors import FleetError
from simulator.journal import Kind

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.device.quirks import AcousticsQuirks

DEAF = -120.0
"""dB of what cannot be heard at all."""
NEAREST, FURTHEST = 0.05, 1000.0
"""Metres to the next wall."""
_MUFFLING_RISE = 3.0
"""dB per octave above 1 kHz that an obstruction takes away beside its own loss: cloth and foam swallow the high tones."""
_ONE_KILOHERTZ = 1000.0


class Driver(StrEnum):
    """The state of the loudspeaker's cone."""

    GOOD = "good"
    TORN = "torn"
    """It rattles: low tones are gone."""
    BROKEN = "broken"
    """The coil is open: no sound."""


class Acoustics:
    """Where one speaker hangs, and what has happened to it."""

    def __init__(self, device: Device, quirks: AcousticsQuirks) -> None:
        self._device = device
        self.quirks = quirks
        self.driver = Driver.GOOD
        self.obstruction = 0.0
        """dB that something before the speaker takes away; 0 for nothing."""
        self.wall = quirks.wall
        """Metres to the wall that sends the sound back."""

    @property
    def path(self) -> float | None:
        """dB at 1 kHz for everything but test tones; None where no sound gets through."""
        gain = self.gain(_ONE_KILOHERTZ)
        return None if gain <= DEAF else gain

    def gain(self, hertz: float) -> float:
        """dB from the loudspeaker's input to the microphone, for a tone."""
        if self.driver is Driver.BROKEN:
            return DEAF
        torn = self.quirks.torn_loss if self.driver is Driver.TORN and hertz < self.quirks.torn_below else 0.0
        direct = self.quirks.direct_gain - self._muffled(hertz)
        echo = self.quirks.echo_gain - 20 * math.log10(2 * self.wall) - 2 * self._muffled(hertz)
        return max(DEAF, _sum(direct, echo) - torn)

    def _muffled(self, hertz: float) -> float:
        if self.obstruction <= 0:
            return 0.0
        octaves = max(0.0, math.log2(hertz / _ONE_KILOHERTZ))
        return self.obstruction + _MUFFLING_RISE * octaves

    # ---- hands

    def set_driver(self, driver: Driver) -> None:
        """Tear the cone, burn the coil, or put in a new driver."""
        self.driver = driver
        self._note()
        if self._device.audio is not None:
            self._device.audio.set_driver_works(driver is not Driver.BROKEN)

    def obstruct(self, decibels: float) -> None:
        """Put something before the speaker, or take it away with 0. Raises FleetError outside 0 to 60 dB."""
        if not 0 <= decibels <= 60:
            raise FleetError("something before a speaker takes 0 to 60 dB away")
        self.obstruction = decibels
        self._note()

    def move(self, metres: float) -> None:
        """Hang the speaker elsewhere, or build a wall. Raises FleetError for no distance."""
        if not NEAREST <= metres <= FURTHEST:
            raise FleetError(f"a wall is {NEAREST:g} to {FURTHEST:g} m away")
        self.wall = metres
        self._note()

    def _note(self) -> None:
        facts = {"driver": self.driver.value, "obstruction": self.obstruction, "wall": self.wall}
        self._device.note(Kind.STATE, "acoustics", **facts)


def _sum(one: float, other: float) -> float:
    """Two sounds at once, in dB."""
    return 10 * math.log10(10 ** (one / 10) + 10 ** (other / 10))
