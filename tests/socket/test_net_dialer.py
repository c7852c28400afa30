"""Connections that devices open, received by servers of the standard library."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from net_bench import Bench, bench, in_thread, until

from simulator.face.transport import Stream, TlsWish
from simulator.journal import Journal, Kind
from simulator.net.dialer import SocketDialer
from simulator.net.fault import make
from simulator.net.patchbay import Endpoint

pytestmark = pytest.mark.asyncio
MQTT = Endpoint("io-1", "mqtt")


@dataclass
class User:
    """Keeps what it is told."""

    said: list[str] = field(default_factory=list)
    data: bytes = b""
    stream: Stream | None = None
    on_open: Callable[[], None] = lambda: None

    def opened(self, stream: Stream) -> None:
        self.stream = stream
        self.said.append("opened")
        self.on_open()

    def received(self, data: bytes) -> None:
        self.data += data

    def lost(self, reason: str) -> None:
        self.said.append(reason)


def dialer(fleet: Bench, **more: Any) -> SocketDialer:
    address = fleet.provider.plan.device(1)
    return SocketDialer(MQTT, lambda: address, fleet.provider, fleet.bay, fleet.tls, **more)


def server(fleet: Bench) -> socket.socket:
    return fleet.provider.listen_tcp(fleet.provider.plan.infrastructure("broker"), 1883)


async def accepted(listener: socket.socket) -> tuple[socket.socket, tuple[str, int]]:
    connection, peer = await asyncio.get_running_loop().sock_accept(listener)
    connection.setblocking(True)
    connection.settimeout(5)
    return connection, peer


@pytest.mark.parametrize("mode", ["loopback", "ephemeral"])
async def test_a_device_connects_from_its_own_address(mode: str) -> None:
    async with bench(mode) as fleet:
        user = User()
        with server(fleet) as listener:
            dialer(fleet).dial(user, *listener.getsockname())
            connection, peer = await accepted(listener)
            with connection:
                assert peer[0] == fleet.provider.plan.device(1)
                await until(lambda: user.stream)
                user.stream.write(b"CONNECT")
                assert await in_thread(connection.recv, 100) == b"CONNECT"
                connection.sendall(b"CONNACK")
                await until(lambda: user.data == b"CONNACK")
                assert fleet.bay.count(MQTT) == 1
            await until(lambda: len(user.said) == 2)
        assert user.said == ["opened", "closed by peer"]


async def test_closing_is_in_order_and_abort_is_not() -> None:
    async with bench() as fleet:
        for verb in ("close", "abort"):
            user = User()
            with server(fleet) as listener:
                dialer(fleet).dial(user, *listener.getsockname())
                connection, _ = await accepted(listener)
                with connection:
                    await until(lambda user=user: user.stream)
                    user.stream.write(b"DISCONNECT")
                    getattr(user.stream, verb)()
                    user.stream.write(b"unheard")
                    if verb == "close":
                        assert await in_thread(connection.recv, 100) == b"DISCONNECT"
                        assert await in_thread(connection.recv, 100) == b""
                    await until(lambda user=user: len(user.said) == 2)
            assert user.said == ["opened", "closed"]


async def test_every_failure_is_said_once_and_clearly() -> None:
    async with bench() as fleet:
        dial = dialer(fleet).dial
        refused, unknown, late = User(), User(), User()
        with server(fleet) as listener:
            place = listener.getsockname()
        dial(refused, *place)
        dial(unknown, "no.such.host", 1883)
        await until(lambda: refused.said and unknown.said)
        fleet.bay.freeze("io-1")
        dial(late, *place, timeout=0.05)
        await until(lambda: late.said)
        assert refused.said == ["connection refused"]
        assert unknown.said == ["could not resolve host no.such.host"]
        assert late.said == ["connection timed out"]


async def test_without_an_address_the_network_is_unreachable() -> None:
    async with bench() as fleet:
        user = User()
        alone = SocketDialer(MQTT, lambda: None, fleet.provider, fleet.bay, fleet.tls)
        alone.dial(user, "127.0.0.1", 9)
        await until(lambda: user.said)
        assert user.said == ["network is unreachable"]


async def test_a_cancelled_dial_says_nothing() -> None:
    async with bench() as fleet:
        user = User()
        attempt = dialer(fleet).dial(user, "127.0.0.1", 9)
        attempt.cancel()
        attempt.cancel()
        await fleet.pacer.settle()
        assert user.said == []


async def test_a_dial_behind_a_pulled_cable_goes_out_when_it_is_plugged() -> None:
    async with bench() as fleet:
        user = User()
        fleet.bay.freeze("io-1")
        with server(fleet) as listener:
            dialer(fleet).dial(user, *listener.getsockname())
            await fleet.pacer.settle()
            fleet.bay.thaw("io-1")
            connection, _ = await accepted(listener)
            connection.close()
            await until(lambda: user.said == ["opened", "closed by peer"])


async def test_faults_act_on_dialled_connections() -> None:
    async with bench() as fleet:
        user = User()
        fleet.bay.apply(make("limit_data", {"limit": 4}), MQTT)
        with server(fleet) as listener:
            dialer(fleet).dial(user, *listener.getsockname())
            connection, _ = await accepted(listener)
            with connection:
                await until(lambda: user.stream)
                user.stream.write(b"CONNECT")
                assert await in_thread(connection.recv, 100) == b"CONN"
                assert await in_thread(connection.recv, 100) == b""


def tls_server(listener: socket.socket, context: ssl.SSLContext) -> tuple[str | None, bytes]:
    connection, _ = listener.accept()
    connection.settimeout(5)
    try:
        with context.wrap_socket(connection, server_side=True) as sock:
            return sock.selected_alpn_protocol(), sock.recv(100)
    except (ssl.SSLError, ConnectionError):
        return None, b"refused"


@pytest.mark.parametrize(
    ("names", "wish", "outcome"),
    [
        (("127.19.0.4", "127.0.0.1"), TlsWish(True, alpn="http/1.1"), "opened"),
        (("elsewhere.example",), TlsWish(True), "certificate not accepted"),
        (("elsewhere.example",), TlsWish(False), "opened"),
    ],
)
async def test_tls_is_verified_as_wished(names: tuple[str, ...], wish: TlsWish, outcome: str) -> None:
    async with bench("ephemeral") as fleet:
        user = User()
        user.on_open = lambda: user.stream.write(b"CONNECT")
        with server(fleet) as listener:
            listener.settimeout(5)
            serving = asyncio.create_task(in_thread(tls_server, listener, fleet.tls.named("broker", *names)))
            dialer(fleet).dial(user, *listener.getsockname(), tls=wish)
            alpn, data = await serving
            await until(lambda: user.said)
        assert user.said[0].startswith(outcome)
        if outcome == "opened":
            assert (alpn, data) == (wish.alpn or None, b"CONNECT")


async def test_what_is_sent_at_opening_names_the_cause_and_later_things_do_not() -> None:
    async with bench() as fleet:
        journal = Journal(fleet.clock)
        user = User(on_open=lambda: journal.append(Kind.MESSAGE, "io-1", "CONNECT") and None)
        action = journal.append(Kind.ACTION, "io-1", "power on")
        with server(fleet) as listener:
            with journal.because(action):
                dialer(fleet).dial(user, *listener.getsockname())
            connection, _ = await accepted(listener)
            with connection:
                await until(lambda: user.stream)
        assert [record.cause for record in journal.since(action.number)] == [action.number]


async def test_call_later_is_wire_time() -> None:
    async with bench(stepped=True) as fleet:
        called = asyncio.Event()
        out = dialer(fleet)
        started = out.now()
        out.call_later(0.02, called.set)
        out.call_later(0, lambda: None).cancel()
        async with asyncio.timeout(5):
            await called.wait()
        assert out.now() - started >= 0.019
        out.close()
