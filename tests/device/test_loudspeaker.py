"""Which source is heard, and what the loudspeaker played: by each source's own time line."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from device_bench import Bench
from hypothesis import given
from hypothesis import strategies as st

from simulator.device.factory_clip import tone_of
from simulator.device.loudspeaker import audible
from simulator.device.sound import RATE, level_of, tone

FULL = -3.01


class Whistle:
    """A live source: it has sounded as long as somebody says."""

    def __init__(self, hertz: float) -> None:
        self.hertz = hertz
        self.position = 0.0
        self.asked = 0

    def samples(self, begin: float, end: float):
        self.asked += 1
        assert 0 <= begin <= end <= self.position + 1.5 / RATE  # rounded to samples
        return tone(self.hertz, FULL, begin, end)


def hertz_of(samples) -> float:
    """The strongest frequency."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * RATE / len(samples)


def speaker(gain: int = 0):
    bench = Bench("C1410")
    bench.device.audio.set_gain(gain)
    return bench, bench.device.audio


# ---- who is heard


@pytest.mark.parametrize(
    ("sources", "heard"),
    [
        ([], None),
        (["VAPIXMediaClip"], "VAPIXMediaClip"),
        (["VAPIXMediaClip", "VAPIXAudio"], "VAPIXAudio"),
        (["VAPIXAudio", "VAPIXMediaClip"], "VAPIXMediaClip"),
        (["SIP", "VAPIXMediaClip", "VAPIXAudio"], "SIP"),
        (["VAPIXMediaClip", "SIP"], "SIP"),
        (["page-1"], None),
        (["page-1", "VAPIXMediaClip"], "VAPIXMediaClip"),
        (["SIP", "speaker test"], "speaker test"),
        (["locate", "speaker test", "SIP"], "locate"),
    ],
)
def test_without_the_controller_the_newest_is_heard_but_for_a_call(sources: list[str], heard: str | None) -> None:
    assert audible(sources, ()) == heard


@pytest.mark.parametrize(
    ("sources", "heard"),
    [
        (["SIP", "page-1", "VAPIXMediaClip"], "page-1"),
        (["SIP", "VAPIXMediaClip"], "VAPIXMediaClip"),
        (["SIP"], "SIP"),
        (["VAPIXAudio", "elsewhere"], None),
        (["locate", "page-1"], "locate"),
    ],
)
def test_with_the_controller_the_ranking_decides(sources: list[str], heard: str | None) -> None:
    assert audible(sources, ("page-1", "VAPIXMediaClip", "SIP")) == heard


def test_a_change_of_the_ranking_is_heard_at_once_and_those_behind_come_back() -> None:
    bench, audio = speaker()
    audio.begin("page-1", Whistle(1000))
    assert audio.heard is None
    audio.ranking = ("page-1", "SIP")
    assert audio.heard == "page-1"
    audio.begin("SIP", Whistle(500))
    assert audio.heard == "page-1"
    audio.ranking = ("SIP", "page-1")
    assert audio.heard == "SIP"
    audio.end("SIP")
    assert audio.heard == "page-1"
    assert audio.sources == ("page-1",)
    assert [e["AudioOutputActive"] for e in bench.heard("AudioOutputActive")] == ["1"]


# ---- what it played


def test_a_clip_is_known_by_its_tone() -> None:
    bench, audio = speaker()
    for number in (25, 32, 49):
        bench.device.clips.play(number)
        bench.advance(0.4)
        assert hertz_of(audio.render(0.4)) == pytest.approx(tone_of(number), abs=2.5)
    assert tone_of(32) == 780


def test_gain_is_applied_as_it_was_at_the_time() -> None:
    _, audio = speaker()
    whistle = Whistle(1000)
    audio.begin("SIP", whistle)
    whistle.position = 1.0
    audio.set_gain(-20)
    whistle.position = 2.0
    audio.set_muted(True)
    whistle.position = 3.0
    played = audio.render(3)
    levels = [level_of(played[n * RATE : (n + 1) * RATE]) for n in range(3)]
    assert levels == pytest.approx([FULL, FULL - 20, -90], abs=0.1)


def test_sources_that_take_turns_stand_one_after_the_other() -> None:
    bench, audio = speaker()
    clip, call = Whistle(400), Whistle(1600)
    audio.begin("VAPIXMediaClip", clip)
    clip.position = 0.5
    audio.begin("SIP", call)
    clip.position, call.position = 1.5, 1.0
    audio.end("SIP")
    clip.position = 2.0
    audio.end("VAPIXMediaClip")
    bench.advance(1.0)
    played = audio.render(3)
    thirds = [played[: RATE // 2], played[RATE // 2 : 3 * RATE // 2], played[3 * RATE // 2 : 2 * RATE]]
    assert [hertz_of(each) for each in thirds] == pytest.approx([400, 1600, 400], abs=3)
    assert level_of(played[2 * RATE :]) == -90


def test_nothing_is_decoded_until_somebody_asks() -> None:
    _, audio = speaker()
    whistle = Whistle(1000)
    audio.begin("SIP", whistle)
    whistle.position = 10.0
    audio.end("SIP")
    assert whistle.asked == 0
    audio.render(1)
    assert whistle.asked == 1


def test_pieces_that_are_asked_for_one_after_another_have_no_seam() -> None:
    _, audio = speaker()
    whistle = Whistle(777)
    audio.begin("SIP", whistle)
    pieces = []
    for number in range(1, 31):
        whistle.position = number * 0.0333
        pieces.append(audio.samples((number - 1) * 0.0333, number * 0.0333))
    assert np.array_equal(np.concatenate(pieces), tone(777, FULL, 0, 30 * 0.0333))


def test_half_a_minute_is_remembered_and_then_forgotten() -> None:
    bench, audio = speaker()
    whistle = Whistle(1000)
    audio.begin("SIP", whistle)
    whistle.position = 100.0
    audio.end("SIP")
    assert len(audio.render(1000)) == 30 * RATE
    assert level_of(audio.render(30)) == pytest.approx(FULL, abs=0.1)
    bench.advance(10)
    assert level_of(audio.render(30)[: 20 * RATE]) == pytest.approx(FULL, abs=0.1)
    bench.advance(21)
    asked, gone = whistle.asked, weakref.ref(whistle)
    assert level_of(audio.render(30)) == -90
    assert whistle.asked == asked
    del whistle
    gc.collect()
    assert gone() is None


def test_power_off_is_silence() -> None:
    bench, audio = speaker()
    whistle = Whistle(1000)
    audio.begin("SIP", whistle)
    whistle.position = 1.0
    bench.device.lifecycle.power_cut()
    whistle.position = 5.0
    assert audio.heard is None
    bench.advance(1)
    assert level_of(audio.render(1)) == -90


@given(st.lists(st.tuples(st.sampled_from(["SIP", "VAPIXAudio", "page"]), st.booleans(), st.floats(0, 3))))
def test_whatever_happens_the_last_seconds_are_told(steps: list[tuple[str, bool, float]]) -> None:
    """Begun, ended and moved on in any order, `render` gives as many samples as were asked for."""
    _, audio = speaker()
    whistles = {name: Whistle(500) for name in ("SIP", "VAPIXAudio", "page")}
    for name, begins, seconds in steps:
        audio.begin(name, whistles[name]) if begins else audio.end(name)
        assert audio.heard is None or audio.heard in audio.sources
        for whistle in whistles.values():
            whistle.position += seconds
    assert len(audio.render(2)) == 2 * RATE
