"""One timer for all: slots of an absolute schedule, on the real loop."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from net_bench import until

from simulator.net.media.ticker import SLOT, Ticker, Ticking

pytestmark = pytest.mark.asyncio


class Clapper:
    """Notes when it was due."""

    def __init__(self, fail: bool = False) -> None:
        self.due: list[float] = []
        self.late: list[float] = []
        self.fail = fail

    def tick(self, due: float, now: float) -> None:
        self.due.append(due)
        self.late.append(now - due)
        if self.fail:
            raise RuntimeError("broken stream")


class Wheel:
    def __init__(self) -> None:
        self.bugs: list[tuple[Ticking, BaseException]] = []
        self.ticker = Ticker(lambda stream, error: self.bugs.append((stream, error)))


@pytest.mark.parametrize("ptime", [10, 20, 30, 40, 60])
async def test_a_stream_is_due_at_whole_packet_times_however_late_the_loop_is(ptime: int):
    wheel, clapper = Wheel(), Clapper()
    wheel.ticker.add(clapper, ptime)
    try:
        await until(lambda: len(clapper.due) >= 12)
    finally:
        wheel.ticker.close()
    steps = [later - earlier for earlier, later in pairwise(clapper.due)]
    assert steps == pytest.approx([ptime / 1000] * len(steps))
    assert min(clapper.late) >= -0.002


async def test_what_the_loop_missed_is_made_up():
    wheel, clapper = Wheel(), Clapper()
    wheel.ticker.add(clapper, 20)
    try:
        await until(lambda: clapper.due)
        loop = asyncio.get_running_loop()
        held = loop.time() + 0.1
        while loop.time() < held:
            pass
        await until(lambda: len(clapper.due) >= 8)
    finally:
        wheel.ticker.close()
    steps = [later - earlier for earlier, later in pairwise(clapper.due)]
    assert steps == pytest.approx([0.02] * len(steps))


async def test_hours_that_the_machine_slept_are_not_made_up():
    wheel, clapper = Wheel(), Clapper()
    wheel.ticker.add(clapper, 20)
    try:
        await until(lambda: clapper.due)
        wheel.ticker._origin -= 7200
        before = len(clapper.due)
        await until(
            lambda: clapper.due[-1] > asyncio.get_running_loop().time() - 0.1 and len(clapper.due) > before
        )
    finally:
        wheel.ticker.close()
    assert len(clapper.due) - before < 300


async def test_a_stream_that_breaks_is_reported_and_disturbs_no_other():
    wheel, broken, sound = Wheel(), Clapper(fail=True), Clapper()
    wheel.ticker.add(broken, 20)
    wheel.ticker.add(sound, 20)
    try:
        await until(lambda: len(sound.due) >= 3)
    finally:
        wheel.ticker.close()
    assert len(broken.due) >= 3
    assert {stream for stream, _ in wheel.bugs} == {broken}


async def test_many_streams_are_spread_and_few_wake_the_loop_together():
    wheel = Wheel()
    streams = [Clapper() for _ in range(200)]
    for stream in streams:
        wheel.ticker.add(stream, 20)
    try:
        await until(lambda: all(len(stream.due) >= 2 for stream in streams))
    finally:
        wheel.ticker.close()
    phases = [round(stream.due[0] / SLOT) % 2 for stream in streams]
    assert 60 <= sum(phases) <= 140
    assert len(set(phases[:60])) == 1


async def test_nothing_runs_without_a_stream():
    wheel, clapper = Wheel(), Clapper()
    wheel.ticker.add(clapper, 20)
    wheel.ticker.add(clapper, 40)
    assert len(wheel.ticker) == 1
    wheel.ticker.remove(clapper)
    wheel.ticker.remove(clapper)
    await asyncio.sleep(0)
    assert not [handle for handle in asyncio.get_running_loop()._scheduled if not handle.cancelled()]


async def test_a_packet_time_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="70 ms"):
        Wheel().ticker.add(Clapper(), 70)
