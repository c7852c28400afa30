"""One HTTP/1.1 request of a client, without I/O: sent, challenged, sent again with credentials, answered (RFC 9112).

The answer's body is read over and dropped: a notification asks whether it arrived, and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.http.authorization import authorization, challenges

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_HEAD = 65_536
"""Bytes of status line and headers."""
LONGEST_BODY = 16 << 20
"""Bytes of a body that are read over before the server is given up."""
_STATUS = re.compile(rb"HTTP/1\.([0-9]) ([1-5][0-9]{2})(?: ([^\r\n]*))?")
_HEADER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n]*?)[ \t]*")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `target` is path and query, `host` what the server is called."""

    method: str
    target: str
    host: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def encode(self, credentials: str = "") -> bytes:
        """With `Content-Length` where there is a body or the method has one."""
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {self.host}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if credentials:
            lines.append(f"Authorization: {credentials}")
        if self.body or self.method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + self.body


@dataclass(frozen=True, slots=True)
class Connected:
    """What the session is told: a connection stands, the first or another one."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The final answer."""

    status: int
    phrase: str


@dataclass(frozen=True, slots=True)
class Again:
    """The request has to be sent once more on a new connection: open one, and tell the session."""


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no answer."""

    reason: str


HttpEvent = Answered | Again | Failed


class ClientSession:
    """One request until its answer. `cnonce` gives chance for digest; `patience` is seconds without a byte."""

    def __init__(
        self,
        request: Request,
        login: tuple[str, str] | None,
        cnonce: Callable[[], str],
        *,
        patience: float = 30.0,
    ) -> None:
        self._request = request
        self._login = login
        self._cnonce = cnonce
        self._patience = patience
        self._output = b""
        self._deadline: float | None = None
        self._credentials = ""
        self._tries = 0
        self._answer = _Answer()
        self.ended = False

    def send(self, _event: Connected, now: float) -> list[HttpEvent]:
        """A connection stands: send the request."""
        self._answer = _Answer(head_only=self._request.method == "HEAD")
        self._output += self._request.encode(self._credentials)
        self._deadline = now + self._patience
        return []

    def receive(self, data: bytes, now: float) -> list[HttpEvent]:
        """Bytes of the server. Raises MalformedMessage for what is no HTTP."""
        if self.ended:
            return []
        self._deadline = now + self._patience
        return self._finished(now) if self._answer.feed(data) else []

    def lost(self, now: float) -> list[HttpEvent]:
        """The connection has ended: the end of a body of unknown length, or of hope."""
        if self.ended:
            return []
        if self._answer.ends_with_connection:
            return self._finished(now)
        return self._over(Failed("the server closed the connection"))

    def take_output(self) -> bytes:
        output, self._output = self._output, b""
        return output

    def next_deadline(self) -> float | None:
        """When the server has been silent for too long."""
        return None if self.ended else self._deadline

    def tick(self, now: float) -> list[HttpEvent]:
        """Time has passed."""
        if self.ended or self._deadline is None or now < self._deadline:
            return []
        return self._over(Failed("the server does not answer"))

    def _finished(self, now: float) -> list[HttpEvent]:
        """An answer is complete: the one that is wanted, or a challenge that can be answered."""
        answer = self._answer
        if answer.status == 401 and self._login is not None and self._tries < 2:
            offered = challenges(value for name, value in answer.headers if name == "www-authenticate")
            if offered and (self._tries == 0 or offered[0].stale):
                self._tries += 1
                request = self._request
                self._credentials = authorization(
                    offered[0], request.method, request.target, self._login, self._cnonce()
                )
                if answer.keeps_open:
                    return self.send(Connected(), now)
                self._deadline = None
                return [Again()]
        return self._over(Answered(answer.status, answer.phrase))

    def _over(self, event: HttpEvent) -> list[HttpEvent]:
        self.ended = True
        self._deadline = None
        return [event]


@dataclass(slots=True)
class _Answer:
    """One answer as it comes in."""

    head_only: bool = False
    status: int = 0
    phrase: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    keeps_open: bool = False
    ends_with_connection: bool = False
    _rest: bytes = b""
    _wanted: int | None = None
    """Bytes of the body, or of the present chunk with its line end, that are still to come."""
    _chunked: bool = False
    _trailing: bool = False
    _read: int = 0

    def feed(self, data: bytes) -> bool:
        """Whether the answer is complete. What follows it is dropped. Raises MalformedMessage."""
        self._rest += data
        while not self.status or 100 <= self.status < 200:
            end = self._rest.find(b"\r\n\r\n")
            if end < 0:
                if len(self._rest) > LONGEST_HEAD:
                    raise MalformedMessage("the head of the answer is too long", offset=LONGEST_HEAD)
                return False
            head, self._rest = self._rest[:end], self._rest[end + 4 :]
            self._read_head(head)
            if self.status == 101:
                raise MalformedMessage("the server changes protocols")
        return self._body()

    def _read_head(self, head: bytes) -> None:
        first, *lines = head.split(b"\r\n")
        found = _STATUS.fullmatch(first)
        if found is None or len(head) > LONGEST_HEAD:
            raise MalformedMessage("no status line")
        self.status, self.phrase = int(found[2]), (found[3] or b"").decode("utf-8", "replace")
        matched = [_HEADER.fullmatch(line) for line in lines]
        if not all(matched):
            raise MalformedMessage("a header line that is none", offset=len(first))
        self.headers = [(m[1].decode().lower(), m[2].decode("utf-8", "replace")) for m in matched if m is not None]
        self._frame(found[1] != b"0")

    def _frame(self, newer: bool) -> None:
        """How long the body is (RFC 9112 6.3)."""
        given: dict[str, list[str]] = {}
        for name, value in self.headers:
            given.setdefault(name, []).append(value)
        connection = ",".join(given.get("connection", ())).lower()
        self.keeps_open = "close" not in connection and (newer or "keep-alive" in connection)
        coding = ",".join(given.get("transfer-encoding", ())).lower()
        lengths = {one.strip() for value in given.get("content-length", ()) for one in value.split(",")}
        self._chunked, self._wanted, self.ends_with_connection = False, None, False
        if self.head_only or self.status in (204, 304) or self.status < 200:
            self._wanted = 0
        elif coding:
            self._chunked = coding.rpartition(",")[2].strip() == "chunked"
            self.ends_with_connection = not self._chunked
        elif lengths:
            length = lengths.pop()
            if lengths or not (length.isascii() and length.isdecimal() and len(length) < 16):
                raise MalformedMessage("no content length")
            self._wanted = int(length)
        else:
            self.ends_with_connection = True
        self.keeps_open &= not self.ends_with_connection

    def _body(self) -> bool:
        if self._chunked:
            return self._chunks()
        self._count(len(self._rest))
        size, self._rest = len(self._rest), b""
        if self._wanted is None:
            return False
        self._wanted -= min(size, self._wanted)
        return self._wanted == 0

    def _chunks(self) -> bool:
        while True:
            if self._wanted:
                taken = min(len(self._rest), self._wanted)
                self._count(taken)
                self._rest, self._wanted = self._rest[taken:], self._wanted - taken
                if self._wanted:
                    return False
            line, found, rest = self._rest.partition(b"\r\n")
            if not found:
                if len(self._rest) > LONGEST_HEAD:
                    raise MalformedMessage("a chunk line is too long")
                return False
            self._rest = rest
            if self._trailing:
                self._count(len(line) + 2)
                if not line:
                    return True
                continue
            size = _SIZE.fullmatch(line)
            if size is None:
                raise MalformedMessage("no chunk size")
            self._trailing = int(size[1], 16) == 0
            self._wanted = 0 if self._trailing else int(size[1], 16) + 2

    def _count(self, size: int) -> None:
        self._read += size
        if self._read > LONGEST_BODY:
            raise MalformedMessage("the answer is too long", offset=LONGEST_BODY)
