"""MQTT over WebSocket: a door before a connection of the broker (OASIS MQTT 3.1.1 section 6)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from simulator.clock import wire_now
from simulator.wire.websocket.session import Ended, Opened, WebSocketServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.site.broker.connection import Connection

PATIENCE = 10.0
"""Wire seconds from the opened connection to a whole request."""


class WebSocketDoor(asyncio.Protocol):
    """Unpacks frames for a connection and packs what it writes; refuses whoever asks for something else."""

    def __init__(self, made: Callable[[], Connection], path: str, refused: Callable[[str, Ended], None]) -> None:
        self._made = made
        self._session = WebSocketServer(path)
        self._refused = refused
        self._inside: Connection | None = None
        self._limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._limit = asyncio.get_running_loop().call_later(PATIENCE, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        portion: list[bytes] = []
        for event in self._session.receive(data, wire_now()):
            if isinstance(event, bytes):
                portion.append(event)
            elif isinstance(event, Opened):
                self._come_in()
            else:
                self._hand_on(portion)
                self._ended(event)
        self._hand_on(portion)
        self._flush()

    def eof_received(self) -> None:
        """The transport closes by itself."""

    def pause_writing(self) -> None:
        if self._inside is not None:
            self._inside.pause_writing()

    def resume_writing(self) -> None:
        if self._inside is not None:
            self._inside.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        if self._inside is not None:
            self._inside.connection_lost(exc)

    def _come_in(self) -> None:
        self._stop_waiting()
        self._inside = self._made()
        self._inside.connection_made(_Framed(self._transport, self._session))

    def _hand_on(self, portion: list[bytes]) -> None:
        if portion and self._inside is not None:
            self._inside.data_received(b"".join(portion))
            portion.clear()

    def _ended(self, event: Ended) -> None:
        if event.violation:
            peer = self._transport.get_extra_info("peername")
            self._refused(f"{peer[0]}:{peer[1]}" if peer else "", event)
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        output = self._session.take_output()
        if output and not self._transport.is_closing():
            self._transport.write(output)

    def _stop_waiting(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None


class _Framed(asyncio.Transport):
    """The transport as the connection behind the door sees it."""

    def __init__(self, transport: asyncio.Transport, session: WebSocketServer) -> None:
        super().__init__()
        self._transport = transport
        self._session = session
        self._closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._session.send(bytes(data), wire_now())
        self._flush()

    def close(self) -> None:
        """With a close frame; TCP ends when the client has answered it, which the connection waits for."""
        self._session.send(Ended("closed"), wire_now())
        self._flush()
        self._closed = True

    def abort(self) -> None:
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._closed or self._transport.is_closing()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._transport.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def _flush(self) -> None:
        output = self._session.take_output()
        if output and not self._transport.is_closing():
            self._transport.write(output)
