"""Where a request or a response goes, without asking DNS (SIP sheet 3.1, 3.2 and 3.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.sip.header import name_addr
from simulator.wire.sip.packet import TLS, UDP, Destination, is_reliable
from simulator.wire.sip.uri import SipUri, parse_uri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.wire.sip.header import Via
    from simulator.wire.sip.packet import Address

DEFAULT_PORTS = {"UDP": 5060, "TCP": 5060, "TLS": 5061}


def sip_uri(text: str) -> SipUri:
    """A `sip:` or `sips:` address in parts. Raises MalformedMessage for any other."""
    uri = parse_uri(text)
    if not isinstance(uri, SipUri):
        raise MalformedMessage(f"a {uri.scheme}: address leads nowhere")
    return uri


def next_hop(request_uri: str, routes: Sequence[str], transport: str = UDP) -> Destination:
    """The first Route, else the Request-URI: `transport=` decides, then `sips:`, then the given default.

    Raises MalformedMessage.
    """
    return of_uri(sip_uri(name_addr(routes[0]).uri if routes else request_uri), transport)


def way(target: str, routes: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Request-URI and Route values of a request by a route set (RFC 3261 section 12.2.1.1); a first proxy without `lr` is
    a strict router of RFC 2543 and gets what it expects. Raises MalformedMessage."""
    if not routes:
        return target, ()
    first = sip_uri(name_addr(routes[0]).uri)
    if "lr" in first.params:
        return target, routes
    return str(first.without("method", headers=True)), (*routes[1:], f"<{target}>")


def of_uri(uri: SipUri, transport: str = UDP) -> Destination:
    """Where a URI points to."""
    named = (uri.transport or "").upper()
    if named in DEFAULT_PORTS:
        transport = named
    if uri.is_secure:
        transport = TLS
    return Destination(uri.host, uri.port or DEFAULT_PORTS[transport], transport)


def of_response(via: Via, transport: str, source: Address) -> Destination:
    """Back to where the request came from. `via` is its top one, stamped; `maddr` is not heeded (sheet 3.1)."""
    host = via.received or via.host
    if is_reliable(transport):
        return Destination(host, via.port or DEFAULT_PORTS[transport], transport, source)
    return Destination(host, via.rport or via.port or DEFAULT_PORTS[UDP], transport)
