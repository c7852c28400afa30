"""Messages over TCP: back to back, each as long as its outermost sequence says (RFC 3430)."""

from __future__ import annotations

from simulator.errors import MalformedMessage

LARGEST_MESSAGE = 65_535
"""Bytes of one message; a stream that announces a longer one is given up."""
_LONGEST_HEADER = 10


class MessageStream:
    """Cuts a stream into messages."""

    def __init__(self) -> None:
        self._kept = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are complete now. Raises MalformedMessage where the stream cannot be followed further."""
        kept = self._kept + data if self._kept else data
        found = []
        at = 0
        while (size := _size(kept, at)) is not None and at + size <= len(kept):
            found.append(kept[at : at + size])
            at += size
        self._kept = kept[at:]
        return found


def _size(data: bytes, at: int) -> int | None:
    """Bytes of the message at `at`; None while that cannot be told."""
    if len(data) - at < 2:
        return None
    if data[at] != 0x30:
        raise MalformedMessage(f"message that begins with {data[at]:#04x}", offset=at)
    first = data[at + 1]
    if first < 0x80:
        return 2 + first
    octets = first & 0x7F
    if not 0 < octets <= _LONGEST_HEADER:
        raise MalformedMessage("length of a message", offset=at + 1)
    if len(data) - at < 2 + octets:
        return None
    size = int.from_bytes(data[at + 2 : at + 2 + octets], "big")
    if size > LARGEST_MESSAGE:
        raise MalformedMessage(f"message of {size} octets", offset=at)
    return 2 + octets + size
