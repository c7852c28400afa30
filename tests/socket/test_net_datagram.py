"""UDP sockets of devices, asked by bare sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from net_bench import Bench, bench, in_thread, until

from simulator.errors import AddressTaken
from simulator.net.datagram import DatagramPort
from simulator.net.fault import make
from simulator.net.patchbay import Endpoint

pytestmark = pytest.mark.asyncio
SNMP = Endpoint("io-1", "snmp")


class Echo:
    """Answers each datagram with itself."""

    def __init__(self, fleet: Bench) -> None:
        address = fleet.provider.plan.device(1)
        self.heard: list[bytes] = []
        self.port = DatagramPort(
            lambda: fleet.provider.bind_udp(address, 10161, owner="io-1"), SNMP, fleet.bay, self._received
        )

    def _received(self, data: bytes, peer: tuple[str, int]) -> None:
        self.heard.append(data)
        self.port.send(data, peer)


@contextmanager
def asking(port: DatagramPort) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.connect(port.address)
        yield sock


def answers(sock: socket.socket, count: int) -> list[bytes]:
    return [sock.recv(2048) for _ in range(count)]


@pytest.mark.parametrize("mode", ["loopback", "ephemeral"])
async def test_every_datagram_is_answered_from_the_asked_address(mode: str) -> None:
    async with bench(mode) as fleet:
        echo = Echo(fleet)
        with asking(echo.port) as sock:
            for n in range(100):
                sock.send(b"%d" % n)
            assert await in_thread(answers, sock, 100) == [b"%d" % n for n in range(100)]
        echo.port.close()
        echo.port.close()


async def test_a_mistake_about_one_datagram_is_written_down_and_the_next_is_answered() -> None:
    async with bench() as fleet:
        echo = Echo(fleet)
        received = echo._received

        def mistaken(data: bytes, peer: tuple[str, int]) -> None:
            if data == b"odd":
                raise ZeroDivisionError("our own")
            received(data, peer)

        echo.port._received = mistaken
        with asking(echo.port) as sock:
            sock.send(b"odd")
            sock.send(b"even")
            assert await in_thread(answers, sock, 1) == [b"even"]
        assert [str(error) for error in fleet.bugs] == ["our own"]
        fleet.bugs.clear()
        echo.port.close()


async def test_loss_takes_its_share() -> None:
    async with bench() as fleet:
        echo = Echo(fleet)
        active = fleet.bay.apply(make("udp_loss", {"chance": 0.1, "direction": "to-device"}), SNMP)
        with asking(echo.port) as sock:
            for start in range(0, 5000, 50):
                for n in range(50):
                    sock.send(b"%d" % (start + n))
                await until(lambda sent=start + 50: len(echo.heard) + active.struck == sent)
        assert 4400 <= len(echo.heard) <= 4600
        echo.port.close()


async def test_duplicates_arrive_twice_and_only_as_often_as_told() -> None:
    async with bench() as fleet:
        echo = Echo(fleet)
        fleet.bay.apply(make("udp_duplicate", {"count": 1, "direction": "to-client"}), SNMP)
        with asking(echo.port) as sock:
            sock.send(b"a")
            assert await in_thread(answers, sock, 2) == [b"a", b"a"]
            sock.send(b"b")
            assert await in_thread(answers, sock, 1) == [b"b"]
        echo.port.close()


async def test_reordered_datagrams_are_overtaken() -> None:
    async with bench() as fleet:
        echo = Echo(fleet)
        reorder = {"chance": 1, "count": 1, "delay": 0.1, "direction": "to-device"}
        fleet.bay.apply(make("udp_reorder", reorder), SNMP)
        with asking(echo.port) as sock:
            for data in (b"first", b"second", b"third"):
                sock.send(data)
            assert await in_thread(answers, sock, 3) == [b"second", b"third", b"first"]
        echo.port.close()


async def test_chance_zero_loses_nothing() -> None:
    async with bench() as fleet:
        echo = Echo(fleet)
        for name in ("udp_loss", "udp_duplicate", "udp_reorder"):
            fleet.bay.apply(make(name, {"chance": 0}), SNMP)
        with asking(echo.port) as sock:
            for n in range(50):
                sock.send(b"%d" % n)
            assert await in_thread(answers, sock, 50) == [b"%d" % n for n in range(50)]
        echo.port.close()


async def test_a_refused_port_is_unreachable_and_comes_back() -> None:
    async with bench() as fleet:
        echo = Echo(fleet)
        with asking(echo.port) as sock:
            active = fleet.bay.apply(make("refused"), SNMP)
            sock.send(b"anybody?")
            with pytest.raises(ConnectionRefusedError):
                await in_thread(sock.recv, 100)
            active.clear()
            sock.send(b"again")
            assert await in_thread(answers, sock, 1) == [b"again"]
        echo.port.close()


@pytest.mark.parametrize("silence", ["cable", "syn_drop"])
async def test_silence_is_deaf_and_dumb(silence: str) -> None:
    async with bench() as fleet:
        echo = Echo(fleet)
        with asking(echo.port) as sock:
            active: Any = None
            if silence == "cable":
                fleet.bay.freeze("io-1")
            else:
                active = fleet.bay.apply(make("syn_drop"), SNMP)
            sock.send(b"anybody?")
            echo.port.send(b"unheard", sock.getsockname())
            sock.settimeout(0.2)
            with pytest.raises(TimeoutError):
                await in_thread(sock.recv, 100)
            assert echo.heard == []
            fleet.bay.thaw("io-1")
            if active is not None:
                active.clear()
            sock.settimeout(5)
            sock.send(b"again")
            assert await in_thread(answers, sock, 1) == [b"again"]
        echo.port.close()


async def test_a_peer_that_is_gone_does_not_stop_the_port() -> None:
    async with bench() as fleet:
        echo = Echo(fleet)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
            gone.bind(("127.0.0.1", 0))
            nobody = gone.getsockname()
        for _ in range(3):
            echo.port.send(b"hello?", nobody)
        echo.port.send(b"x" * 70_000, nobody)
        with asking(echo.port) as sock:
            sock.send(b"here")
            assert await in_thread(answers, sock, 1) == [b"here"]
        assert echo.port.dropped >= 1
        echo.port.close()


async def test_one_unicast_port_has_one_holder() -> None:
    async with bench() as fleet:
        echo = Echo(fleet)
        with pytest.raises(AddressTaken, match="another program"):
            fleet.provider.bind_udp(echo.port.address[0], echo.port.address[1])
        echo.port.close()
