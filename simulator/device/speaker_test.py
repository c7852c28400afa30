"""The auto speaker test: test tones, heard by the built-in microphone, compared with those of the calibration.

    Uncalibrated --calibrate--> Pending --> Calibrated --perform--> Pending --> OK | Failed

Commands, words and times as in VAPIX "Auto speaker test" (audio sheet 5; C1410 manual, Calibrate and run a
remote speaker test). The outcome follows from facts: a broken driver, and whether something stands before the
speaker that was not there, or is gone, since the calibration. With the microphone switched off nothing can be
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


class SpeakerTestRefused(FleetError):
    """A command that cannot be done now. `subcode` is that of the fault, without its prefix."""

    def __init__(self, subcode: str, text: str) -> None:
        super().__init__(text)
        self.subcode = subcode


class SpeakerTest:
    """Calibration and test of one speaker. Calibration survives a restart and is lost with a factory default."""

    def __init__(self, device: Device, audio: Audio) -> None:
        self._device = device
        self._audio = audio
        self._outcome = SpeakerTestStatus.UNCALIBRATED
        self._reference: bool | None = None
        self._timer: Timer | None = None
        self.obstructed = False
        """Something stands in the acoustic path: hands put it there and take it away."""
        self.broken = False
        """The loudspeaker is blown: hands break and mend it."""
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
        self.tested_at = self.calibrated_at = self._reference = None
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
        self._silence()
        if self._audio.microphone_on:
            self._reference = self.obstructed
            self.calibrated_at = self._device.world.clock.wall()
            self._outcome = SpeakerTestStatus.CALIBRATED
        self._note()

    def _finish_test(self) -> None:
        self._silence()
        as_calibrated = self.obstructed is self._reference and not self.broken and self._audio.microphone_on
        self._outcome = SpeakerTestStatus.OK if as_calibrated else SpeakerTestStatus.FAILED
        self.tested_at = self._device.world.clock.wall()
        self._note()
        self._device.events.publish(
            TEST_RESULT, {"DeviceUUID": self._device.identity.uuid}, SpeakerTestStatus=self._outcome.value
        )

    def _silence(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._audio.end(TONES)

    def _note(self) -> None:
        self._device.note(Kind.STATE, "speaker test", status=self.status.value)

    def _phase_changed(self, phase: Phase) -> None:
        """A test or calibration that is cut off has no outcome."""
        if not self._device.lifecycle.reachable and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _defaulted(self, hard: bool) -> None:
        self._outcome = SpeakerTestStatus.UNCALIBRATED
        self.tested_at = self.calibrated_at = self._reference = None
