"""What a user agent does with requests that come in: matching, the order of checks, and each method outside of dialogs
(RFC 3261 section 8.2, SIP sheet 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.sip.admission import (
    IN_DIALOG,
    SDP,
    refusal_of_address,
    refusal_of_call,
    refusal_of_content,
    refusal_of_form,
)
from simulator.wire.sip.callee import Callee
from simulator.wire.sip.composition import phrase_of
from simulator.wire.sip.destination import of_response
from simulator.wire.sip.echo import Echo, response_bytes, stateless_tag
from simulator.wire.sip.event import CallDenied, IncomingCall, MalformedReceived, MessageReceived, NotifyReceived
from simulator.wire.sip.header import media_type, stamp
from simulator.wire.sip.packet import Packet
from simulator.wire.sip.received import read
from simulator.wire.sip.server_transaction import State

if TYPE_CHECKING:
    from simulator.wire.sip.admission import Refusal
    from simulator.wire.sip.command import Extra
    from simulator.wire.sip.core import Core
    from simulator.wire.sip.message import MalformedSip, Request
    from simulator.wire.sip.misbehaviour import Scripted
    from simulator.wire.sip.packet import Address
    from simulator.wire.sip.received import Received
    from simulator.wire.sip.server_transaction import ServerTransaction


class ServerCore:
    """The server's half of a user agent."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def receive(self, request: Request, source: Address, transport: str, now: float) -> None:
        """Take a request. Raises MalformedMessage for one that is none; a 400 is due where it says so."""
        received = read(request, source, transport)
        transaction = self._core.transactions.find(received)
        if request.method == "ACK":
            self._acknowledge(received, transaction, now)
        elif transaction is not None:
            transaction.repeated(now)
        elif self._is_full():
            retry = str(self._core.settings.overload_retry_after)
            self._stateless(request, received, 503, (("Retry-After", retry),))
        else:
            self._new(received, now)

    def _is_full(self) -> bool:
        transactions, settings = self._core.transactions, self._core.settings
        return (
            transactions.serving >= settings.max_server_transactions
            or transactions.held >= settings.max_server_bytes
        )

    def refuse_malformed(self, error: MalformedSip, source: Address, transport: str) -> None:
        """Send a 400, or a 413, to who sent nonsense, if its Via can be read; nothing of it is kept."""
        request = error.message_so_far
        if request is None:
            return
        phrase = f"{phrase_of(error.status)} - {error.what}"
        try:
            top = stamp(request.headers, source[0], source[1])
            data = response_bytes(
                Echo(request), self._core.settings, error.status, stateless_tag(request), phrase=phrase
            )
            self._core.transactions.put_response(Packet(data, of_response(top, transport, source)))
        except MalformedMessage:
            return

    def _stateless(self, request: Request, received: Received, status: int, headers: Extra) -> None:
        data = response_bytes(Echo(request), self._core.settings, status, stateless_tag(request), headers=headers)
        self._core.transactions.put_response(Packet(data, received.destination))

    def _acknowledge(self, received: Received, transaction: ServerTransaction | None, now: float) -> None:
        """An ACK belongs to a failure's transaction, or to a call; else it is dropped."""
        if transaction is not None and transaction.state is not State.ACCEPTED:
            transaction.acknowledged(now)
            return
        call = self._core.dialogs.get((received.call_id, received.to_tag, received.from_tag))
        if call is not None:
            call.acknowledged(received, now)

    def _new(self, received: Received, now: float) -> None:
        core = self._core
        refusal = refusal_of_form(core, received)
        if refusal is None and not received.to_tag and received.method != "CANCEL":
            refusal = refusal_of_address(core, received)
        transaction = core.transactions.serve(received, core.settings.timing)
        scripted = core.misbehaviour.answer_to(received.method) if core.misbehaviour is not None else None
        if scripted is not None:
            self._play(scripted, transaction, now)
            return
        try:
            self._decide(received, transaction, refusal, now)
        except MalformedMessage as error:
            core.respond(transaction, 400, now, phrase=f"Bad Request - {error.what}")
            core.tell(MalformedReceived(error.what, error.offset, received.source, received.transport))

    def _decide(
        self, received: Received, transaction: ServerTransaction, refusal: Refusal | None, now: float
    ) -> None:
        core = self._core
        call = None
        if refusal is None and received.to_tag and received.method != "CANCEL":
            call = core.dialogs.get((received.call_id, received.to_tag, received.from_tag))
            refusal = (481, ()) if call is None else None
        if refusal is None and received.method != "CANCEL":
            refusal = refusal_of_content(core, received)
        if refusal is not None:
            core.respond(transaction, refusal[0], now, headers=refusal[1])
        elif received.method == "OPTIONS":
            self._options(transaction, now)
        elif received.method == "NOTIFY":
            self._notify(received, transaction, now)
        elif call is not None:
            call.request(received, transaction, now)
        else:
            self._outside(received, transaction, now)

    def _outside(self, received: Received, transaction: ServerTransaction, now: float) -> None:
        """What a method means outside of dialogs."""
        if received.method == "INVITE":
            self._invite(received, transaction, now)
        elif received.method == "CANCEL":
            self._cancel(received, transaction, now)
        elif received.method in IN_DIALOG:
            self._core.respond(transaction, 481, now)
        else:
            self._message(received, transaction, now)

    def _invite(self, received: Received, transaction: ServerTransaction, now: float) -> None:
        core, request = self._core, received.request
        refusal = refusal_of_call(core, received)
        if refusal is not None:
            core.respond(transaction, refusal[0], now, headers=refusal[1])
            if refusal[0] != 422:
                core.tell(CallDenied(received.remote.uri, received.local.uri, refusal[0]))
            return
        call = Callee(core, received, transaction, now)
        core.tell(
            IncomingCall(
                call.number,
                received.call_id,
                received.remote.uri,
                received.remote.display,
                received.local.uri,
                request.body,
                received.transport,
                received.source,
                request,
            )
        )

    def _cancel(self, received: Received, transaction: ServerTransaction, now: float) -> None:
        """End an INVITE that has no final response yet; the 200 has the To tag of its responses (sheet 5)."""
        core = self._core
        invite = core.transactions.invite_of(received)
        if invite is None:
            core.respond(transaction, 481, now)
            return
        if not invite.tag:
            invite.tag = core.token()
        transaction.tag = invite.tag
        core.respond(transaction, 200, now)
        if invite.final:
            return
        if invite.cancelled is not None:
            invite.cancelled(received.request, now)
        else:
            core.respond(invite, 487, now)

    def _options(self, transaction: ServerTransaction, now: float) -> None:
        core = self._core
        types = (SDP, *sorted(core.settings.info_types))
        headers = (("Accept", ", ".join(types)),)
        core.respond(transaction, 200, now, headers=headers, capable=True, body=core.settings.options_sdp)

    def _notify(self, received: Received, transaction: ServerTransaction, now: float) -> None:
        core, headers = self._core, received.request.headers
        event = (headers.get("event") or "").partition(";")[0].strip().lower()
        if not core.settings.allow_mwi or event != "message-summary":
            core.respond(transaction, 481 if received.to_tag else 489, now)
            return
        core.respond(transaction, 200, now)
        core.tell(NotifyReceived(event, media_type(headers.get("content-type") or ""), received.request.body))

    def _message(self, received: Received, transaction: ServerTransaction, now: float) -> None:
        kind = media_type(received.request.headers.get("content-type") or "")
        self._core.respond(transaction, 200, now)
        self._core.tell(MessageReceived(received.remote.uri, kind, received.request.body))

    # What a script says

    def _play(self, scripted: Scripted, transaction: ServerTransaction, now: float) -> None:
        """Answer as told. A request that gets no final answer is forgotten after a while."""
        core = self._core
        if scripted.status is None or scripted.status < 200:
            wait = max(core.settings.timing.life, core.settings.ringing_limit)
            timer = core.schedule.at(now + wait, lambda _: transaction.give_up())

            def cancelled(_: Request, when: float) -> None:
                timer.cancel()
                core.respond(transaction, 487, when)

            transaction.cancelled = cancelled
        if scripted.status is None:
            return
        if scripted.delay > 0:
            core.schedule.at(now + scripted.delay, lambda when: self._say(scripted, transaction, when))
        else:
            self._say(scripted, transaction, now)

    def _say(self, scripted: Scripted, transaction: ServerTransaction, now: float) -> None:
        if scripted.status is not None:
            self._core.respond(
                transaction,
                scripted.status,
                now,
                phrase=scripted.phrase,
                headers=scripted.headers,
                body=scripted.body,
                content_type=scripted.content_type,
            )
