"""Each link fault as a plain socket client sees it (network sheet, acceptance check 2)."""

from __future__ import annotations

import asyncio
import errno
import http.client
import select
import socket
import ssl
import time
from typing import Any

import pytest
from net_bench import Bench, ScriptedFace, ask, bench, get, in_thread, read_all, until

from simulator.errors import FleetError, MissingCapability
from simulator.face.exchange import Answer
from simulator.net.fault import make
from simulator.net.patchbay import ActiveFault, Endpoint

pytestmark = pytest.mark.asyncio
HTTP = Endpoint("io-1", "http")
BODY = b"0123456789" * 400


def apply(fleet: Bench, name: str, **parameters: Any) -> ActiveFault:
    return fleet.bay.apply(make(name, parameters), HTTP)


def opened(fleet: Bench) -> tuple[str, int]:
    return fleet.open(ScriptedFace(lambda _: Answer(200, BODY)))


def fetch(connection: http.client.HTTPConnection) -> bytes:
    connection.request("GET", "/")
    with connection.getresponse() as response:
        try:
            return response.read()
        finally:
            connection.close()


def connect_error(place: tuple[str, int], seconds: float) -> tuple[int | str, float]:
    started = time.monotonic()
    try:
        socket.create_connection(place, seconds).close()
    except TimeoutError:
        return "timed out", time.monotonic() - started
    except OSError as error:
        return error.errno or 0, time.monotonic() - started
    return "connected", time.monotonic() - started


@pytest.mark.parametrize("mode", ["loopback", "ephemeral"])
async def test_refused_is_immediate_and_spares_what_stands(mode: str) -> None:
    async with bench(mode) as fleet:
        place = opened(fleet)
        with socket.create_connection(place, 5) as standing:
            await until(lambda: fleet.bay.count(HTTP) == 1)
            active = apply(fleet, "refused")
            outcome, seconds = await in_thread(connect_error, place, 5.0)
            assert outcome == errno.ECONNREFUSED
            assert seconds < 0.5
            standing.sendall(get())
            assert (await in_thread(read_all, standing)).endswith(BODY)
        active.clear()
        assert (await in_thread(ask, place, get())).endswith(BODY)
    assert fleet.faults == [("refused", "begins"), ("refused", "strikes"), ("refused", "ends")]


@pytest.mark.parametrize("mode", ["loopback", "ephemeral"])
async def test_syn_drop_is_silence_and_the_repeated_syn_gets_through(mode: str) -> None:
    async with bench(mode) as fleet:
        place = opened(fleet)
        active = apply(fleet, "syn_drop")
        silent = await asyncio.gather(*(in_thread(connect_error, place, 0.5) for _ in range(3)))
        assert {outcome for outcome, _ in silent} == {"timed out"}
        patient = asyncio.create_task(in_thread(ask, place, get()))
        await until(lambda: syn_sent(place))
        active.clear()
        started = time.monotonic()
        assert (await patient).endswith(BODY)
        assert time.monotonic() - started < 2.0
        assert (await in_thread(ask, place, get())).endswith(BODY)
    assert not [what for _, _, what in fleet.connections if what.startswith("failed")]


def syn_sent(place: tuple[str, int]) -> bool:
    """A connection attempt to `place` is waiting for its answer (state 02 of /proc/net/tcp)."""
    remote = f"{socket.inet_aton(place[0])[::-1].hex().upper()}:{place[1]:04X}"
    with open("/proc/net/tcp") as table:
        return any(f" {remote} 02 " in line for line in table)


async def test_syn_drop_on_one_device_leaves_the_others_alone() -> None:
    async with bench() as fleet:
        opened(fleet)
        other = fleet.open(ScriptedFace(), 2)
        apply(fleet, "syn_drop")
        assert (await in_thread(connect_error, other, 2.0))[0] == "connected"


async def test_refused_and_syn_drop_may_overlap_and_end_in_any_order() -> None:
    async with bench() as fleet:
        place = opened(fleet)
        silence, refusal = apply(fleet, "syn_drop"), apply(fleet, "refused")
        assert (await in_thread(connect_error, place, 2.0))[0] == errno.ECONNREFUSED
        refusal.clear()
        assert (await in_thread(connect_error, place, 0.3))[0] == "timed out"
        refusal = apply(fleet, "refused")
        silence.clear()
        assert (await in_thread(connect_error, place, 2.0))[0] == errno.ECONNREFUSED
        refusal.clear()
        assert (await in_thread(ask, place, get())).endswith(BODY)


