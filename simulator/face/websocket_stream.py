"""A WebSocket between a dialled connection and the protocol of a device that speaks inside it (MQTT sheet 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.wire.websocket.session import Ended, Opened, WebSocketClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.face.transport import Cancellable, Dialer, Stream, StreamUser


class WebSocketStream:
    """To the dialer the user of a stream, to the protocol inside the stream itself. Tells everything once."""

    def __init__(
        self,
        user: StreamUser,
        dialer: Dialer,
        host: str,
        path: str,
        random: Callable[[int], bytes],
        patience: float,
    ) -> None:
        """The handshake may take `patience` seconds, counted from now."""
        self._user = user
        self._dialer = dialer
        self._session = WebSocketClient(host, path, random)
        self._stream: Stream | None = None
        self._over = False
        self._reason = ""
        self._limit: Cancellable = dialer.call_later(patience, self._too_late)

    # StreamUser

    def opened(self, stream: Stream) -> None:
        """TCP, and TLS where asked for, stand: ask for the upgrade."""
        if self._over:
            stream.abort()
            return
        self._stream = stream
        self._write()

    def received(self, data: bytes) -> None:
        for event in self._session.receive(data, self._dialer.now()):
            if self._over:
                return
            if isinstance(event, bytes):
                self._user.received(event)
            elif isinstance(event, Opened):
                self._limit.cancel()
                self._user.opened(self)
            else:
                self._failed(event)
        self._write()

    def lost(self, reason: str) -> None:
        self._tell(self._reason or reason)

    # Stream

    def write(self, data: bytes) -> None:
        """As one binary frame."""
        self._session.send(data, self._dialer.now())
        self._write()

    def close(self) -> None:
        """With a close frame."""
        self._session.send(Ended("closed"), self._dialer.now())
        self._write()
        self._over = True
        self._limit.cancel()
        if self._stream is not None:
            self._stream.close()

    def abort(self) -> None:
        """At once; also before the handshake is done."""
        self._over = True
        self._limit.cancel()
        if self._stream is not None:
            self._stream.abort()

    # inside

    def _write(self) -> None:
        output = self._session.take_output() if self._stream is not None else b""
        if output and self._stream is not None:
            self._stream.write(output)

    def _failed(self, event: Ended) -> None:
        self._reason = f"WebSocket: {event.violation or event.reason}"
        self._write()
        if self._stream is not None:
            self._stream.close()
        self._tell(self._reason)

    def _too_late(self) -> None:
        if self._stream is not None and not self._over:
            self._reason = "WebSocket: no answer in time"
            self._stream.abort()
            self._tell(self._reason)

    def _tell(self, reason: str) -> None:
        if not self._over:
            self._over = True
            self._limit.cancel()
            self._user.lost(reason)
