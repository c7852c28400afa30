"""Audio clips: the store in the parameters, and playing on the device clock."""

from __future__ import annotations

import pytest
from device_bench import Bench
from hypothesis import given
from hypothesis import strategies as st

from simulator.device.clip import Clips
from simulator.device.parameter import Refused

ALARM, DING_DONG = 32, 28
LENGTH = 3.0


def speaker() -> tuple[Bench, Clips]:
    bench = Bench("C1410")
    return bench, bench.device.clips


def groups(bench: Bench) -> set[str]:
    names = bench.device.parameters.names()
    return {name.split(".")[1] for name in names if name.startswith("MediaClip.M") and name.count(".") == 2}


# ---- the store


def test_factory_clips_are_those_recorded() -> None:
    bench, clips = speaker()
    assert [clip.number for clip in clips.items] == list(range(25, 50))
    assert groups(bench) == {f"M{number}" for number in range(25, 50)}
    parameters = bench.device.parameters
    assert parameters["MediaClip.M32.Name"] == "Alarm"
    assert parameters["MediaClip.M32.Location"] == "/etc/audioclips/alarm.mp3"
    assert parameters["MediaClip.M32.Type"] == "audio"
    assert [clips.name(n) for n in (25, 26, 38, 49)] == [
        "Camera clicks",
        "Camera clicks",
        "Dog bark 2",
        "Wind chimes",
    ]


def test_an_upload_takes_the_lowest_free_number() -> None:
    bench, clips = speaker()
    assert [clips.add(name, b"x", extension="mp3") for name in ("one", "two", "three")] == [0, 1, 2]
    clips.remove(1)
    assert "MediaClip.M1.Name" not in bench.device.parameters
    assert clips.add("four", b"x", extension="wav") == 1
    assert bench.device.parameters["MediaClip.M1.Location"] == "/etc/audioclips/MediaClip.M1.wav"
    assert clips[1].content == b"x"


def test_a_nameless_upload_gets_the_default_name() -> None:
    _, clips = speaker()
    assert clips.name(clips.add("", b"x", extension="au")) == "Clip MediaClip.M0"


def test_the_store_is_full_with_fifty() -> None:
    _, clips = speaker()
    for number in range(25):
        assert clips.add(f"clip {number}", b"x", extension="mp3") == number
    with pytest.raises(Refused, match="50"):
        clips.add("one too many", b"x", extension="mp3")
    clips.remove(ALARM)
    assert clips.add("in its place", b"x", extension="mp3") == ALARM


@pytest.mark.parametrize(
    ("content", "extension", "seconds"),
    [(b"x", "exe", None), (b"x", "../mp3", None), (b"x" * (10 * 2**20 + 1), "mp3", None), (b"x", "mp3", 0.0),
     (b"x", "mp3", float("inf")), (b"x", "mp3", float("nan"))],
)  # fmt: skip
def test_what_is_no_clip_is_refused_and_leaves_nothing(
    content: bytes, extension: str, seconds: float | None
) -> None:
    bench, clips = speaker()
    with pytest.raises(Refused):
        clips.add("bad", content, extension=extension, seconds=seconds)
    assert len(clips.items) == 25
    assert len(groups(bench)) == 25


def test_names_are_shared_with_the_parameters() -> None:
    bench, clips = speaker()
    clips.rename(ALARM, "Fire")
    assert bench.device.parameters["MediaClip.M32.Name"] == "Fire"
    bench.device.parameters.write("MediaClip.M32.Name", "Flood")
    assert clips.name(ALARM) == "Flood"
    assert clips.named("Flood") is clips[ALARM]
    assert clips.named("Fire") is None
    with pytest.raises(Refused):
        clips.rename(ALARM, "x" * 256)


def test_replacing_keeps_number_and_name() -> None:
    bench, clips = speaker()
    number = clips.add("Gong", b"old", extension="mp3")
    clips.replace(number, b"new", extension="wav", seconds=1.5)
    assert (clips.name(number), clips[number].content) == ("Gong", b"new")
    assert bench.device.parameters["MediaClip.M0.Location"].endswith("M0.wav")


@pytest.mark.parametrize("number", [-1, 0, 50, 10**30])
def test_an_unknown_clip_is_refused_everywhere(number: int) -> None:
    _, clips = speaker()
    for ask in (clips.play, clips.remove, clips.name, clips.__getitem__):
        with pytest.raises(Refused, match="no clip"):
            ask(number)


def test_locations() -> None:
    _, clips = speaker()
    assert clips.at("alarm.mp3").number == ALARM
    assert clips.at("/etc/audioclips/alarm.mp3").number == ALARM
    dogs = {clips.at("dog_*.mp3").number for _ in range(100)}
    assert dogs == {37, 38, 39, 40, 41}
    for nowhere in ("nothing.mp3", "dog_?.mp3", "dog_[1].mp3", "", "/alarm.mp3"):
        with pytest.raises(Refused):
            clips.at(nowhere)


