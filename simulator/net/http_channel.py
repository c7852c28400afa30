"""Answers that stay open: endless bodies such as the port monitor, and WebSockets."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from simulator.net.activity import without_cause

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.net.activity import Activity

MOST_UNREAD = 1 << 20
"""Bytes that wait for a slow reader before its connection is dropped."""
CLOSE_WAIT = 2.0
"""Wire seconds that a client has to answer the closing of a WebSocket."""


class EndlessChannel:
    """The open end of a body without end: chunked, or delimited by the end of the connection."""

    def __init__(
        self, transport: asyncio.Transport, *, chunked: bool, keep_alive: bytes = b"", silence: float = 0.0
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self._transport = transport
        self._chunked = chunked
        self._keep_alive = keep_alive
        self._silence = silence
        self._timer: asyncio.TimerHandle | None = None
        self._pulse: asyncio.TimerHandle | None = None
        self._rearm()

    def send(self, data: bytes | str) -> None:
        """One piece of the body. A client that does not read is dropped when a MiB waits for it."""
        if self.ended.done() or self._transport.is_closing():
            return
        piece = data.encode() if isinstance(data, str) else data
        if piece:
            self._transport.write(b"%x\r\n%b\r\n" % (len(piece), piece) if self._chunked else piece)
        if self._transport.get_write_buffer_size() > MOST_UNREAD:
            self._transport.abort()
        self._rearm()

    def beat(self, every: float, call: Callable[[], None] | None) -> None:
        """Call in this rhythm, measured from now, until the end."""
        if every > 0 and call is not None:
            self._next_beat(self._loop.time() + every, every, call)

    def _next_beat(self, at: float, every: float, call: Callable[[], None]) -> None:
        def due() -> None:
            self._next_beat(at + every, every, call)
            call()

        self._pulse = without_cause(self._loop.call_at, at, due)

    def stop(self) -> None:
        """The connection is over; nothing is sent any more."""
        for timer in (self._timer, self._pulse):
            if timer is not None:
                timer.cancel()

    def _rearm(self) -> None:
        """After `silence` wire seconds without a word comes the keep-alive, and again."""
        if self._keep_alive:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = without_cause(self._loop.call_later, self._silence, self.send, self._keep_alive)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the body; code and reason mean nothing here."""
        if self.ended.done():
            return
        if self._chunked and not self._transport.is_closing():
            self._transport.write(b"0\r\n\r\n")
        self.ended.set_result(None)


class SocketChannel:
    """The sending half of a WebSocket: a bounded queue and the task that empties it."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport, activity: Activity) -> None:
        self._socket = socket
        self._transport = transport
        self._activity = activity
        self._queue: deque[bytes | str] = deque()
        self._waiting = 0
        self._close: tuple[int, str] | None = None
        self._wake = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._work())

    def send(self, data: bytes | str) -> None:
        """One message: text for str, binary for bytes."""
        if self._close is not None or self._task.done():
            return
        self._queue.append(data)
        self._waiting += len(data)
        self._wake.set()
        if self._waiting + self._transport.get_write_buffer_size() > MOST_UNREAD:
            self._transport.abort()

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close behind what was sent."""
        if self._close is None:
            self._close = (code, reason)
            self._wake.set()

    async def stop(self) -> None:
        """The connection is over; forget what was not sent."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if not await self._emptied():
                return
            if self._close is not None:
                code, reason = self._close
                await self._socket.close(code=code, message=reason.encode())
                return

    async def _emptied(self) -> bool:
        """Send all that is queued; False when the client is gone."""
        while self._queue:
            message = self._queue.popleft()
            self._waiting -= len(message)
            try:
                with self._activity.token():  # long messages are compressed in a thread
                    await self._send(message)
            except ConnectionError:
                return False
        return True

    async def _send(self, message: bytes | str) -> None:
        if isinstance(message, str):
            await self._socket.send_str(message)
        else:
            await self._socket.send_bytes(message)


async def hear(socket: web.WebSocketResponse, received: Callable[[str | bytes], None]) -> None:
    """Hand over the client's messages until either side closes; aiohttp answers pings and refuses long ones."""
    async for message in socket:
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            received(message.data)
