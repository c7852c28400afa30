"""The end of a call that was called: from INVITE to 200 and its ACK (SIP sheet 7 and 17.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.wire.sip import reliable, session_timer
from simulator.wire.sip.call import Call
from simulator.wire.sip.dialog import Dialog
from simulator.wire.sip.event import AnswerReceived, CallAnswered, End, OfferReceived
from simulator.wire.sip.header import options
from simulator.wire.sip.repeated import Repeated
from simulator.wire.sip.settings import Trying
from simulator.wire.sip.uri import SipUri, parse_uri

if TYPE_CHECKING:
    from simulator.wire.sip.command import Answer, Extra, Reject, Ring
    from simulator.wire.sip.core import Core
    from simulator.wire.sip.message import Request
    from simulator.wire.sip.received import Received
    from simulator.wire.sip.server_transaction import ServerTransaction
    from simulator.wire.sip.timer import Timer

TRYING_AFTER = 0.2
"""Seconds in which something else has to go out to make a 100 superfluous (RFC 3261 section 17.2.1)."""


class Callee(Call):
    """Our end of a call that somebody placed to us."""

    def __init__(self, core: Core, received: Received, transaction: ServerTransaction, now: float) -> None:
        """Raises MalformedMessage where the INVITE cannot open a dialog; nothing is left then."""
        transaction.tag = core.token()
        dialog = Dialog.of_request(received, transaction.tag)
        headers = received.request.headers
        self._terms = session_timer.callee_terms(headers, core.settings)
        self._requires_100rel = reliable.TAG in options(headers, "require")
        self._supports_100rel = self._requires_100rel or reliable.TAG in options(headers, "supported")
        super().__init__(core, core.new_number())
        self.dialog = dialog
        core.dialogs[dialog.key] = self
        self.remote_sdp = received.request.body
        self.peer_updates = "UPDATE" in (headers.get("allow") or "")
        uri = parse_uri(received.request.uri)
        user = uri.user or "" if isinstance(uri, SipUri) else ""
        self.reached = (received.transport, user, uri.scheme == "sips")
        self._transaction: ServerTransaction | None = transaction
        self._accepted: ServerTransaction | None = None
        """That of the INVITE once its 200 is out."""
        self._cseq = received.cseq.number
        self._late_offer = not received.request.body
        self._answered_early = False
        """Our answer went out in a reliable provisional."""
        self._rseq = core.chance.randint(1, 2**31 - 1) if self._supports_100rel else 0
        self._reliable: Repeated | None = None
        self._next_ring: Ring | None = None
        self._next_answer: Answer | None = None
        self._prack: ServerTransaction | None = None
        """A PRACK with an offer that the owner has to answer."""
        self._prack_offer = b""
        self._last_ring: Ring | None = None
        self._timers: dict[str, Timer] = {}
        transaction.cancelled, transaction.lost = self._cancelled, self._undelivered
        self._begin(now)

    def _begin(self, now: float) -> None:
        settings, schedule = self.core.settings, self.core.schedule
        if settings.trying is Trying.AUTO:
            self._timers["trying"] = schedule.at(now + TRYING_AFTER, self._try)
        elif settings.trying is Trying.ALWAYS:
            self._try(now)
        if settings.ringing_limit:
            self._timers["limit"] = schedule.at(now + settings.ringing_limit, self._rang_out)

    # What the owner says

    def ring(self, ring: Ring, now: float) -> bool:
        """Send a provisional response. One that would overtake a reliable one waits for its PRACK, the latest counts."""
        if self.established or self.ended or self._transaction is None or not 100 < ring.status < 200:
            return False
        if self._reliable is not None:
            self._next_ring = ring
            return True
        self._cancel("trying")
        settings = self.core.settings
        if self._requires_100rel or (self._supports_100rel and (settings.reliable_provisionals or ring.sdp)):
            self._ring_reliably(ring, self._transaction, now)
        else:
            sdp = b"" if self._late_offer else ring.sdp
            self._provisional(ring.status, sdp, (), now)
            self._last_ring = ring
            self._set_repeat(now)
        return True

    def answer(self, answer: Answer, now: float) -> bool:
        """Send the 200, now or later; it waits for the PRACK of a reliable provisional."""
        if self.established or self.ended or "answer" in self._timers or self._next_answer is not None:
            return False
        if answer.after > 0:
            self._timers["answer"] = self.core.schedule.at(
                now + answer.after, lambda when: self._accept(answer, when)
            )
        else:
            self._accept(answer, now)
        return True

    def reject(self, reject: Reject, now: float) -> bool:
        """Refuse the call."""
        if self.established or self.ended:
            return False
        status = reject.status if 300 <= reject.status < 700 else self.core.settings.reject_status
        self._refuse(status, End.REJECTED, now, phrase=reject.phrase, headers=reject.headers)
        return True

    def hang_up(self, now: float, end: End = End.HUNG_UP, *, status: int = 0, headers: Extra = ()) -> None:
        """Refuse the call, or end it by BYE when it is answered."""
        if self.established:
            super().hang_up(now, end, status=status, headers=headers)
        elif not self.ended:
            ends = End.REJECTED if end is End.HUNG_UP else end
            self._refuse(status or self.core.settings.reject_status, ends, now, headers=headers)

    # Answering

    def _try(self, now: float) -> None:
        self._timers.pop("trying", None)
        if self._transaction is not None:
            self.core.respond(self._transaction, 100, now)

    def _provisional(self, status: int, sdp: bytes, headers: Extra, now: float) -> None:
        if self._transaction is not None:
            self.core.respond(
                self._transaction, status, now, contact=self.contact, capable=True, headers=headers, body=sdp
            )

    def _ring_reliably(self, ring: Ring, transaction: ServerTransaction, now: float) -> None:
        sdp = b"" if self._answered_early else ring.sdp
        self._rseq += 1
        self._provisional(ring.status, sdp, (("Require", "100rel"), ("RSeq", str(self._rseq))), now)
        if sdp:
            self.local_sdp, self._answered_early = sdp, True
        if transaction.last is not None:
            offers = bool(sdp) and self._late_offer
            self._reliable = Repeated(
                self.core, transaction.last, self._rseq, self._no_prack, now, wants_answer=offers
            )

    def _accept(self, answer: Answer, now: float) -> None:
        self._timers.pop("answer", None)
        if self._reliable is not None or self._prack is not None:
            self._next_answer = answer
            return
        transaction = self._transaction
        if transaction is None or self.ended:
            return
        self._stop()
        sdp = b"" if self._answered_early else answer.sdp
        self.local_sdp = sdp or self.local_sdp
        terms, headers = self._terms, ()
        if terms.interval:
            headers = (terms.header(), *((("Require", "timer"),) if terms.refresher == "uac" else ()))
        self.core.respond(transaction, 200, now, contact=self.contact, capable=True, headers=headers, body=sdp)
        self.established, self._transaction, self._accepted = True, None, transaction
        self.await_ack(transaction, self._cseq, now, wants_answer=bool(sdp) and self._late_offer)
        self.timer.start(terms, now, ours=terms.refresher == "uas")
        self.core.tell(CallAnswered(self.number, b""))

    def _refuse(
        self, status: int, end: End, now: float, *, phrase: str = "", headers: Extra = (), reason: str = ""
    ) -> None:
        transaction, self._transaction = self._transaction, None
        self._stop()
        if self._prack is not None:
            self.core.respond(self._prack, 200, now)
            self._prack = None
        if transaction is not None:
            self.core.respond(transaction, status, now, phrase=phrase, headers=headers)
        self.end(end, status=status, phrase=phrase, reason=reason)
        self.close()

    def _stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if self._reliable is not None:
            self._reliable.stop()
            self._reliable = None
        self._next_ring = self._last_ring = self._next_answer = None

    def _cancel(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def _set_repeat(self, now: float) -> None:
        self._cancel("repeat")
        every = self.core.settings.provisional_repeat
        if every:
            self._timers["repeat"] = self.core.schedule.at(now + every, self._ring_again)

    def _ring_again(self, now: float) -> None:
        self._timers.pop("repeat", None)
        if self._last_ring is not None:
            self.ring(self._last_ring, now)

    # What ends it

    def close(self) -> None:
        """Forget the dialog, and be forgotten by the INVITE's transaction, which lives on for a while."""
        if self._accepted is not None:
            self._accepted.lost = None
            self._accepted = None
        super().close()

    def _rang_out(self, now: float) -> None:
        self._refuse(self.core.settings.no_answer_status, End.NO_ANSWER, now)

    def _undelivered(self, now: float) -> None:
        """A response to the INVITE could not be delivered: nobody is there."""
        if self.ended or (self.established and self.unacknowledged is None):
            return
        self._stop()
        self.end(End.PEER_GONE, status=503)
        self.close()

    def _no_prack(self, now: float) -> None:
        self._reliable = None
        self._refuse(504, End.NO_PRACK, now)

    def _cancelled(self, cancel: Request, now: float) -> None:
        self._refuse(487, End.PEER_CANCELLED, now, reason=cancel.headers.get("reason") or "")

    # PRACK

    def other(self, received: Received, transaction: ServerTransaction, now: float) -> None:
        """Take a PRACK. Raises MalformedMessage."""
        if received.method != "PRACK":
            super().other(received, transaction, now)
            return
        acknowledged, waiting = reliable.rack(received.request.headers), self._reliable
        if waiting is None or acknowledged != (waiting.number, self._cseq, "INVITE"):
            self.core.respond(transaction, 481, now)
            return
        waiting.stop()
        self._reliable = None
        body = received.request.body
        if waiting.wants_answer:
            self.remote_sdp = body
        if body and not waiting.wants_answer and self.local_sdp:
            self._prack, self._prack_offer = transaction, body
            self.core.tell(OfferReceived(self.number, body, "PRACK"))
            return
        self.core.respond(transaction, 200, now)
        if waiting.wants_answer and body:
            self.core.tell(AnswerReceived(self.number, body))
        self._go_on(now)

    def answer_offer(self, sdp: bytes, now: float) -> bool:
        """The owner's answer to an offer, in a PRACK or a later one."""
        if self._prack is None:
            return super().answer_offer(sdp, now)
        transaction, self._prack = self._prack, None
        self.local_sdp, self.remote_sdp = sdp, self._prack_offer
        self.core.respond(transaction, 200, now, body=sdp)
        self._go_on(now)
        return True

    def refuse_offer(self, status: int, headers: Extra, now: float) -> bool:
        """The owner's no to an offer."""
        if self._prack is None:
            return super().refuse_offer(status, headers, now)
        transaction, self._prack = self._prack, None
        self.core.respond(transaction, status, now, headers=headers)
        self._go_on(now)
        return True

    def _go_on(self, now: float) -> None:
        """What waited for the PRACK."""
        ring, self._next_ring = self._next_ring, None
        answer, self._next_answer = self._next_answer, None
        if answer is not None:
            self._accept(answer, now)
        elif ring is not None:
            self.ring(ring, now)
