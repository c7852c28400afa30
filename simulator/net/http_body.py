"""The body of a request, within its limits of size and time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from aiohttp import ClientError, web

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.face.exchange import Admission

LARGEST_UPLOAD = 256 << 20
"""Bytes of a spooled body at most, whatever a route says."""
IN_MEMORY = 1 << 20
"""Bytes of a spooled body that stay in memory; beyond, it moves to a temporary file."""
BODY_WAIT = 20.0
"""Wire seconds for a body to come, and one more per `SLOWEST` bytes that came (Apache: RequestReadTimeout)."""
SLOWEST = 500
"""Bytes a second."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(slots=True)
class Body:
    """What came: bytes or a spooled file; or the status with which the request is refused."""

    data: bytes = b""
    upload: BinaryIO | None = None
    refused: int = 0

    def close(self) -> None:
        """Remove the temporary file."""
        if self.upload is not None:
            self.upload.close()


class _Sink(Protocol):
    def write(self, data: bytes, /) -> int | None: ...


class _Buffer:
    """Bytes in memory, with the interface of a file."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes, /) -> None:
        self.data += data


def _nothing() -> None:
    """The client waits for no word."""


def limit_of(admission: Admission) -> int:
    """Bytes the admission takes."""
    return min(admission.body_limit, LARGEST_UPLOAD)


def announced_length(request: web.BaseRequest) -> int:
    """`Content-Length`, 0 where there is none; aiohttp's parser has refused what is no number."""
    return request.content_length or 0


async def read_body(
    request: web.BaseRequest, admission: Admission, *, go_on: Callable[[], None] = _nothing
) -> Body:
    """The whole body, or why it is refused: 413 too large, 408 too slow, 400 broken. The caller closes it.

    A body that announces itself as too large is refused before a byte of it is read; otherwise `go_on` tells the
    client that its body is wanted.
    """
    limit = limit_of(admission)
    if announced_length(request) > limit:
        return Body(refused=413)
    if not admission.spool and request.content.is_eof():
        data = request.content.read_nowait()
        return Body(refused=413) if len(data) > limit else Body(data)
    go_on()
    if admission.spool:
        return await _spooled(request, limit)
    buffer = _Buffer()
    refused = await _copied(request, buffer, limit)
    return Body(bytes(buffer.data), refused=refused)


async def _spooled(request: web.BaseRequest, limit: int) -> Body:
    """As a file at position 0; it is removed if the client leaves meanwhile."""
    upload = cast("BinaryIO", SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - handed on
    try:
        refused = await _copied(request, upload, limit)
    except BaseException:
        upload.close()
        raise
    upload.seek(0)
    return Body(upload=upload, refused=refused)


async def _copied(request: web.BaseRequest, sink: _Sink, limit: int) -> int:
    """Copy the body into `sink`; the status of a refusal, or 0."""
    received, started = 0, asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(BODY_WAIT) as patience:
            while chunk := await request.content.readany():
                received += len(chunk)
                if received > limit:
                    return 413
                sink.write(chunk)
                patience.reschedule(started + BODY_WAIT + received / SLOWEST)
    except TimeoutError:
        return 408
    except (web.RequestPayloadError, ClientError, ConnectionError):
        return 400
    return 0
