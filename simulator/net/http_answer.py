"""An answer as bytes.

The head is written here, not by aiohttp, so that the order of headers is Apache's, nothing of aiohttp's shows, and
one answer is one write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from simulator.errors import SimulatorBug
from simulator.wire.http.pages import CONTENT_TYPE, error_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from simulator.face.exchange import Answer

SEND_TIMEOUT = 60.0
"""Wire seconds after which a client that does not read an answer is dropped."""
KEEP_ALIVE_SECONDS = 180.0
"""`System.BoaKeepAliveTimeout` (core sheet 5.1)."""
WITHOUT_BODY = frozenset({100, 101, 204, 304})

Headers = Iterable[tuple[str, str]]
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_REASONS = {status.value: status.phrase for status in HTTPStatus} | {
    408: "Request Timeout",
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
}


@lru_cache(maxsize=4096)
def http_date(wall: datetime) -> str:
    """`Sun, 01 Mar 2026 08:00:00 GMT` (RFC 9110 5.6.7); give it whole seconds."""
    return (
        f"{_DAYS[wall.weekday()]}, {wall.day:02} {_MONTHS[wall.month - 1]} {wall.year} "
        f"{wall.hour:02}:{wall.minute:02}:{wall.second:02} GMT"
    )


def head_bytes(
    status: int,
    headers: Headers,
    *,
    date: str,
    server: str,
    close: bool,
    version: tuple[int, int],
    reason: str = "",
) -> bytes:
    """Status line and headers with the empty line. `close` decides `Connection`, joined with the face's own.

    Raises SimulatorBug for a header that contains a line break: a client's bytes must not become headers.
    """
    lines = [f"HTTP/1.1 {status} {reason or _REASONS.get(status, 'Unknown')}", f"Date: {date}"]
    connection, named = "close" if close else "", False
    for name, value in headers:
        if name == "Connection":
            connection = f"{value}, {connection}" if connection else value
            continue
        named = named or name == "Server"
        lines.append(f"{name}: {value}")
    if not named:
        lines.insert(2, f"Server: {server}")
    if not close and version < (1, 1):
        connection = f"{connection}, Keep-Alive" if connection else "Keep-Alive"
    if connection:
        lines.append(f"Connection: {connection}")
    text = "\r\n".join(lines)
    if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1:
        raise SimulatorBug("a header contains a line break")
    return f"{text}\r\n\r\n".encode("utf-8", "surrogateescape")


class Ready(web.StreamResponse):
    """Bytes to be handed to the transport; `then` is called when they have left or the client is gone."""

    def __init__(self, data: bytes, *, keep: bool, then: Callable[[], None] | None = None) -> None:
        # StreamResponse's own fields are not made: they would cost more than the answer
        self._data = data
        self._keep_alive = keep
        self._then = then

    async def prepare(self, request: web.BaseRequest) -> None:
        """Called by aiohttp. Raises ConnectionResetError when the client is gone."""
        try:
            transport = request.transport
            if transport is None or transport.is_closing():
                raise ConnectionResetError("the client is gone")
            if self._data:
                transport.write(self._data)
            if request.protocol.writing_paused:
                await self._drained(request, transport)
        finally:
            if self._then is not None:
                self._then()

    async def write_eof(self, data: bytes = b"") -> None:
        """Called by aiohttp: nothing is left to do."""

    async def _drained(self, request: web.BaseRequest, transport: asyncio.Transport) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await request.writer.drain()
        except TimeoutError:
            transport.abort()


def content_headers(answer: Answer) -> list[tuple[str, str]]:
    """The headers of a complete answer, in Apache's order: own ones, then length and type."""
    headers = list(answer.headers)
    if answer.status not in WITHOUT_BODY:
        headers.append(("Content-Length", str(len(answer.body))))
        if answer.body or answer.content_type:
            headers.append(("Content-Type", answer.content_type))
    return headers


def error_answer(status: int) -> tuple[bytes, str]:
    """Body and type of the server's own error pages."""
    return error_page(status), CONTENT_TYPE
