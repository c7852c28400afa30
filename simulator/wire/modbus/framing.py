"""Requests out of a byte stream, with resynchronisation (Modbus sheet 1.3).

TCP keeps order but no silence, so that a frame ends where its length says. When that fails the reader looks for the
next good frame behind the rubbish: a good request is answered whatever came before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.wire.modbus.crc import TABLE, crc16, is_sealed
from simulator.wire.modbus.frame import BROADCAST, KNOWN, LONGEST, NEEDS_MORE, SHORTEST, UNKNOWN, request_length

if TYPE_CHECKING:
    from collections.abc import Callable, Container

START = 0xFFFF


def _unheard(reason: str, data: bytes) -> None:
    """A listener that does not listen."""


class RequestReader:
    """Collects what one master sends and cuts requests out of it.

    `present` are the addresses on the bus, by which a frame behind rubbish is recognised; `complain` hears what was
    dropped and why. At most 256 bytes are kept.
    """

    __slots__ = ("_buffer", "_complain", "_ends", "_looked", "_present", "_running", "_summed", "dropped")

    def __init__(self, present: Container[int], complain: Callable[[str, bytes], None] = _unheard) -> None:
        self._present = present
        self._complain = complain
        self._buffer = bytearray()
        self.dropped = 0
        """Bytes that were no part of a request."""
        self._ends: list[int] = []
        """Places behind the head at which a request may have begun."""
        self._looked = 0
        """Bytes that have been looked at as possible beginnings."""
        self._summed, self._running = 0, START
        """Bytes in the running checksum from the head on, and that checksum."""

    @property
    def pending(self) -> int:
        """Bytes of an unfinished frame."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take in what came. Read until there is nothing more before the next call."""
        self._buffer += data

    def read(self) -> bytes | None:
        """The next request with its checksum, or None until more bytes come."""
        buffer = self._buffer
        if not buffer:
            return None
        if self._looked == 0:
            end = request_length(buffer)
            if len(buffer) < end <= LONGEST or end == NEEDS_MORE:
                return None
            if 0 < end <= LONGEST and is_sealed(frame := bytes(buffer[:end])):
                del buffer[:end]
                self._forget()
                return frame
        found = self._search(request_length(buffer) == UNKNOWN)
        if found is None and len(buffer) > LONGEST:
            self._shed(len(buffer) - LONGEST)
        return found

    def gap(self) -> bytes | None:
        """Nothing came for the frame gap: what is unfinished is dropped, but for a good request inside it.

        Call it until it returns None. A request with less data than it counts is one as well, if its checksum is right.
        """
        if not self._buffer:
            return None
        frame = self._search(False)
        if frame is None:
            self._drop(len(self._buffer), "unfinished frame")
        return frame

    def _search(self, unknown: bool) -> bytes | None:
        """The head is no request of its length: it may be longer or of an unknown function, or rubbish."""
        end = self._prefix_end(unknown)
        return self._take(0, end) if end else self._inside()

    def _prefix_end(self, shortest: bool) -> int:
        """Where the bytes from the head on carry a right checksum: the shortest such prefix, or all bytes; else 0."""
        buffer, crc = self._buffer, self._running
        for position in range(self._summed, min(len(buffer), LONGEST)):
            crc = (crc >> 8) ^ TABLE[(crc ^ buffer[position]) & 0xFF]
            if crc == 0 and position + 1 >= SHORTEST and (shortest or position + 1 == len(buffer)):
                return position + 1
        self._summed, self._running = max(self._summed, min(len(buffer), LONGEST)), crc
        return 0

    def _inside(self) -> bytes | None:
        """The first whole request behind the head; each place is checked once."""
        waiting: list[int] = []
        for at in (*self._ends, *range(max(1, self._looked), len(self._buffer))):
            end = self._candidate(at)
            if end == NEEDS_MORE:
                waiting.append(at)
            elif end != UNKNOWN:
                return self._take(at, end)
        self._ends, self._looked = waiting, max(1, len(self._buffer))
        return None

    def _candidate(self, at: int) -> int:
        """Where a good request that begins at `at` ends; NEEDS_MORE while that cannot be told; UNKNOWN for none."""
        buffer = self._buffer
        if buffer[at] != BROADCAST and buffer[at] not in self._present:
            return UNKNOWN
        if at + 1 < len(buffer) and buffer[at + 1] not in KNOWN:
            return UNKNOWN
        length = request_length(buffer, at)
        if length > LONGEST:
            return UNKNOWN
        if length == NEEDS_MORE or at + length > len(buffer):
            return NEEDS_MORE
        return at + length if crc16(buffer[at : at + length]) == 0 else UNKNOWN

    def _take(self, at: int, end: int) -> bytes:
        frame = bytes(self._buffer[at:end])
        if at:
            self._drop(at, "bytes that are no frame")
            del self._buffer[: end - at]
        else:
            del self._buffer[:end]
        self._forget()
        return frame

    def _shed(self, count: int) -> None:
        """Forget the oldest bytes of rubbish, but not which of the others have been looked at."""
        self.dropped += count
        self._complain("no frame in 256 bytes", bytes(self._buffer[:count]))
        del self._buffer[:count]
        self._ends = [at - count for at in self._ends if at >= count]
        self._looked = len(self._buffer)
        self._summed = LONGEST  # what comes first now is no beginning

    def _drop(self, count: int, reason: str) -> None:
        self.dropped += count
        self._complain(reason, bytes(self._buffer[:count]))
        del self._buffer[:count]
        self._forget()

    def _forget(self) -> None:
        """The head is another: nothing is known of the bytes behind it."""
        if self._looked:
            self._ends.clear()
            self._looked, self._summed, self._running = 0, 0, START
