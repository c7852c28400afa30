"""A call: what both of its ends have in common once there is a dialog (RFC 3261 sections 12 to 15, SIP sheet 6 to 8).

`callee.py` is the end that was called, `caller.py` the end that calls; `renegotiation.py` does re-INVITE and UPDATE.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.wire.sip.composition import SDP, is_made_here, phrase_of
from simulator.wire.sip.event import Answered, AnswerReceived, CallConfirmed, CallEnded, End
from simulator.wire.sip.info import answer_info
from simulator.wire.sip.packet import UDP, Packet
from simulator.wire.sip.renegotiation import Renegotiation
from simulator.wire.sip.repeated import Repeated
from simulator.wire.sip.sending import Sending
from simulator.wire.sip.session_timer import SessionTimer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from simulator.wire.sip.command import Extra
    from simulator.wire.sip.core import Core
    from simulator.wire.sip.dialog import Dialog
    from simulator.wire.sip.digest import DigestClient
    from simulator.wire.sip.message import Request, Response
    from simulator.wire.sip.received import Received
    from simulator.wire.sip.server_transaction import ServerTransaction

RETARGETING = frozenset({"INVITE", "UPDATE"})
"""Methods that carry our Contact and refresh the target (RFC 3261 section 12.2, RFC 3311)."""


class Call:
    """One end of one call. Ends are told once; the dialog lives on until our BYE is answered."""

    def __init__(self, core: Core, number: int) -> None:
        self.core = core
        self.number = number
        self.dialog: Dialog | None = None
        """The one that our requests go by; before the answer the latest early one."""
        self.established = False
        """A 2xx to the INVITE is out or has come."""
        self.ended = False
        self.local_sdp = b""
        self.remote_sdp = b""
        self.digest: DigestClient | None = None
        self.reached: tuple[str, str, bool] = (UDP, "", False)
        """How the peer reaches us: transport, user part of our Contact, and whether it is `sips:`."""
        self.peer_updates = False
        """The peer's Allow lists UPDATE."""
        self.timer = SessionTimer(core.schedule, self._refresh, self._expired)
        self.renegotiation = Renegotiation(self)
        self.unacknowledged: Repeated | None = None
        self._bye_wanted: Extra | None = None
        core.calls[number] = self

    @property
    def contact(self) -> str:
        """Our Contact, as it is now: an address that has changed shows in the next re-INVITE."""
        transport, user, secure = self.reached
        return self.core.contact(transport, user, secure=secure, at=self.core.seen_at(transport))

    # Requests of the peer

    def dialog_of(self, received: Received) -> Dialog | None:
        """The dialog that a request of the peer belongs to."""
        return self.dialog

    def request(self, received: Received, transaction: ServerTransaction, now: float) -> None:
        """Take a request in the dialog. Raises MalformedMessage."""
        dialog = self.dialog_of(received)
        if dialog is None or not dialog.in_order(received.cseq.number):
            self.core.respond(transaction, 481 if dialog is None else 500, now)
        elif received.method == "BYE":
            self._bye(received, transaction, now)
        elif self.ended:
            self.core.respond(transaction, 481, now)
        elif received.method == "INFO":
            answer_info(self.core, self.number, received, transaction, now)
        elif received.method in RETARGETING:
            self.renegotiation.request(received, transaction, now)
        else:
            self.other(received, transaction, now)

    def other(self, received: Received, transaction: ServerTransaction, now: float) -> None:
        """PRACK, for the end that was called; nothing else is meant here."""
        self.core.respond(transaction, 481 if received.method == "PRACK" else 405, now)

    def acknowledged(self, received: Received, now: float) -> None:
        """Take the ACK for our 200; any other is an old one."""
        waiting = self.unacknowledged
        if waiting is None or waiting.number != received.cseq.number:
            return
        waiting.stop()
        self.unacknowledged = None
        if self._bye_wanted is not None:
            self.bye(now, self._bye_wanted)
        elif not self.ended:
            self._confirmed(received.request, now, wants_answer=waiting.wants_answer)

    def _confirmed(self, ack: Request, now: float, *, wants_answer: bool) -> None:
        if wants_answer and not ack.body:
            self.hang_up(now, End.NO_DESCRIPTION)
            return
        if self.dialog is not None and not self.dialog.confirmed:
            self.dialog.confirmed = True
            self.core.tell(CallConfirmed(self.number))
        if wants_answer:
            self.remote_sdp = ack.body
            self.core.tell(AnswerReceived(self.number, ack.body))

    def _bye(self, received: Received, transaction: ServerTransaction, now: float) -> None:
        if not self.established:
            self.core.respond(transaction, 481, now)
            return
        self.core.respond(transaction, 200, now)
        self.renegotiation.stop(now)
        self.end(End.PEER_HUNG_UP, reason=received.request.headers.get("reason") or "")
        self.close()

    # Requests of ours

    def ask(
        self,
        method: str,
        now: float,
        answered: Callable[[Response, float], None],
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str = SDP,
        dialog: Dialog | None = None,
    ) -> Sending | None:
        """Send a request in the dialog; None where a script omits it. Raises MalformedMessage."""
        dialog = dialog or self.dialog
        if dialog is None or self.core.omits(method):
            return None
        uri, routes, destination = dialog.way()
        top, branch = self.core.new_via(destination.transport)
        retargets = method in RETARGETING
        request = self.core.request(
            method,
            uri,
            (dialog.local, dialog.remote),
            dialog.call_id,
            dialog.next_seq(),
            top=top,
            routes=routes,
            contact=self.contact if retargets else "",
            headers=headers,
            capable=retargets,
            body=body,
            content_type=content_type,
        )
        sending = Sending(self.core, request, answered, self.digest, dialog.next_seq)
        sending.start(destination, branch, now)
        return sending

    def tell_answer(self, number: int, method: str, response: Response, now: float) -> None:
        """Tell the final answer to INFO and the like; 408 and 481 are the end of the call (RFC 3261 12.2.1.2)."""
        if response.status < 200:
            return
        real = None if is_made_here(response) else response
        self.core.tell(Answered(number, method, response.status, response.phrase, real))
        self.check_alive(response, now)

    def check_alive(self, response: Response, now: float) -> bool:
        """End the call where a response says that the peer knows nothing of it or is gone; False then. Before the answer
        the INVITE itself will tell."""
        if not self.established or (response.status not in {408, 481} and not is_made_here(response)):
            return True
        self.hang_up(now, End.PEER_GONE, status=response.status)
        return False

    def answer_offer(self, sdp: bytes, now: float) -> bool:
        """The owner's answer to an offer of the peer; False where there was none."""
        return self.renegotiation.answer(sdp, now)

    def refuse_offer(self, status: int, headers: Extra, now: float) -> bool:
        """The owner's no to an offer of the peer; False where there was none."""
        return self.renegotiation.refuse(status, headers, now)

    def send(self, method: str, now: float, *, headers: Extra, body: bytes, content_type: str) -> int:
        """Send a request that the owner wants; the number of the `Answered` to come, 0 before there is a dialog that the
        peer surely knows."""
        if self.ended or self.dialog is None or not (self.dialog.confirmed or self.dialog.owns_call_id):
            return 0
        number = self.core.new_number()
        answered = partial(self.tell_answer, number, method)
        self.ask(method, now, answered, headers=headers, body=body, content_type=content_type)
        return number

    def acknowledge(self, invite: Request, dialog: Dialog, body: bytes = b"") -> Packet | None:
        """Send the ACK for a 2xx to our INVITE: new branch, its CSeq number and credentials (sheet 6)."""
        uri, routes, destination = dialog.way()
        top, _ = self.core.new_via(destination.transport)
        number = int((invite.headers.get("cseq") or "1").split()[0])
        credentials = [(n, v) for n, v in invite.headers if n in {"Authorization", "Proxy-Authorization"}]
        request = self.core.request(
            "ACK",
            uri,
            (dialog.local, dialog.remote),
            dialog.call_id,
            number,
            top=top,
            routes=routes,
            headers=credentials,
            body=body,
        )
        packet = Packet(request.encode(), destination, method="ACK")
        self.put_ack(packet)
        return packet

    def put_ack(self, packet: Packet) -> None:
        """Send an ACK, unless a script omits it."""
        if not self.core.omits("ACK"):
            self.core.transactions.put(packet)

    def await_ack(self, transaction: ServerTransaction, cseq: int, now: float, *, wants_answer: bool) -> None:
        """Our 200 is out: repeat it until the ACK comes."""
        if transaction.last is not None:
            self.unacknowledged = Repeated(
                self.core,
                transaction.last,
                cseq,
                self._never_acknowledged,
                now,
                wants_answer=wants_answer,
                longest=self.core.settings.timing.t2,
            )

    # The end

    def hang_up(
        self,
        now: float,
        end: End = End.HUNG_UP,
        *,
        status: int = 0,
        headers: Extra = (),
    ) -> None:
        """End an established call by BYE; before the ACK for our 200 the BYE waits for it (RFC 3261 section 15)."""
        if self.ended:
            return
        self.renegotiation.stop(now)
        self.end(end, status=status)
        if self.unacknowledged is not None:
            self._bye_wanted = headers
        else:
            self.bye(now, headers)

    def bye(self, now: float, headers: Extra = ()) -> None:
        """Send the BYE and forget the dialog when it is answered."""
        self._bye_wanted = None
        if self.ask("BYE", now, self._bye_answered, headers=headers) is None:
            self.close()

    def end(self, end: End, *, status: int = 0, phrase: str = "", reason: str = "") -> None:
        """Tell the end and stop all that would go on; once."""
        if self.ended:
            return
        self.ended = True
        self.timer.stop()
        self.core.calls.pop(self.number, None)
        self.core.tell(
            CallEnded(self.number, end, status, phrase or (phrase_of(status) if status else ""), reason)
        )

    def close(self) -> None:
        """Forget the dialog."""
        if self.unacknowledged is not None:
            self.unacknowledged.stop()
            self.unacknowledged = None
        if self.dialog is not None:
            self.core.dialogs.pop(self.dialog.key, None)

    def _bye_answered(self, response: Response, now: float) -> None:
        if response.status >= 200:
            self.close()

    def _never_acknowledged(self, now: float) -> None:
        self.unacknowledged = None
        if self.ended:
            self.bye(now, self._bye_wanted or ())
        else:
            self.hang_up(now, End.NO_ACK)

    def _refresh(self, now: float) -> None:
        self.renegotiation.refresh(now)

    def _expired(self, now: float) -> None:
        self.hang_up(now, End.SESSION_EXPIRED)
