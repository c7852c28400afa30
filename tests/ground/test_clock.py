"""Device time: order, cancelling, rates, and causes that travel along timers."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.clock import SimClock
from simulator.errors import FleetError
from simulator.journal import Journal, Kind


def run_to(clock: SimClock, target: float) -> None:
    while (due := clock.next_due()) is not None and due <= target:
        clock.step_to(due)
        clock.run_due()
    clock.step_to(target)


@given(st.lists(st.floats(0, 100), max_size=40))
def test_timers_fire_in_order_of_time_then_of_scheduling(delays: list[float]) -> None:
    clock, fired = SimClock(stepped=True), []
    for index, delay in enumerate(delays):
        clock.call_later(delay, lambda index=index: fired.append(index))
    run_to(clock, 100)
    assert fired == sorted(range(len(delays)), key=lambda index: (delays[index], index))


def test_a_cancelled_timer_never_fires_even_at_the_instant_it_is_due() -> None:
    clock, fired = SimClock(stepped=True), []
    first = clock.call_later(1, lambda: later.cancel())
    later = clock.call_later(1, lambda: fired.append("late"))
    run_to(clock, 2)
    assert fired == []
    assert not first.pending
    assert clock.next_due() is None


def test_a_callback_may_schedule_for_the_same_instant() -> None:
    clock, fired = SimClock(stepped=True), []
    clock.call_later(1, lambda: clock.call_later(0, lambda: fired.append(clock.now())))
    run_to(clock, 1)
    assert fired == [1.0]


def test_a_stepped_clock_stands_still_and_never_goes_back() -> None:
    clock = SimClock(stepped=True)
    clock.step_to(5)
    clock.step_to(3)
    assert clock.now() == 5
    assert (clock.wall() - clock.epoch).total_seconds() == 5
    with pytest.raises(FleetError, match="no rate"):
        clock.set_rate(2)


def test_a_running_clock_cannot_be_stepped_and_a_paused_one_waits_for_ever() -> None:
    clock = SimClock()
    with pytest.raises(FleetError, match="stepped"):
        clock.step_to(1)
    clock.call_later(1, lambda: None)
    assert clock.seconds_until_due() == pytest.approx(1, abs=0.2)
    clock.set_rate(20)
    assert clock.seconds_until_due() == pytest.approx(0.05, abs=0.02)
    clock.set_rate(0)
    assert clock.seconds_until_due() is None
    with pytest.raises(FleetError, match="outside 0 to 20"):
        clock.set_rate(21)


def test_the_driver_hears_when_the_first_deadline_moves() -> None:
    clock, heard = SimClock(stepped=True), []
    clock.on_change = lambda: heard.append(clock.next_due())
    clock.call_later(5, lambda: None)
    clock.call_later(9, lambda: None)
    clock.call_later(2, lambda: None)
    assert heard == [5, 2]


def failing(clock: SimClock, ran: list[str]) -> None:
    """Three timers of one instant, the first two of which fail."""

    def fail(name: str) -> None:
        ran.append(name)
        raise KeyError(name)

    for name in ("first", "second"):
        clock.call_at(1, partial(fail, name))
    clock.call_at(1, lambda: ran.append("third"))
    clock.step_to(1)


def test_a_callback_that_raises_takes_no_other_of_its_instant_with_it() -> None:
    clock, ran = SimClock(stepped=True), list[str]()
    failing(clock, ran)
    with pytest.raises(KeyError, match="first"):
        clock.run_due()
    assert ran == ["first", "second", "third"]
    assert clock.run_due() == 0


def test_all_errors_of_an_instant_are_told_to_who_wants_them() -> None:
    clock, ran, told = SimClock(stepped=True), list[str](), list[str]()
    clock.on_error = lambda error: told.append(error.args[0])
    failing(clock, ran)
    assert clock.run_due() == 3
    assert told == ["first", "second"]


def test_the_cause_of_a_delayed_record_is_what_scheduled_it() -> None:
    clock = SimClock(stepped=True)
    journal = Journal(clock)
    cut = journal.append(Kind.ACTION, "io-1", "cut")
    with journal.because(cut):
        clock.call_later(0.05, lambda: journal.append(Kind.STATE, "io-1", "loop"))
    journal.append(Kind.NOTE, "", "unrelated")
    run_to(clock, 1)
    state = list(journal.since(0))[-1]
    assert (state.what, state.cause, state.at) == ("loop", cut.number, 0.05)
