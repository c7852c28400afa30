"""Loss, reordering and jitter against a model that keeps everything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.rtp.reception import DROPOUT, MISORDER, Reception, Verdict


def believed(first: int = 100) -> Reception:
    """A source out of probation, whose latest packet is `first`."""
    reception = Reception(1, (first - 1) % 65536, 8000)
    assert reception.received((first - 1) % 65536, 0, 0.0) is Verdict.PROBATION
    assert reception.received(first, 160, 0.02) is Verdict.NEXT
    return reception


def feed(reception: Reception, *sequences: int) -> list[Verdict]:
    return [reception.received(one % 65536, None, 0.0) for one in sequences]


def test_a_source_is_believed_after_two_in_order():
    reception = Reception(1, 5, 8000)
    assert feed(reception, 5, 9, 20) == [Verdict.PROBATION] * 3
    assert reception.expected == reception.received_packets == 0
    assert feed(reception, 21) == [Verdict.NEXT]
    assert (reception.expected, reception.received_packets, reception.lost) == (1, 1, 0)


def test_numbers_run_over_the_edge_and_count_a_cycle():
    reception = believed(65534)
    feed(reception, 65535, 65536, 65538)
    assert reception.extended_highest == 65536 + 2
    assert (reception.expected, reception.lost) == (5, 1)


def test_one_far_packet_changes_nothing_and_two_in_order_restart():
    reception = believed(100)
    assert feed(reception, 30000, 101) == [Verdict.OUT_OF_RANGE, Verdict.NEXT]
    assert (reception.expected, reception.lost) == (2, 0)
    assert feed(reception, 40000, 40001, 40002) == [Verdict.OUT_OF_RANGE, Verdict.RESTARTED, Verdict.NEXT]
    assert (reception.expected, reception.lost) == (2, 0)


def test_the_limits_are_those_of_the_rfc():
    assert feed(believed(100), 100 + DROPOUT - 1) == [Verdict.NEXT]
    assert feed(believed(100), 100 + DROPOUT) == [Verdict.OUT_OF_RANGE]
    assert feed(believed(1000), 1000 - MISORDER + 1) == [Verdict.REORDERED]
    assert feed(believed(1000), 1000 - MISORDER) == [Verdict.OUT_OF_RANGE]


def test_the_fraction_lost_is_of_the_time_since_the_last_report():
    reception = believed(100)
    feed(reception, 101, 103)
    assert reception.fraction_lost() == 256 // 4
    feed(reception, 104, 105)
    assert reception.fraction_lost() == 0
    feed(reception, 105)
    assert (reception.fraction_lost(), reception.lost) == (0, 0)


def test_jitter_is_smoothed_by_a_sixteenth():
    reception = Reception(1, 0, 8000)
    arrivals = [0.0, 0.020, 0.050, 0.060, 0.080]
    expected = 0.0
    for number, arrival in enumerate(arrivals):
        reception.received(number, number * 160, arrival)
        if number:
            difference = (arrival - arrivals[number - 1] - 0.02) * 8000
            expected += (abs(difference) - expected) / 16
    assert reception.jitter_ticks == pytest.approx(expected)
    assert reception.jitter == pytest.approx(expected / 8000)


def test_a_timestamp_that_wraps_is_no_jitter():
    reception = Reception(1, 0, 8000)
    for number in range(6):
        reception.received(number, (0xFFFFFFFF - 200 + number * 160) & 0xFFFFFFFF, number * 0.02)
    assert reception.jitter_ticks < 1e-3


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[int, list[int]]:
    """Numbers 0 to n of which some are lost, some doubled, and none comes 60 or more places from its own."""
    count = draw(st.integers(1, 120))
    copies = draw(st.lists(st.sampled_from([0, 1, 1, 1, 1, 2]), min_size=count, max_size=count))
    shifts = draw(st.lists(st.integers(0, 30), min_size=2 * count, max_size=2 * count))
    sent = [number for number, times in enumerate(copies, 1) for _ in range(times)]
    order = sorted(range(len(sent)), key=lambda place: (sent[place] + shifts[place], place))
    return draw(st.integers(0, 65535)), [sent[place] for place in order]


@given(deliveries())
def test_statistics_are_those_of_a_model_that_remembers_every_number(delivery: tuple[int, list[int]]):
    start, numbers = delivery
    reception = believed(start)
    seen, highest, duplicate, reordered = {0}, 0, 0, 0
    for number in numbers:
        verdict = reception.received((start + number) % 65536, None, 0.0)
        if number in seen:
            assert verdict is Verdict.DUPLICATE
            duplicate += 1
        elif number < highest:
            assert verdict is Verdict.REORDERED
            reordered += 1
        else:
            assert verdict is Verdict.NEXT
        seen.add(number)
        highest = max(highest, number)
    assert reception.expected == highest + 1
    assert reception.received_packets == len(numbers) + 1
    assert reception.lost == highest - len(numbers)
    assert (reception.duplicate, reception.reordered) == (duplicate, reordered)
    assert reception.extended_highest == start + highest
