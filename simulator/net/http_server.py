"""The web server of all devices: one low-level aiohttp server per fleet, dispatched by local address and port.

aiohttp parses requests; everything a client sees is the device's: the face answers, and what the server itself has
to say (a malformed request, too many headers, a body too large) is Apache's page with the device's `Server` and
`Date` (core sheet 5.1, 5.2). No exception text, no banner of ours.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.streams import StreamReader

from simulator.errors import FleetError
from simulator.face.exchange import Head
from simulator.net.acceptor import Acceptor
from simulator.net.http_answer import KEEP_ALIVE_SECONDS, Ready, error_answer, head_bytes, http_date
from simulator.net.http_exchange import Exchange
from simulator.net.http_inflow import BEHIND_LIMIT, OpenEndedPost

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.http_parser import RawRequestMessage

    from simulator.face.exchange import HttpFace
    from simulator.net.patchbay import Endpoint, Patchbay
    from simulator.net.provider import Provider

MOST_HEADERS = 100
"""Apache's LimitRequestFields."""
LONGEST_LINE = 8190
"""Apache's LimitRequestLine and LimitRequestFieldSize, bytes."""
LINGER = 5.0
"""Wire seconds in which the rest of an unwanted body is read and forgotten, so that the answer is read."""
Place = tuple[str, int]
"""Wire address and port of a listener: `getsockname()`."""

_silence = logging.getLogger("simulator.net.http")
_silence.addHandler(logging.NullHandler())
_silence.propagate = False
logging.getLogger("aiohttp.websocket").addHandler(logging.NullHandler())


@dataclass(slots=True)
class Door:
    """What stands behind one listener."""

    face: HttpFace
    endpoint: Endpoint
    host: str
    """Wire address and port, as `127.16.0.1:8080`."""
    secure: bool
    wall: Callable[[], datetime]
    """The device's own idea of date and time, for `Date`."""
    server: Callable[[], str]
    """`Server` where the face did not write one."""

    @property
    def device(self) -> str:
        return self.endpoint.device

    def date(self) -> str:
        """The `Date` header."""
        return http_date(self.wall().replace(microsecond=0))


class HttpConnection(web.RequestHandler):
    """One connection. Beyond aiohttp's: answers a client that has already closed its sending half."""

    half_closed = False
    """The client sends nothing more, but reads."""
    owed = 0
    """Requests taken up and not yet answered."""
    behind: StreamReader | None = None
    """What followed a POST that announces no length; kept from the parser until it is answered."""
    _posts: OpenEndedPost | None = None
    _patient = 0
    _taking = False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """While the answer depends on the client or the device's own time, a client that closes is gone."""
        if self.half_closed:
            raise asyncio.CancelledError
        self._patient += 1
        try:
            yield
        finally:
            self._patient -= 1

    @contextmanager
    def taking(self) -> Iterator[None]:
        """While the face takes what follows an open-ended POST, a client that closes its half has only ended it."""
        self._taking = True
        try:
            yield
        finally:
            self._taking = False

    def data_received(self, data: bytes) -> None:
        """Called by the transport; what follows an open-ended POST waits for its answer."""
        if self.behind is not None:
            if data and not self.behind.is_eof():
                self.behind.feed_data(data)
            return
        if self._posts is None and data[:5] == b"POST ":
            self._posts = OpenEndedPost()
        if self._posts is not None and not self.owed and not self._messages:
            end = self._posts.end_of_head(data)
            if end:
                self.behind = StreamReader(self, BEHIND_LIMIT, loop=self._loop)
                self.behind.feed_data(data[end:])
                data = data[:end]
        super().data_received(data)

    def answered(self) -> None:
        """A request has been: what followed an open-ended POST is the next one, if nobody took it for a body."""
        self.owed -= 1
        behind, self.behind = self.behind, None
        rest = b"" if behind is None else behind.read_nowait()
        if rest:
            self.data_received(rest)

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """A client may close its half after a request (`nc -N`, HTTP/1.0): it still gets the answer."""
        secure = self.transport is not None and self.transport.get_extra_info("sslcontext") is not None
        if self.behind is not None:
            self.behind.feed_eof()
            if self._taking:
                return not secure
        if secure or self._patient or not (self._messages or self.owed):
            return None
        self.half_closed = True
        self.close()
        return True

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What aiohttp could not parse, or could not finish: Apache's page instead of aiohttp's."""
        server = self._manager
        assert isinstance(server, _FleetServer)
        return server.owner.malformed(request, 414 if _is_target(exc) else status, exc)


def _is_target(error: BaseException | None) -> bool:
    """The request line, not a header, was too long: what aiohttp quotes begins as a target does."""
    if not isinstance(error, LineTooLong):
        return False
    quoted = error.args[0]
    return bool(quoted[:1] in (b"/", "/"))


class _FleetServer(web.Server):
    """aiohttp's server with our connections and a count of what is under way."""

    def __init__(self, owner: HttpServer) -> None:
        super().__init__(owner.handle, handler_cancellation=True)
        self.owner = owner

    def __call__(self) -> HttpConnection:
        return HttpConnection(
            self,
            loop=self._loop,
            keepalive_timeout=self.owner.keep_alive,
            tcp_keepalive=False,
            logger=_silence,
            access_log=None,  # type: ignore[arg-type] # aiohttp takes None for no log
            max_line_size=LONGEST_LINE,
            max_headers=MOST_HEADERS,
            max_field_size=LONGEST_LINE,
            lingering_time=LINGER,
            auto_decompress=False,
        )

    def _make_request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: asyncio.Task[None],
    ) -> web.BaseRequest:
        assert isinstance(protocol, HttpConnection)
        protocol.owed += 1
        self.owner.patchbay.activity.count += 1
        return super()._make_request(message, payload, protocol, writer, task)


