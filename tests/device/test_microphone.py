"""The microphone: what it hears, who switches it off, and when the sound level triggers."""

from __future__ import annotations

import numpy as np
import pytest
from device_bench import Bench
from hypothesis import given
from hypothesis import strategies as st

from simulator.device.acoustics import Driver
from simulator.device.parameter import Refused
from simulator.device.sound import RATE, count_of, level_of, silence, tone
from simulator.wire.sound.analysis import dominant, level_at


class Loop:
    """A recording: one second of a tone."""

    def samples(self, begin: float, end: float):
        made = tone(440, -20, begin, end)
        made[max(0, count_of(begin, 1.0)) :] = 0
        return made


class Whistle:
    position = 0.0

    def samples(self, begin: float, end: float):
        return tone(2000, -10, begin, end)


def microphone(*, on: bool = True):
    bench = Bench("C1410")
    bench.device.parameters.write("AudioSource.A0.AudioSupport", "yes" if on else "no")
    return bench, bench.device.microphone


def test_it_is_off_from_the_factory_though_the_switch_is_on() -> None:
    bench = Bench("C1410")
    hears = bench.device.microphone
    hears.hear_tone(1000, -20)
    assert not hears.on
    assert level_of(hears.samples(0, 1)) == -90
    bench.device.parameters.write("AudioSource.A0.AudioSupport", "yes")
    assert hears.on
    assert dominant(hears.samples(0, 1)) == (pytest.approx(1000, abs=1), pytest.approx(-20, abs=0.1))


@pytest.mark.parametrize("how", ["switch", "support", "enabled", "mute"])
def test_what_silences_it(how: str) -> None:
    bench, hears = microphone()
    hears.hear_tone(1000, -20)
    parameters = bench.device.parameters
    if how == "switch":
        bench.device.audio.switch_microphone(False)
        parameters.write("AudioSource.A0.AudioSupport", "yes")
    elif how == "mute":
        parameters.write("AudioSource.A0.InputGain", "mute")
    else:
        parameters.write({"support": "AudioSource.A0.AudioSupport", "enabled": "Audio.A0.Enabled"}[how], "no")
    assert (level_of(hears.samples(0, 1)), hears.level) == (-90, -90)


def test_gain_makes_it_louder() -> None:
    bench, hears = microphone()
    hears.hear_tone(1000, -40)
    bench.device.parameters.write("AudioSource.A0.InputGain", "15")
    assert level_at(hears.samples(0, 1), 1000) == pytest.approx(-25, abs=0.1)
    assert hears.level == -25


def test_a_recording_goes_on_and_on_as_loud_as_it_is_told() -> None:
    _, hears = microphone()
    hears.hear_recording("hum.wav", Loop(), 1.0, -30)
    heard = hears.samples(3.25, 7.25)
    assert len(heard) == 4 * RATE
    assert dominant(heard) == (pytest.approx(440, abs=0.5), pytest.approx(-30, abs=0.2))
    hears.hear_silence()
    assert hears.around == "silence"
    assert level_of(hears.samples(0, 1)) == -90


@pytest.mark.parametrize(("hertz", "level"), [(0, -20), (8000, -20), (1000, 1), (1000, -91), (float("nan"), -20)])
def test_no_such_tone(hertz: float, level: float) -> None:
    _, hears = microphone()
    with pytest.raises(Refused):
        hears.hear_tone(hertz, level)


def test_it_picks_up_its_own_loudspeaker_over_the_acoustic_path() -> None:
    bench, hears = microphone()
    audio, whistle, acoustics = bench.device.audio, Whistle(), bench.device.acoustics
    audio.set_gain(-10)
    audio.begin("SIP", whistle)
    whistle.position = 1.0
    path = acoustics.gain(1000)
    assert path < 0
    assert level_at(hears.samples(0, 0.5), 2000) == pytest.approx(-10 - 10 + path, abs=0.2)
    acoustics.obstruct(20)
    assert level_at(hears.samples(0, 0.5), 2000) < -10 - 10 + path - 15
    acoustics.obstruct(0)
    acoustics.set_driver(Driver.BROKEN)
    whistle.position = 2.0
    assert level_of(hears.samples(1, 1.5)) == -90
    assert level_of(audio.render(0.5)) == -90
    acoustics.set_driver(Driver.GOOD)
    whistle.position = 3.0
    assert level_of(audio.render(0.5)) == pytest.approx(-20, abs=0.1)


