"""One TCP or TLS connection of a SIP user agent, opened by it or by its peer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, cast

from simulator.clock import wire_now
from simulator.errors import MalformedMessage
from simulator.net.dialer import TransportStream
from simulator.wire.sip.framing import Keepalive, StreamFraming

if TYPE_CHECKING:
    from simulator.face.transport import Stream
    from simulator.net.datagram import Peer

MOST_WAITING = 64
"""Messages that wait for a connection to stand; the transactions behind more of them are told that they failed."""
PING, PONG = b"\r\n\r\n", b"\r\n"
Unsent = tuple[bytes, bytes | None]
"""A message, and the same one as a datagram where UDP takes it if the connection cannot be had."""


class Keeper(Protocol):
    """Whose connection it is."""

    pong: bool

    def came(self, connection: Connection, data: bytes) -> None:
        """One message."""

    def unreadable(self, connection: Connection, reason: str) -> None:
        """What came was no SIP; the connection is closing."""

    def stands(self, connection: Connection) -> None:
        """Its peer is known."""

    def gone(self, connection: Connection, reason: str, unsent: list[Unsent]) -> None:
        """It ended or never came about. Said once."""


class Connection:
    """Writes messages and reads them out of the stream. What is sent before it stands waits."""

    __slots__ = (
        "_keeper", "_over", "_stream", "_waiting", "dialled", "framing", "host", "last_sent", "last_used", "peer",
        "transport",
    )  # fmt: skip

    def __init__(self, keeper: Keeper, host: Peer, transport: str, *, dialled: bool = False) -> None:
        self.dialled = dialled
        self.host = host
        """As it was asked for: a name, perhaps."""
        self.peer = host
        """Address and port, once it stands."""
        self.transport = transport
        self.framing = StreamFraming()
        self.last_used = self.last_sent = wire_now()
        self._keeper = keeper
        self._stream: Stream | None = None
        self._waiting: list[Unsent] = []
        self._over = False

    @property
    def standing(self) -> bool:
        return self._stream is not None and not self._over

    @property
    def over(self) -> bool:
        """Nothing more can be sent on it."""
        return self._over

    def send(self, data: bytes, datagram: bytes | None = None) -> bool:
        """Send now, or when it stands. False where too much waits already."""
        self.last_used = wire_now()
        if self._stream is not None:
            self.last_sent = self.last_used
            self._stream.write(data)
            return True
        if len(self._waiting) >= MOST_WAITING:
            return False
        self._waiting.append((data, datagram))
        return True

    def ping(self) -> None:
        """CRLFCRLF: the connection is kept, without counting as used."""
        if self._stream is not None:
            self.last_sent = wire_now()
            self._stream.write(PING)

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

    # as the user of a stream

    def opened(self, stream: Stream) -> None:
        self._stream = stream
        self.last_used = self.last_sent = wire_now()
        self._keeper.stands(self)
        waiting, self._waiting = self._waiting, []
        for data, _ in waiting:
            stream.write(data)

    def received(self, data: bytes) -> None:
        if self._over:
            return
        try:
            parts = self.framing.receive(data)
        except MalformedMessage as error:
            self._keeper.unreadable(self, str(error))
            self.close()
            return
        for part in parts:
            if isinstance(part, Keepalive):
                self._kept_alive(part)
            elif not self._over:
                self.last_used = wire_now()
                self._keeper.came(self, part)

    def lost(self, reason: str) -> None:
        self._over = True
        self._stream = None
        unsent, self._waiting = self._waiting, []
        self._keeper.gone(self, reason, unsent)

    def _kept_alive(self, part: Keepalive) -> None:
        if part is Keepalive.PING and self._keeper.pong and self._stream is not None:
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
