"""The knobs of a user agent, with the defaults of the SIP sheet (sections 4.1, 7, 9, 17, 19 and 23)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from simulator.wire.sip.packet import TCP, TLS, UDP
from simulator.wire.sip.timer import Timing


class Trying(StrEnum):
    """When 100 Trying answers an INVITE (sheet 4.4). It never carries a To tag, on which naive clients choke."""

    ALWAYS = "always"
    AUTO = "auto"
    """Only when nothing else goes out within 200 ms."""
    NEVER = "never"


@dataclass(slots=True)
class UserAgentSettings:
    """How one user agent looks and behaves. May be changed at any time; what is under way keeps what it has said.

    Seconds throughout. What the sheet tags as a guess is a field here so that a profile or a scenario can set it.
    """

    address: str = "127.0.0.1"
    """Our own host, as it stands in Via and Contact; IPv6 without brackets."""
    ports: dict[str, int] = field(default_factory=lambda: {UDP: 5060, TCP: 5060, TLS: 5061})
    """The port we listen on, by transport."""
    timing: Timing = field(default_factory=Timing)

    # What we look like
    user_agent: str = ""
    """Text of User-Agent in requests and of Server in responses; empty leaves both out."""
    allow: tuple[str, ...] = ("PRACK", "INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "INFO", "OPTIONS")
    supported: tuple[str, ...] = ("100rel", "timer")
    """Option tags we claim in Supported. pjsip claims `replaces` and `norefersub` too, which mean nothing without REFER."""
    understood: frozenset[str] = frozenset({"100rel", "timer"})
    """Option tags that a Require may name without a 420."""
    max_forwards: int = 70
    short_names: bool = False
    """Write compact header names in requests."""
    contact_parameters: str = ""
    """Appended to our Contact URI: pjsip adds `;ob`."""

    # Incoming requests
    users: frozenset[str] | None = None
    """User parts of a Request-URI that we answer to; None: any (pjsip). Others get 404."""
    unknown_method_status: int = 405
    sips_only_over_tls: bool = True
    """A `sips:` request that came over UDP or TCP gets 416."""
    max_server_transactions: int = 10_000
    """Beyond it, new requests get a stateless 503 with Retry-After."""
    max_server_bytes: int = 16_000_000
    """Bytes of requests that server transactions may stand for; beyond it the same."""
    overload_retry_after: int = 5
    allow_mwi: bool = False
    """NOTIFY with `Event: message-summary` gets 200 (VAPIX AllowMWI) and is told by `NotifyReceived`."""
    allow_message: bool = False
    """MESSAGE gets 200 and is told by `MessageReceived`; else 405."""
    info_types: frozenset[str] = frozenset({"application/dtmf-relay", "application/dtmf"})
    """Content types of INFO that get 200 (sheet 14.3); others 415 with Accept. INFO without a body gets 200."""
    malformed_info_status: int = 400
    """Answer to a DTMF body that cannot be read: 400 or 200."""
    options_sdp: bytes = b""
    """A session description in the 200 to OPTIONS; empty: none."""
    stream_pong: bool = True
    """Answer CRLFCRLF on a stream by CRLF (RFC 5626)."""

    # Incoming calls
    accepts_calls: bool = True
    """False: every new INVITE is refused with `denied_status`."""
    denied_status: int = 403
    busy_status: int = 486
    max_calls: int = 1
    """Calls at a time, incoming and outgoing; an INVITE beyond it gets `busy_status`. 0: no limit."""
    trying: Trying = Trying.ALWAYS
    answer_delay: float = 0.0
    """Seconds from IncomingCall to the 200 of an account that answers by itself: `Answer(..., after=answer_delay)`."""
    ringing_limit: float = 600.0
    """An incoming call neither answered nor refused by then gets `no_answer_status`; 0: no limit."""
    no_answer_status: int = 480
    reject_status: int = 603
    """What `Reject` and a `HangUp` while ringing send when they name no status."""
    provisional_repeat: float = 60.0
    """The last 180 or 183 is repeated so often while a call rings (RFC 3261 section 13.3.1.1)."""
    reliable_provisionals: bool = False
    """Send 180 and 183 reliably when the caller merely supports 100rel. When it requires 100rel we always do."""

    # Outgoing calls
    calling_timeout: float = 60.0
    """Seconds from INVITE to CANCEL (VAPIX CallingTimeout, at most 600)."""
    follow_redirects: bool = False
    """Follow the first Contact of a 3xx, once."""
    require_100rel: bool = False
    """Put 100rel into Require of our INVITE."""

    # Session timers (RFC 4028)
    session_expires: int = 1800
    """0: we ask for no session timer."""
    min_se: int = 90
    session_timer_without_peer: bool = False
    """Run a timer although the peer does not support it."""

    # Sending
    size_limit: int = 1300
    """Bytes from which a UDP request is marked for TCP; 0: never (VAPIX DisableTCPSwitch)."""
    via_rewrite: bool = True
    contact_rewrite: bool = True

    # Registration (sheet 9 and 10)
    register_retry: float = 300.0
    register_retry_spread: float = 10.0
    """The retry interval is longer or shorter by up to so much, at random."""
    refresh_lead: float = 5.0
    unregister_wait: float = 4.0
    service_route: bool = True
    """Use the Service-Route of a registrar's 200 as preloaded route for calls."""
    udp_keepalive: float = 15.0
    """CRLF to the registrar so often while registered over UDP; 0: off."""
    stream_keepalive: float = 90.0
    """CRLFCRLF so often while registered over a stream; 0: off."""
