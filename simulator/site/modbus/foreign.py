"""Slaves that are not ours, behind a TCP connection: a serial device server or another program (Modbus sheet 1.1).

The connection is opened with the first request and again after a loss. A request that cannot be delivered is silence.
"""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, Final, cast

from simulator.wire.modbus.frame import LONGEST, answer_length

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.net.activity import Activity

PATIENCE: Final = 0.5
"""Wire seconds for an answer."""
CONNECTING: Final = 2.0
"""Wire seconds for a connection."""
PAUSE: Final = 1.0
"""Wire seconds between two attempts to connect."""


class Foreign(asyncio.Protocol):
    """The connection of one bus. One request is under way at a time: the bus sees to that."""

    def __init__(
        self,
        host: str,
        port: int,
        activity: Activity,
        told: Callable[[str], None],
        *,
        patience: float = PATIENCE,
    ) -> None:
        self.host, self.port = host, port
        self._activity, self._told = activity, told
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._heard: Callable[[bytes], None] | None = None
        self._over: Callable[[], None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._frame = b""
        self._buffer = bytearray()
        self._not_before = 0.0
        self._state = ""
        self._closed = False

    @property
    def connected(self) -> bool:
        return self._transport is not None

    def ask(self, frame: bytes, heard: Callable[[bytes], None], over: Callable[[], None]) -> None:
        """Pass a request on. While it is under way a stepped clock waits."""
        self._heard, self._over, self._frame = heard, over, frame
        self._buffer.clear()
        self._activity.busy += 1
        self._timer = self._loop.call_later(self._patience, self._end)
        if self._transport is not None:
            self._transport.write(frame)
        elif self._task is None and self._loop.time() >= self._not_before:
            self._task = self._loop.create_task(self._connect(), context=contextvars.Context())
        elif self._task is None:
            self._loop.call_soon(self._end)

    def close(self) -> None:
        """Give up the connection. Safe to repeat."""
        self._closed = True
        self._end()
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.abort()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._say("connected")

    def data_received(self, data: bytes) -> None:
        self._activity.count += 1
        if self._heard is None:
            return  # an answer that came too late
        self._buffer += data
        self._heard(data)
        length = answer_length(self._buffer)
        if 0 < length <= len(self._buffer) or len(self._buffer) > LONGEST:
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self._closed:
            self._say("connection lost")
        self._end()

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(CONNECTING):
                await self._loop.create_connection(lambda: self, self.host, self.port)
        except (OSError, TimeoutError) as error:
            self._not_before = self._loop.time() + PAUSE
            self._say(f"failed: {str(error).lower() or 'timed out'}")
            self._end()
        else:
            if self._transport is not None and self._heard is not None:
                self._transport.write(self._frame)  # of the request that waits now, not of one given up meanwhile
        finally:
            self._task = None

    def _say(self, state: str) -> None:
        """Only changes are told: a peer that is not there is missed at every poll."""
        if state != self._state:
            self._state = state
            self._told(state)

    def _end(self) -> None:
        over, self._over, self._heard = self._over, None, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if over is not None:
            self._activity.busy -= 1
            self._activity.count += 1
            over()
