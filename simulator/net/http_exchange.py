"""One request and its answer, between aiohttp and a device's face."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from simulator.clock import wire_now
from simulator.errors import ClientViolation
from simulator.face.exchange import (
    Admission,
    Answer,
    Endless,
    Head,
    Held,
    HungUp,
    Inflow,
    Reply,
    Request,
    WebSocket,
)
from simulator.net.http_answer import Ready, content_headers, error_answer, head_bytes
from simulator.net.http_body import CONTINUE, Body, read_body
from simulator.net.http_channel import CLOSE_WAIT, EndlessChannel, SocketChannel, hear
from simulator.net.http_inflow import take_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.net.http_server import Door, HttpConnection
    from simulator.net.patchbay import Patchbay

    Observe = Callable[[str, Head, int, float, int], None]

HTTP_11 = (1, 1)
STREAM_TYPE = "multipart/x-mixed-replace"
"""An endless body of this type is delimited by the end of the connection, as cameras do it; others are chunked."""


def head_of(request: web.BaseRequest, door: Door) -> Head:
    """The request's head as faces see it. Names lower case, repeated headers joined, the target as sent."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    target = request.raw_path
    path, _, query = origin_form(target).partition("?")
    peer, now = request.remote or "", wire_now()
    return Head(request.method, target, path, query, headers, peer, door.secure, door.host, now)


def origin_form(target: str) -> str:
    """Path and query of a target; a proxy's `http://host/path` loses scheme and host (RFC 9112 3.2)."""
    if target.startswith("/") or "://" not in target:
        return target
    _, _, rest = target.partition("://")
    slash = rest.find("/")
    return rest[slash:] if slash >= 0 else "/"