class HttpServer:
    """One per fleet. `observe(device, head, status, seconds, bytes)` is told of every request."""

    def __init__(
        self,
        patchbay: Patchbay,
        observe: Callable[[str, Head, int, float, int], None],
        *,
        keep_alive: float = KEEP_ALIVE_SECONDS,
    ) -> None:
        self.patchbay = patchbay
        self.keep_alive = keep_alive
        self._observe = observe
        self._doors: dict[Place, Door] = {}
        self._server = _FleetServer(self)

    def listen(
        self,
        provider: Provider,
        endpoint: Endpoint,
        address: str,
        port: int,
        face: HttpFace,
        *,
        wall: Callable[[], datetime],
        server: Callable[[], str],
        context: Callable[[], ssl.SSLContext] | None = None,
    ) -> Acceptor:
        """Open the listener of one device's service and attach its face; `context` makes it HTTPS.

        `port` is the device's own (80); the acceptor's `address` tells the wire port. Close the acceptor and
        `detach` its address to end it.
        """
        acceptor = Acceptor(
            lambda: provider.listen_tcp(address, port, owner=str(endpoint)),
            endpoint,
            self.patchbay,
            self.connection,
            context=context,
        )
        host = f"{acceptor.address[0]}:{acceptor.address[1]}"
        self.attach(acceptor.address, Door(face, endpoint, host, context is not None, wall, server))
        return acceptor

    def attach(self, place: Place, door: Door) -> None:
        """Let the face behind `door` answer what comes to this address and port. Raises FleetError if one does."""
        if place in self._doors:
            raise FleetError(f"{place[0]}:{place[1]} is {self._doors[place].endpoint}'s already")
        self._doors[place] = door

    def detach(self, place: Place) -> None:
        """Answer no more there; requests on connections that stand end them. Safe to repeat."""
        self._doors.pop(place, None)

    def connection(self) -> HttpConnection:
        """The protocol for one more connection."""
        return self._server()

    async def shut_down(self) -> None:
        """End all connections and wait for their handlers."""
        await self._server.shutdown(0.1)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Called by aiohttp for each request."""
        connection = request.protocol
        assert isinstance(connection, HttpConnection)
        try:
            door = self._doors.get(connection.sockname)  # type: ignore[arg-type] # TCP: a pair
            if door is None:
                return _hung_up(request)
            return await Exchange(request, connection, door, self.patchbay, self._observe).respond()
        finally:
            connection.answered()

    def malformed(self, request: web.BaseRequest, status: int, error: BaseException | None) -> web.StreamResponse:
        """The page for what is no request, reported with method `-`; a mistake of ours is reported as such."""
        connection = request.protocol
        assert isinstance(connection, HttpConnection)
        door = self._doors.get(connection.sockname)  # type: ignore[arg-type] # TCP: a pair
        if door is None:
            return _hung_up(request)
        if status >= 500 and error is not None:
            self.patchbay.reports.bug(door.device, error)
        body, content_type = error_answer(status)
        headers = (("Content-Length", str(len(body))), ("Content-Type", content_type))
        data = (
            head_bytes(status, headers, date=door.date(), server=door.server(), close=True, version=(1, 1)) + body
        )
        head = Head("-", "-", "-", "", {}, request.remote or "", door.secure, door.host)
        self._observe(door.device, head, status, 0.0, len(data))
        return Ready(data, keep=False)


def _hung_up(request: web.BaseRequest) -> Ready:
    """Nobody answers there any more: the connection ends without a word."""
    if request.transport is not None:
        request.transport.abort()
    return Ready(b"", keep=False)
