"""Offers in an established or early call: re-INVITE and UPDATE from both sides, one at a time (RFC 3261 section 14,
RFC 3311, RFC 4028; SIP sheet 7.8 and 17)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.wire.sip import session_timer
from simulator.wire.sip.composition import phrase_of
from simulator.wire.sip.description import with_direction
from simulator.wire.sip.event import AnswerReceived, End, OfferReceived, OfferRefused, OfferWanted
from simulator.wire.sip.header import number
from simulator.wire.sip.settings import Trying

if TYPE_CHECKING:
    from simulator.wire.sip.call import Call
    from simulator.wire.sip.command import Extra
    from simulator.wire.sip.message import Response
    from simulator.wire.sip.packet import Packet
    from simulator.wire.sip.received import Received
    from simulator.wire.sip.sending import Sending
    from simulator.wire.sip.server_transaction import ServerTransaction
    from simulator.wire.sip.timer import Timer

LONGEST_RETRY_AFTER = 10
"""Seconds a peer may be told to wait when its request comes too early: 0 to so many, at random."""
MOST_TRIES = 5
"""A re-INVITE that only ever meets 491 or 422 is given up then."""


class Renegotiation:
    """Of one call. At most one offer is open: ours (`_sending`) or the peer's (`_asked`)."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._sending: Sending | None = None
        self._sent: Sending | None = None
        """The latest, also when it is over: its 200 may come again."""
        self._offered = b""
        self._method = ""
        self._is_refresh = False
        self._tries = 0
        self._timer: Timer | None = None
        """Of our offer: when to try again after a 491, or to give up."""
        self._ack: Packet | None = None
        """For repeats of the 200 to our re-INVITE."""
        self._unanswered: Response | None = None
        """The 200 to our re-INVITE without an offer: its ACK waits for our answer."""
        self._asked: ServerTransaction | None = None
        self._asked_cseq = 0
        self._asked_sdp = b""
        self._asked_terms = session_timer.NONE
        self._patience: Timer | None = None

    # The peer's offers

    def request(self, received: Received, transaction: ServerTransaction, now: float) -> None:
        """Take a re-INVITE or UPDATE. Raises MalformedMessage."""
        call, request = self._call, received.request
        status, headers = self._obstacle(received)
        if status:
            call.core.respond(transaction, status, now, headers=headers)
            return
        self._asked, self._asked_cseq, self._asked_sdp = transaction, received.cseq.number, request.body
        self._asked_terms = session_timer.callee_terms(request.headers, call.core.settings)
        if call.dialog is not None:
            call.dialog.retarget(request)
        if not request.body and received.method == "UPDATE":
            self._accept(b"", now)
        elif request.body and request.body == call.remote_sdp and call.local_sdp:
            self._accept(call.local_sdp, now)
        else:
            self._consult(received, transaction, now)

    def _obstacle(self, received: Received) -> tuple[int, Extra]:
        """Why a request cannot be taken now, as a status with headers; 0 where it can."""
        call = self._call
        settings = call.core.settings
        later = (("Retry-After", str(call.core.chance.randint(0, LONGEST_RETRY_AFTER))),)
        if session_timer.too_short(received.request.headers, settings):
            return 422, (("Min-SE", str(settings.min_se)),)
        if received.method == "UPDATE" and not received.request.body:
            return 0, ()
        early = not call.established and (received.method == "INVITE" or not (call.local_sdp and call.remote_sdp))
        ours = call.dialog is not None and call.dialog.owns_call_id
        if self._asked is not None or call.unacknowledged is not None or (early and not ours):
            return 500, later
        return (491, ()) if self._sending is not None or early else (0, ())

    def _consult(self, received: Received, transaction: ServerTransaction, now: float) -> None:
        """Ask the owner. Who does not answer an UPDATE at once gets 504 sent (RFC 3311 section 5.2)."""
        call, core = self._call, self._call.core
        timing = core.settings.timing
        if received.method == "INVITE":
            transaction.cancelled = lambda _, when: self._drop(487, when)
            if core.settings.trying is Trying.ALWAYS:
                core.respond(transaction, 100, now)
        wait, status = (timing.t1, 504) if received.method == "UPDATE" else (timing.life, 500)
        self._patience = core.schedule.at(now + wait, lambda when: self._drop(status, when))
        if received.request.body:
            core.tell(OfferReceived(call.number, received.request.body, received.method))
        else:
            core.tell(OfferWanted(call.number))

    def answer(self, sdp: bytes, now: float) -> bool:
        """The owner's answer to the peer's offer, or the offer that it wanted; False where nobody asked."""
        if self._unanswered is not None:
            response, self._unanswered = self._unanswered, None
            self._settle(response, now, local=sdp, remote=response.body, ack_body=sdp)
            return True
        if self._asked is None:
            return False
        self._call.remote_sdp = self._asked_sdp or self._call.remote_sdp
        self._call.local_sdp = sdp
        self._accept(sdp, now)
        return True

    def refuse(self, status: int, headers: Extra, now: float) -> bool:
        """The owner's no; the session stays as it was. False where nobody asked."""
        if self._unanswered is not None:
            self._unanswered = None
            self._acknowledge(b"")
            self._call.hang_up(now, End.NO_DESCRIPTION)
            return True
        if self._asked is None:
            return False
        self._drop(status, now, headers)
        return True

    def _drop(self, status: int, now: float, headers: Extra = ()) -> None:
        transaction = self._forget_asked()
        if transaction is not None:
            self._call.core.respond(transaction, status, now, headers=headers)

    def _accept(self, sdp: bytes, now: float) -> None:
        call, terms = self._call, self._asked_terms
        transaction = self._forget_asked()
        if transaction is None:
            return
        headers: Extra = ()
        if terms.interval:
            headers = (terms.header(), *((("Require", "timer"),) if terms.refresher == "uac" else ()))
        if call.established:
            call.timer.start(terms, now, ours=terms.refresher == "uas")
        call.core.respond(transaction, 200, now, contact=call.contact, capable=True, headers=headers, body=sdp)
        if transaction.method == "INVITE":
            call.await_ack(transaction, self._asked_cseq, now, wants_answer=bool(sdp) and not self._asked_sdp)

    def _forget_asked(self) -> ServerTransaction | None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        transaction, self._asked = self._asked, None
        if transaction is not None:
            transaction.cancelled = None
        return transaction

    # Our offers

    def offer(self, sdp: bytes, method: str, now: float) -> bool:
        """Offer a description; False while another offer is open or there is nothing to renew."""
        call = self._call
        if call.ended or not call.established or call.unacknowledged is not None or self.busy:
            return False
        self._begin(sdp, method, now, is_refresh=False)
        return True

    def redirect(self, direction: str, now: float) -> bool:
        """Hold or resume: our last description with another direction."""
        sdp = self._call.local_sdp
        return bool(sdp) and self.offer(with_direction(sdp, direction), "INVITE", now)

    def refresh(self, now: float) -> None:
        """Refresh the session: by UPDATE without a description, where the peer takes that, else by re-INVITE."""
        call = self._call
        if call.ended or self.busy or call.unacknowledged is not None:
            return
        method = "UPDATE" if call.peer_updates else "INVITE"
        self._begin(b"" if call.peer_updates else call.local_sdp, method, now, is_refresh=True)

    @property
    def busy(self) -> bool:
        """An offer is open."""
        return self._sending is not None or self._asked is not None or self._timer is not None

    def stop(self, now: float) -> None:
        """The call is over: answer what the peer still waits for, and wait for nothing."""
        self._drop(487, now)
        self._cancel_timer()
        self._unanswered = None

    def _begin(self, sdp: bytes, method: str, now: float, *, is_refresh: bool) -> None:
        self._offered, self._method, self._is_refresh, self._tries = sdp, method, is_refresh, 0
        self._ack = None
        self._send(now)

    def _send(self, now: float) -> None:
        call, settings = self._call, self._call.core.settings
        self._tries += 1
        self._cancel_timer()
        headers = call.timer.headers(settings)
        self._sending = call.ask(self._method, now, self._answered, headers=headers, body=self._offered)
        self._sent = self._sending
        if self._sending is not None and self._method == "INVITE":
            self._timer = call.core.schedule.at(now + settings.calling_timeout, self._give_up)

    def _answered(self, response: Response, now: float) -> None:
        if response.status < 200:
            return
        if self._sending is None:
            self._repeated(response)
            return
        if self._call.ended:
            self._late(response, now)
        elif response.status < 300:
            self._accepted(response, now)
        else:
            self._refused(response, now)

    def _repeated(self, response: Response) -> None:
        """The 200 to our re-INVITE has come again, or one after we gave up."""
        if response.status >= 300 or self._method != "INVITE" or self._unanswered is not None:
            return
        if self._ack is not None:
            self._call.put_ack(self._ack)
        else:
            self._acknowledge(b"")

    def _late(self, response: Response, now: float) -> None:
        if response.status < 300 and self._method == "INVITE":
            self._acknowledge(b"")
        self._sending = None

    def _accepted(self, response: Response, now: float) -> None:
        call = self._call
        self._cancel_timer()
        if call.dialog is not None:
            call.dialog.retarget(response)
        if self._method == "INVITE" and not self._offered:
            self._unanswered = response
            call.core.tell(OfferReceived(call.number, response.body, "200"))
            return
        remote = response.body or call.remote_sdp
        news = bool(self._offered) and not (self._is_refresh and remote == call.remote_sdp)
        self._settle(response, now, local=self._offered or call.local_sdp, remote=remote, ack_body=b"")
        if news and not call.ended:
            call.core.tell(AnswerReceived(call.number, remote))

    def _settle(self, response: Response, now: float, *, local: bytes, remote: bytes, ack_body: bytes) -> None:
        """A 2xx ends our offer: acknowledge, keep both descriptions, start the timer anew."""
        call = self._call
        call.local_sdp, call.remote_sdp = local, remote
        if self._method == "INVITE":
            self._acknowledge(ack_body)
        self._sending = None
        terms = session_timer.caller_terms(response.headers, call.core.settings)
        call.timer.start(terms, now, ours=terms.refresher == "uac")

    def _acknowledge(self, body: bytes) -> None:
        call = self._call
        if call.dialog is not None and self._sent is not None:
            self._ack = call.acknowledge(self._sent.request, call.dialog, body)

    def _refused(self, response: Response, now: float) -> None:
        call = self._call
        self._cancel_timer()
        sending, self._sending = self._sending, None
        if response.status == 491 and self._tries < MOST_TRIES:
            self._timer = call.core.schedule.at(now + self._pause(), self._again)
        elif response.status == 422 and self._tries < MOST_TRIES and sending is not None:
            self._sending = sending
            self._tries += 1
            least = max(number(response.headers.get("min-se")) or 0, call.timer.interval)
            call.timer.interval = least
            sending.again(now, (("Session-Expires", f"{least};refresher=uac"), ("Min-SE", str(least))))
        elif call.check_alive(response, now):
            self._told_no(response.status, response.phrase, now)

    def _told_no(self, status: int, phrase: str, now: float) -> None:
        if not self._is_refresh:
            self._call.core.tell(OfferRefused(self._call.number, status, phrase or phrase_of(status)))
        elif self._method == "UPDATE":
            self._begin(self._call.local_sdp, "INVITE", now, is_refresh=True)

    def _pause(self) -> float:
        """Seconds after a 491: 2.1 to 4.0 for who owns the Call-ID, else 0 to 2.0, in steps of 10 ms."""
        chance, dialog = self._call.core.chance, self._call.dialog
        owns = dialog is not None and dialog.owns_call_id
        return (chance.randint(210, 400) if owns else chance.randint(0, 200)) / 100

    def _again(self, now: float) -> None:
        self._timer = None
        if self._call.ended:
            return
        if self._asked is not None or self._call.unacknowledged is not None:
            self._timer = self._call.core.schedule.at(now + self._pause() + 0.01, self._again)
        else:
            self._send(now)

    def _give_up(self, now: float) -> None:
        """Our re-INVITE rings for ever: cancel it."""
        self._timer = None
        sending, self._sending = self._sending, None
        if sending is None or sending.transaction is None or sending.transaction.request is None:
            return
        sending.cancel(now)
        self._told_no(408, "", now)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