class Exchange:
    """Leads one request through the face: admit, body, serve, answer."""

    __slots__ = ("_connection", "_door", "_head", "_observe", "_patchbay", "_request", "_started")

    def __init__(
        self,
        request: web.BaseRequest,
        connection: HttpConnection,
        door: Door,
        patchbay: Patchbay,
        observe: Observe,
    ) -> None:
        self._request = request
        self._connection = connection
        self._door = door
        self._patchbay = patchbay
        self._observe = observe
        self._head = head_of(request, door)
        self._started = self._head.at

    async def respond(self) -> web.StreamResponse:
        """The response for aiohttp; its bytes are sent by aiohttp's call, or have been if it stayed open."""
        try:
            reply = await self._reply()
        except ClientViolation:
            return self._refused(400)
        except Exception as error:  # the face is at fault: the client sees what Apache shows for a broken CGI
            self._patchbay.reports.bug(self._door.device, error)
            return self._refused(500)
        if isinstance(reply, Answer):
            return self._complete(reply)
        if isinstance(reply, Endless):
            return await self._streamed(reply)
        if isinstance(reply, WebSocket):
            return await self._socket(reply)
        if isinstance(reply, Inflow):
            return await self._taken_in(reply)
        return self._refused(reply)

    async def _reply(self) -> Answer | Endless | WebSocket | Inflow | int:
        """What the face says; a number is the status of a refusal of our own."""
        outcome = self._door.face.admit(self._head)
        if not isinstance(outcome, Admission):
            return await self._settled(outcome)
        if outcome.unread:
            return await self._settled(outcome.serve(Request(self._head, login=outcome.login)))
        body = await self._body(outcome)
        try:
            if body.refused:
                return body.refused
            request = Request(self._head, body.data, body.upload, outcome.login)
            return await self._settled(outcome.serve(request))
        finally:
            body.close()

    async def _body(self, admission: Admission) -> Body:
        """Read it. A client that asks `Expect: 100-continue` is told to send only now that it is admitted."""
        if self._request.content.is_eof():
            return await read_body(self._request, admission)
        with self._connection.waiting():
            return await read_body(self._request, admission, go_on=self._go_on)

    def _go_on(self) -> None:
        transport = self._request.transport
        if self._expects_continue and transport is not None:
            transport.write(CONTINUE)

    async def _settled(self, reply: Reply) -> Answer | Endless | WebSocket | Inflow:
        """A held reply waits here; when the client goes away first, the face is told."""
        if isinstance(reply, Answer) and reply.after > 0:
            with self._connection.waiting():
                await asyncio.sleep(reply.after)
        if not isinstance(reply, Held):
            return reply
        delivered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def deliver(answer: Answer) -> None:
            self._patchbay.activity.count += 1
            if not delivered.done():
                delivered.set_result(answer)

        stop = reply.start(deliver)
        try:
            with self._connection.waiting():
                return await delivered
        except asyncio.CancelledError:
            stop()
            raise

    # ---- the kinds of answer

    def _complete(self, answer: Answer, *, last: bool = False) -> Ready:
        """`last` ends the connection."""
        keep = not last and self._keep and (self._request.content.is_eof() or not self._expects_continue)
        head = self._head_bytes(answer.status, content_headers(answer), close=not keep, reason=answer.reason)
        with_body = self._request.method != "HEAD" and answer.body
        data = head + answer.body if with_body else head
        self._report(answer.status, len(data))
        return Ready(data, keep=keep, then=self._guarded(answer.then))

    def _refused(self, status: int) -> Ready:
        """One of the server's own pages; the connection ends, for the rest of the body is not wanted."""
        body, content_type = error_answer(status)
        headers = [("Content-Length", str(len(body))), ("Content-Type", content_type)]
        data = self._head_bytes(status, headers, close=True) + (b"" if self._request.method == "HEAD" else body)
        self._report(status, len(data))
        return Ready(data, keep=False)

    async def _streamed(self, reply: Endless) -> Ready:
        chunked = self._request.version >= HTTP_11 and not reply.content_type.startswith(STREAM_TYPE)
        headers = [*reply.headers, ("Content-Type", reply.content_type)]
        if chunked:
            headers.insert(-1, ("Transfer-Encoding", "chunked"))
        head = self._head_bytes(200, headers, close=not chunked or not self._keep)
        self._report(200, 0)
        transport = self._request.transport
        if transport is None or self._request.method == "HEAD":
            return Ready(head, keep=False)
        transport.write(head)
        channel = EndlessChannel(transport, chunked=chunked, keep_alive=reply.keep_alive, silence=reply.silence)
        stop = reply.open(channel)
        channel.beat(reply.every, self._guarded(reply.beat))
        try:
            with self._connection.waiting():
                await channel.ended
        finally:
            channel.stop()
            stop()
        return Ready(b"", keep=chunked and self._keep)

    async def _taken_in(self, reply: Inflow) -> Ready:
        """The body goes to the face as it comes. A client that leaves before its end takes the exchange with it."""
        connection = self._connection
        behind = connection.behind
        content = self._request.content if behind is None else behind
        if not content.is_eof():
            self._go_on()
        listener = reply.open(wire_now)
        try:
            outcome = await take_in(content, listener, connection.waiting if behind is None else connection.taking)
        except Exception as error:
            if not isinstance(error, ConnectionError):
                self._patchbay.reports.bug(self._door.device, error)
            outcome = HungUp()
        finally:
            listener.gone()
            connection.behind = None
        if isinstance(outcome, Answer):
            return self._complete(outcome, last=behind is not None or not content.is_eof())
        self._report(0, 0)
        if self._request.transport is not None:
            self._request.transport.close()
        return Ready(b"", keep=False)

    async def _socket(self, reply: WebSocket) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=reply.largest, timeout=CLOSE_WAIT)
        transport = self._request.transport
        if transport is None or not socket.can_prepare(self._request):
            return self._refused(400)
        socket.headers["Date"], socket.headers["Server"] = self._door.date(), self._door.server()
        self._report(101, 0)
        await socket.prepare(self._request)
        channel = SocketChannel(socket, transport, self._patchbay.activity)
        listener = reply.open(channel)
        try:
            with self._connection.waiting():
                await hear(socket, listener.received)
        except Exception as error:
            self._patchbay.reports.bug(self._door.device, error)
            await socket.close(code=1011)
        finally:
            listener.closed()
            await channel.stop()
        return socket

    # ---- small things

    @property
    def _keep(self) -> bool:
        return self._request.keep_alive and not self._connection.half_closed

    @property
    def _expects_continue(self) -> bool:
        return "100-continue" in self._head.headers.get("expect", "").lower()

    def _head_bytes(self, status: int, headers: list[tuple[str, str]], *, close: bool, reason: str = "") -> bytes:
        door, version = self._door, self._request.version
        return head_bytes(
            status,
            headers,
            date=door.date(),
            server=door.server(),
            close=close,
            version=(version.major, version.minor),
            reason=reason,
        )

    def _report(self, status: int, size: int) -> None:
        self._patchbay.activity.count += 1
        self._observe(self._door.device, self._head, status, wire_now() - self._started, size)

    def _guarded(self, then: Callable[[], None] | None) -> Callable[[], None] | None:
        """What the face does beside or after its answer must not break the connection."""
        if then is None:
            return None

        def call() -> None:
            try:
                then()
            except Exception as error:
                self._patchbay.reports.bug(self._door.device, error)

        return call