async def test_reset_comes_within_the_answer() -> None:
    def broken(place: tuple[str, int]) -> tuple[int, str]:
        received = 0
        with socket.create_connection(place, 5) as sock:
            sock.sendall(get())
            try:
                while piece := sock.recv(4096):
                    received += len(piece)
            except ConnectionResetError:
                return received, "reset"
        return received, "closed"

    async with bench() as fleet:
        place = opened(fleet)
        active = apply(fleet, "rst", after_bytes=1000)
        assert await in_thread(broken, place) == (1000, "reset")
        active.clear()
        assert (await in_thread(broken, place))[1] == "closed"
        apply(fleet, "rst")
        assert await in_thread(broken, place) == (0, "reset")


@pytest.mark.parametrize(
    ("name", "parameters", "length"), [("half_answer", {}, None), ("limit_data", {"limit": 700}, 700)]
)
async def test_an_answer_that_ends_early_ends_in_order(
    name: str, parameters: dict[str, int], length: int | None
) -> None:
    async with bench() as fleet:
        place = opened(fleet)
        whole = await in_thread(ask, place, get())
        active = apply(fleet, name, **parameters)
        broken = await in_thread(ask, place, get())
        with pytest.raises(http.client.IncompleteRead):
            await in_thread(fetch, http.client.HTTPConnection(*place, timeout=5))
        active.clear()
        assert len(await in_thread(ask, place, get())) == len(whole)
    assert len(broken) == (len(whole) // 2 if length is None else length)


async def test_a_hung_device_takes_no_request_until_it_wakes() -> None:
    async with bench() as fleet:
        face = ScriptedFace()
        place = fleet.open(face)
        active = apply(fleet, "hang")
        answer = asyncio.create_task(in_thread(ask, place, get()))
        await until(lambda: ("hang", "strikes") in fleet.faults)
        assert face.heads == []
        active.clear()
        assert (await answer).endswith(b"OK")


async def test_a_hung_device_closes_its_window() -> None:
    async with bench() as fleet:
        place = opened(fleet)
        apply(fleet, "hang")

        def push() -> str:
            with socket.create_connection(place, 1) as sock:
                try:
                    while True:
                        sock.sendall(b"x" * 65536)
                except TimeoutError:
                    return "blocked"

        assert await in_thread(push) == "blocked"


async def test_a_hung_answer_has_taken_effect() -> None:
    async with bench() as fleet:
        face = ScriptedFace()
        place = fleet.open(face)
        active = apply(fleet, "hang_response")
        answer = asyncio.create_task(in_thread(ask, place, get()))
        await until(lambda: face.heads)
        await until(lambda: ("hang_response", "strikes") in fleet.faults)
        assert not answer.done()
        active.clear()
        assert (await answer).endswith(b"OK")


async def test_latency_is_added_both_ways() -> None:
    def round_trips(place: tuple[str, int]) -> list[float]:
        connection = http.client.HTTPConnection(*place, timeout=5)
        times = []
        for _ in range(10):
            started = time.monotonic()
            connection.request("GET", "/")
            connection.getresponse().read()
            times.append(time.monotonic() - started)
        connection.close()
        return sorted(times)

    async with bench() as fleet:
        place = opened(fleet)
        apply(fleet, "latency", delay=0.02)
        times = await in_thread(round_trips, place)
    assert times[0] >= 0.0395
    assert times[len(times) // 2] < 0.08


async def test_bandwidth_is_the_rate_on_the_wire() -> None:
    async with bench() as fleet:
        place = opened(fleet)
        apply(fleet, "bandwidth", rate=20_000, direction="to-client")
        started = time.monotonic()
        answer = await in_thread(ask, place, get())
        seconds = time.monotonic() - started
    assert answer.endswith(BODY)
    assert len(answer) / 20_000 * 0.95 <= seconds < len(answer) / 20_000 + 1.0


async def test_the_slicer_makes_small_reads() -> None:
    def sizes(place: tuple[str, int]) -> list[int]:
        with socket.create_connection(place, 5) as sock:
            sock.sendall(get())
            found = []
            while piece := sock.recv(65536):
                found.append(len(piece))
            return found

    async with bench() as fleet:
        place = fleet.open(ScriptedFace())
        assert len(await in_thread(sizes, place)) == 1
        apply(fleet, "slicer", size=10, pause=0.005)
        assert len(await in_thread(sizes, place)) > 5


async def test_a_slow_answer_starts_late() -> None:
    async with bench() as fleet:
        place = opened(fleet)
        apply(fleet, "slow_answer", delay=0.2, part="start")
        started = time.monotonic()
        assert (await in_thread(ask, place, get())).endswith(BODY)
        assert time.monotonic() - started >= 0.199


async def test_a_fault_reaches_connections_that_stand() -> None:
    async with bench() as fleet:
        place = opened(fleet)
        connection = http.client.HTTPConnection(*place, timeout=5)
        await in_thread(lambda: (connection.request("GET", "/"), connection.getresponse().read()))
        apply(fleet, "rst", after_bytes=10)
        connection.request("GET", "/")
        with pytest.raises((ConnectionResetError, http.client.BadStatusLine)):
            await in_thread(connection.getresponse)
        connection.close()


async def test_faults_act_on_tls_connections_too() -> None:
    async with bench() as fleet:
        place = fleet.open(ScriptedFace(lambda _: Answer(200, BODY)), secure=True)
        fleet.bay.apply(make("half_answer"), Endpoint("io-1", "https"))
        context = ssl.create_default_context(cadata=fleet.tls.authority_pem.decode())
        with pytest.raises(http.client.IncompleteRead):
            await in_thread(fetch, http.client.HTTPSConnection(*place, timeout=5, context=context))


@pytest.mark.parametrize("name", ["silent", "half_open", "tcp_loss", "link_down"])
async def test_what_sockets_cannot_do_is_refused(name: str) -> None:
    with pytest.raises(MissingCapability, match="netns"):
        make(name)


async def test_a_fault_of_listeners_needs_one() -> None:
    async with bench() as fleet:
        with pytest.raises(FleetError, match="does not listen"):
            apply(fleet, "refused")


async def test_the_report_can_say_how_a_fault_was_done() -> None:
    async with bench() as fleet:
        opened(fleet)
        active = apply(fleet, "syn_drop")
        assert active in fleet.bay.faults()
        assert "backlog" in active.mechanism


# ---- cables and power


async def test_a_pulled_cable_is_silence_and_nothing_is_lost() -> None:
    async with bench() as fleet:
        place = opened(fleet)
        with socket.create_connection(place, 5) as standing:
            await until(lambda: fleet.bay.count(HTTP) == 1)
            fleet.bay.freeze("io-1")
            fleet.bay.freeze("io-1")
            standing.sendall(get())
            standing.settimeout(0.3)
            with pytest.raises(TimeoutError):
                await in_thread(standing.recv, 1)
            assert (await in_thread(connect_error, place, 0.3))[0] == "timed out"
            fleet.bay.thaw("io-1")
            fleet.bay.thaw("io-1")
            standing.settimeout(5)
            assert (await in_thread(read_all, standing)).endswith(BODY)
        assert (await in_thread(ask, place, get())).endswith(BODY)


async def test_a_listener_opened_behind_a_pulled_cable_is_silent_too() -> None:
    async with bench() as fleet:
        fleet.bay.freeze("io-1")
        place = opened(fleet)
        assert (await in_thread(connect_error, place, 0.3))[0] == "timed out"
        fleet.bay.thaw("io-1")
        assert (await in_thread(ask, place, get())).endswith(BODY)


async def test_power_back_resets_what_stood() -> None:
    async with bench() as fleet:
        place = opened(fleet)
        with socket.create_connection(place, 5) as standing:
            await until(lambda: fleet.bay.count(HTTP) == 1)
            fleet.bay.freeze("io-1")
            assert fleet.bay.reset(Endpoint("io-1")) == 1
            assert not (await in_thread(select.select, [standing], [], [], 0.1))[0], "the cable is still out"
            fleet.bay.thaw("io-1")
            with pytest.raises(ConnectionResetError):
                await in_thread(standing.recv, 1)
        await until(lambda: fleet.bay.count(HTTP) == 0)


async def test_an_orderly_restart_closes_what_stood() -> None:
    async with bench() as fleet:
        place = opened(fleet)
        with socket.create_connection(place, 5) as standing:
            await until(lambda: fleet.bay.count(HTTP) == 1)
            assert fleet.bay.close(Endpoint("io-1")) == 1
            assert await in_thread(standing.recv, 1) == b""


async def test_a_device_comes_back_on_its_port() -> None:
    async with bench("ephemeral") as fleet:
        place = opened(fleet)
        fleet.acceptors[0].close()
        fleet.acceptors[0].close()
        fleet.http.detach(place)
        assert (await in_thread(connect_error, place, 2.0))[0] == errno.ECONNREFUSED
        assert opened(fleet) == place
        assert (await in_thread(ask, place, get())).endswith(BODY)
