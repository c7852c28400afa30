"""Who a user agent is when it calls or registers (RFC 3261 sections 8.1.1 and 10.2; SIP sheet 1)."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.wire.sip.packet import UDP


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a password for one protection realm. An empty realm fits any that no other login names."""

    username: str
    password: str
    realm: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """One identity: what stands in From and Contact, how requests leave, and what answers a challenge."""

    aor: str
    """Address of record as a URI: `sip:1001@example.com`, or with `sips:`."""
    user: str = ""
    """User part of our Contact; empty leaves it out."""
    display: str = ""
    """Display name in From; empty leaves it out."""
    transport: str = UDP
    """UDP, TCP or TLS, where neither `transport=` nor `sips:` says otherwise."""
    logins: tuple[Login, ...] = ()
    proxies: tuple[str, ...] = ()
    """Outbound proxies as URIs (`sip:p1;lr`), the first one contacted first: a preloaded route set (sheet 10.2)."""
