"""A request as it came in: what every later step asks for, read once (SIP sheet 2.2 and 4.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simulator.wire.sip.destination import of_response
from simulator.wire.sip.header import CSeq, NameAddr, Via, check, stamp

if TYPE_CHECKING:
    from simulator.wire.sip.message import Request
    from simulator.wire.sip.packet import Address, Destination
    from simulator.wire.sip.server_transaction import Key


class Received(NamedTuple):
    """A valid request."""

    request: Request
    method: str
    via: Via
    """The top one, stamped."""
    key: Key
    """Of its server transaction."""
    remote: NameAddr
    """From."""
    local: NameAddr
    """To."""
    call_id: str
    cseq: CSeq
    source: Address
    transport: str

    @property
    def from_tag(self) -> str:
        """Empty for a peer of RFC 2543."""
        return self.remote.tag or ""

    @property
    def to_tag(self) -> str:
        """Empty outside of dialogs."""
        return self.local.tag or ""

    @property
    def destination(self) -> Destination:
        """Where its responses go."""
        return of_response(self.via, self.transport, self.source)

    @property
    def merge_key(self) -> Key:
        """What two requests have in common that are one, merged on two ways (RFC 3261 section 8.2.2.2)."""
        return (self.from_tag, self.call_id, self.cseq.number, self.cseq.method)


def read(request: Request, source: Address, transport: str) -> Received:
    """Check what every request needs and read it. Raises MalformedSip, with the request where a 400 can be sent."""
    top, remote, local, call, number = check(request)
    line = request.headers.get("via")
    if top.is_rfc3261:
        key: Key = (top.branch, top.host.lower(), top.port, transaction_method(request.method))
    else:
        key = (line, request.uri, remote.tag, call, number.number, transaction_method(request.method))
    top = stamp(request.headers, source[0], source[1], top)
    return Received(request, request.method, top, key, remote, local, call, number, source, transport)


def transaction_method(method: str) -> str:
    """An ACK belongs to the transaction of its INVITE."""
    return "INVITE" if method == "ACK" else method
