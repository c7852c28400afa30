"""A line between a recorded transport and a recorded protocol: what faults do to bytes, and what they leave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance
from simulator.net.activity import Activity
from simulator.net.fault import FAULTS, StreamFault, make
from simulator.net.line import HIGH_WATER, Line
from simulator.net.patchbay import Endpoint, Patchbay, Reports

STREAM_FAULTS = sorted(name for name, kind in FAULTS.items() if issubclass(kind, StreamFault))
CHUNKS = st.lists(st.binary(min_size=1, max_size=200), max_size=15)
HTTP = Endpoint("io-1", "http")


class RecordedTransport(asyncio.Transport):
    """Keeps what is written, and how it ended."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.ending = ""
        self.reading = True

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.ending = self.ending or "closed"

    def abort(self) -> None:
        self.ending = self.ending or "aborted"

    def is_closing(self) -> bool:
        return bool(self.ending)

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def get_write_buffer_size(self) -> int:
        return 0


class RecordedProtocol(asyncio.Protocol):
    """Keeps what is received."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.ended = self.paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received.append(data)

    def eof_received(self) -> None:
        self.ended = True

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False


class Bench:
    """One line, connected, in a patchbay."""

    def __init__(self) -> None:
        self.faults: list[tuple[str, str]] = []
        reports = Reports(fault=lambda endpoint, fault, moment: self.faults.append((fault, moment)))
        self.bay = Patchbay(Activity(), Chance(1), reports)
        self.transport, self.protocol = RecordedTransport(), RecordedProtocol()
        self.line = Line(self.protocol, HTTP, self.bay)
        self.line.connection_made(self.transport)


def on_a_bench(play: Callable[[Bench], Awaitable[None] | None]) -> Bench:
    async def run() -> Bench:
        bench = Bench()
        outcome = play(bench)
        if outcome is not None:
            await outcome
        return bench

    return asyncio.run(run())


def exchange(bench: Bench, inward: list[bytes], outward: list[bytes]) -> None:
    for chunk in inward:
        bench.line.data_received(chunk)
    for chunk in outward:
        bench.protocol.transport.write(chunk)


@pytest.mark.parametrize("name", STREAM_FAULTS)
@given(inward=CHUNKS, outward=CHUNKS)
def test_chance_zero_changes_no_byte_and_no_portion(name: str, inward: list[bytes], outward: list[bytes]) -> None:
    def play(bench: Bench) -> None:
        bench.bay.apply(make(name, {"chance": 0, "direction": "both"}), HTTP)
        exchange(bench, inward, outward)

    bench = on_a_bench(play)
    assert bench.protocol.received == inward
    assert bench.transport.written == outward
    assert not bench.transport.ending
    assert ("strikes" not in dict(bench.faults).values()) or not (inward or outward)


@pytest.mark.parametrize("name", ["hang", "hang_response", "latency", "bandwidth", "slicer", "slow_answer"])
@given(inward=CHUNKS, outward=CHUNKS)
def test_what_a_fault_holds_comes_out_when_it_is_cleared(
    name: str, inward: list[bytes], outward: list[bytes]
) -> None:
    def play(bench: Bench) -> None:
        active = bench.bay.apply(make(name, {"direction": "both"}), HTTP)
        exchange(bench, inward, outward)
        active.clear()
        active.clear()

    bench = on_a_bench(play)
    assert b"".join(bench.protocol.received) == b"".join(inward)
    assert b"".join(bench.transport.written) == b"".join(outward)


@given(inward=CHUNKS, outward=CHUNKS, names=st.lists(st.sampled_from(["latency", "slicer", "hang"]), max_size=4))
def test_faults_in_a_row_keep_the_order(inward: list[bytes], outward: list[bytes], names: list[str]) -> None:
    def play(bench: Bench) -> None:
        active = [bench.bay.apply(make(name, {"direction": "both"}), HTTP) for name in names]
        exchange(bench, inward, outward)
        for one in active:
            one.clear()

    bench = on_a_bench(play)
    assert b"".join(bench.protocol.received) == b"".join(inward)
    assert b"".join(bench.transport.written) == b"".join(outward)


@given(outward=CHUNKS, later=CHUNKS)
def test_a_pulled_cable_keeps_everything(outward: list[bytes], later: list[bytes]) -> None:
    def play(bench: Bench) -> None:
        bench.bay.freeze("io-1")
        exchange(bench, [], outward)
        assert bench.transport.written == []
        assert not bench.transport.reading
        bench.bay.thaw("io-1")
        exchange(bench, [], later)

    bench = on_a_bench(play)
    assert b"".join(bench.transport.written) == b"".join(outward + later)
    assert bench.transport.reading


def test_a_pulled_cable_takes_the_goodbye_too() -> None:
    def play(bench: Bench) -> None:
        bench.bay.freeze("io-1")
        bench.protocol.transport.write(b"bye")
        bench.protocol.transport.close()
        assert bench.protocol.transport.is_closing()
        assert not bench.transport.ending
        bench.bay.thaw("io-1")

    bench = on_a_bench(play)
    assert (bench.transport.written, bench.transport.ending) == ([b"bye"], "closed")


def test_the_end_of_the_client_comes_behind_its_bytes() -> None:
    def play(bench: Bench) -> None:
        active = bench.bay.apply(make("hang"), HTTP)
        bench.line.data_received(b"request")
        assert bench.line.eof_received() is True
        assert not bench.protocol.ended
        active.clear()

    bench = on_a_bench(play)
    assert bench.protocol.received == [b"request"]
    assert bench.protocol.ended
    assert bench.transport.ending == "closed"


def test_reset_lets_its_bytes_through_and_ends() -> None:
    def play(bench: Bench) -> None:
        bench.bay.apply(make("rst", {"after_bytes": 4}), HTTP)
        bench.protocol.transport.write(b"0123456789")
        bench.protocol.transport.write(b"more")

    bench = on_a_bench(play)
    assert (b"".join(bench.transport.written), bench.transport.ending) == (b"0123", "aborted")


def test_count_strikes_so_many_connections_and_clear_ends_it() -> None:
    async def play(bench: Bench) -> None:
        active = bench.bay.apply(make("rst", {"count": 1}), HTTP)
        bench.protocol.transport.write(b"first")
        second, protocol = RecordedTransport(), RecordedProtocol()
        Line(protocol, HTTP, bench.bay).connection_made(second)
        protocol.transport.write(b"second")
        assert second.written == [b"second"]
        assert active.struck == 1
        active.clear()

    bench = on_a_bench(play)
    assert bench.transport.ending == "aborted"
    assert bench.faults == [("rst", "begins"), ("rst", "strikes"), ("rst", "ends")]


def test_a_fault_of_another_endpoint_leaves_this_one_alone() -> None:
    def play(bench: Bench) -> None:
        bench.bay.apply(make("rst"), Endpoint("io-1", "https"))
        bench.bay.apply(make("rst"), Endpoint("io-2"))
        bench.protocol.transport.write(b"safe")

    bench = on_a_bench(play)
    assert (bench.transport.written, bench.transport.ending) == ([b"safe"], "")


def test_a_fault_of_the_device_strikes_all_its_services() -> None:
    def play(bench: Bench) -> None:
        bench.bay.apply(make("rst"), Endpoint("io-1"))
        bench.protocol.transport.write(b"gone")

    assert on_a_bench(play).transport.ending == "aborted"


def test_held_bytes_pause_whoever_sends() -> None:
    def play(bench: Bench) -> None:
        both = bench.bay.apply(make("hang", {"direction": "both"}), HTTP)
        bench.line.data_received(b"x" * (HIGH_WATER + 1))
        bench.protocol.transport.write(b"y" * (HIGH_WATER + 1))
        assert not bench.transport.reading
        assert bench.protocol.paused
        assert bench.protocol.transport.get_write_buffer_size() == HIGH_WATER + 1
        both.clear()

    bench = on_a_bench(play)
    assert bench.transport.reading
    assert not bench.protocol.paused


def test_a_lost_connection_forgets_what_was_on_its_way() -> None:
    def play(bench: Bench) -> None:
        active = bench.bay.apply(make("latency", {"delay": 0.001}), HTTP)
        bench.line.data_received(b"late")
        bench.line.connection_lost(None)
        active.clear()

    bench = on_a_bench(play)
    assert bench.protocol.received == []
    assert bench.bay.count(HTTP) == 0


def test_a_fault_ends_by_itself_after_its_duration() -> None:
    async def play(bench: Bench) -> None:
        active = bench.bay.apply(make("hang", {"duration": 0.01}), HTTP)
        bench.line.data_received(b"held")
        assert bench.protocol.received == []
        async with asyncio.timeout(5):
            while active.active:
                await asyncio.sleep(0)

    assert on_a_bench(play).protocol.received == [b"held"]
