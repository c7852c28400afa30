"""What the transports of one user agent obey, and whom they tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from simulator.face.transport import TlsWish

if TYPE_CHECKING:
    from simulator.net.datagram import Peer

UDP, TCP, TLS = "UDP", "TCP", "TLS"
"""Transports as a Via names them."""


@dataclass(slots=True)
class TransportSettings:
    """Durations in wire seconds, sizes in bytes. May be changed at any time."""

    switch_to_tcp: bool = True
    """Requests beyond `largest_datagram` that were meant for UDP go over TCP (RFC 3261 18.1.1)."""
    largest_datagram: int = 1300
    idle_close: float = 33.0
    """A connection that carried nothing for so long, and that nobody needs, is closed: pjsip's value."""
    datagram_keepalive: float = 15.0
    """Between two CRLF to whom `SipTransports.keep_alive` names; 0 sends none. pjsua's default."""
    stream_keepalive: float = 90.0
    """Of silence on our side, after which CRLFCRLF goes over a connection; 0 sends none. pjsip's default."""
    stream_pong: bool = True
    """Answer CRLFCRLF on a connection by CRLF (RFC 5626 section 4.4.1)."""
    connect_timeout: float = 32.0
    """For TCP and the TLS handshake together: as long as a transaction lives."""
    most_connections: int = 256
    """Standing at once; a peer that opens more is reset."""
    tls: TlsWish = TlsWish(verify=False)
    """How connections over TLS are opened."""


class TransportUser(Protocol):
    """Who stands behind the transports. Addresses are (host, port); transports `UDP`, `TCP` or `TLS`."""

    def received(self, data: bytes, source: Peer, transport: str) -> None:
        """One datagram, or one message out of a stream: never a keepalive. `source` names the connection too."""

    def undeliverable(self, destination: Peer, transport: str, reason: str) -> None:
        """What was sent there last did not arrive and will not: ICMP, refused, TLS failed, no such host.

        `transport` is the one that was asked for. Never said before the call of `send` has returned.
        """

    def malformed(self, source: Peer, transport: str, reason: str) -> None:
        """A stream could not be read as SIP; the connection is closed."""

    def needed(self, peer: Peer, transport: str) -> bool:
        """Asked before an idle connection is closed: does a transaction, dialog or registration still use it?"""
