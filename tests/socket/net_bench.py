"""What the tests of the net floor share: a fleet of faces that are a few lines each, on real sockets."""

from __future__ import annotations

import asyncio
import http.client
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.face.exchange import Admission, Answer, Head, Held, Reply, Request
from simulator.net.acceptor import Acceptor
from simulator.net.http_server import HttpServer
from simulator.net.pacer import Pacer
from simulator.net.patchbay import Endpoint, Patchbay, Reports
from simulator.net.provider import Provider
from simulator.net.tls import Tls

T = TypeVar("T")
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
SERVER = "Apache/2.4.68 (Unix) OpenSSL/3.5.7"


@dataclass
class ScriptedFace:
    """Answers by a function of the request; keeps what it saw."""

    serve: Callable[[Request], Reply] = lambda request: Answer(200, b"OK", "text/plain")
    refuse: Callable[[Head], Answer | Held | None] = lambda head: None
    body_limit: int = 1 << 20
    spool: bool = False
    heads: list[Head] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def admit(self, head: Head) -> Answer | Held | Admission:
        self.heads.append(head)
        return self.refuse(head) or Admission(self._serve, self.body_limit, self.spool)

    def _serve(self, request: Request) -> Reply:
        self.bodies.append(request.upload.read() if request.upload else request.body)
        return self.serve(request)


class Bench:
    """A provider, a patchbay and a web server."""

    def __init__(self, provider: Provider, clock: SimClock) -> None:
        self.provider = provider
        self.clock = clock
        self.pacer = Pacer(clock)
        self.requests: list[tuple[str, str, int, int]] = []
        self.connections: list[tuple[str, str, str]] = []
        self.faults: list[tuple[str, str]] = []
        self.bugs: list[BaseException] = []
        reports = Reports(
            connection=lambda endpoint, peer, what: self.connections.append((str(endpoint), peer, what)),
            fault=lambda endpoint, fault, moment: self.faults.append((fault, moment)),
            bug=lambda device, error: self.bugs.append(error),
        )
        self.bay = Patchbay(self.pacer.activity, Chance(1), reports)
        self.http = HttpServer(self.bay, self._observe, keep_alive=20)
        self.tls = Tls()
        self.acceptors: list[Acceptor] = []

    def _observe(self, device: str, head: Head, status: int, seconds: float, size: int) -> None:
        assert seconds >= 0
        self.requests.append((device, head.method, status, size))

    def open(self, face: Any, number: int = 1, *, secure: bool = False) -> tuple[str, int]:
        """Open device `number`'s web server; returns its wire address and port."""
        address = self.provider.plan.device(number)
        service, port = ("https", 443) if secure else ("http", 80)
        acceptor = self.http.listen(
            self.provider,
            Endpoint(f"io-{number}", service),
            address,
            port,
            face,
            wall=self.clock.wall,
            server=lambda: SERVER,
            context=self.tls.server(f"B8A44F{number:06X}", address) if secure else None,
        )
        self.acceptors.append(acceptor)
        return acceptor.address

    async def close(self) -> None:
        self.bay.shut_down()
        for acceptor in self.acceptors:
            acceptor.close()
        await self.http.shut_down()
        self.pacer.close()
        self.provider.close()


@asynccontextmanager
async def bench(mode: str = "loopback", *, stepped: bool = False) -> AsyncIterator[Bench]:
    made = Bench(Provider.open(mode, worker=WORKER), SimClock(stepped=stepped))
    try:
        yield made
    finally:
        await made.close()


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for a condition, looking at it after every turn of the loop."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.001)


def in_thread(function: Callable[..., T], *arguments: Any) -> Coroutine[Any, Any, T]:
    """Run a blocking client beside the loop."""
    return asyncio.to_thread(function, *arguments)


def ask(place: tuple[str, int], sent: bytes, *, half_close: bool = False, timeout: float = 5.0) -> bytes:
    """Send bytes on a fresh socket and return all that comes until the server closes. Errors are the caller's."""
    with socket.create_connection(place, timeout) as sock:
        sock.sendall(sent)
        if half_close:
            sock.shutdown(socket.SHUT_WR)
        return read_all(sock)


def read_all(sock: socket.socket) -> bytes:
    """All bytes until the end of the stream."""
    received = bytearray()
    while piece := sock.recv(65536):
        received += piece
    return bytes(received)


def get(path: str = "/", *headers: str, close: bool = True) -> bytes:
    """A GET request as bytes."""
    lines = [f"GET {path} HTTP/1.1", "Host: device", *headers, *(["Connection: close"] if close else [])]
    return "\r\n".join([*lines, "", ""]).encode()


async def curl(*arguments: str) -> tuple[int, str]:
    """Run curl; its exit code and what it printed, headers and body."""
    process = await asyncio.create_subprocess_exec(
        "curl",
        "-sS",
        "-i",
        "--max-time",
        "10",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode("latin-1")


def fetch(place: tuple[str, int], method: str, path: str, **more: Any) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(*place, timeout=5)
    try:
        connection.request(method, path, **more)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()
