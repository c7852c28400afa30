"""HTTP as a face sees it: a request, and one of four kinds of answer.

The server on the net floor asks twice. `admit` sees the head alone and decides whether the body is wanted at
all: authentication, unknown path, wrong method and `Expect: 100-continue` are settled before a byte of
body is read (client-facts 2.4). `serve` sees the body too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol
from urllib.parse import parse_qsl

BODY_LIMIT = 1 << 20
"""Bytes of body a CGI takes unless its route says otherwise; more is answered 413."""


@dataclass(slots=True)
class Head:
    """The request without its body. Header names are lower case; a repeated header is joined by `, `."""

    method: str
    target: str
    """The raw request target as sent, path and query, for the digest (core sheet 1.2)."""
    path: str
    query: str
    headers: Mapping[str, str]
    peer: str
    """Address of the client."""
    secure: bool
    """Came over TLS."""
    host: str = ""
    """Wire address and port the client connected to, as `127.16.0.1:8080`."""
    at: float = 0.0
    """Wire seconds at which it came: for what is promised to the client in its own time."""


@dataclass(slots=True)
class Request:
    """A request with its body. Exactly one of `body` and `upload` is used, as the admission asked."""

    head: Head
    body: bytes = b""
    upload: BinaryIO | None = None
    """A spooled file at position 0 where the admission wanted one: firmware, clips."""
    login: str = ""
    """Account name, empty for anonymous."""


@dataclass(slots=True)
class Answer:
    """A complete answer. `Content-Length`, `Date` and `Connection` are the server's business."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"
    headers: tuple[tuple[str, str], ...] = ()
    then: Callable[[], None] | None = None
    """Called after the answer has left: a restart that answers first."""
    after: float = 0.0
    """Wire seconds that the server lets pass before it sends: what a wrong password costs."""
    reason: str = ""
    """Reason phrase, where it is not the usual one of its status."""


@dataclass(slots=True)
class Held:
    """An answer that comes later: a pulse that holds its response, a ready check with a time-out.

    `start(deliver)` begins waiting and returns the function called if the client goes away first.
    """

    start: Callable[[Callable[[Answer], None]], Callable[[], None]]


class Channel(Protocol):
    """The open end of an endless answer or a WebSocket."""

    def send(self, data: bytes | str) -> None:
        """Queue bytes of the body, or one WebSocket message (text for str)."""

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the answer; code and reason are used by WebSockets only."""


@dataclass(slots=True)
class Endless:
    """A body without end, such as the port monitor. `open(channel)` returns what to call at its end."""

    content_type: str
    open: Callable[[Channel], Callable[[], None]]
    headers: tuple[tuple[str, str], ...] = ()
    keep_alive: bytes = b""
    """Sent by the server whenever nothing else was for `silence` wire seconds; empty for nothing."""
    silence: float = 0.0
    every: float = 0.0
    """Wire seconds between two calls of `beat`; 0 for none. Late ones are made up for."""
    beat: Callable[[], None] | None = None
    """Called in this rhythm while the answer is open: sound that flows in real time."""


class SocketListener(Protocol):
    """What a face hands out for one WebSocket."""

    def received(self, message: str | bytes) -> None:
        """One message of the client: text or binary."""

    def closed(self) -> None:
        """The connection ended, whoever ended it."""


@dataclass(slots=True)
class WebSocket:
    """Accept the upgrade. Pings are answered by the server."""

    open: Callable[[Channel], SocketListener]
    largest: int = 1 << 16


class InflowListener(Protocol):
    """What a face hands out for a body that it takes while it comes. Times are wire seconds.

    It is a session as those in `wire/`, with what the server does in between: while it is `hungry`, it gets what comes;
    while it is not, the client's bytes stay in the network. Once there is an `outcome`, the exchange ends with it.
    """

    @property
    def hungry(self) -> bool:
        """More of the body is wanted now."""

    @property
    def outcome(self) -> Answer | HungUp | None:
        """The answer, or the end of the connection without one; None while it goes on."""

    def receive(self, data: bytes, now: float) -> None:
        """A piece of the body, in order, without transfer coding."""

    def complete(self, now: float) -> None:
        """The body has ended as it was announced to, or with the client's half of the connection."""

    def gone(self) -> None:
        """The connection is over, or the body broke off. Called once, in any case, at the end."""

    def next_deadline(self) -> float | None:
        """When `tick` is due."""

    def tick(self, now: float) -> None:
        """Time has passed."""


@dataclass(slots=True)
class HungUp:
    """No answer: the connection is closed."""


@dataclass(slots=True)
class Inflow:
    """The body is wanted as it comes, for as long as it lasts; only now is `100 Continue` said, if it is waited for.

    A POST that announces neither a length nor chunks has all that follows for its body (audio sheet 3.2), which no
    other request has. `open(clock)` gets the wire clock, for what happens between pieces.
    """

    open: Callable[[Callable[[], float]], InflowListener]


Reply = Answer | Held | Endless | WebSocket | Inflow


@dataclass(slots=True)
class Admission:
    """The body is wanted: how much of it, and whether as a spooled file."""

    serve: Callable[[Request], Reply]
    body_limit: int = BODY_LIMIT
    spool: bool = False
    login: str = ""
    unread: bool = False
    """`serve` decides by the head alone, with an empty body; it may answer with an Inflow and take the body then."""


class HttpFace(Protocol):
    """A device's HTTP surface."""

    def admit(self, head: Head) -> Answer | Held | Admission:
        """Refuse at once, or after a moment (a wrong password costs time), or say how to go on."""


def form_fields(text: str) -> dict[str, str]:
    """`a=1&b=2` as a dictionary: percent-decoded, the last of two equal names wins, an `&` at the end is fine."""
    return dict(parse_qsl(text, keep_blank_values=True))