def test_who_listens_late_or_early_hears_the_loudspeaker_without_a_seam() -> None:
    """Pieces of 64 ms, asked for up to 30 ms early or late."""
    bench, hears = microphone()
    audio, whistle = bench.device.audio, Whistle()
    audio.set_gain(0)
    audio.begin("SIP", whistle)
    pieces = []
    for number in range(40):
        whistle.position = 1 + number * 0.064 + (-0.03, 0.01, 0.03)[number % 3]
        pieces.append(hears.samples(number * 0.064, (number + 1) * 0.064))
    heard, wanted = np.concatenate(pieces), -10 + bench.device.acoustics.gain(1000)
    assert dominant(heard) == (pytest.approx(2000, abs=0.5), pytest.approx(wanted, abs=0.1))
    assert level_of(heard) == pytest.approx(wanted, abs=0.1)


def test_echo_cancellation_takes_it_out_and_leaves_what_is_around() -> None:
    bench, hears = microphone()
    whistle = Whistle()
    hears.hear_tone(500, -30)
    bench.device.audio.set_gain(0)
    bench.device.audio.begin("SIP", whistle)
    whistle.position = 1.0
    assert level_at(hears.samples(0, 0.5), 2000) > -50
    bench.device.parameters.write("AudioSource.A0.DynamicProcessing.EchoCancellingEnabled", "yes")
    heard = hears.samples(0, 0.5)
    assert level_at(heard, 2000) < -80
    assert level_at(heard, 500) == pytest.approx(-30, abs=0.2)


# ---- sound level detection


def triggered(bench: Bench) -> list[str]:
    return [event["triggered"] for event in bench.heard("TriggerLevel")]


def test_the_level_triggers_without_anybody_measuring() -> None:
    """Half of the scale is -45 dBFS."""
    bench, hears = microphone()
    idle = bench.clock.next_due()
    assert bench.states("TriggerLevel") == [{"channel": "1", "triggered": "0"}]
    bench.device.parameters.write("AudioSource.A0.AlarmLevel", "50")
    hears.hear_tone(1000, -46)
    assert triggered(bench) == []
    hears.hear_tone(1000, -44)
    hears.hear_tone(1000, -20)
    assert triggered(bench) == ["1"]
    hears.hear_silence()
    assert triggered(bench) == ["1", "0"]
    assert bench.clock.next_due() == idle


def test_what_else_moves_the_level_over_the_threshold() -> None:
    bench, hears = microphone()
    parameters, audio = bench.device.parameters, bench.device.audio
    hears.hear_tone(1000, -50)
    parameters.write("AudioSource.A0.AlarmLevel", "40")  # -54
    audio.switch_microphone(False)
    audio.switch_microphone(True)
    parameters.write("AudioSource.A0.AlarmLevel", "50")
    parameters.write("AudioSource.A0.InputGain", "10")
    parameters.write("AudioSource.A0.AudioSupport", "no")
    assert triggered(bench) == ["1", "0", "1", "0", "1", "0"]


def test_at_the_least_sensitive_nothing_triggers_and_at_the_most_any_sound() -> None:
    bench, hears = microphone()
    hears.hear_tone(1000, -3)
    assert triggered(bench) == []
    bench.device.parameters.write("AudioSource.A0.AlarmLevel", "0")
    hears.hear_tone(1000, -89)
    hears.hear_silence()
    assert triggered(bench) == ["1", "0"]


# ---- who listens


def test_as_many_listen_as_may() -> None:
    bench, hears = microphone()
    bench.device.parameters.write("Audio.MaxListeners", "2")
    counts: list[int] = []
    hears.on_listeners(lambda: counts.append(hears.listeners))
    first, second = hears.listen(), hears.listen()
    with pytest.raises(Refused):
        hears.listen()
    first.leave()
    first.leave()
    hears.listen()
    second.leave()
    assert counts == [1, 2, 1, 2, 1]
    bench.device.lifecycle.power_cut()
    second.leave()
    assert counts[5:] == [0]


def test_a_live_stream_is_told_while_somebody_listens() -> None:
    bench, hears = microphone()
    first, second = hears.listen(), hears.listen()
    first.leave()
    second.leave()
    assert [event["accessed"] for event in bench.heard("LiveStreamAccessed")] == ["1", "0"]
    assert bench.states("LiveStreamAccessed") == [{"accessed": "0"}]


# ---- hearing


@given(st.floats(100, 7000), st.floats(-60, 0))
def test_a_tone_is_as_loud_as_it_was_made(hertz: float, level: float) -> None:
    """0 dBFS is a sine that just fits."""
    made = tone(hertz, level, 0, 1)
    assert level_of(made) == pytest.approx(level, abs=0.3)
    assert dominant(made) == (pytest.approx(hertz, abs=1.1), pytest.approx(level, abs=0.5))
    assert abs(made).max() <= 32_767


def test_silence_is_at_the_floor() -> None:
    assert (level_of(silence(0)), level_of(silence(100))) == (-90, -90)
