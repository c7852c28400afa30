"""Responses of ours, written straight into bytes: what a response copies from its request is worked out once, and is all
that is kept of the request (RFC 3261 section 8.2.6, SIP sheet 2.3)."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from simulator.wire.sip.composition import SDP, phrase_of
from simulator.wire.sip.header import with_tag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.wire.sip.message import Request
    from simulator.wire.sip.settings import UserAgentSettings


class Echo:
    """The lines that every response to one request repeats, byte for byte."""

    __slots__ = ("_ids", "_routes", "_sequence", "_to", "_vias")

    def __init__(self, request: Request) -> None:
        headers = request.headers
        self._vias = "\r\nVia: ".join(headers.raw("via"))
        self._routes = "\r\nRecord-Route: ".join(headers.raw("record-route")) if request.method == "INVITE" else ""
        self._ids = f"Call-ID: {headers.get('call-id') or ''}\r\nFrom: {headers.get('from') or ''}"
        self._to = headers.get("to") or ""
        self._sequence = f"CSeq: {headers.get('cseq') or ''}"

    def lines(self, status: int, phrase: str, tag: str) -> list[str]:
        """What a response begins with; To gets our tag except in a 100."""
        found = [f"SIP/2.0 {status} {phrase or phrase_of(status)}", f"Via: {self._vias}"]
        if self._routes and 100 < status < 300:
            found.append(f"Record-Route: {self._routes}")
        to = with_tag(self._to, tag) if tag and status > 100 else self._to
        found += (self._ids, f"To: {to}", self._sequence)
        return found


def response_bytes(
    echo: Echo,
    settings: UserAgentSettings,
    status: int,
    tag: str,
    *,
    phrase: str = "",
    headers: Iterable[tuple[str, str]] = (),
    contact: str = "",
    capable: bool = False,
    body: bytes = b"",
    content_type: str = SDP,
) -> bytes:
    """A response as we write them, in pjsip's order. No text in it may hold a line end: commands and scripts are checked
    where they come in."""
    lines = echo.lines(status, phrase, tag)
    if contact:
        lines.append(f"Contact: {contact}")
    if capable:
        lines += (f"Allow: {', '.join(settings.allow)}", f"Supported: {', '.join(settings.supported)}")
    for name, value in headers:
        lines.append(f"{name}: {value}")
    if settings.user_agent and status > 100:
        lines.append(f"Server: {settings.user_agent}")
    if body:
        lines.append(f"Content-Type: {content_type or SDP}")
    lines.append(f"Content-Length: {len(body)}\r\n\r\n")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + body


def stateless_tag(request: Request) -> str:
    """A To tag that is the same for each repeat of a request, for who remembers none of them (RFC 3261 section 8.2.7)."""
    return sha256((request.headers.get("via") or "").encode("utf-8", "surrogateescape")).hexdigest()[:32]
