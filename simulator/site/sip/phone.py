"""A phone of the site, which a person uses: it registers or is called by address, and breaks rules when told to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.errors import ClientViolation, FleetError
from simulator.face.sip.description import FORMATS
from simulator.journal import Kind
from simulator.net.sip.transports import Net
from simulator.site.sip.conversation import Conversation
from simulator.site.sip.phone_line import PhoneLine
from simulator.site.sip.phone_rule import BrokenRules
from simulator.wire.sip import command, event
from simulator.wire.sip.account import Account, Login
from simulator.wire.sip.agreement import AudioSettings, Encryption
from simulator.wire.sip.info import DTMF_RELAY, digit_body
from simulator.wire.sip.packet import TLS, UDP
from simulator.wire.sip.sdp import Direction

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.world import World
    from simulator.net.media.engine import MediaEngine
    from simulator.wire.rtp.negotiated import Source

SITE = "site"
USUAL_PORT = 5060
RTP_PORT = 4000
KEY_MILLISECONDS = 160
MOST_DIGITS = 256
_BUSY = 486


@dataclass(frozen=True, slots=True)
class RegistrarAt:
    """A registrar that the phone knows."""

    host: str
    port: int
    domain: str

    @property
    def place(self) -> str:
        """Host, and the port where it is not the usual one: then the transport decides."""
        return self.host if self.port == USUAL_PORT else f"{self.host}:{self.port}"

    @property
    def domain_and_port(self) -> str:
        """As it stands in addresses: the port only where the domain is the host itself."""
        return self.place if self.domain == self.host else self.domain


@dataclass(frozen=True, slots=True)
class PhoneSettings:
    """One phone."""

    name: str
    user: str
    password: str = ""
    display: str = ""
    transport: str = UDP
    codecs: tuple[str, ...] = ("PCMU", "PCMA")
    encryption: Encryption = Encryption.NONE
    incoming: str = "ring"
    """`ring`, `answer` or `reject`."""
    registrars: tuple[RegistrarAt, ...] = ()
    """The primary first; none for a phone that is called by its address."""


@dataclass(slots=True)
class _Call:
    """The one call of a phone."""

    number: int
    incoming: bool
    remote: str
    conversation: Conversation
    offer: bytes = b""
    """Of an incoming call; empty where the caller made none."""
    state: str = "calling"
    """`calling`, `ringing` (it rings here), `active`."""
    digits: str = ""


class Phone:
    """Made inside the running loop; opens its sockets at once."""

    def __init__(self, settings: PhoneSettings, address: str, net: Net, media: MediaEngine, world: World) -> None:
        self.name, self.user = settings.name, settings.user
        self._settings = settings
        self._media, self._world = media, world
        self._chance = world.chance.stream(SITE, "phone", settings.name)
        self._registration = 0
        self._registered = False
        self._server = 0
        """Which registrar it is registered at."""
        self._rules = BrokenRules()
        self._line = PhoneLine(
            settings.name,
            address,
            net,
            self._chance,
            secure=settings.transport == TLS,
            rules=self._rules,
            happened=self._happened,
            busy=lambda: self._call is not None or self._registered,
        )
        self._line.broken = lambda peer, reason: self._note("malformed", peer=peer, reason=reason)
        self.host, self.port = self._line.address
        self._incoming: dict[str, Any] = {"how": settings.incoming}
        self._source: Source | None = None
        self._call: _Call | None = None
        self._last: _Call | None = None
        """The call before, whose sound can still be looked at."""
        self._interlude: asyncio.TimerHandle | None = None

    @property
    def registers(self) -> bool:
        """Whether it is known at a registrar."""
        return bool(self._settings.registrars)

    def close(self) -> None:
        """The site ends, and nobody is told. Safe to repeat."""
        self._line.close()
        self._stop_interlude()
        if self._call is not None:
            self._call.conversation.stop()

    # Hands: registration

    def register(self) -> None:
        """Register, and stay registered. Raises FleetError for a phone without a registrar."""
        if not self._settings.registrars:
            raise FleetError(f"{self.name} has no registrar", hint="add site: {registrar: embedded}")
        if self._registration:
            self._line.tell(command.Refresh(self._registration))
            return
        servers = tuple(
            command.Server(f"sip:{at.place}", f"sip:{self.user}@{at.domain}") for at in self._settings.registrars
        )
        self._registration = self._line.tell(command.Register(self._account(), servers))

    def unregister(self) -> None:
        """Take the binding back."""
        number, self._registration = self._registration, 0
        if number:
            self._line.tell(command.Unregister(number))

    # Hands: calls

    def call(self, to: str, *, offer: bool = True) -> None:
        """Call somebody: a user of the registrar, or a URI. Raises FleetError while there is another call."""
        if self._call is not None:
            raise FleetError(f"{self.name} is in a call with {self._call.remote}", hint="hang up first")
        uri = self._uri(to)
        conversation = self._conversation()
        sdp = conversation.offer() if offer else b""
        self._note("calls", remote=uri)
        self._call = call = _Call(0, incoming=False, remote=uri, conversation=conversation)
        call.number = self._line.tell(command.PlaceCall(uri, self._account(calls=True), sdp))

    def ring(self) -> None:
        """Tell the caller that it rings."""
        self._line.tell(command.Ring(self._present("ringing").number))

    def answer(self) -> None:
        """Answer the call that came in. Raises FleetError where there is none."""
        self._answer(self._present("ringing"))

    def reject(self, status: int = _BUSY) -> None:
        """Refuse the call that came in."""
        self._line.tell(command.Reject(self._present("ringing").number, status))

    def hang_up(self) -> None:
        """End the call, in whatever state it is."""
        self._line.tell(command.HangUp(self._present().number))

    def cancel(self) -> None:
        """Give up a call that is not answered yet."""
        self._line.tell(command.Cancel(self._present("calling").number))

    def hold(self) -> None:
        """Put the other side on hold."""
        self._offer_again(Direction.SENDONLY)

    def resume(self) -> None:
        """Talk again."""
        self._offer_again(Direction.SENDRECV)

    def reinvite(self) -> None:
        """Offer the present session again."""
        self._offer_again(None)

    def from_now_on(self, how: str, **fields: Any) -> None:
        """What becomes of calls that come in: `ring`, `answer` after `delay` seconds, `reject` with `status`."""
        self._incoming = {"how": how, **fields}

    # Hands: sound and keys

    def play(self, source: Source) -> None:
        """Send this instead of silence, in this call and the next ones."""
        self._source = source
        self._speak(source)

    def quiet(self) -> None:
        """Send silence."""
        self._source = None
        self._speak(None)

    def dtmf(self, digits: str, method: str = "rfc4733") -> None:
        """Send digits: as RTP events, by `info`, or `in-band`. Raises FleetError where that is not possible."""
        call = self._present("active")
        if method == "rfc4733":
            for digit in digits:
                call.conversation.press(digit)
        elif method == "info":
            for digit in digits:
                self._line.tell(command.SendInfo(call.number, DTMF_RELAY, digit_body(digit, KEY_MILLISECONDS)))
        else:
            self._play_keys(call, digits)

    def _play_keys(self, call: _Call, digits: str) -> None:
        from simulator.wire.sound.tone import Recording, keypresses  # numpy is loaded by whoever needs it

        keys = Recording(keypresses(digits))
        call.conversation.speak(keys)
        self._stop_interlude()
        self._interlude = asyncio.get_running_loop().call_later(keys.duration, lambda: self._speak(self._source))

    # Hands: rules

    def break_rule(
        self, rule: str, *, chance: float | None = None, jitter: float | None = None, count: int | None = None
    ) -> None:
        """Break a rule from now on."""
        self.mend(rule)
        fault = self._rules.begin(rule, chance, jitter, count)
        self._line.rules_changed()
        if fault is not None and self._call is not None:
            self._call.conversation.break_rule(fault)

    def mend(self, rule: str = "") -> None:
        """Keep a rule again, or all of them."""
        ended = self._rules.end(rule)
        self._line.rules_changed()
        if self._call is not None:
            for fault in ended:
                self._call.conversation.keep_rule(fault)

    # What is told

    def description(self) -> dict[str, Any]:
        """What it shows and hears now."""
        call = self._call or self._last
        return {
            "name": self.name,
            "user": self.user,
            "host": self.host,
            "port": self.port,
            "registered": self._registered,
            "state": self._state(),
            "remote": "" if self._call is None else self._call.remote,
            "codec": "" if call is None else call.conversation.codec,
            "digits": "" if call is None else call.digits,
            "packets": 0 if call is None else call.conversation.packets(),
            "heard": {"level": None, "tones": []} if self._call is None else self._call.conversation.heard(),
        }

    def _state(self) -> str:
        call = self._call
        if call is None:
            return "idle"
        if call.state == "active" and (call.conversation.held or call.conversation.holding):
            return "held"
        return call.state

    # The user agent

    @property
    def _registrar(self) -> RegistrarAt | None:
        """The one that it uses now; None for a phone that is called by its address."""
        registrars = self._settings.registrars
        return registrars[self._server] if registrars else None

    def _uri(self, to: str) -> str:
        if ":" in to:
            return to
        at = self._registrar
        if at is None:
            raise FleetError(f"{self.name} cannot call {to}", hint="a user needs a registrar; write a sip: URI")
        return f"sip:{to}@{at.domain_and_port}"

    def _account(self, *, calls: bool = False) -> Account:
        at = self._registrar
        host = f"{self.host}:{self.port}" if at is None else at.domain
        proxies = (f"sip:{at.place};lr",) if calls and at is not None and at.domain != at.host else ()
        logins = (Login(self.user, self._settings.password),) if self._settings.password else ()
        return Account(
            f"sip:{self.user}@{host}",
            self.user,
            self._settings.display,
            self._settings.transport,
            logins,
            proxies,
        )

    def _happened(self, happened: event.Event) -> None:
        handler = _HANDLERS.get(type(happened))
        if handler is not None:
            handler(self, happened)

    # What happens to calls

    def _present(self, *states: str) -> _Call:
        """The call, in one of these states. Raises FleetError."""
        call = self._call
        if call is None or (states and call.state not in states):
            what = "is in no call" if call is None else f"is {call.state}"
            raise FleetError(f"{self.name} {what}", hint=_NEEDED.get(states[0] if states else "", ""))
        return call

    def _conversation(self) -> Conversation:
        formats = tuple(FORMATS[name] for name in self._settings.codecs)
        media = self._media.open(f"{SITE}/{self.name}", self.host, RTP_PORT, name=self.name)
        conversation = Conversation(
            media, AudioSettings(formats, encryption=self._settings.encryption), self._chance, self._source
        )
        for fault in self._rules.sound.values():
            conversation.break_rule(fault)
        conversation.on_digit(self._digit)
        return conversation

    def _came(self, came: event.IncomingCall) -> None:
        call = _Call(came.call, True, came.remote, self._conversation(), came.offer, "ringing")
        self._call = call
        self._note("called", remote=came.remote, local=came.local)
        how = self._incoming["how"]
        if how == "reject":
            self._line.tell(command.Reject(call.number, self._incoming.get("status", _BUSY)))
            return
        delay = self._incoming.get("delay", 0.0)
        if how == "ring" or delay:
            self._line.tell(command.Ring(call.number))
        if how == "answer":
            self._answer(call, delay)

    def _answer(self, call: _Call, delay: float = 0.0) -> None:
        try:
            sdp = call.conversation.answer(call.offer) if call.offer else call.conversation.offer()
        except ClientViolation as error:
            self._note("cannot answer", reason=error.what)
            self._line.tell(command.Reject(call.number, 488))
            return
        self._line.tell(command.Answer(call.number, sdp, delay))

    def _offer_again(self, direction: Direction | None) -> None:
        call = self._present("active")
        self._line.tell(command.Offer(call.number, call.conversation.offer(direction)))

    def _progress(self, progress: event.CallProgress) -> None:
        self._note("ringing", status=progress.status)
        if progress.sdp and self._call is not None:
            self._take_answer(self._call, progress.sdp)

    def _answered(self, answered: event.CallAnswered) -> None:
        call = self._call
        if call is None:
            return
        call.state = "active"
        if answered.sdp:
            self._take_answer(call, answered.sdp)
        self._note("answered", codec=call.conversation.codec)

    def _take_answer(self, call: _Call, sdp: bytes) -> None:
        """An answer that does not do ends the call (SIP sheet 12.4)."""
        try:
            call.conversation.answered(sdp)
        except ClientViolation as error:
            self._note("cannot talk", reason=error.what)
            self._line.tell(command.HangUp(call.number))

    def _take_offer(self, offered: event.OfferReceived) -> None:
        call = self._call
        if call is None:
            return
        before = call.conversation.held
        try:
            sdp = call.conversation.answer(offered.sdp)
        except ClientViolation as error:
            self._note("cannot answer", reason=error.what)
            self._line.tell(command.RefuseOffer(call.number))
            return
        self._line.tell(command.AnswerOffer(call.number, sdp))
        if call.conversation.held != before:
            self._note("held" if call.conversation.held else "resumed")

    def _make_offer(self, wanted: event.OfferWanted) -> None:
        if self._call is not None:
            self._line.tell(command.AnswerOffer(wanted.call, self._call.conversation.offer()))

    def _ended(self, ended: event.CallEnded) -> None:
        call, self._call = self._call, None
        if call is None:
            return
        self._last = call
        self._stop_interlude()
        call.conversation.stop()
        failed = ended.end in (event.End.REFUSED, event.End.NO_ANSWER) and not call.incoming
        self._note("failed" if failed else "ended", why=ended.end.value, status=ended.status)

    def _info(self, info: event.InfoReceived) -> None:
        if info.digit:
            self._digit(info.digit)

    def _digit(self, digit: str) -> None:
        if self._call is not None:
            self._call.digits = (self._call.digits + digit)[-MOST_DIGITS:]
            self._note("digit", digit=digit)

    def _registration_changed(self, changed: event.RegistrationChanged) -> None:
        self._registered = changed.state is event.Binding.REGISTERED
        if self._registered:
            self._server = changed.server
        if changed.state is not event.Binding.REGISTERING:
            self._note(changed.state.value, status=changed.status, server=changed.server)

    def _speak(self, source: Source | None) -> None:
        self._stop_interlude()
        if self._call is not None:
            self._call.conversation.speak(source)

    def _stop_interlude(self) -> None:
        if self._interlude is not None:
            self._interlude.cancel()
        self._interlude = None

    def _note(self, what: str, **data: Any) -> None:
        self._world.journal.append(Kind.SITE, SITE, f"phone {what}", phone=self.name, **data)

    def _take_answer_to_offer(self, got: event.AnswerReceived) -> None:
        if self._call is not None:
            self._take_answer(self._call, got.sdp)


_NEEDED = {
    "ringing": "it must ring",
    "calling": "the call must not be answered yet",
    "active": "the call must be answered",
}
_HANDLERS: dict[type, Callable[[Phone, Any], None]] = {
    event.IncomingCall: Phone._came,
    event.CallProgress: Phone._progress,
    event.CallAnswered: Phone._answered,
    event.AnswerReceived: Phone._take_answer_to_offer,
    event.OfferReceived: Phone._take_offer,
    event.OfferWanted: Phone._make_offer,
    event.CallEnded: Phone._ended,
    event.InfoReceived: Phone._info,
    event.RegistrationChanged: Phone._registration_changed,
}
