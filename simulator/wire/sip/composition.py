"""How the messages we write look: which headers, and in pjsip's order (SIP sheet 2.3)."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.sip.header import via
from simulator.wire.sip.message import Headers, Request, Response, parse
from simulator.wire.sip.packet import is_reliable
from simulator.wire.sip.parameter import params_text
from simulator.wire.sip.uri import host_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from simulator.chance import Stream
    from simulator.wire.sip.message import Message
    from simulator.wire.sip.settings import UserAgentSettings

SDP = "application/sdp"

PHRASES = {
    100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress",
    200: "OK", 202: "Accepted", 301: "Moved Permanently", 302: "Moved Temporarily", 305: "Use Proxy",
    400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout",
    410: "Gone", 413: "Request Entity Too Large", 414: "Request-URI Too Long", 415: "Unsupported Media Type",
    416: "Unsupported URI Scheme", 420: "Bad Extension", 421: "Extension Required",
    422: "Session Interval Too Small", 423: "Interval Too Brief", 480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 483: "Too Many Hops", 484: "Address Incomplete",
    485: "Ambiguous", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here", 491: "Request Pending",
    493: "Undecipherable", 500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Server Time-out", 505: "Version Not Supported", 513: "Message Too Large",
    600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable",
}  # fmt: skip
"""RFC 3261 section 21."""

CLASS_PHRASES = {
    1: "Progress",
    2: "OK",
    3: "Redirection",
    4: "Client Error",
    5: "Server Error",
    6: "Global Failure",
}

_LETTERS = bytes.maketrans(b"+/", b".-")


def phrase_of(status: int) -> str:
    """The usual phrase."""
    return PHRASES.get(status) or CLASS_PHRASES.get(status // 100, "")


def token(chance: Stream) -> str:
    """32 characters of `A-Za-z0-9.-`, as in tags, branches and Call-IDs."""
    return b64encode(chance.getrandbits(192).to_bytes(24, "big")).translate(_LETTERS).decode()


def made_here(status: int) -> Response:
    """A response that nobody sent: 408 for a timeout, 503 for a transport error. It has no headers."""
    return Response(status, phrase_of(status), Headers())


def is_made_here(response: Response) -> bool:
    """Whether it came from `made_here`."""
    return len(response.headers) == 0


def via_text(transport: str, host: str, port: int, branch: str) -> str:
    """Our own Via."""
    alias = ";alias" if is_reliable(transport) else ""
    return f"SIP/2.0/{transport} {host_text(host)}:{port};rport;branch={branch}{alias}"


def request_headers(
    top: str, routes: Sequence[str], forwards: int, parties: tuple[str, str], dialog: tuple[str, str]
) -> Headers:
    """What every request begins with. `parties` are From and To, `dialog` is Contact (may be empty) and Call-ID."""
    headers = Headers()
    add = headers.add
    add("Via", top)
    for route in routes:
        add("Route", route)
    add("Max-Forwards", str(forwards))
    add("From", parties[0])
    add("To", parties[1])
    if dialog[0]:
        add("Contact", dialog[0])
    add("Call-ID", dialog[1])
    return headers


def add_capabilities(headers: Headers, settings: UserAgentSettings) -> None:
    """Allow and Supported."""
    if settings.allow:
        headers.add("Allow", ", ".join(settings.allow))
    if settings.supported:
        headers.add("Supported", ", ".join(settings.supported))


def add_extra(headers: Headers, extra: Iterable[tuple[str, str]]) -> None:
    """Headers that a command or a script brings. Raises MalformedMessage for a line end in one."""
    for name, value in extra:
        if not name or any(end in name + value for end in "\r\n"):
            raise MalformedMessage(f"{name!r} cannot be a header")
        headers.add(name, value)


def ack_of_failure(request: Request, response: Response) -> Request:
    """The ACK that a client transaction sends for a 300 to 699 (RFC 3261 section 17.1.1.3)."""
    return _companion(request, "ACK", response.headers.get("to") or "")


def cancel_of(request: Request, extra: Iterable[tuple[str, str]] = ()) -> Request:
    """The CANCEL for an INVITE (RFC 3261 section 9.1): the same branch, no credentials."""
    cancel = _companion(request, "CANCEL", request.headers.get("to") or "")
    add_extra(cancel.headers, extra)
    return cancel


def _companion(request: Request, method: str, to: str) -> Request:
    asked = request.headers
    parties = (asked.get("from") or "", to)
    top, forwards = asked.get("via") or "", int(asked.get("max-forwards") or "70")
    headers = request_headers(top, asked.raw("route"), forwards, parties, ("", asked.get("call-id") or ""))
    headers.add("CSeq", f"{(asked.get('cseq') or '1').split()[0]} {method}")
    if asked.get("user-agent"):
        headers.add("User-Agent", asked.get("user-agent") or "")
    return Request(method, request.uri, headers)


def again(request: Request, top: str, cseq: int, changes: Iterable[tuple[str, str]] = ()) -> Request:
    """The same request as a new one: other branch and CSeq number, headers of the same names as in `changes` replaced,
    which are put behind CSeq where pjsip has its credentials."""
    changes = tuple(changes)
    replaced = {name.lower() for name, _ in changes}
    headers = Headers()
    for place, (name, value) in enumerate(request.headers):
        if place == 0:
            headers.add(name, top)
        elif name == "CSeq":
            headers.add(name, f"{cseq} {request.method}")
            add_extra(headers, changes)
        elif name.lower() not in replaced:
            headers.add(name, value)
    return Request(request.method, request.uri, headers, request.body)


def moved(data: bytes, transport: str, host: str, port: int) -> Message:
    """An encoded request of ours with the top Via of another transport (sheet 3.4)."""
    message = parse(data)
    message.headers.replace_first("via", via_text(transport, host, port, via(message.headers).branch))
    return message


def contact_text(host: str, port: int, transport: str, user: str, *, secure: bool, parameters: str = "") -> str:
    """Our Contact: the transport parameter says how we are reached, unless that is UDP."""
    at = f"{user}@" if user else ""
    named = "" if transport == "UDP" else params_text({"transport": transport.lower()})
    return f"<{'sips' if secure else 'sip'}:{at}{host_text(host)}:{port}{named}{parameters}>"
