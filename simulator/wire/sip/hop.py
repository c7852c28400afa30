"""One hop of a request: which transaction it is, where its answers go, where it goes itself (RFC 3261 sections 17.2.3,
18.2.2 and 8.1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.wire.sip.header import stamp, via
from simulator.wire.sip.packet import TLS, UDP, Destination, is_reliable

if TYPE_CHECKING:
    from simulator.wire.sip.message import Request
    from simulator.wire.sip.packet import Address
    from simulator.wire.sip.uri import SipUri

Key = tuple[str, str, str]
"""Of a server transaction."""


def transaction_key(request: Request) -> Key:
    """Of the server transaction; an RFC 2543 sender's Via names none, so that the rest has to."""
    top = via(request.headers)
    if top.is_rfc3261:
        return top.branch, f"{top.host}:{top.port}", request.method
    names = ("Via", "From", "Call-ID")
    rest = [request.headers.get(name) or "" for name in names]
    sequence = (request.headers.get("CSeq") or "").split()[0]
    return "\n".join([request.uri, *rest]), sequence, request.method


def way_back(request: Request, source: Address, transport: str) -> Destination:
    """Where answers go (RFC 3261 section 18.2.2, RFC 3581): stamps the top Via."""
    top = stamp(request.headers, *source)
    port = top.rport or top.port or (5061 if transport == TLS else 5060)
    return Destination(top.received or top.host, port, transport, source if is_reliable(transport) else None)


def destination_of(uri: SipUri) -> Destination:
    transport = (uri.transport or "").upper() or (TLS if uri.is_secure else UDP)
    port = uri.port or (5061 if transport == TLS else 5060)
    return Destination(uri.host, port, transport)


def place_text(address: Address) -> str:
    return f"{address[0]}:{address[1]}"
