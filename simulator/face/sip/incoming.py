"""What happens to a call that comes in: gate, offer, ringing or answer (SIP sheet 7.1 to 7.3 and 19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import ClientViolation, MalformedMessage
from simulator.face.sip.description import described
from simulator.face.sip.setting import quirks_of
from simulator.wire.sip.command import Answer, Reject, Ring
from simulator.wire.sip.uri import SipUri, parse_uri

if TYPE_CHECKING:
    from simulator.device.sip_account import SipAccount
    from simulator.face.sip.conversation import Conversation
    from simulator.face.sip.front import SipFace
    from simulator.wire.sip.event import IncomingCall

NO_MEDIA, NOT_ACCEPTABLE = 500, 488


class Incoming:
    """Decides about the calls of one face."""

    __slots__ = ("_face",)

    def __init__(self, face: SipFace) -> None:
        self._face = face

    def take(self, event: IncomingCall) -> None:
        """Refuse a call, let it ring or answer it."""
        account = self._account_for(event)
        if account is None:
            status = quirks_of(self._face.device).unknown_user_status
            self._refuse(event, status, "no account for " + event.request.uri)
        elif self._admits(event, account):
            self._admitted(event, account)
        else:
            self._turned_away(event, account)

    def _turned_away(self, event: IncomingCall, account: SipAccount) -> None:
        """The device says why: incoming calls are off, the caller is not listed, or there is a call already."""
        quirks = quirks_of(self._face.device)
        decision = self._face.service.calls.incoming(event.remote, event.local, account.id)
        if decision.verdict == "busy":
            self._face.command(Reject(event.call, quirks.busy_status))
            return
        off = not self._face.service.configuration.allow_incoming_calls or not account.enabled
        self._face.command(Reject(event.call, quirks.denied_status if off else quirks.unlisted_status))

    def _admitted(self, event: IncomingCall, account: SipAccount) -> None:
        face = self._face
        media = face.telephony.open_media()
        if media is None:
            self._refuse(event, NO_MEDIA, "no ports for media")
            return
        negotiation = face.telephony.negotiation(account, media)
        try:
            answer = described(negotiation, event.offer)
        except ClientViolation as error:
            media.stop()
            face.recorder.refused(event.remote, NOT_ACCEPTABLE, error.what)
            face.command(Reject(event.call, NOT_ACCEPTABLE, headers=face.telephony.warning(error)))
            return
        decision = face.service.calls.incoming(event.remote, event.local, account.id)
        if decision.call is None:  # cannot be, as `_admits` knows what it asks
            media.stop()
            self._refuse(event, quirks_of(face.device).denied_status, decision.verdict)
            return
        conversation = face.telephony.converse(decision.call, media, negotiation, event.transport, event.call)
        conversation.answer = answer
        self._ring_or_answer(event, conversation, at_once=decision.verdict == "answer")

    def _ring_or_answer(self, event: IncomingCall, conversation: Conversation, *, at_once: bool) -> None:
        face, quirks = self._face, quirks_of(self._face.device)
        if not at_once or quirks.rings_before_answer:
            face.command(Ring(event.call))
        if at_once:
            face.command(Answer(event.call, conversation.answer, after=quirks.answer_delay))

    def _admits(self, event: IncomingCall, account: SipAccount) -> bool:
        """Whether the device will take the call, were its description acceptable."""
        configuration, calls = self._face.service.configuration, self._face.service.calls
        return (
            account.enabled
            and configuration.allow_incoming_calls
            and configuration.admits(event.remote)
            and not calls.busy
        )

    def _account_for(self, event: IncomingCall) -> SipAccount | None:
        """By the user part of the Request-URI; a peer-to-peer account takes any (SIP sheet 5, 1)."""
        accounts = tuple(self._face.service.accounts)
        user = _user_of(event.request.uri)
        named = [one for one in accounts if user and one.user_id == user and not one.peer_to_peer]
        peers = [one for one in accounts if one.peer_to_peer]
        found = [one for one in (*named, *peers) if one.enabled] or [*named, *peers]
        return found[0] if found else None

    def _refuse(self, event: IncomingCall, status: int, why: str) -> None:
        self._face.recorder.refused(event.remote, status, why)
        self._face.command(Reject(event.call, status))


def _user_of(uri: str) -> str:
    try:
        parsed = parse_uri(uri)
    except MalformedMessage:
        return ""
    return parsed.user_name if isinstance(parsed, SipUri) else ""
