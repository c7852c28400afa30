"""What a user agent gives to the net floor and gets from it: bytes, and where they go (SIP sheet 3)."""

from __future__ import annotations

from dataclasses import dataclass

Address = tuple[str, int]
"""Host (a name or a bare IP address) and port."""

UDP, TCP, TLS = "UDP", "TCP", "TLS"
"""Transport tokens as they stand in a Via."""

RELIABLE = frozenset({TCP, TLS})


def is_reliable(transport: str) -> bool:
    """True where the transport itself repeats what is lost, so that SIP need not."""
    return transport in RELIABLE


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a message goes. `host` may be a name: the net floor resolves it, by its own table first (sheet 3.6)."""

    host: str
    port: int
    transport: str = UDP
    connection: Address | None = None
    """Responses on a stream: the far end of the connection that the request came on. While that connection is open it
    is used; when it is gone, one is opened to host and port (RFC 3261 section 18.2.2)."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One message for the net floor."""

    data: bytes
    destination: Destination
    branch: str = ""
    """With `method` it names the client transaction that a request belongs to; empty for responses, ACKs and keep-alives."""
    method: str = ""
    reply_to: tuple[object, ...] = ()
    """Names the server transaction that a response belongs to; empty for requests and stateless responses."""
    switch: bool = False
    """A request over the size limit that was built for UDP: try TCP with `UserAgent.over(packet, "TCP")`; when the
    connection is refused or unreachable, send this packet as it is (sheet 3.4)."""

    @property
    def transport(self) -> str:
        """UDP, TCP or TLS."""
        return self.destination.transport
