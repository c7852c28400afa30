"""One TCP or TLS connection of a SIP user agent, opened by it or by its peer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, cast

from simulator.clock import wire_now
from simulator.errors import MalformedMessage
from simulator.net.dialer import TransportStream
from simulator.wire.sip.framing import Keepalive, StreamFraming
from simulator.wire.sip.packet import UDP

if TYPE_CHECKING:
    from simulator.face.transport import Stream
    from simulator.wire.sip.packet import Address, Packet

MOST_WAITING = 64
"""Packets that wait for a connection to stand; the transactions behind more of them are told that they failed."""
PONG = b"\r\n"


class Keeper(Protocol):
    """Whose connection it is."""

    @property
    def pong(self) -> bool:
        """Whether CRLFCRLF is answered."""

    def came(self, connection: Connection, data: bytes) -> None:
        """One message."""

    def unreadable(self, connection: Connection, error: MalformedMessage) -> None:
        """What came was no SIP; the connection closes when this returns."""

    def stands(self, connection: Connection) -> None:
        """Its peer is known."""

    def switched(self, packet: Packet, local: Address) -> Packet:
        """The packet as it is over TCP."""

    def gone(self, connection: Connection, reason: str, unsent: list[Packet]) -> None:
        """It ended or never came about. Said once."""


class Connection:
    """Writes messages and reads them out of the stream. What is sent before it stands waits."""

    __slots__ = (
        "_keeper", "_over", "_stream", "_waiting", "dialled", "framing", "host", "last_request", "last_used",
        "local", "peer", "transport",
    )  # fmt: skip

    def __init__(self, keeper: Keeper, host: Address, transport: str, *, dialled: bool = False) -> None:
        self.dialled = dialled
        self.host = host
        """As it was asked for: a name, perhaps."""
        self.peer = host
        """Address and port, once it stands."""
        self.local: Address = ("", 0)
        """The near end, once it stands."""
        self.transport = transport
        self.framing = StreamFraming()
        self.last_used = wire_now()
        self.last_request: Packet | None = None
        self._keeper = keeper
        self._stream: TransportStream | None = None
        self._waiting: list[Packet] = []
        self._over = False

    @property
    def standing(self) -> bool:
        return self._stream is not None and not self._over

    def send(self, packet: Packet) -> bool:
        """Send now, or when it stands. False where too much waits already."""
        self.last_used = wire_now()
        if self._stream is not None:
            self._write(self._stream, packet)
            return True
        if any(waiting.data == packet.data for waiting in self._waiting):  # repeated, as over UDP
            return True
        if len(self._waiting) >= MOST_WAITING:
            return False
        self._waiting.append(packet)
        return True

    def close(self) -> None:
        """In order."""
        if self._stream is not None:
            self._over = True
            self._stream.close()

    def abort(self) -> None:
        """At once."""
        if self._stream is not None:
            self._over = True
            self._stream.abort()

    def _write(self, stream: TransportStream, packet: Packet) -> None:
        if packet.switch and packet.transport == UDP:
            packet = self._keeper.switched(packet, self.local)
        if packet.branch:
            self.last_request = packet
        stream.write(packet.data)

    # as the user of a stream

    def opened(self, stream: Stream) -> None:
        assert isinstance(stream, TransportStream)
        self._stream = stream
        self.local = stream.near_end()
        self.last_used = wire_now()
        self._keeper.stands(self)
        waiting, self._waiting = self._waiting, []
        for packet in waiting:
            self._write(stream, packet)

    def received(self, data: bytes) -> None:
        if self._over:
            return
        try:
            for part in self.framing.receive(data):
                if isinstance(part, Keepalive):
                    self._ping()
                elif not self._over:
                    self.last_used = wire_now()
                    self._keeper.came(self, part)
        except MalformedMessage as error:
            self._keeper.unreadable(self, error)
            self.close()

    def lost(self, reason: str) -> None:
        self._over = True
        self._stream = None
        unsent, self._waiting = self._waiting, []
        self._keeper.gone(self, reason, unsent)

    def _ping(self) -> None:
        if self._keeper.pong and self._stream is not None and not self._over:
            self._stream.write(PONG)


class Accepted(asyncio.Protocol):
    """The end of an accepted line at which a connection speaks."""

    def __init__(self, keeper: Keeper, transport: str) -> None:
        self._keeper = keeper
        self._transport = transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername") or ("", 0)
        self._stream = TransportStream(cast("asyncio.Transport", transport))
        self._connection = Connection(self._keeper, peer[:2], self._transport)
        self._connection.opened(self._stream)

    def data_received(self, data: bytes) -> None:
        self._connection.received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connection.lost("closed" if exc is None else str(exc))
