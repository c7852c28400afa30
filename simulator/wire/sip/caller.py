"""The end of a call that calls: from INVITE to 200 and ACK, with forks, challenges and CANCEL (SIP sheet 8 and 17.2)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.sip import session_timer
from simulator.wire.sip.call import Call
from simulator.wire.sip.composition import is_made_here
from simulator.wire.sip.destination import next_hop, sip_uri, way
from simulator.wire.sip.dialog import Dialog
from simulator.wire.sip.digest import DigestClient
from simulator.wire.sip.event import CallAnswered, CallProgress, End, OfferReceived
from simulator.wire.sip.header import contacts, display_text, number, to
from simulator.wire.sip.reliable import TAG, RAck, rseq_of
from simulator.wire.sip.sending import Sending

if TYPE_CHECKING:
    from simulator.wire.sip.command import Extra, PlaceCall
    from simulator.wire.sip.core import Core
    from simulator.wire.sip.message import Response
    from simulator.wire.sip.packet import Packet
    from simulator.wire.sip.received import Received
    from simulator.wire.sip.timer import Timer

MOST_FORKS = 16
"""Early dialogs and answers of one call; a proxy that forks wider is not followed."""
MOST_PRACKS = 3
MOST_INTERVALS = 3
"""422s that are answered with a longer interval."""


class Caller(Call):
    """Our end of a call that we placed."""

    def __init__(self, core: Core, command: PlaceCall, now: float) -> None:
        """Raises MalformedMessage where the target is no address that leads anywhere; nothing is left then."""
        account = command.account
        self._tag, self._call_id = core.token(), core.token()
        self._from = f"{display_text(account.display)}<{account.aor}>;tag={self._tag}"
        self._seq = 1
        self._redirected = False
        self._intervals = 0
        self._early: dict[str, Dialog] = {}
        self._pracked: dict[str, int] = {}
        """Last RSeq by To tag."""
        self._acks: dict[str, Packet] = {}
        """Of each 2xx, by its To tag, for its repeats."""
        self._unanswered: Response | None = None
        """The 200 with an offer: its ACK waits for our answer."""
        self._unpracked: tuple[Dialog, RAck, bytes] | None = None
        """A reliable provisional with an offer: its PRACK waits for our answer."""
        self._rings = False
        """A provisional response has come: the INVITE may be cancelled."""
        self._cancelling: End | None = None
        self._cancel_headers: Extra = ()
        self._timer: Timer | None = None
        self._account = account
        sending = self._invitation(core, command)
        super().__init__(core, core.new_number())
        self.reached = self._reached
        self.digest = sending.digest
        self.local_sdp = command.offer
        self._sending = sending
        timeout = core.settings.calling_timeout if command.timeout is None else command.timeout
        if timeout:
            self._timer = core.schedule.at(now + timeout, self._timed_out)
        sending.start(self._destination, self._branch, now)

    def _invitation(self, core: Core, command: PlaceCall) -> Sending:
        account = command.account
        uri = sip_uri(command.to)
        preloaded = core.service_routes.get(account.aor) or tuple(f"<{proxy}>" for proxy in account.proxies)
        target, routes = way(str(uri.without("method", headers=True)), preloaded)
        self._destination = next_hop(str(uri), preloaded, account.transport)
        transport, secure = self._destination.transport, account.aor.startswith("sips:")
        self._reached = (transport, account.user, secure)
        top, self._branch = core.new_via(transport)
        request = core.request(
            "INVITE",
            target,
            (self._from, f"<{uri.without('method', headers=True)}>"),
            self._call_id,
            self._seq,
            top=top,
            routes=routes,
            contact=core.contact(transport, account.user, secure=secure, at=core.seen_at(transport)),
            headers=self._asked(core, command.headers),
            capable=True,
            body=command.offer,
        )
        digest = DigestClient(account.logins, core.chance) if account.logins else None
        return Sending(core, request, self._answered, digest, self._next_seq)

    @staticmethod
    def _asked(core: Core, extra: Extra) -> Extra:
        settings = core.settings
        headers: Extra = ()
        if settings.require_100rel:
            headers += (("Require", TAG),)
        if settings.session_expires and "timer" in settings.supported:
            headers += (("Session-Expires", str(settings.session_expires)), ("Min-SE", str(settings.min_se)))
        return headers + extra

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq

    # Responses to the INVITE

    def _answered(self, response: Response, now: float) -> None:
        try:
            if response.status < 200:
                self._progress(response, now)
            elif response.status < 300:
                self._success(response, now)
            else:
                self._failure(response, now)
        except MalformedMessage as error:
            self._nonsense(response, error, now)

    def _nonsense(self, response: Response, error: MalformedMessage, now: float) -> None:
        """A response that opens no dialog: a 1xx is passed over, a 2xx is the end of it."""
        if response.status >= 200 and not self.established:
            self._finish(self._cancelling or End.REFUSED, 500, error.what)

    def _progress(self, response: Response, now: float) -> None:
        first, self._rings = not self._rings, True
        if self._cancelling is not None:
            if first:
                self._send_cancel(now)
            return
        if self.established or self.ended or response.status == 100:
            return
        dialog = self._early_dialog(response)
        if dialog is not None and (rseq := rseq_of(response.headers)) is not None:
            if not self._is_next(dialog, rseq):
                return
            self._prack(dialog, rseq, response, now)
        self.core.tell(CallProgress(self.number, response.status, response.phrase, response.body, response))

    def _early_dialog(self, response: Response) -> Dialog | None:
        """The early dialog of a provisional response, a new one with its first; None for a 1xx without To tag."""
        dialog = self._early.get(to(response.headers).tag or "")
        if dialog is not None:
            dialog.learn(response)
        elif len(self._early) >= MOST_FORKS:
            raise MalformedMessage(f"more than {MOST_FORKS} forks")
        else:
            dialog = self._new_dialog(response)
            self._early[dialog.remote_tag] = dialog
            self.core.dialogs[dialog.key] = self
        self.dialog = dialog
        self._learn_abilities(response)
        return dialog

    def _new_dialog(self, response: Response) -> Dialog:
        dialog = Dialog.of_response(self._sending.request, response, (self._from, self._tag), self._seq)
        dialog.transport = self._destination.transport
        return dialog

    def _learn_abilities(self, response: Response) -> None:
        allow = response.headers.get("allow")
        if allow is not None:
            self.peer_updates = "UPDATE" in allow

    def _success(self, response: Response, now: float) -> None:
        tag = to(response.headers).tag or ""
        if tag in self._acks:
            self.put_ack(self._acks[tag])
        elif self._unanswered is not None or len(self._acks) >= MOST_FORKS:
            return
        elif self.established or self.ended or self._cancelling is not None:
            self._decline(self._new_dialog(response), response, now)
        else:
            self._establish(tag, response, now)

    def _decline(self, dialog: Dialog, response: Response, now: float) -> None:
        """An answer that is not wanted any more: a second fork, or one that crossed our CANCEL. ACK, then BYE."""
        packet = self.acknowledge(self._sending.request, dialog)
        if packet is not None:
            self._acks[dialog.remote_tag] = packet
        self.ask("BYE", now, lambda *_: None, dialog=dialog)
        if self._cancelling is not None:
            self._finish(self._cancelling, response.status, response.phrase)

    def _establish(self, tag: str, response: Response, now: float) -> None:
        dialog = self._early.pop(tag, None)
        if dialog is not None:
            dialog.learn(response)
        else:
            dialog = self._new_dialog(response)
        self._forget_early()
        self.dialog = dialog
        dialog.confirmed = self.established = True
        self.core.dialogs[dialog.key] = self
        self._stop_timer()
        self._learn_abilities(response)
        terms = session_timer.caller_terms(response.headers, self.core.settings)
        self.timer.start(terms, now, ours=terms.refresher == "uac")
        if self.local_sdp:
            self._settle(response, now)
        else:
            self._unanswered = response
            self.core.tell(OfferReceived(self.number, response.body, "200"))

    def _settle(self, response: Response, now: float, ack_body: bytes = b"") -> None:
        if self.dialog is None:
            return
        packet = self.acknowledge(self._sending.request, self.dialog, ack_body)
        if packet is not None:
            self._acks[self.dialog.remote_tag] = packet
        self.remote_sdp = response.body or self.remote_sdp
        self.core.tell(CallAnswered(self.number, b"" if ack_body else response.body))

    def _failure(self, response: Response, now: float) -> None:
        if self.established:
            return
        if self._cancelling is not None or self.ended:
            self._finish(self._cancelling or End.CANCELLED, response.status, response.phrase)
        elif response.status == 422 and self._intervals < MOST_INTERVALS and not is_made_here(response):
            self._intervals += 1
            least = max(number(response.headers.get("min-se")) or 0, self.core.settings.min_se)
            interval = max(least, self.core.settings.session_expires)
            self._sending.again(now, (("Session-Expires", str(interval)), ("Min-SE", str(least))))
        elif not self._follow(response, now):
            reason = response.headers.get("reason") or ""
            self._finish(End.REFUSED, response.status, response.phrase, reason)

    def _follow(self, response: Response, now: float) -> bool:
        """Follow the first Contact of a 3xx, once and where the settings say so."""
        if response.status >= 400 or self._redirected or not self.core.settings.follow_redirects:
            return False
        found = contacts(response.headers)
        if not found:
            return False
        self._redirected = True
        uri = str(sip_uri(found[0].uri).without("method", headers=True))
        self._sending.request.uri = uri
        self._sending.request.headers.remove("Route")
        self._destination = next_hop(uri, (), self._account.transport)
        self._sending.again(now, destination=self._destination)
        return True

    # Reliable provisionals

    def _is_next(self, dialog: Dialog, rseq: int) -> bool:
        last = self._pracked.get(dialog.remote_tag)
        return last is None or rseq == last + 1

    def _prack(self, dialog: Dialog, rseq: int, response: Response, now: float) -> None:
        self._pracked[dialog.remote_tag] = rseq
        acknowledged = RAck(rseq, self._seq, "INVITE")
        if response.body and self.local_sdp:
            self.remote_sdp = response.body
        if response.body and not self.local_sdp and self._unpracked is None:
            self._unpracked = (dialog, acknowledged, response.body)
            self.core.tell(OfferReceived(self.number, response.body, str(response.status)))
            return
        self._send_prack(dialog, acknowledged, b"", now)

    def _send_prack(self, dialog: Dialog, acknowledged: RAck, body: bytes, now: float) -> None:
        headers = (("RAck", str(acknowledged)),)
        sending = self.ask("PRACK", now, lambda *_: None, headers=headers, body=body, dialog=dialog)
        if sending is not None:
            sending.answered = partial(self._prack_answered, sending)

    def _prack_answered(self, sending: Sending, response: Response, now: float) -> None:
        """A PRACK that a later request overtook gets 500: it is sent again with a number that is in order."""
        if response.status == 500 and sending.tries < MOST_PRACKS and not self.ended:
            sending.again(now)

    # What the owner says

    def answer_offer(self, sdp: bytes, now: float) -> bool:
        """Our answer to the callee's offer: in the ACK, in a PRACK, or to a later one."""
        if self._unanswered is not None:
            response, self._unanswered = self._unanswered, None
            self.local_sdp = sdp
            self._settle(response, now, sdp)
            return True
        if self._unpracked is not None:
            (dialog, acknowledged, offer), self._unpracked = self._unpracked, None
            self.local_sdp, self.remote_sdp = sdp, offer
            self._send_prack(dialog, acknowledged, sdp, now)
            return True
        return super().answer_offer(sdp, now)

    def refuse_offer(self, status: int, headers: Extra, now: float) -> bool:
        """Our no to the callee's offer: ACK, or CANCEL, and no call."""
        if self._unanswered is not None:
            self._unanswered = None
            if self.dialog is not None:
                packet = self.acknowledge(self._sending.request, self.dialog)
                if packet is not None:
                    self._acks[self.dialog.remote_tag] = packet
            self.hang_up(now, End.NO_DESCRIPTION)
            return True
        if self._unpracked is not None:
            (dialog, acknowledged, _), self._unpracked = self._unpracked, None
            self._send_prack(dialog, acknowledged, b"", now)
            self.cancel(now, End.NO_DESCRIPTION)
            return True
        return super().refuse_offer(status, headers, now)

    def hang_up(self, now: float, end: End = End.HUNG_UP, *, status: int = 0, headers: Extra = ()) -> None:
        """Cancel the call, or end it by BYE when it is answered."""
        if not self.established:
            self.cancel(now, End.CANCELLED if end is End.HUNG_UP else end, headers)
            return
        if self._unanswered is not None and self.dialog is not None:
            self._unanswered = None
            self.acknowledge(self._sending.request, self.dialog)
        super().hang_up(now, end, status=status, headers=headers)

    def cancel(self, now: float, end: End = End.CANCELLED, headers: Extra = ()) -> bool:
        """Give up a call that is not answered (RFC 3261 section 9.1). Before any response has come the INVITE is only not
        repeated any more; the CANCEL follows with the first response, and an answer is met with ACK and BYE."""
        if self.established or self.ended or self._cancelling is not None:
            return False
        self._cancelling, self._cancel_headers = end, headers
        self._stop_timer()
        if self._rings:
            self._send_cancel(now)
        else:
            if self._sending.transaction is not None:
                self._sending.transaction.quiet()
            self.end(end)
        return True

    def _send_cancel(self, now: float) -> None:
        self._sending.cancel(now, self._cancel_headers)
        self._timer = self.core.schedule.at(now + self.core.settings.timing.life, self._never_ended)

    def _never_ended(self, now: float) -> None:
        """No 487 in 32 s: wait no longer."""
        self._timer = None
        self._sending.give_up()
        self._finish(self._cancelling or End.CANCELLED, 408, "")

    def _timed_out(self, now: float) -> None:
        self._timer = None
        self.cancel(now, End.NO_ANSWER)

    def _finish(self, end: End, status: int, phrase: str, reason: str = "") -> None:
        """The INVITE came to nothing."""
        self._stop_timer()
        self.end(end, status=status, phrase=phrase, reason=reason)
        self.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # Dialogs

    def dialog_of(self, received: Received) -> Dialog | None:
        """The confirmed dialog, or one of the early ones."""
        return self._early.get(received.from_tag) or self.dialog

    def close(self) -> None:
        """Forget all dialogs."""
        self._forget_early()
        super().close()

    def _forget_early(self) -> None:
        for dialog in self._early.values():
            self.core.dialogs.pop(dialog.key, None)
        self._early.clear()
