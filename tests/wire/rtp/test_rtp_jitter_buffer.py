"""When packets are played. Times in ticks of 8 kHz: 160 are 20 ms."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.rtp.jitter_buffer import JitterBuffer
from simulator.wire.rtp.negotiated import Playout

MOST = 1600
"""200 ms."""


def buffer(target: float = 0.04, least: float = 0.02, most: float = 0.2) -> JitterBuffer:
    return JitterBuffer(Playout(target, least, most), 8000)


def test_the_first_packet_waits_for_the_target_and_all_others_keep_their_distance():
    one = buffer()
    assert [one.place(5000 + 160 * n, 100 + 160 * n) for n in range(4)] == [420 + 160 * n for n in range(4)]


def test_a_packet_that_comes_early_or_late_within_the_target_keeps_its_place():
    one = buffer()
    assert one.place(0, 0) == 320
    assert one.place(160, 470) == 480
    assert one.place(320, 471) == 640
    assert one.late == 0


def test_an_underrun_stops_the_sound_until_the_packet_comes_and_deepens_the_buffer():
    one = buffer()
    one.place(0, 0)
    assert one.place(160, 160 + 320 + 80) == 560
    assert one.late == 1
    assert one.depth == 0.04 + 0.01
    assert one.place(320, 320 + 320 + 80) == 720


def test_a_straggler_is_late_and_changes_nothing():
    one = buffer()
    one.place(0, 0)
    one.place(320, 320)
    assert one.place(160, 600, newest=False) is None
    assert one.late == 1
    assert one.place(480, 480) == 800


def test_a_reordered_packet_in_time_is_played_at_its_place():
    one = buffer()
    one.place(0, 0)
    one.place(320, 320)
    assert one.place(160, 330, newest=False) == 480


def test_a_fixed_buffer_drops_what_is_late_and_keeps_its_time_line():
    one = buffer(0.04, 0.04, 0.04)
    one.place(0, 0)
    assert one.place(160, 600) is None
    assert one.place(320, 330) == 640
    assert one.late == 1


def test_a_pause_is_no_jitter():
    one = buffer()
    one.place(0, 0)
    assert one.place(160, 16000) == 16320
    assert (one.depth, one.late) == (0.04, 0)


def test_a_timestamp_that_jumps_lays_a_new_time_line_in_either_direction():
    for jump in (1_000_000, -1_000_000):
        one = buffer()
        one.place(2_000_000, 0)
        assert one.place(2_000_000 + jump, 160) == 480
        assert one.place(2_000_160 + jump, 320) == 640


def test_timestamps_wrap():
    one = buffer()
    one.place(0xFFFFFFFF - 99, 0)
    assert one.place(60, 160) == 480


def test_a_buffer_that_was_too_deep_for_five_seconds_shrinks_to_its_target():
    one = buffer()
    one.place(0, 0)
    one.place(160, 160 + 320 + 480)
    assert one.depth == 0.1
    waits = []
    for number in range(2, 600):
        place = one.place(160 * number, 160 * number)
        assert place is not None
        waits.append(place - 160 * number)
    assert waits[0] == 800
    assert waits[-1] == 320
    assert one.depth == 0.04


def test_a_sender_whose_clock_runs_fast_does_not_fill_the_buffer():
    one = buffer()
    deepest = 0
    for number in range(20_000):
        arrival = int(number * 160 * 0.999)
        place = one.place(160 * number, arrival)
        assert place is not None
        deepest = max(deepest, place - arrival)
    assert deepest < 320 + 3 * 160


arrivals = st.lists(
    st.tuples(st.integers(0, 0xFFFFFFFF) | st.integers(0, 4000), st.integers(0, 3000), st.booleans()), max_size=80
)


@given(arrivals, st.sampled_from([(0.04, 0.02, 0.2), (0.4, 0.4, 0.4), (0.02, 0.02, 0.02), (0.3, 0.02, 0.2)]))
def test_no_pattern_makes_a_packet_wait_longer_than_the_most(
    packets: list[tuple[int, int, bool]], knobs: tuple[float, float, float]
):
    one = buffer(*knobs)
    now = 0
    for timestamp, pause, newest in packets:
        now += pause
        place = one.place(timestamp, now, newest=newest)
        if place is not None:
            assert now <= place <= now + max(round(knobs[2] * 8000), 0)
    assert knobs[1] <= one.depth <= knobs[2]
