"""What the transports of one user agent obey, and whom they tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from simulator.face.transport import TlsWish

if TYPE_CHECKING:
    from simulator.errors import MalformedMessage
    from simulator.wire.sip.packet import Address, Packet


@dataclass(slots=True)
class TransportSettings:
    """Durations in wire seconds. May be changed at any time."""

    idle_close: float = 33.0
    """A connection that carried nothing for so long, and that nobody needs, is closed: pjsip's value."""
    stream_pong: bool = True
    """Answer CRLFCRLF on a connection by CRLF (RFC 5626 section 4.4.1)."""
    connect_timeout: float = 32.0
    """For TCP and the TLS handshake together: as long as a transaction lives."""
    most_connections: int = 256
    """Standing at once; a peer that opens more is reset."""
    tls: TlsWish = field(default_factory=lambda: TlsWish(verify=False))
    """How connections over TLS are opened."""


class TransportUser(Protocol):
    """Who stands behind the transports. Addresses are (host, port); transports `UDP`, `TCP` or `TLS`."""

    def received(self, data: bytes, source: Address, transport: str) -> None:
        """One datagram, or one message out of a stream: never a keepalive. `source` names the connection too."""

    def undeliverable(self, packet: Packet, reason: str) -> None:
        """This did not arrive and will not: ICMP, refused, TLS failed, no such host, the connection ended.

        Never said before the call of `send` has returned. After ICMP the packet is what came back: its branch and
        destination are those that were sent, its data perhaps only the beginning. After the end of a connection it is
        the last request that was sent there.
        """

    def over(self, packet: Packet, transport: str, local: Address) -> Packet:
        """A request that was marked to switch, as it goes now: over TCP, where a connection stands whose near end is
        `local`, or over UDP after all (`UserAgent.over`)."""

    def malformed(self, source: Address, transport: str, error: MalformedMessage) -> None:
        """A stream could not be read as SIP. A refusal may still be sent; then the connection is closed."""

    def needed(self, peer: Address, transport: str) -> bool:
        """Asked before an idle connection is closed: does a transaction, dialog or registration still use it?"""
