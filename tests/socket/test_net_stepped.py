"""A stepped clock and real sockets: what an instant says on the wire is heard before the next instant comes."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from net_bench import Bench, ScriptedFace, bench, get, until

from simulator.face.exchange import Answer, Held
from simulator.face.transport import Stream, TlsWish
from simulator.net.dialer import SocketDialer
from simulator.net.patchbay import Endpoint

pytestmark = pytest.mark.asyncio


class Caller:
    """A device that asks another one, one request per connection, and notes when it was answered."""

    def __init__(self, fleet: Bench, place: tuple[str, int], paths: list[str], tls: TlsWish | None) -> None:
        self.answers: list[tuple[str, float]] = []
        self._fleet, self._place, self._paths, self._tls = fleet, place, paths, tls
        self._data = b""
        own = fleet.provider.plan.device(9)
        self._dialer = SocketDialer(Endpoint("io-9", "http"), lambda: own, fleet.provider, fleet.bay, fleet.tls)

    def call(self) -> None:
        self._data = b""
        self._dialer.dial(self, *self._place, tls=self._tls)

    def opened(self, stream: Stream) -> None:
        stream.write(get(self._paths.pop(0)))

    def received(self, data: bytes) -> None:
        self._data += data

    def lost(self, reason: str) -> None:
        self.answers.append((self._data.partition(b"\r\n\r\n")[2].decode() or reason, self._fleet.clock.now()))
        if self._paths and self._paths[0] != "/wait":
            self.call()


@pytest.mark.parametrize("tls", [None, TlsWish(True)], ids=["plain", "tls"])
async def test_connections_requests_and_answers_of_an_instant_end_within_it(tls: TlsWish | None) -> None:
    async with bench(stepped=True) as fleet:
        place = fleet.open(
            ScriptedFace(lambda request: Answer(200, request.head.path.encode())), secure=tls is not None
        )
        caller = Caller(fleet, place, ["/1", "/2", "/3", "/wait", "/4", "/5"], tls)
        fleet.clock.call_at(1, caller.call)
        fleet.clock.call_at(2, lambda: caller.answers.append(("next", fleet.clock.now())))
        fleet.clock.call_at(3, caller.call)
        await fleet.pacer.advance(4)
        assert fleet.pacer.unsettled == 0
    assert caller.answers == [
        *(("/1", 1.0), ("/2", 1.0), ("/3", 1.0), ("next", 2.0)),
        *(("/wait", 3.0), ("/4", 3.0), ("/5", 3.0)),
    ]


async def test_a_held_answer_is_delivered_at_its_instant() -> None:
    async with bench(stepped=True) as fleet:
        clock = fleet.clock
        pulse = Held(lambda deliver: clock.call_later(1, lambda: deliver(Answer(200, b"done"))).cancel)
        caller = Caller(fleet, fleet.open(ScriptedFace(lambda _: pulse)), ["/pulse"] * 20, None)
        clock.call_at(1, caller.call)
        await fleet.pacer.advance(30)
    assert caller.answers == [("done", float(at)) for at in range(2, 22)]


async def test_grace_waits_for_a_client_that_is_not_ours() -> None:
    async with bench(stepped=True) as fleet, aiohttp.ClientSession() as session:
        fleet.pacer.grace = 0.5
        clock, answered = fleet.clock, []
        pulse = Held(lambda deliver: clock.call_later(1, lambda: deliver(Answer(200, b"done"))).cancel)
        face = ScriptedFace(lambda request: pulse if request.head.path == "/pulse" else Answer(200, request.body))
        place = fleet.open(face)
        url = f"http://{place[0]}:{place[1]}"

        async def client() -> None:
            async with session.get(f"{url}/pulse") as response:
                answered.append((await response.text(), clock.now()))
            async with session.post(f"{url}/echo", data=b"next") as response:
                answered.append((await response.text(), clock.now()))

        asking = asyncio.create_task(client())
        await until(lambda: face.bodies)
        clock.call_at(2, lambda: answered.append(("later", clock.now())))
        await fleet.pacer.advance(3)
        await asking
    assert answered == [("done", 1.0), ("next", 1.0), ("later", 2.0)]
