"""The embedded broker in a process of its own: `python -m benchmarks.embedded_broker PORT`."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import sys

from simulator.clock import SimClock
from simulator.journal import Journal
from simulator.site.broker.server import BrokerServer

CAPACITY = 20_000
"""Records of the journal: few, so that what memory grows by is the broker's own."""


def _listener(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setblocking(False)
    sock.bind(("127.0.0.1", port))
    return sock


async def _serve(port: int) -> None:
    broker = BrokerServer(Journal(SimClock(), capacity=CAPACITY))
    await broker.start(lambda: _listener(port))
    print("ready", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """On uvloop where it is installed, as the engine."""
    if importlib.util.find_spec("uvloop") is not None:
        import uvloop

        uvloop.install()
    asyncio.run(_serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
