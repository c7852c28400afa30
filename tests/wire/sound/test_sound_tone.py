"""Tones made and tones recognised, and what resampling leaves of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.sound.analysis import QUIETEST, dominant, keys_pressed, level, level_at, tones
from simulator.wire.sound.resampling import Resampler, resample
from simulator.wire.sound.tone import FULL, KEYPAD, RATE, Recording, Tone, keypresses


def test_a_sine_that_just_fits_has_0_dbfs():
    assert level(Tone(1000, level=0).samples(0, 1)) == pytest.approx(0, abs=0.01)
    assert level(np.zeros(100, np.int16)) == level(np.zeros(0, np.int16)) == QUIETEST
    square = np.array([FULL, -FULL] * 50, np.int16)
    assert level(square) == pytest.approx(3.01, abs=0.01)


@given(st.floats(60, 7900), st.floats(-60, 0))
def test_the_dominant_tone_of_a_quarter_of_a_second_is_found(frequency: float, loudness: float):
    peak = dominant(Tone(frequency, level=loudness).samples(0, 0.25))
    assert peak is not None
    assert peak.frequency == pytest.approx(frequency, abs=1)
    assert peak.level == pytest.approx(loudness, abs=0.5)


def test_two_tones_are_told_apart_and_ordered():
    mixed = Tone(440, level=-30).samples(0, 0.5) + Tone(1000, level=-20).samples(0, 0.5)
    found = tones(mixed, 2)
    assert [round(peak.frequency) for peak in found] == [1000, 440]
    assert [round(peak.level) for peak in found] == [-20, -30]
    assert level_at(mixed, 440) == pytest.approx(-30, abs=0.1)
    assert level_at(mixed, 700) < -80


def test_silence_has_no_tone():
    assert dominant(np.zeros(1000, np.int16)) is None
    assert tones(np.ones(3, np.int16)) == []
    assert level_at(np.zeros(0, np.int16), 1000) == QUIETEST


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
@pytest.mark.parametrize("frequency", [100, 1000, 3300])
def test_a_tone_survives_another_rate_and_nothing_is_added(rate: int, frequency: int):
    there = resample(Tone(frequency).samples(0, 1), RATE, rate)
    back = resample(there, rate, RATE)
    assert (len(there), len(back)) == (rate, RATE)
    for samples, at in ((there, rate), (back, RATE)):
        middle = samples[len(samples) // 10 : -len(samples) // 10]
        strongest, *others = tones(middle, 2, at)
        assert strongest.frequency == pytest.approx(frequency, abs=0.5)
        assert strongest.level == pytest.approx(-20, abs=0.1)
        assert all(one.level < -75 for one in others)


def test_what_does_not_fit_into_the_lower_rate_is_filtered_out():
    assert level(resample(Tone(5000).samples(0, 1), RATE, 8000)[400:-400]) < -80


RATES = [(16000, 8000), (8000, 16000), (16000, 44100), (44100, 16000), (48000, 16000)]


@given(st.lists(st.integers(0, 700), max_size=12), st.sampled_from(RATES))
def test_pieces_of_any_length_make_the_same_stream(sizes: list[int], rates: tuple[int, int]):
    samples = Tone(700).samples(0, sum(sizes) / RATE)
    whole, pieces = Resampler(*rates), Resampler(*rates)
    made, at = [np.zeros(0, np.int16)], 0
    for size in sizes:
        made.append(pieces.push(samples[at : at + size]))
        at += size
    expected = whole.push(samples)
    assert len(expected) == -(-len(samples) * rates[1] // rates[0])
    assert (np.concatenate(made) == expected).all()


def test_every_key_is_heard_in_the_band():
    for loudness in (-6, -12, -30):
        assert keys_pressed(keypresses(KEYPAD, level=loudness)) == KEYPAD
    assert keys_pressed(keypresses("5555123", on=0.06, off=0.06)) == "5555123"
    assert keys_pressed(resample(keypresses("0*#D", rate=8000), 8000, RATE)) == "0*#D"


@pytest.mark.parametrize(
    "samples",
    [
        Tone(1000).samples(0, 1),
        Tone(697).samples(0, 1),
        Tone(697, 1209, level=-60).samples(0, 1),
        np.zeros(16000, np.int16),
        np.random.default_rng(1).integers(-3000, 3000, 16000).astype(np.int16),
    ],
    ids=["one tone", "half a key", "too faint", "silence", "noise"],
)
def test_what_is_no_key_is_none(samples: np.ndarray):
    assert keys_pressed(samples) == ""


def test_a_letter_that_is_no_key_cannot_be_pressed():
    with pytest.raises(ValueError, match="no key"):
        keypresses("E")


def test_a_recording_plays_once_or_over_and_over():
    samples = np.arange(1, 1601, dtype=np.int16)
    once, again = Recording(samples), Recording(samples, repeat=True)
    assert once.duration == 0.1
    assert (once.samples(-0.01, 0.01) == np.concatenate((np.zeros(160, np.int16), samples[:160]))).all()
    assert (once.samples(0.09, 0.11)[160:] == 0).all()
    assert (again.samples(0.09, 0.11) == np.concatenate((samples[-160:], samples[:160]))).all()
    assert not once.silent
    assert Recording(np.zeros(5, np.int16)).silent
    assert (Recording(np.zeros(0, np.int16), repeat=True).samples(0, 0.01) == 0).all()
