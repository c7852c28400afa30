"""SIP messages out of a byte stream: TCP and TLS (RFC 3261 section 18.3, sheet sip-rtp 3.2).

What comes out does not depend on how the stream was cut into segments.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.sip.message import LARGEST_HEAD, MalformedSip, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_BODY = 1_048_576
"""Bytes of a body on a stream (sheet 2.1)."""

_END = b"\r\n\r\n"
_FIRST_LINE = re.compile(rb"SIP/[0-9]+\.[0-9]+ |[A-Za-z0-9.!%*_+`'~-]{1,64} [^\r\n]*SIP/[0-9]+\.[0-9]+[ \t]*\r\n")
_METHOD_SO_FAR = re.compile(rb"[A-Za-z0-9.!%*_+`'~/-]{1,64}(?: |$)")
_LENGTH = re.compile(rb"\r\n(?:content-length|l)[ \t]*:([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", re.IGNORECASE)


class Keepalive(Enum):
    """What keeps a connection open between messages."""

    PING = "\r\n\r\n"
    """Answered by a single line end (RFC 5626 4.4.1, sheet 3.5). That answer itself, the pong, is passed over."""


class StreamFraming:
    """Cuts messages out of what one connection receives. Keeps at most one message: 64 KiB of head, 1 MiB of body."""

    __slots__ = ("_begun", "_buffer", "_line_ends", "_looked", "_wanted")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._line_ends = 0
        """Line ends since the last message or ping."""
        self._begun = False
        """Whether the start line is there and that of a message."""
        self._looked = 0
        """Bytes in which no end of the head has been found."""
        self._wanted = 0
        """Bytes of the whole message, once its head is there; else 0."""

    @property
    def pending(self) -> int:
        """Bytes of an unfinished message."""
        return len(self._buffer)

    def receive(self, data: bytes) -> Iterator[bytes | Keepalive]:
        """Each whole message as it is to be parsed, and each keepalive, in order; loop over it before the next call.

        Raises MalformedSip in its place: the stream cannot be read on and is to be closed, after a refusal with the error's
        `status` if it has a `message_so_far`.
        """
        self._buffer += data
        return self._items()

    def _items(self) -> Iterator[bytes | Keepalive]:
        while self._buffer:
            if not self._wanted:
                if self._buffer[0] in b"\r\n":
                    yield from self._between()
                    continue
                self._wanted = self._message_length()
            if not self._wanted or len(self._buffer) < self._wanted:
                return
            message = bytes(self._buffer[: self._wanted])
            del self._buffer[: self._wanted]
            self._wanted = self._looked = self._line_ends = 0
            self._begun = False
            yield message

    def _between(self) -> Iterator[Keepalive]:
        """Line ends in front of a message: two are a ping."""
        rest = self._buffer.lstrip(b"\r\n")
        self._line_ends += self._buffer.count(b"\n", 0, len(self._buffer) - len(rest))
        self._buffer = rest
        while self._line_ends >= 2:
            self._line_ends -= 2
            yield Keepalive.PING

    def _message_length(self) -> int:
        """Bytes of the message that begins the buffer; 0 until that is known."""
        buffer = self._buffer
        if not self._begun:
            self._check_start()
        end = buffer.find(_END, max(0, self._looked - len(_END) + 1))
        if end > LARGEST_HEAD or (end < 0 and len(buffer) >= LARGEST_HEAD + len(_END)):
            raise MalformedSip("head is too long", offset=LARGEST_HEAD)
        if end < 0:
            self._looked = len(buffer)
            return 0
        return end + len(_END) + self._body_length(bytes(buffer[:end]))

    def _check_start(self) -> None:
        """Whether this can become a message: other protocols are told apart by their first line."""
        self._begun = self._buffer.find(b"\r\n", max(0, self._looked - 1)) >= 0
        if not (_FIRST_LINE if self._begun else _METHOD_SO_FAR).match(self._buffer):
            raise MalformedSip("no SIP on this stream")

    def _body_length(self, head: bytes) -> int:
        """What Content-Length says; 0 where it is absent."""
        lengths = [re.sub(rb"\s+", b"", value) for value in _LENGTH.findall(head)]
        if not lengths:
            return 0
        if (
            not all(length.isdigit() and len(length) <= 10 for length in lengths)
            or len(set(map(int, lengths))) > 1
        ):
            raise self._refusal(head, "Content-Length is no number, or two")
        if int(lengths[0]) > LARGEST_BODY:
            raise self._refusal(head, "body is too large", status=413)
        return int(lengths[0])

    @staticmethod
    def _refusal(head: bytes, what: str, status: int = 400) -> MalformedSip:
        """The error for a message of which the end is unknown, with the request where one can be answered."""
        try:
            parse(head + _END)
        except MalformedSip as error:
            return MalformedSip(what, offset=len(head), message_so_far=error.message_so_far, status=status)
        except MalformedMessage:
            pass
        return MalformedSip(what, offset=len(head), status=status)
