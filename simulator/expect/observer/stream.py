"""Listens to a device's event stream over WebSocket, with aiohttp's client.

A session token is fetched from wssession.cgi first, as Axis's own samples do (io-events sheet 2.3).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import aiohttp

from simulator.expect.observer.sighting import Sightings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.expect.observer.vapix import VapixObserver

PATIENCE = 3.0
"""Wire seconds that a pong may take before the connection is taken for dead."""
RETRY = 0.02
MOMENT = 0.1
"""Wire seconds that a look waits for a stream to come back."""
GOOD_BYE = aiohttp.ClientWSTimeout(ws_close=0.1)
"""A device that is gone does not answer a close frame."""
ALL_EVENTS = {
    "apiVersion": "1.0",
    "context": "observer",
    "method": "events:configure",
    "params": {"eventFilterList": [{"topicFilter": "//."}]},
}


class StreamObserver:
    """The event stream of one device, from start to close, over every outage."""

    def __init__(self, device: str, description: Mapping[str, Any], vapix: VapixObserver, seen: Sightings) -> None:
        self.device = device
        self._base: str = description["url"]
        self._vapix = vapix
        self._seen = seen
        self.silent = False
        """The device is off or unplugged: a connection to it may stand, and no word comes over it."""
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._configured = asyncio.Event()
        self._pongs: dict[bytes, asyncio.Future[None]] = {}
        self._pings = 0
        self._attempt: asyncio.Task[None] | None = None
        """The present connection, or the try to get one."""
        self._task = asyncio.create_task(self._listen())

    @property
    def open(self) -> bool:
        """Whether the device has accepted the filter on a connection that stands and can carry something."""
        return self._configured.is_set() and not self.silent

    async def ready(self) -> None:
        """Wait until the device has accepted the filter. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            await self._configured.wait()

    def move(self, url: str) -> None:
        """The device is there now: a stream that is lost is tried there."""
        if url != self._base and not self.open and self._attempt is not None:
            self._attempt.cancel()
        self._base = url

    async def catch_up(self) -> bool:
        """Return when all that the device sent before has arrived: a pong follows it.

        False if none does; then the device is gone without a word, and a new connection is tried.
        """
        if not self.open:
            await self._come_back()
        socket = self._socket
        if socket is None:
            return False
        self._pings += 1
        mark = str(self._pings).encode()
        pong = self._pongs[mark] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(PATIENCE):
                await socket.ping(mark)
                await pong
        except (OSError, TimeoutError, aiohttp.ClientError):
            self._give_up(socket)
            return False
        finally:
            self._pongs.pop(mark, None)
        return True

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _come_back(self) -> None:
        """A device that is there again is heard from now on; one that is silent is not waited for."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MOMENT):
                await self._configured.wait()

    def _give_up(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        if self._socket is socket and self._attempt is not None:
            self._configured.clear()
            self._attempt.cancel()

    async def _listen(self) -> None:
        while True:
            self._attempt = asyncio.create_task(self._session())
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                await _end_of(self._attempt)
            self._socket = None
            self._configured.clear()
            await asyncio.sleep(RETRY)

    async def _session(self) -> None:
        answer = await self._vapix.ask(self.device, "/axis-cgi/wssession.cgi", url=self._base)
        if answer.get("status") != 200:
            return
        query = f"wssession={answer['text'].strip()}&sources=events"
        url = f"{self._base}/vapix/ws-data-stream?{query}"
        session = self._vapix.session(self.device, self._base)
        async with session.ws_connect(url, autoping=False, timeout=GOOD_BYE) as socket:
            await socket.send_str(json.dumps(ALL_EVENTS))
            self._socket = socket
            async for message in socket:
                await self._take(socket, message)

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, message: aiohttp.WSMessage) -> None:
        if message.type is aiohttp.WSMsgType.PING:
            await socket.pong(message.data)
        elif message.type is aiohttp.WSMsgType.PONG:
            waiting = self._pongs.get(bytes(message.data))
            if waiting is not None and not waiting.done():
                waiting.set_result(None)
        elif message.type is aiohttp.WSMsgType.TEXT:
            frame = json.loads(message.data)
            if frame.get("method") == "events:notify":
                note = frame["params"]["notification"]
                self._seen.add(self.device, note, note)
            elif "error" not in frame:
                self._configured.set()


async def _end_of(attempt: asyncio.Task[None]) -> None:
    """Wait until a connection is over, given up or not; raises what ended it."""
    try:
        await asyncio.wait([attempt])
    finally:
        attempt.cancel()
        await asyncio.wait([attempt])
    if not attempt.cancelled():
        attempt.result()
