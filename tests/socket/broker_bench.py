"""An embedded broker on loopback, and outside programs beside it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiomqtt

from simulator.clock import SimClock
from simulator.journal import Journal, Record
from simulator.net.tls import Tls
from simulator.site.broker.server import BrokerServer
from simulator.wire.mqtt.encode import encode
from simulator.wire.mqtt.packet import Connack, Connect, Packet
from simulator.wire.mqtt.reader import PacketReader

HOST = "127.0.0.1"
PATIENCE = 10.0


class Sockets:
    """Gives a listening socket, and the same port each further time."""

    def __init__(self) -> None:
        self.port = 0

    def __call__(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        sock.bind((HOST, self.port))
        self.port = sock.getsockname()[1]
        return sock


class Site:
    """A running broker and its journal."""

    def __init__(self, **settings: Any) -> None:
        self.journal = Journal(SimClock(stepped=True))
        self.broker = BrokerServer(self.journal, **settings)
        self.tls = Tls()

    @property
    def port(self) -> int:
        assert self.broker.port is not None
        return self.broker.port

    def records(self, what: str) -> list[Record]:
        return [record for record in self.journal.since(0) if record.what == what]

    def client(self, name: str | None = None, **settings: Any) -> aiomqtt.Client:
        return aiomqtt.Client(HOST, settings.pop("port", self.port), identifier=name, timeout=PATIENCE, **settings)

    async def raw(self, connect: Connect | None = None) -> Peer:
        """A client of bytes, connected if told how."""
        peer = Peer(*await asyncio.open_connection(HOST, self.port))
        if connect is not None:
            await peer.send(connect)
            assert isinstance(await peer.next(), Connack)
        return peer


class Peer:
    """One end of a connection, packet by packet."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._packets = PacketReader()

    async def send(self, *packets: Packet) -> None:
        self.writer.write(b"".join(map(encode, packets)))
        await self.writer.drain()

    async def next(self) -> Packet | None:
        """The next packet, or None when the broker has closed. Raises ConnectionResetError, TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while (packet := self._packets.read()) is None:
                data = await self.reader.read(1 << 16)
                if not data:
                    return None
                self._packets.feed(data)
        return packet

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


@asynccontextmanager
async def site(*, secure: bool = False, web: bool = False, **settings: Any) -> AsyncIterator[Site]:
    bench = Site(**settings)
    ways = {"web": Sockets(), "secure_web": Sockets()} if web else {}
    if secure:
        await bench.broker.start(Sockets(), Sockets(), bench.tls.named("broker", HOST), **ways)
    else:
        await bench.broker.start(Sockets(), **ways)
    try:
        yield bench
    finally:
        await bench.broker.stop()


async def run(*command: str) -> tuple[int, str, str]:
    """Run an outside program to its end: exit code, output, errors."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(PATIENCE):
            output, errors = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.communicate()
        raise
    return process.returncode or 0, output.decode(), errors.decode()


class Mosquitto:
    """A real mosquitto on a port of its own, for this test only."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server((HOST, 0)) as free:
            self.port: int = free.getsockname()[1]
        self._config = folder / "mosquitto.conf"
        self._config.write_text(f"listener {self.port} {HOST}\nallow_anonymous true\n")
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self._process = subprocess.Popen(
            [shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    _, writer = await asyncio.open_connection(HOST, self.port)
                except ConnectionRefusedError:
                    assert self._process.poll() is None, "mosquitto ended at once"
                    await asyncio.sleep(0.02)
                    continue
                writer.close()
                await writer.wait_closed()
                return

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None


@contextmanager
def mosquitto(folder: Path) -> Iterator[Mosquitto]:
    peer = Mosquitto(folder)
    try:
        yield peer
    finally:
        peer.stop()
