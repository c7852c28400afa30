"""What a listener hears: packets at their places, gaps bridged, a bounded memory."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.rtp.heard import Heard
from simulator.wire.sound.analysis import QUIETEST, dominant, level, level_at
from simulator.wire.sound.codec import Codec, codec_named
from simulator.wire.sound.resampling import Resampler
from simulator.wire.sound.tone import RATE, Tone

PACKETS = 100
"""Of 20 ms."""


class Clock:
    def __init__(self) -> None:
        self.time = 50.0

    def __call__(self) -> float:
        return self.time


def payloads(codec: Codec, frequency: float = 1000, count: int = PACKETS) -> list[bytes]:
    """A tone of -20 dBFS in packets of 20 ms."""
    encoder, resampler, tone = codec.encoder(), Resampler(RATE, codec.rate), Tone(frequency)
    return [encoder.encode(resampler.push(tone.samples(n * 0.02, (n + 1) * 0.02))) for n in range(count)]


def heard(codec: Codec, *, without: tuple[int, ...] = (), order: list[int] | None = None) -> Heard:
    made = Heard(Clock())
    made.begin()
    sent = payloads(codec)
    step = codec.clock // 50
    for number in order or range(PACKETS):
        if number not in without:
            made.add(codec, (number + 2) * step, step, sent[number])
    return made


@pytest.mark.parametrize("name", ["PCMU", "PCMA", "G722", "opus", "L16/16000", "L16/44100", "L16/48000/2"])
def test_a_tone_is_heard_at_its_place_with_its_level(name: str):
    one = heard(codec_named(name))
    peak = dominant(one.samples(0.2, 1.8))
    assert peak is not None
    assert peak.frequency == pytest.approx(1000, abs=1)
    assert peak.level == pytest.approx(-20, abs=0.5)
    assert level(one.samples(0.0, 0.03)) < -60
    assert level(one.samples(2.2, 2.5)) == QUIETEST


def test_what_is_asked_for_in_pieces_is_the_whole():
    one = heard(codec_named("PCMU"))
    whole = one.samples(0.0, 2.0)
    pieces = np.concatenate([one.samples(n * 0.02, (n + 1) * 0.02) for n in range(100)])
    assert len(whole) == len(pieces) == 2 * RATE
    assert np.abs(whole.astype(int) - pieces).max() <= 1


@given(st.floats(-5, 70), st.floats(-1, 3))
def test_as_many_samples_come_as_were_asked_for(begin: float, length: float):
    one = heard(codec_named("PCMU"))
    assert len(one.samples(begin, begin + length)) == max(0, round((begin + length) * RATE) - round(begin * RATE))


def test_the_order_of_arrival_does_not_matter():
    codec = codec_named("G722")
    order = [number ^ 1 for number in range(PACKETS)]
    assert (heard(codec).samples(0, 2) == heard(codec, order=order).samples(0, 2)).all()


@pytest.mark.parametrize("name", ["PCMU", "L16/16000"])
def test_a_lost_packet_is_bridged(name: str):
    one = heard(codec_named(name), without=(50,))
    gap = one.samples(1.04, 1.06)
    assert level(gap) == pytest.approx(-20, abs=3)
    assert level_at(one.samples(1.0, 1.1), 1000) == pytest.approx(-20, abs=1)


def test_a_long_gap_fades_to_nothing_within_60_ms():
    one = heard(codec_named("PCMU"), without=tuple(range(50, 60)))
    levels = [level(one.samples(1.04 + n / 100, 1.05 + n / 100)) for n in range(20)]
    assert levels[0] == pytest.approx(-20, abs=1)
    assert all(later < earlier for earlier, later in pairwise(levels[1:6]))
    assert max(levels[7:19]) < -60


def test_a_payload_that_cannot_be_decoded_is_bridged_like_a_lost_one():
    codec = codec_named("L16/16000")
    one = heard(codec, without=(50,))
    one.add(codec, 52 * 320, 320, b"odd")
    assert level(one.samples(1.04, 1.06)) == pytest.approx(-20, abs=3)


def test_the_codec_may_change_under_way():
    one = Heard(Clock())
    for name, frequency, start in (("PCMU", 1000, 0), ("L16/48000", 440, 1)):
        codec = codec_named(name)
        step = codec.clock // 50
        for number, payload in enumerate(payloads(codec, frequency, 50)):
            one.add(codec, start * codec.clock + number * step, step, payload)
    for begin, frequency in ((0.2, 1000), (1.2, 440)):
        peak = dominant(one.samples(begin, begin + 0.7))
        assert peak is not None
        assert peak.frequency == pytest.approx(frequency, abs=1)


def test_the_position_is_the_time_since_the_start_and_stops_at_the_end():
    clock = Clock()
    one = Heard(clock)
    assert one.position == 0
    one.begin()
    clock.time += 1.5
    assert one.position == pytest.approx(1.5)
    one.finish()
    clock.time += 1
    assert one.position == pytest.approx(1.5)


def test_half_a_minute_is_kept_and_no_more():
    codec = codec_named("PCMU")
    one = Heard(Clock())
    payload = payloads(codec, count=1)[0]
    for number in range(3000):
        one.add(codec, number * 160, 160, payload)
    assert level(one.samples(59.0, 60.0)) > -40
    assert level(one.samples(31.5, 32.5)) > -40
    assert level(one.samples(27.0, 28.0)) == QUIETEST
    assert one.stored < 33 * 8000


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 40)), min_size=200, max_size=600),
    st.integers(1, 2000),
)
def test_a_flood_does_not_fill_the_memory(packets: list[tuple[int, int]], size: int):
    codec = codec_named("PCMU")
    one = Heard(Clock(), keep=1.0)
    for place, ticks in packets:
        one.add(codec, place, ticks, bytes(size))
    assert one.stored <= 1.25 * 8000 + 100 * size
