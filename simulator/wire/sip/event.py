"""What a user agent tells its owner. Session descriptions are the bytes of the body; nothing here has been negotiated."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.wire.sip.message import Request, Response
    from simulator.wire.sip.packet import Address


class End(StrEnum):
    """Why a call is over."""

    HUNG_UP = "hung up"
    """We sent BYE because we were told to."""
    PEER_HUNG_UP = "peer hung up"
    CANCELLED = "cancelled"
    """We gave up an outgoing call before it was answered."""
    PEER_CANCELLED = "peer cancelled"
    REJECTED = "rejected"
    """We refused an incoming call."""
    REFUSED = "refused"
    """An outgoing call got the final status that comes with it: 3xx to 6xx, also 408 and 503 made by ourselves."""
    NO_ANSWER = "no answer"
    """Calling timeout or ringing limit."""
    NO_ACK = "no ACK"
    """Our 200 was never acknowledged: BYE after 32 s."""
    NO_PRACK = "no PRACK"
    SESSION_EXPIRED = "session expired"
    """The session timer ran out, or the refresh failed."""
    PEER_GONE = "peer gone"
    """A request in the call got 408 or 481, or could not be delivered."""
    NO_DESCRIPTION = "no description"
    """The offer or the answer that had to come did not, or could not be accepted."""


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """A new INVITE that the gate let through; 100 has been sent. Wants Ring, Answer or Reject."""

    call: int
    call_id: str
    """Call-ID of the INVITE."""
    remote: str
    """URI in From."""
    remote_display: str
    local: str
    """URI in To."""
    offer: bytes
    """Empty: the caller made none, and our 200 has to."""
    transport: str
    source: Address
    request: Request
    """For whoever wants other headers. Not kept by the user agent."""


@dataclass(frozen=True, slots=True)
class CallDenied:
    """An INVITE that the user agent refused by itself: calls not accepted, or busy. There is no call."""

    remote: str
    local: str
    status: int


@dataclass(frozen=True, slots=True)
class CallProgress:
    """An outgoing call got a provisional response over 100."""

    call: int
    status: int
    phrase: str
    sdp: bytes
    """Early media may be played when it is not empty; of several early dialogs the latest counts."""
    response: Response


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """A call is established: the 200 has come, or ours has gone out."""

    call: int
    sdp: bytes
    """Outgoing: the answer to our offer; empty when it came before, in a reliable provisional or with `OfferReceived`.
    Incoming: empty."""


@dataclass(frozen=True, slots=True)
class CallConfirmed:
    """The ACK for our 200 has come."""

    call: int


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call is over. Every IncomingCall and every PlaceCall ends with exactly one; nothing about that call follows."""

    call: int
    end: End
    status: int = 0
    """The final status that ended it, if one did."""
    phrase: str = ""
    reason: str = ""
    """Text of the Reason header of the BYE, CANCEL or response (RFC 3326)."""


@dataclass(frozen=True, slots=True)
class OfferReceived:
    """The peer offers a description in an established or early call: wants AnswerOffer or RefuseOffer in the same breath.
    An offer that equals the peer's last is a mere refresh, answered without asking."""

    call: int
    sdp: bytes
    method: str
    """INVITE or UPDATE it came in; `200` or a provisional's status when it answers our INVITE without an offer, `PRACK`."""


@dataclass(frozen=True, slots=True)
class OfferWanted:
    """A re-INVITE without a description wants our full offer: give it with AnswerOffer."""

    call: int


@dataclass(frozen=True, slots=True)
class AnswerReceived:
    """The peer's answer to our offer in a 200, an ACK, a PRACK or to `Offer`, `Hold`, `Resume`."""

    call: int
    sdp: bytes


@dataclass(frozen=True, slots=True)
class OfferRefused:
    """Our re-INVITE or UPDATE was refused; the session stays as it was. A 491 has been tried again first."""

    call: int
    status: int
    phrase: str


@dataclass(frozen=True, slots=True)
class InfoReceived:
    """INFO in a call, already answered 200. `digit` and `milliseconds` are set where it was DTMF (sheet 14.3);
    a body of several digits is told digit by digit."""

    call: int
    content_type: str
    body: bytes
    digit: str = ""
    """One of `0-9 A-D * #`."""
    milliseconds: int = 0
    """0: not said."""


@dataclass(frozen=True, slots=True)
class NotifyReceived:
    """NOTIFY, already answered 200."""

    event: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """MESSAGE, already answered 200."""

    remote: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """The final answer to SendInfo or SendRequest; 408 and 503 also when none came. `response` is None then."""

    number: int
    method: str
    status: int
    phrase: str
    response: Response | None


class Binding(StrEnum):
    """State of a registration."""

    REGISTERING = "registering"
    REGISTERED = "registered"
    FAILED = "failed"
    """Tried again by itself."""
    UNREGISTERED = "unregistered"
    """The end."""


@dataclass(frozen=True, slots=True)
class RegistrationChanged:
    """What a registrar last said, or its silence (408, 503)."""

    registration: int
    state: Binding
    status: int
    """Last SIP status; 0 before the first."""
    phrase: str
    server: int
    """Which of the servers of Register, from 0."""
    expires: int = 0
    """Granted seconds."""


@dataclass(frozen=True, slots=True)
class MalformedReceived:
    """The peer sent what is no message, or one that breaks a rule; it got a 400 where that could be routed."""

    what: str
    offset: int
    source: Address
    transport: str


Event = (
    IncomingCall
    | CallDenied
    | CallProgress
    | CallAnswered
    | CallConfirmed
    | CallEnded
    | OfferReceived
    | OfferWanted
    | AnswerReceived
    | OfferRefused
    | InfoReceived
    | NotifyReceived
    | MessageReceived
    | Answered
    | RegistrationChanged
    | MalformedReceived
)
