"""What the owner of a user agent tells it to do. A call, a registration and a single request are named by a number that
`UserAgent.send` gave out or that came with an event; a command about one that has ended is ignored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.wire.sip.account import Account

Extra = tuple[tuple[str, str], ...]
"""Further headers, name and value, in order."""


@dataclass(frozen=True, slots=True)
class PlaceCall:
    """Send an INVITE to `to`, a URI. `send` returns the number of the new call."""

    to: str
    account: Account
    offer: bytes
    """Session description; empty: a late offer, which the callee makes (`OfferReceived` before `CallAnswered`)."""
    headers: Extra = ()
    timeout: float | None = None
    """Seconds until it is cancelled; None: `calling_timeout` of the settings."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Send a provisional response to an incoming call: 180, or 183 with early media."""

    call: int
    status: int = 180
    sdp: bytes = b""
    """Answer, or offer if the caller made none. Sent reliably whenever the caller understands 100rel."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer an incoming call with 200. The session begins at once (`CallAnswered`), not at the ACK."""

    call: int
    sdp: bytes
    """Our answer; our offer where the caller made none, and then the answer comes with `AnswerReceived`."""
    after: float = 0.0
    """Seconds to wait before the 200."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse an incoming call that is not answered yet."""

    call: int
    status: int = 0
    """300 to 699; 0: `reject_status` of the settings."""
    phrase: str = ""
    headers: Extra = ()
    """Such as `Warning: 399 host "no suitable codec"`."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End a call in whatever state it is: BYE, CANCEL or a refusal."""

    call: int
    headers: Extra = ()


@dataclass(frozen=True, slots=True)
class Cancel:
    """Give up an outgoing call that is not answered yet; an answer that crosses it is met with ACK and BYE."""

    call: int
    headers: Extra = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """Offer a new session description in an established call, or renew it. Told by `AnswerReceived` or `OfferRefused`."""

    call: int
    sdp: bytes
    """Empty with INVITE: ask the peer for an offer."""
    method: str = "INVITE"
    """INVITE, or UPDATE where the peer allows it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Offer our last description again as `sendonly`, its version one higher (sheet 12.3)."""

    call: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Offer our last description again as `sendrecv`, its version one higher."""

    call: int


@dataclass(frozen=True, slots=True)
class AnswerOffer:
    """Accept what `OfferReceived` offered, or make the offer that `OfferWanted` asked for."""

    call: int
    sdp: bytes


@dataclass(frozen=True, slots=True)
class RefuseOffer:
    """Refuse what `OfferReceived` offered; the session stays as it was. For an offer in the 200 to our INVITE without
    one, the call ends: ACK with a refusing answer cannot be, so BYE follows."""

    call: int
    status: int = 488
    headers: Extra = ()


@dataclass(frozen=True, slots=True)
class SendInfo:
    """Send an INFO in a call (RFC 2976). `send` returns a number for the `Answered` that follows."""

    call: int
    content_type: str
    body: bytes
    headers: Extra = ()


@dataclass(frozen=True, slots=True)
class SendRequest:
    """Send any one request, in a call or out of it. `send` returns a number for the `Answered` that follows."""

    method: str
    account: Account
    to: str = ""
    """URI of Request-URI and To; empty in a call."""
    call: int = 0
    """0: outside of calls."""
    headers: Extra = ()
    body: bytes = b""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """One registrar: where its REGISTERs go, and the domain that stands in them."""

    registrar: str
    """URI without user: `sip:registrar.example.com:5060`."""
    aor: str = ""
    """Address of record at this one; empty: the account's own."""


@dataclass(frozen=True, slots=True)
class Register:
    """Register an account and keep it registered. `send` returns the number of the registration."""

    account: Account
    servers: tuple[Server, ...]
    """The primary first; a second one takes over when it fails (sheet 10.1)."""
    expires: int = 300
    attempts: int = 3
    """REGISTERs at one server that end in timeout, transport error or 503 before the next server is tried."""
    failback: float = 300.0
    """Seconds on the second server until the first is tried again; 0: never."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """Register again at once: our address has changed, or somebody wants to see it."""

    registration: int


@dataclass(frozen=True, slots=True)
class Unregister:
    """Take the binding back (Expires 0) and end the registration, answered or not, within `unregister_wait`."""

    registration: int


Command = (
    PlaceCall
    | Ring
    | Answer
    | Reject
    | HangUp
    | Cancel
    | Offer
    | Hold
    | Resume
    | AnswerOffer
    | RefuseOffer
    | SendInfo
    | SendRequest
    | Register
    | Refresh
    | Unregister
)
