"""What a registrar and proxy needs of messages beyond reading them: answers of its own, and hops on and off (RFC 3261
sections 8.2.6 and 16.6)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from simulator.wire.sip.header import with_tag
from simulator.wire.sip.header_name import key_of
from simulator.wire.sip.message import Headers, Request, Response, split_list

if TYPE_CHECKING:
    from collections.abc import Iterable

PHRASES = {
    100: "Trying", 200: "OK", 302: "Moved Temporarily", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 405: "Method Not Allowed", 407: "Proxy Authentication Required", 408: "Request Timeout",
    416: "Unsupported URI Scheme", 420: "Bad Extension", 423: "Interval Too Brief", 480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 483: "Too Many Hops", 486: "Busy Here",
    487: "Request Terminated", 488: "Not Acceptable Here", 500: "Server Internal Error", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Server Time-out", 505: "Version Not Supported", 513: "Message Too Large",
    600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere",
}  # fmt: skip
_ECHOED = ("Via", "From", "To", "Call-ID", "CSeq")


def phrase_of(status: int) -> str:
    """The usual phrase of a status, or that of its class."""
    return PHRASES.get(status) or PHRASES.get(status // 100 * 100, "Unknown")


def answer(request: Request, status: int, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """A response to a request, the hop it came by stamped already; all but 100 carry a To tag, the same each time."""
    echoed = Headers()
    for name in _ECHOED:
        for value in request.headers.raw(name):
            echoed.add(name, with_tag(value, _tag(request)) if name == "To" and status != 100 else value)
    for name, value in headers:
        echoed.add(name, value)
    return Response(status, phrase_of(status), echoed)


def _tag(request: Request) -> str:
    """A tag of our own for this request: a stateless answer, given twice, is the same twice."""
    seed = "\n".join(request.headers.get(name) or "" for name in ("Via", "From", "Call-ID", "CSeq"))
    return hashlib.sha256(seed.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def without_first(headers: Headers, name: str) -> Headers:
    """The headers without the first value of a list header: the top Via of a response, the first Route."""
    kept: list[tuple[str, str]] = []
    taken, key = False, key_of(name)
    for line, value in headers:
        if not taken and key_of(line) == key:
            taken = True
            rest = split_list(value)[1:]
            if rest:
                kept.append((line, ", ".join(rest)))
        else:
            kept.append((line, value))
    return Headers(*kept)
