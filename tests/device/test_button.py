"""The control button: how long it must be held, with which power, and what a brief press does."""

from __future__ import annotations

import math

import pytest
from device_bench import Bench

from simulator.device.led import leds
from simulator.device.lifecycle import Activity, Phase
from simulator.device.speaker_test import SpeakerTestStatus
from simulator.errors import FleetError

THRESHOLDS = [("C1410", 10.0), ("A9210", 25.0)]


def defaults(bench: Bench) -> list[bool]:
    return [data["hard"] for data in bench.noted("factory default")]


@pytest.mark.parametrize(("model", "needed"), THRESHOLDS)
def test_held_long_enough_is_a_hard_factory_default(model: str, needed: float) -> None:
    bench = Bench(model)
    bench.device.parameters.write("Network.HostName", "gate")
    bench.device.button.press(needed)
    bench.advance(needed - 0.1)
    assert bench.device.lifecycle.activity is Activity.NONE
    bench.advance(0.1)
    assert bench.device.lifecycle.activity is Activity.DEFAULTING
    bench.boot()
    assert defaults(bench) == [True]
    assert bench.device.parameters["Network.HostName"] == bench.device.identity.host_name


@pytest.mark.parametrize(("model", "needed"), THRESHOLDS)
def test_a_moment_too_short_is_no_default(model: str, needed: float) -> None:
    bench = Bench(model)
    bench.device.button.press(needed - 0.1)
    bench.advance(120)
    assert bench.device.lifecycle.phase is Phase.RUNNING
    assert defaults(bench) == []


@pytest.mark.parametrize(("model", "needed"), THRESHOLDS)
def test_the_manuals_way_hold_it_while_power_comes_back(model: str, needed: float) -> None:
    bench = Bench(model)
    bench.device.lifecycle.power_cut()
    bench.device.button.press(needed + 5)
    bench.advance(5)
    bench.device.lifecycle.power_on()
    bench.advance(needed - 0.1)
    assert defaults(bench) == []
    bench.advance(0.1 + bench.device.profile.quirks.stopping_seconds)
    bench.boot()
    assert defaults(bench) == [True]


def test_time_without_power_does_not_count() -> None:
    bench = Bench("A9210")
    bench.device.lifecycle.power_cut()
    bench.device.button.press(30)
    bench.advance(10)
    bench.device.lifecycle.power_on()
    bench.advance(300)
    assert defaults(bench) == []


def test_power_lost_under_the_finger_ends_the_count() -> None:
    bench = Bench("C1410")
    bench.device.button.press(12)
    bench.advance(9)
    bench.device.lifecycle.power_cut()
    bench.device.lifecycle.power_on()
    bench.advance(300)
    assert defaults(bench) == []


def test_a_finger_that_stays_resets_once() -> None:
    bench = Bench("C1410")
    bench.device.button.press(600)
    bench.advance(700)
    assert defaults(bench) == [True]
    assert not bench.device.button.held


def test_a_brief_press_calibrates_the_speaker() -> None:
    bench = Bench("C1410")
    bench.device.button.press(0.5)
    assert bench.device.speaker_test.status is SpeakerTestStatus.UNCALIBRATED
    bench.advance(0.5)
    assert bench.device.speaker_test.status is SpeakerTestStatus.PENDING
    bench.device.button.press(0.5)
    bench.advance(60)
    assert bench.device.speaker_test.status is SpeakerTestStatus.CALIBRATED


def test_a_brief_press_without_a_microphone_does_nothing() -> None:
    bench = Bench("C1410")
    bench.device.audio.switch_microphone(False)
    bench.device.button.press(0.5)
    bench.advance(60)
    assert not bench.device.speaker_test.calibrated


def test_a_brief_press_on_the_module_flashes_green_three_times() -> None:
    bench = Bench("A9210")
    bench.device.button.press(0.5)
    bench.advance(0.5)
    assert str(leds(bench.device)[0]) == "green flashes three times"
    bench.advance(10)
    assert str(leds(bench.device)[0]) == "green steady"


def test_no_cloud_where_one_click_is_off() -> None:
    bench = Bench("A9210")
    bench.device.parameters.write("RemoteService.Enabled", "no")
    bench.device.button.press(0.5)
    bench.advance(0.5)
    assert str(leds(bench.device)[0]) == "green steady"


@pytest.mark.parametrize("phase", ["power_cut", "hang"])
def test_a_brief_press_on_a_device_that_is_down_does_nothing(phase: str) -> None:
    bench = Bench("A9210")
    getattr(bench.device.lifecycle, phase)()
    bench.device.button.press(0.5)
    bench.advance(10)
    assert not list(bench.noted("cloud connection"))


@pytest.mark.parametrize("seconds", [0, -1, math.nan, math.inf, 3601])
def test_what_is_no_press_is_refused(seconds: float) -> None:
    with pytest.raises(FleetError, match="press"):
        Bench("A9210").device.button.press(seconds)
