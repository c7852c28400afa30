"""The auto speaker test: test tones, heard by the built-in microphone, compared with those of the calibration.

    Uncalibrated --calibrate--> Pending --> Calibrated --perform--> Pending --> OK | Failed

Commands, words and times as in VAPIX "Auto speaker test" (audio sheet 5; C1410 manual, Calibrate and run a
remote speaker test). The outcome follows from what the microphone hears of each tone: whoever breaks the driver, puts
something before the speaker or hangs it elsewhere changes that. With the microphone switched off nothing can be
heard and both commands are refused.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.errors import FleetError
from simulator.journal import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from simulator.clock import Timer
    from simulator.device.acoustics import Acoustics
    from simulator.device.audio import Audio
    from simulator.device.device import Device
    from simulator.device.lifecycle import Phase

TEST_RESULT = "tns1:Device/tnsaxis:SpeakerTest/TestResult"
TONES = "speaker test"


class SpeakerTestStatus(StrEnum):
    """The words of `GetSpeakerTestReport`; clients accept no others."""

    UNCALIBRATED = "Uncalibrated"
    CALIBRATED = "Calibrated"
    PENDING = "Pending"
    OK = "OK"
    FAILED = "Failed"
    DISABLED_IN_HARDWARE = "DisabledInHardware"
    INTERNAL_ERROR = "InternalError"


class SoftwareState(StrEnum):
    """How the software of the speaker test does."""

    WORKING = "working"
    STUCK = "stuck"
    FAILING = "failing"


class SpeakerTestRefused(FleetError):
    """A command that cannot be done now. `subcode` is that of the fault, without its prefix."""

    def __init__(self, subcode: str, text: str) -> None:
        super().__init__(text)
        self.subcode = subcode


class SpeakerTest:
    """Calibration and test of one speaker. Calibration survives a restart and is lost with a factory default."""

    def __init__(self, device: Device, audio: Audio, acoustics: Acoustics) -> None:
        self._device = device
        self._audio = audio
        self._acoustics = acoustics
        self._outcome = SpeakerTestStatus.UNCALIBRATED
        self._reference: tuple[float, ...] = ()
        """Levels of the tones at the calibration, dBFS."""
        self._timer: Timer | None = None
        self.service = SoftwareState.WORKING
        """The software of the test, which hands can spoil."""
        self.tested_at: datetime | None = None
        """End of the last test, UTC; None while one runs and after a calibration."""
        self.calibrated_at: datetime | None = None
        """End of the last calibration, UTC; None while one runs."""
        device.lifecycle.on_phase(self._phase_changed)
        device.lifecycle.on_default(self._defaulted)

    @property
    def status(self) -> SpeakerTestStatus:
        """What the report says."""
        if not self._audio.microphone_on:
            return SpeakerTestStatus.DISABLED_IN_HARDWARE
        return SpeakerTestStatus.PENDING if self.running else self._outcome

    @property
    def running(self) -> bool:
        """Test tones are sounding."""
        return self._timer is not None

    @property
    def calibrated(self) -> bool:
        return self.calibrated_at is not None

    def calibrate(self) -> None:
        """Play the test tones and keep what is heard; forgets what was known. Raises SpeakerTestRefused."""
        self._must_hear()
        self.tested_at = self.calibrated_at = None
        self._reference = ()
        self._outcome = SpeakerTestStatus.UNCALIBRATED
        self._play_tones(calibrating=True)

    def perform(self) -> None:
        """Play the test tones and compare. Raises SpeakerTestRefused, also without a calibration."""
        self._must_hear()
        if not self.calibrated:
            raise SpeakerTestRefused("DeviceNotCalibrated", "the speaker test is not calibrated")
        self.tested_at = None
        self._outcome = SpeakerTestStatus.CALIBRATED
        self._play_tones(calibrating=False)

    def button_pressed(self) -> None:
        """A brief press of the control button calibrates; where it cannot, nothing happens."""
        if not self.running and self._audio.microphone_on:
            self.calibrate()

    def _must_hear(self) -> None:
        if not self._audio.microphone_on:
            raise SpeakerTestRefused("DisabledInHardware", "the microphone is switched off")
        if self.running:
            raise SpeakerTestRefused("Failure", "a speaker test or calibration is running")
        if not self._device.lifecycle.reachable:
            raise SpeakerTestRefused("Failure", "the device is down")

    def _play_tones(self, *, calibrating: bool) -> None:
        self._audio.begin(TONES)
        seconds = self._device.profile.quirks.speaker_test_seconds
        finish = self._finish_calibration if calibrating else self._finish_test
        self._timer = self._device.world.clock.call_later(seconds, finish)
        self._note()

    def _finish_calibration(self) -> None:
        if self._spoiled():
            return
        self._silence()
        if self._audio.microphone_on:
            self._reference = self._measured()
            self.calibrated_at = self._device.world.clock.wall()
            self._outcome = SpeakerTestStatus.CALIBRATED
        self._note()

    def _spoiled(self) -> bool:
        """A service that hangs leaves the test pending, until a restart; one that fails says so."""
        if self.service is SoftwareState.FAILING:
            self._silence()
            self._outcome = SpeakerTestStatus.INTERNAL_ERROR
            self._note()
        return self.service is not SoftwareState.WORKING

    def _measured(self) -> tuple[float, ...]:
        """Level of each test tone as the microphone hears it, dBFS; the volume set by users does not count."""
        quirks = self._acoustics.quirks
        gains = (self._acoustics.gain(hertz) for hertz in quirks.test_tones)
        return tuple(max(quirks.noise, quirks.test_level + gain) for gain in gains)

    def _as_calibrated(self, levels: tuple[float, ...]) -> bool:
        """Every tone is heard, and as loud as then."""
        quirks = self._acoustics.quirks
        pairs = zip(levels, self._reference, strict=True)
        return all(level > quirks.noise and abs(level - then) <= quirks.test_tolerance for level, then in pairs)

    def _finish_test(self) -> None:
        if self._spoiled():
            return
        self._silence()
        levels = self._measured()
        passed = self._audio.microphone_on and self._as_calibrated(levels)
        self._outcome = SpeakerTestStatus.OK if passed else SpeakerTestStatus.FAILED
        self.tested_at = self._device.world.clock.wall()
        self._note(levels=[round(level, 1) for level in levels])
        self._device.events.publish(
            TEST_RESULT, {"DeviceUUID": self._device.identity.uuid}, SpeakerTestStatus=self._outcome.value
        )

    def _silence(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._audio.end(TONES)

    def _note(self, **measured: object) -> None:
        self._device.note(Kind.STATE, "speaker test", status=self.status.value, **measured)

    def _phase_changed(self, phase: Phase) -> None:
        """A test or calibration that is cut off has no outcome."""
        if not self._device.lifecycle.reachable and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _defaulted(self, hard: bool) -> None:
        self._outcome = SpeakerTestStatus.UNCALIBRATED
        self.tested_at = self.calibrated_at = None
        self._reference = ()
