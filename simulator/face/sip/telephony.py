"""The calls of one speaker, between the device and its user agent (SIP sheet 7, 8, 12 and 14.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.device.call import CallState, Reason
from simulator.device.sip_accounts import DAEMON
from simulator.errors import ClientViolation, FleetError, MalformedMessage
from simulator.face.sip.conversation import Conversation
from simulator.face.sip.description import audio_settings, negotiation_of
from simulator.face.sip.identity import place_text, wire_account
from simulator.face.sip.incoming import NOT_ACCEPTABLE, Incoming
from simulator.face.sip.reason import reason_of
from simulator.face.sip.setting import media_settings, quirks_of
from simulator.wire.sip import event as told
from simulator.wire.sip.command import Answer, AnswerOffer, HangUp, Offer, PlaceCall, RefuseOffer, Reject

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.call import Call
    from simulator.device.sip_account import SipAccount
    from simulator.face.sip.front import SipFace
    from simulator.face.sip.way import Media
    from simulator.wire.rtp.fault import RtpFault
    from simulator.wire.sip.account import Account
    from simulator.wire.sip.event import Event
    from simulator.wire.sip.offer_answer import Negotiation


class Telephony:
    """Hears what the device wants of its calls, and what the user agent tells of them."""

    def __init__(self, face: SipFace) -> None:
        self._face = face
        self._service = face.service
        self._incoming = Incoming(face)
        self._conversations: dict[int, Conversation] = {}
        calls = face.service.calls
        calls.on_place(self._place)
        calls.on_answer(self._answer)
        calls.on_hang_up(self._hang_up)

    def uses(self, transport: str) -> bool:
        """A call lives on this transport."""
        return any(one.transport == transport for one in self._conversations.values())

    def happened(self, event: Event) -> None:
        """An event of the user agent; those that are not about calls are passed over."""
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            handler(self, event)

    def stop(self) -> None:
        """Nothing is carried any more: calls that the device still has end."""
        conversations, self._conversations = self._conversations, {}
        for conversation in conversations.values():
            conversation.end()
            conversation.call.ended(Reason.TERMINATED)

    def spoil(self, fault: RtpFault) -> None:
        """The sound of all calls is sent worse from now on."""
        for conversation in self._conversations.values():
            conversation.media.begin_fault(fault)

    def mend(self, fault: RtpFault) -> None:
        """It is sent as before."""
        for conversation in self._conversations.values():
            conversation.media.end_fault(fault)

    def moved(self) -> None:
        """The device has another address: each call is offered from there, or has lost its media (SIP sheet 9)."""
        renew = quirks_of(self._face.device).address_change == "reinvite"
        for conversation in tuple(self._conversations.values()):
            stays = conversation.media.address == self._face.way.address
            if not renew or stays or conversation.call.state is not CallState.ACTIVE:
                continue
            media = self.open_media()
            if media is not None:
                offer = conversation.moved_to(media)
                self._listen(conversation)
                self._face.command(Offer(conversation.number, offer))

    # What the device wants

    def _place(self, call: Call) -> None:
        account = call.account
        media = None if account is None or self._face.agent is None else self.open_media()
        if account is None or media is None:
            call.ended(Reason.FAILED)
            return
        negotiation = self.negotiation(account, media)
        try:
            identity = self._identity(account, call.remote)
            number = self._face.command(PlaceCall(call.remote, identity, negotiation.offer().encode()))
        except MalformedMessage as error:
            self._face.device.logs.system(DAEMON, "ERR", f"Call to {call.remote[:80]} failed: {error.what}")
            number = 0
        if not number:
            media.stop()
            call.ended(Reason.FAILED)
            return
        self.converse(call, media, negotiation, identity.transport, number)
        self._face.work()

    def _answer(self, call: Call) -> None:
        conversation = self._of(call)
        if conversation is not None:
            self._face.command(Answer(conversation.number, conversation.answer))
            self._face.work()

    def _hang_up(self, call: Call, before: CallState) -> None:
        conversation = self._of(call)
        if conversation is None:
            call.ended()
        elif call.direction == "Incoming" and before in (CallState.IDLE, CallState.RINGING):
            quirks = quirks_of(self._face.device)
            late = call.ending is Reason.NO_ANSWER
            status = quirks.no_answer_status if late else quirks.rejected_status
            self._face.command(Reject(conversation.number, status))
        else:
            self._face.command(HangUp(conversation.number))
        self._face.work()

    # For incoming calls too

    def open_media(self) -> Media | None:
        """Ports for a call; None where there are none."""
        settings = media_settings(quirks_of(self._face.device))
        try:
            return self._face.way.open_media(self._service.configuration.rtp_start_port, settings)
        except FleetError as error:
            self._face.recorder.no_media(str(error))
            return None

    def negotiation(self, account: SipAccount, media: Media) -> Negotiation:
        """Offers and answers of a call, by the settings of its account."""
        device = self._face.device
        settings = audio_settings(self._service, account, quirks_of(device))
        return negotiation_of(settings, media, device.time.utc(), self._face.random_bytes)

    def converse(
        self, call: Call, media: Media, negotiation: Negotiation, transport: str, number: int
    ) -> Conversation:
        """From now on the user agent's call `number` is this call of the device."""
        conversation = Conversation(self._face.device, call, media, negotiation, transport, number)
        self._conversations[number] = conversation
        self._listen(conversation)
        return conversation

    def warning(self, error: ClientViolation) -> tuple[tuple[str, str], ...]:
        """Header that says why a description is not acceptable (SIP sheet 7.1)."""
        text = error.what.replace("\\", "/").replace('"', "'")[:200]
        return (("Warning", f'399 {self._face.way.address} "{text}"'),)

    # Inside

    def _of(self, call: Call) -> Conversation | None:
        return next((one for one in self._conversations.values() if one.call is call), None)

    def _listen(self, conversation: Conversation) -> None:
        call, calls, way = conversation.call, self._service.calls, self._face.way
        conversation.media.on_digit(lambda digit: calls.digit(call, digit, "rtp", way.now()))
        conversation.media.on_timeout(call.hang_up)
        for fault in self._face.faults.rtp:
            conversation.media.begin_fault(fault)

    def _identity(self, account: SipAccount, target: str) -> Account:
        place = place_text(self._face.way.address or "", self._face.way.ports(), account.transport)
        return wire_account(account, place, target=target, server=self._face.registrations.server_of(account.id))

    def _settled(self, conversation: Conversation, answer: bytes) -> bool:
        """Take the peer's answer. One that cannot be used ends the call (SIP sheet 12.4)."""
        try:
            conversation.answered_with(answer)
        except ClientViolation as error:
            self._face.recorder.violation(conversation.call.remote, conversation.transport, f"answer: {error}")
            self._face.command(HangUp(conversation.number))
            return False
        return True

    # Events of the user agent

    def _came(self, event: told.IncomingCall) -> None:
        self._incoming.take(event)

    def _denied(self, event: told.CallDenied) -> None:
        self._face.recorder.refused(event.remote, event.status, "refused by the stack")

    def _progress(self, event: told.CallProgress) -> None:
        conversation = self._conversations.get(event.call)
        if conversation is not None:
            conversation.call.ringing()
            if event.sdp and self._settled(conversation, event.sdp):
                conversation.follow()

    def _answered(self, event: told.CallAnswered) -> None:
        conversation = self._conversations.get(event.call)
        if conversation is not None and (not event.sdp or self._settled(conversation, event.sdp)):
            conversation.up()

    def _answer_came(self, event: told.AnswerReceived) -> None:
        conversation = self._conversations.get(event.call)
        if conversation is not None and self._settled(conversation, event.sdp):
            conversation.follow_if_up()

    def _offer_came(self, event: told.OfferReceived) -> None:
        conversation = self._conversations.get(event.call)
        if conversation is None:
            return
        try:
            answer = conversation.answer_to(event.sdp)
        except ClientViolation as error:
            self._face.recorder.refused(conversation.call.remote, NOT_ACCEPTABLE, error.what)
            self._face.command(RefuseOffer(event.call, NOT_ACCEPTABLE, self.warning(error)))
            return
        self._face.command(AnswerOffer(event.call, answer))
        conversation.follow_if_up()

    def _offer_wanted(self, event: told.OfferWanted) -> None:
        conversation = self._conversations.get(event.call)
        if conversation is not None:
            self._face.command(AnswerOffer(event.call, conversation.offer()))

    def _info(self, event: told.InfoReceived) -> None:
        conversation = self._conversations.get(event.call)
        if conversation is not None and event.digit:
            self._service.calls.digit(conversation.call, event.digit, "info", self._face.way.now())

    def _ended(self, event: told.CallEnded) -> None:
        conversation = self._conversations.pop(event.call, None)
        if conversation is not None:
            active = conversation.call.state is CallState.ACTIVE
            conversation.end()
            conversation.call.ended(reason_of(event, active=active))


_HANDLERS: dict[type, Callable[[Telephony, Any], None]] = {
    told.IncomingCall: Telephony._came,
    told.CallDenied: Telephony._denied,
    told.CallProgress: Telephony._progress,
    told.CallAnswered: Telephony._answered,
    told.AnswerReceived: Telephony._answer_came,
    told.OfferReceived: Telephony._offer_came,
    told.OfferWanted: Telephony._offer_wanted,
    told.InfoReceived: Telephony._info,
    told.CallEnded: Telephony._ended,
}
