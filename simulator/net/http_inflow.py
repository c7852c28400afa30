"""A request body that a face takes while it comes: live audio towards a device."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import TYPE_CHECKING

from aiohttp import ClientError, web

from simulator.clock import wire_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from aiohttp.streams import StreamReader

    from simulator.face.exchange import Answer, HungUp, InflowListener

BEHIND_LIMIT = 1 << 16
"""Bytes of an open-ended body that wait in memory before the network holds the rest."""
_LONGEST_HEAD = 1 << 15
_LENGTHS = (b"\ncontent-length:", b"\ntransfer-encoding:")


class OpenEndedPost:
    """Finds the POST that announces no length in what a connection receives.

    RFC 9112 6.3 says that such a request has no body. Clients of transmit.cgi send one nevertheless and let it end with
    the connection (audio sheet 3.2), so what follows the head must be kept from the parser until the face has
    answered. Heads in several pieces are recognised; one that follows another request in the same piece is not.
    """

    __slots__ = ("_begun",)

    def __init__(self) -> None:
        self._begun = b""

    def end_of_head(self, data: bytes) -> int:
        """How many bytes of `data` belong to the head of such a POST that ends in it; 0 where none does."""
        if not self._begun and not data.startswith(b"POST "):
            return 0
        seen = self._begun + data
        end = seen.find(b"\r\n\r\n")
        if end < 0:
            self._begun = seen if len(seen) <= _LONGEST_HEAD else b""
            return 0
        before, self._begun = len(self._begun), b""
        head = seen[: end + 2].lower()
        if any(length in head for length in _LENGTHS):
            return 0
        return end + 4 - before


async def take_in(
    content: StreamReader, listener: InflowListener, patience: Callable[[], AbstractContextManager[None]]
) -> Answer | HungUp:
    """Feed the listener until it has an outcome, reading no faster than it is hungry.

    While more of the body is read, `patience` surrounds the waiting.
    """
    reading = True
    while (outcome := listener.outcome) is None:
        deadline = listener.next_deadline()
        try:
            async with asyncio.timeout(None if deadline is None else max(0.0, deadline - wire_now())):
                if reading:
                    reading = await _piece(content, listener, patience)
                else:
                    await _until_cancelled()
        except TimeoutError:
            listener.tick(wire_now())
    return outcome


async def _piece(
    content: StreamReader, listener: InflowListener, patience: Callable[[], AbstractContextManager[None]]
) -> bool:
    """Hand over one piece; False once the body has ended."""
    if not listener.hungry:
        await _until_cancelled()
    try:
        with nullcontext() if content.is_eof() else patience():
            data = await content.readany()
    except (web.RequestPayloadError, ClientError) as error:
        raise ConnectionResetError("the body broke off") from error
    if data:
        listener.receive(data, wire_now())
        return True
    listener.complete(wire_now())
    return False


async def _until_cancelled() -> None:
    await asyncio.get_running_loop().create_future()
