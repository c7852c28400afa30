"""WebSocket frames (RFC 6455 section 5). Data is handed on as it comes, so that a frame of any size costs no memory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from simulator.errors import MalformedMessage

LONGEST_CONTROL = 125
"""Bytes of a close, ping or pong frame."""
_END, _MASKED = 0x80, 0x80


class Opcode(IntEnum):
    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class CloseCode(IntEnum):
    """RFC 6455 section 7.4.1."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003


_OPCODES = {code.value: code for code in Opcode}


class BadFrame(MalformedMessage):
    """A frame that ends the connection; `code` is what the close frame says."""

    def __init__(self, what: str, *, offset: int = 0, code: CloseCode = CloseCode.PROTOCOL_ERROR) -> None:
        super().__init__(what, offset=offset)
        self.code = code


@dataclass(frozen=True, slots=True)
class Piece:
    """A control frame, or some bytes of a data frame."""

    opcode: Opcode
    data: bytes


def masked(data: bytes, key: bytes, start: int = 0) -> bytes:
    """Data under a mask of four bytes, `start` bytes into its frame; the same again takes the mask off."""
    if not data:
        return b""
    turned = key[start % 4 :] + key[: start % 4]
    pattern = (turned * (len(data) // 4 + 1))[: len(data)]
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(pattern, "big")
    return mixed.to_bytes(len(data), "big")


def frame(opcode: Opcode, data: bytes, key: bytes | None = None) -> bytes:
    """One whole frame; a client gives a mask `key` of four bytes, a server none."""
    bit = 0 if key is None else _MASKED
    length = len(data)
    if length <= LONGEST_CONTROL:
        head = bytes((_END | opcode, bit | length))
    elif length <= 0xFFFF:
        head = bytes((_END | opcode, bit | 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((_END | opcode, bit | 127)) + length.to_bytes(8, "big")
    return head + data if key is None else head + key + masked(data, key)


class FrameReader:
    """Bytes to pieces, for portions of any size. `from_client` says that frames must be masked, else must not."""

    def __init__(self, *, from_client: bool) -> None:
        self._from_client = from_client
        self._buffer = bytearray()
        self._dropped = 0
        self._opcode: Opcode | None = None
        """Of the frame whose bytes are coming, once its head has come."""
        self._left = 0
        self._done = 0
        self._key = b""
        self._end = True
        """The last data frame was the last of its message."""

    def feed(self, data: bytes) -> None:
        """Take in what the peer sent."""
        self._buffer += data

    def read(self) -> Piece | None:
        """The next piece, or None until more bytes come. Raises BadFrame with the offset in the whole stream."""
        if self._opcode is None and not self._head():
            return None
        opcode = self._opcode
        assert opcode is not None
        control = opcode >= Opcode.CLOSE
        if self._left and (not self._buffer or (control and len(self._buffer) < self._left)):
            return None
        data = self._take(min(self._left, len(self._buffer)))
        if self._key:
            data = masked(data, self._key, self._done)
        self._left -= len(data)
        self._done += len(data)
        if not self._left:
            self._opcode = None
        return Piece(opcode, data)

    def _head(self) -> bool:
        """Read the head of a frame; False while it is unfinished."""
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        first, second = buffer[0], buffer[1]
        opcode = self._checked(first, second)
        length, size = second & 0x7F, 2
        if length > LONGEST_CONTROL:
            size = 4 if length == 126 else 10
            if len(buffer) < size:
                return False
            length = int.from_bytes(buffer[2:size], "big")
            if length >> 63:
                raise BadFrame("frame length of more than 63 bits", offset=self._dropped + 2)
        if self._from_client:
            if len(buffer) < size + 4:
                return False
            self._key = bytes(buffer[size : size + 4])
            size += 4
        if opcode < Opcode.CLOSE:
            self._end = bool(first & _END)
        self._take(size)
        self._opcode, self._left, self._done = opcode, length, 0
        return True

    def _checked(self, first: int, second: int) -> Opcode:
        opcode = _OPCODES.get(first & 0x0F)
        at = self._dropped
        if first & 0x70 or opcode is None:
            raise BadFrame(f"frame starts with the byte {first:02x}", offset=at)
        if bool(second & _MASKED) is not self._from_client:
            raise BadFrame("frame is not masked" if self._from_client else "frame is masked", offset=at + 1)
        if opcode >= Opcode.CLOSE:
            if not first & _END or second & 0x7F > LONGEST_CONTROL:
                raise BadFrame("control frame in pieces or longer than 125 bytes", offset=at)
        elif (opcode is Opcode.CONTINUATION) is self._end:
            raise BadFrame("message starts in the middle or inside another", offset=at)
        if opcode is Opcode.TEXT:
            raise BadFrame("text frame", offset=at, code=CloseCode.UNSUPPORTED_DATA)
        return opcode

    def _take(self, count: int) -> bytes:
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        self._dropped += count
        return data
