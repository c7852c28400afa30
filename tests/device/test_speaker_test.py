"""The speaker test: its state machine and how facts decide the outcome (audio sheet 5)."""

from __future__ import annotations

from typing import Any

import pytest
from device_bench import Bench

from simulator.device.acoustics import Driver
from simulator.device.speaker_test import SoftwareState, SpeakerTest, SpeakerTestRefused, SpeakerTestStatus


def speaker(*, calibrated: bool = True) -> tuple[Bench, SpeakerTest]:
    bench = Bench("C1410")
    test = bench.device.speaker_test
    if calibrated:
        test.calibrate()
        bench.advance(10)
    bench.published.clear()
    return bench, test


def outcome(bench: Bench, test: SpeakerTest) -> str:
    test.perform()
    bench.advance(10)
    return test.status.value


def test_the_whole_way() -> None:
    bench, test = speaker(calibrated=False)
    assert (test.status, test.tested_at, test.calibrated_at) == ("Uncalibrated", None, None)
    test.calibrate()
    assert (test.status, test.tested_at, test.calibrated_at) == ("Pending", None, None)
    bench.advance(10)
    calibrated_at = bench.clock.wall()
    assert (test.status, test.tested_at, test.calibrated_at) == ("Calibrated", None, calibrated_at)
    bench.advance(100)
    assert outcome(bench, test) == "OK"
    assert (test.tested_at, test.calibrated_at) == (bench.clock.wall(), calibrated_at)
    test.perform()
    assert (test.status, test.tested_at, test.calibrated_at) == ("Pending", None, calibrated_at)


def test_only_a_test_is_an_event() -> None:
    bench, test = speaker(calibrated=False)
    test.calibrate()
    bench.advance(10)
    assert not bench.heard("TestResult")
    outcome(bench, test)
    uuid = bench.device.identity.uuid
    assert bench.heard("TestResult") == [{"DeviceUUID": uuid, "SpeakerTestStatus": "OK"}]


def test_a_broken_speaker_fails() -> None:
    bench, test = speaker()
    bench.device.acoustics.set_driver(Driver.BROKEN)
    assert outcome(bench, test) == "Failed"
    assert [e["SpeakerTestStatus"] for e in bench.heard("TestResult")] == ["Failed"]
    bench.device.acoustics.set_driver(Driver.GOOD)
    assert outcome(bench, test) == "OK"


@pytest.mark.parametrize(
    ("change", "mend"),
    [
        (lambda path: path.set_driver(Driver.TORN), lambda path: path.set_driver(Driver.GOOD)),
        (lambda path: path.obstruct(15), lambda path: path.obstruct(0)),
        (lambda path: path.move(0.05), lambda path: path.move(0.5)),
    ],
)
def test_surroundings_are_compared_with_those_of_the_calibration(change: Any, mend: Any) -> None:
    bench, test = speaker()
    change(bench.device.acoustics)
    assert outcome(bench, test) == "Failed"
    test.calibrate()
    bench.advance(10)
    assert outcome(bench, test) == "OK"
    mend(bench.device.acoustics)
    assert outcome(bench, test) == "Failed"


def test_a_chair_moved_in_the_room_is_no_reason() -> None:
    bench, test = speaker()
    bench.device.acoustics.move(0.6)
    assert outcome(bench, test) == "OK"


def test_a_dead_speaker_never_passes_even_if_it_was_calibrated_dead() -> None:
    bench, test = speaker(calibrated=False)
    bench.device.acoustics.set_driver(Driver.BROKEN)
    test.calibrate()
    bench.advance(10)
    assert outcome(bench, test) == "Failed"


def test_a_stuck_service_stays_pending_until_a_restart() -> None:
    bench, test = speaker()
    test.service = SoftwareState.STUCK
    assert outcome(bench, test) == "Pending"
    bench.advance(3600)
    assert test.status.value == "Pending"
    bench.device.lifecycle.restart("test")
    bench.boot()
    assert test.status.value == "Calibrated"


def test_a_failing_service_says_so() -> None:
    bench, test = speaker()
    test.service = SoftwareState.FAILING
    assert outcome(bench, test) == "InternalError"
    assert not bench.heard("TestResult")
    test.service = SoftwareState.WORKING
    assert outcome(bench, test) == "OK"


def test_without_calibration_there_is_no_test() -> None:
    _, test = speaker(calibrated=False)
    with pytest.raises(SpeakerTestRefused) as refused:
        test.perform()
    assert refused.value.subcode == "DeviceNotCalibrated"


def test_without_microphone_there_is_neither() -> None:
    bench, test = speaker()
    bench.device.audio.switch_microphone(False)
    assert test.status is SpeakerTestStatus.DISABLED_IN_HARDWARE
    for command in (test.calibrate, test.perform):
        with pytest.raises(SpeakerTestRefused) as refused:
            command()
        assert refused.value.subcode == "DisabledInHardware"
    bench.device.audio.switch_microphone(True)
    assert test.status is SpeakerTestStatus.CALIBRATED


def test_a_microphone_switched_off_meanwhile_hears_nothing() -> None:
    bench, test = speaker()
    test.perform()
    bench.device.audio.switch_microphone(False)
    bench.advance(10)
    assert [e["SpeakerTestStatus"] for e in bench.heard("TestResult")] == ["Failed"]
    bench.device.audio.switch_microphone(True)
    test.calibrate()
    bench.device.audio.switch_microphone(False)
    bench.advance(10)
    assert not test.calibrated


def test_one_at_a_time() -> None:
    _, test = speaker()
    test.perform()
    for command in (test.calibrate, test.perform):
        with pytest.raises(SpeakerTestRefused, match="running"):
            command()


def test_the_tones_sound() -> None:
    bench, test = speaker()
    outcome(bench, test)
    assert [e["AudioOutputActive"] for e in bench.heard("AudioOutputActive")] == ["1", "0"]


def test_calibration_survives_a_restart_and_not_a_default() -> None:
    bench, test = speaker()
    bench.device.lifecycle.restart("test")
    bench.boot()
    assert outcome(bench, test) == "OK"
    bench.device.lifecycle.factory_default()
    bench.boot()
    assert (test.status, test.calibrated_at) == ("Uncalibrated", None)


@pytest.mark.parametrize(("command", "left"), [("perform", "Calibrated"), ("calibrate", "Uncalibrated")])
def test_a_power_cut_leaves_no_outcome(command: str, left: str) -> None:
    bench, test = speaker()
    getattr(test, command)()
    bench.device.lifecycle.power_cut()
    bench.advance(60)
    with pytest.raises(SpeakerTestRefused, match=r"down|calibrated"):
        test.perform()
    bench.device.lifecycle.power_on()
    bench.boot()
    assert test.status.value == left
    assert not bench.heard("TestResult")
