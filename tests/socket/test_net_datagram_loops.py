"""UDP sockets on both event loops that an engine may have: asyncio's own and uvloop."""

from __future__ import annotations

import asyncio
import socket

import pytest
from net_bench import bench, until

from simulator.net.datagram import DatagramPort
from simulator.net.patchbay import Endpoint


@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_a_socket_hears_on_after_icmp_errors(kind: str) -> None:
    """libuv gives a descriptor up that has told of an error."""
    module = pytest.importorskip(kind, reason=f"{kind} is not installed")
    with asyncio.Runner(loop_factory=module.new_event_loop) as runner:
        runner.run(_refused_and_answered())


async def _refused_and_answered() -> None:
    heard: list[bytes] = []
    refused: list[tuple[str, int]] = []
    async with bench() as fleet:
        port = DatagramPort(
            lambda: fleet.provider.bind_udp(fleet.provider.plan.device(3), 5060, owner="spk-1"),
            Endpoint("spk-1", "sip"),
            fleet.bay,
            lambda data, _peer: heard.append(data),
            refused=lambda peer, _reason, _data: refused.append(peer),
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
            gone.bind(("127.0.0.1", 0))
            nobody = gone.getsockname()
        for _ in range(3):
            refused.clear()
            port.send(b"anybody there?", nobody)
            await until(lambda: refused)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as friend:
            friend.sendto(b"still here", port.address)
        await until(lambda: heard)
        port.close()
