"""The two ends of a WebSocket that carries a byte stream in binary frames (RFC 6455; MQTT sheet 3.4)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.websocket.frame import BadFrame, CloseCode, FrameReader, Opcode, Piece, frame
from simulator.wire.websocket.handshake import Refused, check_answer, cut_head, granted, refusal, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.websocket.handshake import Head


@dataclass(frozen=True, slots=True)
class Opened:
    """The handshake is done: bytes may be sent."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Close the connection after what is to be written. `violation` says that the peer broke a rule, and which."""

    reason: str
    violation: str = ""
    offset: int = 0


SocketEvent = Opened | bytes | Ended


class _End:
    """What both ends have in common. There are no timers: whoever uses it keeps the time."""

    def __init__(self, *, is_server: bool) -> None:
        self._reader = FrameReader(from_client=is_server)
        self._head = bytearray()
        self._output: list[bytes] = []
        self.open = False
        self.ended = False
        self._closing = False
        """Our close frame is out and the peer's has not come."""

    def receive(self, data: bytes, now: float) -> list[SocketEvent]:
        """Take in bytes and return what they mean: `Opened`, bytes of the stream, `Ended`."""
        events: list[SocketEvent] = []
        if self.ended:
            return events
        try:
            if not self.open:
                self._head += data
                head = cut_head(self._head)
                if head is None:
                    return events
                self._answer(head)
                self.open = True
                events.append(Opened())
                data, self._head = bytes(self._head), bytearray()
            self._reader.feed(data)
            while (piece := self._reader.read()) is not None:
                self._take(piece, events)
                if piece.opcode is Opcode.CLOSE:
                    break
        except MalformedMessage as error:
            events.append(self._broken(error))
        return events

    def send(self, event: bytes | Ended, now: float) -> None:
        """Queue bytes of the stream as one binary frame, or the close frame that ends it: then nothing more is
        handed on, and `Ended` comes with the peer's own."""
        if self.ended or self._closing or not self.open:
            return
        if isinstance(event, Ended):
            self._close(CloseCode.NORMAL)
            self.ended, self._closing = False, True
        elif event:
            self._put(Opcode.BINARY, event)

    def take_output(self) -> bytes:
        """What is to be written, once."""
        output = b"".join(self._output)
        self._output.clear()
        return output

    def next_deadline(self) -> float | None:
        """None: a WebSocket has no clock of its own."""
        return None

    def tick(self, now: float) -> list[SocketEvent]:
        """Nothing is ever due."""
        return []

    def _answer(self, head: Head) -> None:
        """Check the peer's half of the handshake. Raises MalformedMessage."""
        raise NotImplementedError

    def _key(self) -> bytes | None:
        """The mask of the next frame."""
        return None

    def _take(self, piece: Piece, events: list[SocketEvent]) -> None:
        if piece.opcode is Opcode.PING and not self._closing:
            self._put(Opcode.PONG, piece.data)
        elif piece.opcode is Opcode.CLOSE:
            events.append(Ended("closed" if self._closing else "closed by peer"))
            if not self._closing:
                self._close(CloseCode.NORMAL)
            self.ended = True
        elif piece.opcode < Opcode.CLOSE and piece.data and not self._closing:
            events.append(piece.data)

    def _broken(self, error: MalformedMessage) -> Ended:
        if isinstance(error, Refused):
            self._output.append(refusal(error.status))
        elif self.open and not self._closing:
            self._close(error.code if isinstance(error, BadFrame) else CloseCode.PROTOCOL_ERROR)
        self.ended = True
        return Ended("no WebSocket" if not self.open else "bad WebSocket frame", error.what, error.offset)

    def _close(self, code: CloseCode) -> None:
        self._put(Opcode.CLOSE, code.to_bytes(2, "big"))
        self.ended = True

    def _put(self, opcode: Opcode, data: bytes) -> None:
        self._output.append(frame(opcode, data, self._key()))


class WebSocketServer(_End):
    """The server's end; takes requests for one path."""

    def __init__(self, path: str) -> None:
        super().__init__(is_server=True)
        self._path = path

    def _answer(self, head: Head) -> None:
        self._output.append(granted(head, self._path))


class WebSocketClient(_End):
    """The client's end; the request is ready to be written. `random` gives so many random bytes."""

    def __init__(self, host: str, path: str, random: Callable[[int], bytes]) -> None:
        super().__init__(is_server=False)
        self._random = random
        self._said = base64.b64encode(random(16)).decode()
        self._output.append(request(host, path, self._said))

    def _answer(self, head: Head) -> None:
        check_answer(head, self._said)

    def _key(self) -> bytes:
        return self._random(4)
