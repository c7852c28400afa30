"""A byte stream to packets: framing with a bound, for portions of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.mqtt.decode import decode, kind_of
from simulator.wire.mqtt.fields import LONGEST
from simulator.wire.mqtt.packet import LEVEL_3_1_1, Connect
from simulator.wire.mqtt.reason import BadPacket, Reason, code_of

if TYPE_CHECKING:
    from simulator.wire.mqtt.packet import Packet

_COMPACT_AT = 1 << 16


class PacketReader:
    """Collects bytes and cuts packets out of them.

    `largest` bounds the body of a packet, and with it what is kept of an unfinished one. After a MalformedMessage
    the stream has lost its place and must not be read on.
    """

    def __init__(self, *, largest: int = LONGEST) -> None:
        self._largest = largest
        self._buffer = bytearray()
        self._at = 0
        self._dropped = 0
        self.wanted = 0
        """Bytes that the packet at the front needs in all, as far as `read` has found out; 0 before."""
        self.level = LEVEL_3_1_1
        """Protocol level of the connection, known after CONNECT."""

    @property
    def pending(self) -> int:
        """Bytes that have been fed and not yet read."""
        return len(self._buffer) - self._at

    def feed(self, data: bytes) -> None:
        """Take in what the peer sent."""
        self._buffer += data

    def read(self) -> Packet | None:
        """The next whole packet, or None until more bytes come.

        Raises MalformedMessage with the offset in the whole stream, as soon as it can be known.
        """
        start = self._at
        if start == len(self._buffer):
            return None
        first = self._buffer[start]
        body_at, length = start, 0
        try:
            kind = kind_of(first, self.level)
            body_at, length = self._length(start + 1)
            end = body_at + length
            if body_at == 0 or end > len(self._buffer):
                self.wanted = end - start if body_at else 0
                return None
            packet = decode(kind, first & 0x0F, bytes(memoryview(self._buffer)[body_at:end]), self.level)
        except MalformedMessage as error:
            if isinstance(error, BadPacket) and error.level:
                self.level = error.level
            offset = self._dropped + body_at + error.offset
            raise BadPacket(error.what, offset=offset, code=code_of(error)) from None
        if isinstance(packet, Connect):
            self.level = packet.level
        self._advance(end)
        return packet

    def _length(self, at: int) -> tuple[int, int]:
        """Where the body starts and how long it is; (0, 0) while the length field is unfinished."""
        buffer, value = self._buffer, 0
        for position in range(4):
            if at + position >= len(buffer):
                return 0, 0
            digit = buffer[at + position]
            value |= (digit & 0x7F) << 7 * position
            if digit < 0x80:
                self._check_size(value)
                return at + position + 1, value
        raise MalformedMessage("remaining length of more than four bytes", offset=1)

    def _check_size(self, length: int) -> None:
        if length > self._largest:
            what = f"packet of {length} bytes, at most {self._largest} are taken"
            raise BadPacket(what, offset=1, code=Reason.PACKET_TOO_LARGE)

    def _advance(self, end: int) -> None:
        self.wanted = 0
        if end == len(self._buffer):
            self._dropped += end
            self._buffer.clear()
            self._at = 0
        elif end > _COMPACT_AT:
            self._dropped += end
            del self._buffer[:end]
            self._at = 0
        else:
            self._at = end
