"""Sound of a speaker: the events it shows in, gain and volume, the microphone switch, the PIR sensor."""

from __future__ import annotations

import math

import pytest
from device_bench import Bench
from hypothesis import given
from hypothesis import strategies as st

from simulator.device.parameter import Refused


def test_states_at_start() -> None:
    bench = Bench("C1410")
    output = {"AudioOutput": "AudioDevice0Output0", "AudioOutputActive": "0"}
    assert bench.states("AudioOutputActive") == [output]
    assert bench.states("Microphone/Switch") == [{"switch": "0", "state": "1"}]
    assert bench.states("Sensor/PIR") == [{"sensor": "0", "state": "0"}]
    assert bench.states("MediaClip/Playing") == [{"AudioOutput": "1", "Playing": "0"}]


def test_the_output_is_active_while_anything_sounds() -> None:
    bench = Bench("C1410")
    audio = bench.device.audio
    audio.begin("call")
    audio.begin("multicast")
    audio.end("call")
    audio.end("call")
    assert audio.sources == ("multicast",)
    audio.end("multicast")
    assert [e["AudioOutputActive"] for e in bench.heard("AudioOutputActive")] == ["1", "0"]


def test_gain_is_the_parameter() -> None:
    bench = Bench("C1410")
    audio, parameters = bench.device.audio, bench.device.parameters
    assert (audio.gain, audio.muted) == (-30, False)
    audio.set_gain(-12)
    assert parameters["AudioSource.A0.OutputGain"] == "-12"
    parameters.write("AudioSource.A0.OutputGain", "-40")
    assert audio.gain == -40


def test_mute_keeps_the_gain_over_a_restart() -> None:
    bench = Bench("C1410")
    audio = bench.device.audio
    audio.set_gain(-12)
    audio.set_muted(True)
    assert bench.device.parameters["AudioSource.A0.OutputGain"] == "mute"
    assert (audio.gain, audio.volume) == (-12, 0.0)
    bench.device.lifecycle.restart("test")
    bench.boot()
    audio.set_gain(-10)
    assert audio.muted
    audio.set_muted(False)
    assert (audio.gain, audio.muted) == (-10, False)


@given(st.integers(0, 100))
def test_slider_and_gain_agree(percent: int) -> None:
    audio = _BENCH.device.audio
    audio.set_volume(percent)
    assert audio.volume == pytest.approx(percent, abs=0.6)
    assert -95 <= audio.gain <= 0


@pytest.mark.parametrize("percent", [-1, 100.5, math.nan, math.inf])
def test_what_is_no_volume_is_refused(percent: float) -> None:
    with pytest.raises(Refused):
        _BENCH.device.audio.set_volume(percent)


@pytest.mark.parametrize("gain", [-96, 1, 10**30])
def test_what_is_no_gain_is_refused(gain: int) -> None:
    with pytest.raises(Refused, match="-95 to 0"):
        _BENCH.device.audio.set_gain(gain)


@given(st.text(max_size=12))
def test_any_text_in_the_gain_parameter_leaves_a_gain(text: str) -> None:
    bench = _BENCH
    bench.device.parameters.put("AudioSource.A0.OutputGain", text)
    assert -95 <= bench.device.audio.gain <= 0
    assert 0 <= bench.device.audio.volume <= 100


def test_the_microphone_switch_is_mechanical() -> None:
    bench = Bench("C1410")
    bench.device.audio.switch_microphone(False)
    bench.device.audio.switch_microphone(False)
    assert bench.heard("Microphone/Switch") == [{"switch": "0", "state": "0"}]
    bench.device.lifecycle.factory_default(hard=True)
    bench.boot()
    assert bench.states("Microphone/Switch") == [{"switch": "0", "state": "0"}]


def test_facts_changed_without_power_show_at_the_next_start() -> None:
    bench = Bench("C1410")
    bench.device.lifecycle.power_cut()
    bench.published.clear()
    bench.device.audio.switch_microphone(False)
    bench.device.motion.set_motion(True)
    assert not bench.published
    bench.device.lifecycle.power_on()
    bench.boot()
    assert bench.states("Microphone/Switch") == [{"switch": "0", "state": "0"}]
    assert bench.states("Sensor/PIR") == [{"sensor": "0", "state": "1"}]


def test_motion_is_published_once_per_change() -> None:
    bench = Bench("C1410")
    for moving in (True, True, False):
        bench.device.motion.set_motion(moving)
    assert [e["state"] for e in bench.heard("Sensor/PIR")] == ["1", "0"]


def test_locating_ends_by_itself_or_when_told() -> None:
    bench = Bench("C1410")
    audio = bench.device.audio
    audio.locate(10)
    bench.advance(5)
    audio.locate()
    bench.advance(100)
    assert audio.locating
    audio.stop_locating()
    assert not audio.locating
    assert [e["AudioOutputActive"] for e in bench.heard("AudioOutputActive")] == ["1", "0"]
    with pytest.raises(Refused):
        audio.locate(3601)


def test_nothing_sounds_after_a_power_cut() -> None:
    bench = Bench("C1410")
    bench.device.audio.locate(100)
    bench.device.lifecycle.power_cut()
    bench.device.lifecycle.power_on()
    bench.boot()
    assert bench.device.audio.sources == ()
    assert [e["AudioOutputActive"] for e in bench.states("AudioOutputActive")] == ["0"]


_BENCH = Bench("C1410")
