"""The pacer: how device time runs on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from simulator.clock import SimClock
from simulator.errors import FleetError
from simulator.journal import Journal, Kind
from simulator.net.activity import without_cause
from simulator.net.pacer import Pacer

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def stepped() -> AsyncIterator[Pacer]:
    pacer = Pacer(SimClock(stepped=True), patience=0.2)
    yield pacer
    pacer.close()


async def test_instants_fire_in_order_at_their_own_time(stepped: Pacer) -> None:
    clock, seen = stepped.clock, []
    for due in (30.0, 10.0, 20.0, 61.0):
        clock.call_at(due, lambda: seen.append(clock.now()))
    await stepped.advance(60)
    assert seen == [10.0, 20.0, 30.0]
    assert clock.now() == 60.0


async def test_what_an_instant_starts_runs_before_the_next(stepped: Pacer) -> None:
    clock, seen = stepped.clock, []

    def periodic() -> None:
        seen.append(clock.now())
        clock.call_later(10, periodic)

    clock.call_later(10, periodic)
    await stepped.advance_to(45)
    assert seen == [10.0, 20.0, 30.0, 40.0]


async def test_an_exchange_over_several_turns_settles_before_the_next_instant(stepped: Pacer) -> None:
    clock, seen = stepped.clock, []
    loop = asyncio.get_running_loop()

    def hop(left: int) -> None:
        stepped.activity.count += 1
        if left:
            loop.call_soon(hop, left - 1)
        else:
            seen.append(("arrived", clock.now()))

    clock.call_at(1, lambda: hop(20))
    clock.call_at(2, lambda: seen.append(("next", clock.now())))
    await stepped.advance(3)
    assert seen == [("arrived", 1.0), ("next", 2.0)]


async def test_a_busy_token_is_waited_for(stepped: Pacer) -> None:
    seen: list[str] = []

    async def handshake() -> None:
        with stepped.activity.token():
            for _ in range(50):
                await asyncio.sleep(0)
            seen.append("done")

    task = asyncio.create_task(handshake())
    await asyncio.sleep(0)
    await stepped.settle()
    assert seen == ["done"]
    await task


async def test_patience_with_what_never_settles_is_bounded_and_counted(stepped: Pacer) -> None:
    with stepped.activity.token():
        await stepped.advance(1)
    assert stepped.unsettled
    assert stepped.clock.now() == 1.0


async def test_run_until_stops_at_the_instant_it_is_true(stepped: Pacer) -> None:
    clock, seen = stepped.clock, []
    for due in (5.0, 7.0, 9.0):
        clock.call_at(due, lambda: seen.append(clock.now()))
    assert await stepped.run_until(lambda: 7.0 in seen, 100)
    assert clock.now() == 7.0
    assert not await stepped.run_until(lambda: False, 8.0)
    assert clock.now() == 8.0


async def test_two_advances_at_once_go_one_after_the_other(stepped: Pacer) -> None:
    clock, seen = stepped.clock, []
    clock.call_at(1, lambda: seen.append(clock.now()))
    clock.call_at(2, lambda: seen.append(clock.now()))
    await asyncio.gather(stepped.advance(2), stepped.advance(1))
    assert seen == [1.0, 2.0]
    assert clock.now() == 2.0


async def test_only_a_stepped_clock_advances_and_never_backwards(stepped: Pacer) -> None:
    with pytest.raises(FleetError):
        await stepped.advance(-1)
    real = Pacer(SimClock())
    with pytest.raises(FleetError, match="stepped"):
        await real.advance(1)
    real.close()


async def test_a_scaled_clock_fires_early_on_the_wire() -> None:
    clock = SimClock(rate=20)
    pacer, fired = Pacer(clock), asyncio.Event()
    started = asyncio.get_running_loop().time()
    clock.call_later(1.0, fired.set)
    async with asyncio.timeout(5):
        await fired.wait()
    assert 0.04 < asyncio.get_running_loop().time() - started < 1.0
    pacer.close()


async def test_a_new_first_deadline_and_a_new_rate_are_heeded() -> None:
    clock = SimClock(rate=1)
    pacer, fired = Pacer(clock), asyncio.Event()
    clock.call_later(3600, lambda: None)
    clock.call_later(0.2, fired.set)
    clock.set_rate(0)
    clock.set_rate(20)
    async with asyncio.timeout(5):
        await fired.wait()
    pacer.close()


async def test_a_closed_pacer_leaves_deadlines_alone() -> None:
    clock, fired = SimClock(rate=20), []
    pacer = Pacer(clock)
    clock.call_later(0.0, lambda: fired.append(1))
    pacer.close()
    pacer.close()
    for _ in range(3):
        await asyncio.sleep(0)
    assert fired == []
    assert clock.next_due() is not None


async def test_grace_is_given_only_after_an_instant_in_which_something_moved() -> None:
    pacer = Pacer(SimClock(stepped=True), grace=0.03)
    loop = asyncio.get_running_loop()

    def touch() -> None:
        pacer.activity.count += 1

    started = loop.time()
    for due in range(1, 11):
        pacer.clock.call_at(due, lambda: None)
    await pacer.advance(10)
    assert loop.time() - started < 0.03
    pacer.clock.call_later(1, touch)
    await pacer.advance(1)
    assert loop.time() - started >= 0.03
    pacer.close()


async def test_a_registration_does_not_hand_on_its_cause() -> None:
    clock = SimClock(stepped=True)
    journal = Journal(clock)
    action = journal.append(Kind.ACTION, "io-1", "power on")
    done = asyncio.Event()

    def later() -> None:
        journal.append(Kind.REQUEST, "io-1", "GET /")
        done.set()

    with journal.because(action):
        without_cause(asyncio.get_running_loop().call_soon, later)
    await done.wait()
    assert [record.cause for record in journal.since(action.number)] == [None]