def test_the_choice_of_a_wildcard_is_that_of_the_seed() -> None:
    first, second = ([clips.at("dog_*").number for _ in range(20)] for _, clips in (speaker(), speaker()))
    assert first == second


@given(st.text(max_size=60))
def test_any_location_is_a_clip_or_refused(location: str) -> None:
    try:
        clip = _CLIPS.at(location)
    except Refused:
        return
    assert clip in _CLIPS.items


@pytest.mark.parametrize("hard", [True, False])
def test_a_default_brings_the_factory_clips_back(hard: bool) -> None:
    bench, clips = speaker()
    clips.add("mine", b"x", extension="mp3")
    clips.remove(ALARM)
    clips.add("elsewhere", b"x", extension="mp3")
    clips.replace(DING_DONG, b"x", extension="mp3")
    clips.rename(33, "Hush")
    bench.device.lifecycle.factory_default(hard=hard)
    bench.boot()
    assert [clip.number for clip in clips.items] == list(range(25, 50))
    assert groups(bench) == {f"M{number}" for number in range(25, 50)}
    assert (clips.name(33), clips[DING_DONG].file_name) == ("Psssst", "ding_dong.mp3")


def test_uploads_survive_a_power_cut() -> None:
    bench, clips = speaker()
    clips.add("mine", b"x", extension="mp3")
    clips.rename(0, "still mine")
    bench.device.lifecycle.power_cut()
    bench.device.lifecycle.power_on()
    bench.boot()
    assert clips.name(0) == "still mine"


# ---- the player


def playing(bench: Bench) -> list[str]:
    return [e["Playing"] for e in bench.heard("MediaClip/Playing")]


def test_a_clip_plays_for_its_length() -> None:
    bench, clips = speaker()
    clips.play(ALARM)
    assert clips.playing.clip.number == ALARM
    assert bench.heard("CurrentlyPlaying") == [{"AudioOutput": "1", "FileName": "alarm.mp3"}]
    bench.advance(LENGTH - 0.01)
    assert playing(bench) == ["1"]
    bench.advance(0.01)
    assert playing(bench) == ["1", "0"]
    assert clips.playing is None
    assert [e["AudioOutputActive"] for e in bench.heard("AudioOutputActive")] == ["1", "0"]


@given(st.integers(0, 20), st.floats(0.1, 100))
def test_it_plays_duration_times_repeat_plus_one(repeat: int, seconds: float) -> None:
    bench, clips = speaker()
    number = clips.add("mine", b"x", extension="mp3", seconds=seconds)
    clips.play(number, repeat=repeat)
    total = seconds * (repeat + 1)
    bench.advance(total * 0.999)
    assert playing(bench) == ["1"]
    bench.advance(total * 0.002)
    assert playing(bench) == ["1", "0"]


def test_for_ever_lasts_until_it_is_stopped() -> None:
    bench, clips = speaker()
    clips.play(ALARM, repeat=-1)
    bench.advance(86_400)
    assert playing(bench) == ["1"]
    clips.stop()
    clips.stop()
    assert playing(bench) == ["1", "0"]


def test_a_new_clip_replaces_the_one_that_plays() -> None:
    bench, clips = speaker()
    clips.play(ALARM)
    bench.advance(2)
    clips.play(DING_DONG, volume=500)
    bench.advance(2)
    assert (clips.playing.clip.number, clips.playing.volume) == (DING_DONG, 500)
    assert [e["FileName"] for e in bench.heard("CurrentlyPlaying")] == ["alarm.mp3", "ding_dong.mp3"]
    bench.advance(1)
    assert playing(bench) == ["1", "0"]


@pytest.mark.parametrize("loss", ["remove", "replace"])
def test_a_clip_that_goes_while_it_plays_stops(loss: str) -> None:
    bench, clips = speaker()
    clips.play(ALARM, repeat=-1)
    if loss == "remove":
        clips.remove(ALARM)
    else:
        clips.replace(ALARM, b"x", extension="mp3")
    assert clips.playing is None
    assert playing(bench) == ["1", "0"]


@pytest.mark.parametrize("wrong", [{"repeat": -2}, {"repeat": 2**31}, {"volume": -1}, {"volume": 1001}])
def test_what_cannot_be_played_is_refused_and_disturbs_nothing(wrong: dict[str, int]) -> None:
    _, clips = speaker()
    clips.play(DING_DONG)
    with pytest.raises(Refused):
        clips.play(ALARM, **wrong)
    assert clips.playing.clip.number == DING_DONG


def test_power_ends_what_plays() -> None:
    bench, clips = speaker()
    clips.play(ALARM, repeat=-1)
    bench.device.lifecycle.power_cut()
    assert clips.playing is None
    with pytest.raises(Refused, match="down"):
        clips.play(ALARM)
    bench.device.lifecycle.power_on()
    bench.boot()
    assert bench.states("MediaClip/Playing") == [{"AudioOutput": "1", "Playing": "0"}]


_CLIPS = Bench("C1410").device.clips
