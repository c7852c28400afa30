"""A SIP proxy with a registrar in it, without I/O (RFC 3261 sections 10 and 16).

Users of its domain are found through their bindings, everybody else through the address itself. It stays in the path
of every dialog (Record-Route), keeps the transactions of what it passes on, and does not fork.

    server = SipServer(ProxySettings(address=("127.0.0.5", 5060)), registrar, chance.stream("registrar"))
    server.receive(datagram, ("127.0.0.9", 5060), "UDP", now)
    for packet in server.take_output(): ...
"""

from __future__ import annotations

import hashlib
import heapq
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.sip.authentication import Refusal
from simulator.wire.sip.forwarding import Forwarding
from simulator.wire.sip.header import COOKIE, check, from_, name_addr, number, tag, via
from simulator.wire.sip.hop import Key, destination_of, place_text, transaction_key, way_back
from simulator.wire.sip.message import Headers, MalformedSip, Request, Response, is_keepalive, parse
from simulator.wire.sip.packet import UDP, Destination, Packet, is_reliable
from simulator.wire.sip.registrar import Registered, Registrar
from simulator.wire.sip.reply import answer, without_first
from simulator.wire.sip.timer import Schedule, Timer, Timing
from simulator.wire.sip.uri import SipUri, parse_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.chance import Stream
    from simulator.wire.sip.packet import Address

MOST_TRANSACTIONS = 10_000
"""At a time; beyond, requests get a stateless 503."""
DEFAULT_PORTS = {"sip": 5060, "sips": 5061}
_ALLOWED = "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, INFO, UPDATE, PRACK, MESSAGE, NOTIFY, SUBSCRIBE, REFER"


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """One proxy. `names` are further host names that mean it, its domains among them."""

    address: Address
    names: frozenset[str] = frozenset()
    authenticate: bool = True
    """Its own users must prove who they are before a request of theirs begins anything (407)."""
    timing: Timing = field(default_factory=Timing)
    ports: Mapping[str, int] = field(default_factory=dict)
    """By transport, where it is not that of the address."""

    def port(self, transport: str) -> int:
        """Where it listens."""
        return self.ports.get(transport, self.address[1])

    def uri(self, transport: str) -> str:
        """What brings requests of a dialog back here by this transport."""
        named = "" if transport == UDP else f";transport={transport.lower()}"
        return f"sip:{place_text((self.address[0], self.port(transport)))}{named};lr"


@dataclass(frozen=True, slots=True)
class RequestAnswered:
    """A request got its final answer. `user` is the one in To of a REGISTER, in From of anything else."""

    method: str
    user: str
    status: int
    own: bool
    """The proxy made the answer; otherwise the next hop did."""


@dataclass(frozen=True, slots=True)
class MalformedRequest:
    """Something that is no SIP came."""

    what: str
    source: Address


ServerEvent = RequestAnswered | Registered | MalformedRequest


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A request and the hop it came by."""

    request: Request
    source: Address
    transport: str
    back: Destination
    key: Key
    now: float


@dataclass(slots=True)
class _Answered:
    """A request that the server answered itself."""

    data: bytes
    back: Destination
    repeat: Timer | None = None


class _Refused(Exception):
    """The request gets this answer."""

    def __init__(self, status: int, *headers: tuple[str, str]) -> None:
        super().__init__(status)
        self.status, self.headers = status, headers


class SipServer:
    """Registrar and proxy behind one address. `now` is wire time in seconds."""

    def __init__(self, settings: ProxySettings, registrar: Registrar, chance: Stream) -> None:
        self.settings, self.registrar = settings, registrar
        self.timing = settings.timing
        self._chance = chance
        self._schedule = Schedule()
        self._output: list[Packet] = []
        self._late: list[tuple[float, int, Packet]] = []
        self._sequence = 0
        self._events: list[ServerEvent] = []
        self._forwardings: dict[Key, Forwarding] = {}
        """By top Via branch, sent-by and method, as the request came."""
        self._by_branch: dict[str, Forwarding] = {}
        """By the branch that we gave it."""
        self._answered: dict[Key, _Answered] = {}

    # The five methods

    def receive(self, data: bytes, source: Address, transport: str, now: float) -> None:
        """Take one datagram, or one message cut from a stream. Nothing that comes in raises."""
        if self.registrar.script.silent or is_keepalive(data):
            return
        try:
            message = parse(data)
            check(message)
            if isinstance(message, Response):
                self._response(message, now)
            else:
                self._request(message, source, transport, now)
        except MalformedSip as error:
            self._events.append(MalformedRequest(error.what, source))
            if error.message_so_far is not None:
                self._answer_badly(error.message_so_far, source, transport, now)
        except MalformedMessage as error:
            self._events.append(MalformedRequest(error.what, source))

    def undeliverable(self, branch: str, now: float) -> None:
        """What was sent under this branch could not be delivered."""
        forwarding = self._by_branch.get(branch)
        if forwarding is not None:
            forwarding.undeliverable(now)

    def take_output(self) -> list[Packet]:
        """What is to be written, once, in order."""
        output, self._output = self._output, []
        return output

    def take_events(self) -> list[ServerEvent]:
        """What happened, once, in order."""
        events: list[ServerEvent] = [*self._events, *self.registrar.take_events()]
        self._events = []
        return events

    def next_deadline(self) -> float | None:
        """When `tick` has something to do; None: never."""
        late = self._late[0][0] if self._late else None
        dues = (self._schedule.next_deadline(), self.registrar.next_deadline(), late)
        return min((due for due in dues if due is not None), default=None)

    def tick(self, now: float) -> None:
        """Do everything that is due."""
        self._schedule.tick(now)
        self.registrar.tick(now)
        while self._late and self._late[0][0] <= now:
            self._output.append(heapq.heappop(self._late)[2])

    @property
    def transactions(self) -> int:
        """How many are under way, those that only take in repeats included."""
        return len(self._forwardings) + len(self._answered)

    # What forwardings use (Relay)

    def emit(self, packet: Packet, now: float) -> None:
        """Send, late if hands have said so, or not at all."""
        script = self.registrar.script
        if script.silent:
            return
        if script.delay:
            if len(self._late) >= MOST_TRANSACTIONS:
                return
            self._sequence += 1
            heapq.heappush(self._late, (now + script.delay, self._sequence, packet))
        else:
            self._output.append(packet)

    def at(self, due: float, action: Callable[[float], None]) -> Timer:
        """Call once, when `due` has come."""
        return self._schedule.at(due, action)

    def over(self, forwarding: Forwarding) -> None:
        """Its transactions are over."""
        self._by_branch.pop(forwarding.branch, None)
        self._forwardings.pop(transaction_key(forwarding.request), None)

    def answered(self, request: Request, status: int, *, own: bool) -> None:
        """A final answer went to the sender."""
        self._events.append(RequestAnswered(request.method, _user_of(request), status, own))

    # Responses

    def _response(self, response: Response, now: float) -> None:
        top = via(response.headers)
        if not self._is_ours(top.host, top.port):
            return
        forwarding = self._by_branch.get(top.branch)
        if forwarding is not None and len(response.headers.all("Via")) > 1:
            method = (response.headers.get("CSeq") or "").rpartition(" ")[2]
            if method != "CANCEL" or forwarding.request.method == "CANCEL":
                forwarding.response(response, now)

    # Requests

    def _request(self, request: Request, source: Address, transport: str, now: float) -> None:
        back = way_back(request, source, transport)
        arrival = _Arrival(request, source, transport, back, transaction_key(request), now)
        if self._is_repeat(arrival):
            return
        if request.method == "ACK":
            self._pass_ack(arrival)
            return
        try:
            self._new_request(arrival)
        except _Refused as refused:
            self._answer(arrival, answer(request, refused.status, refused.headers))
        except MalformedMessage as error:
            self._events.append(MalformedRequest(error.what, source))
            self._answer(arrival, answer(request, 400))

    def _is_repeat(self, arrival: _Arrival) -> bool:
        method = arrival.request.method
        branch, sent_by, _ = arrival.key
        key = (branch, sent_by, "INVITE" if method == "ACK" else method)
        forwarding, answered = self._forwardings.get(key), self._answered.get(key)
        if method == "ACK":
            if forwarding is not None:
                forwarding.acknowledged()
            if answered is not None and answered.repeat is not None:
                answered.repeat.cancel()
        elif forwarding is not None:
            forwarding.repeated(arrival.now)
        elif answered is not None:
            self.emit(Packet(answered.data, answered.back), arrival.now)
        return forwarding is not None or answered is not None

    def _new_request(self, arrival: _Arrival) -> None:
        request, now = arrival.request, arrival.now
        if self.transactions >= MOST_TRANSACTIONS:
            self.emit(Packet(answer(request, 503, [("Retry-After", "5")]).encode(), arrival.back), now)
            return
        if request.version != "SIP/2.0":
            raise _Refused(505)
        if request.method == "CANCEL":
            self._cancel(arrival)
            return
        scripted = self.registrar.script.answer_to(request.method, _user_of(request))
        if scripted is not None:
            raise _Refused(scripted.status, *_scripted_headers(scripted.retry_after, scripted.min_expires))
        sent = self._on_its_way(request)
        target = _sip_uri(sent.uri)
        if request.method == "REGISTER" and self._is_own_domain(target):
            self._answer(arrival, self.registrar.register(request, arrival.source, arrival.transport, now))
        elif self._is_for_us(sent, target):
            self._for_us(arrival)
        else:
            self._prove_sender(arrival)
            self._forward(arrival, sent)

    def _for_us(self, arrival: _Arrival) -> None:
        if arrival.request.method != "OPTIONS":
            raise _Refused(404 if arrival.request.method == "INVITE" else 405, ("Allow", "OPTIONS, REGISTER"))
        self._answer(arrival, answer(arrival.request, 200, [("Allow", _ALLOWED), ("Accept", "application/sdp")]))

    def _cancel(self, arrival: _Arrival) -> None:
        """Answered here, whatever becomes of the INVITE (RFC 3261 section 16.10)."""
        branch, sent_by, _ = arrival.key
        forwarding = self._forwardings.get((branch, sent_by, "INVITE"))
        if forwarding is None:
            raise _Refused(481)
        self._answer(arrival, answer(arrival.request, 200))
        forwarding.cancel(arrival.now)

    def _prove_sender(self, arrival: _Arrival) -> None:
        """Our own users begin nothing before they have answered a challenge; what belongs to a dialog passes."""
        request = arrival.request
        sender = from_(request.headers).address()
        if tag(request.headers.get("To") or "") is not None or not self.settings.authenticate:
            return
        if not isinstance(sender, SipUri) or not self._is_own_domain(sender):
            return
        verdict = self.registrar.authentication.verify(request, sender.user_name, arrival.now, proxy=True)
        if isinstance(verdict, Refusal):
            raise _Refused(verdict.status, *verdict.headers)

    # Passing on

    def _on_its_way(self, request: Request) -> Request:
        """The request as it leaves, but for Via and target: hops counted, our own Route taken off."""
        if request.headers.all("Proxy-Require"):
            raise _Refused(420, ("Unsupported", ", ".join(request.headers.all("Proxy-Require"))))
        sent = Request(request.method, request.uri, request.headers.copy(), request.body)
        hops = number(request.headers.get("Max-Forwards"))
        routes = sent.headers.all("Route")
        target = _sip_uri(sent.uri)
        if routes and "lr" in target.params and self._is_us(target):  # a strict router sent it (section 16.4)
            sent.uri = name_addr(routes[-1]).uri
            sent.headers.remove("Route")
            for value in routes[:-1]:
                sent.headers.add("Route", value)
        for value in sent.headers.all("Route")[:2]:
            if not self._is_us(_sip_uri(name_addr(value).uri)):
                break
            sent.headers = without_first(sent.headers, "Route")
        if hops == 0 and not self._is_for_us(sent, _sip_uri(sent.uri)):
            raise _Refused(483)
        sent.headers.set("Max-Forwards", str(70 if hops is None else max(0, hops - 1)))
        return sent

    def _forward(self, arrival: _Arrival, sent: Request) -> None:
        self._refuse_loop(arrival.request)
        onward = self._next_hop(sent, arrival.now)
        if arrival.request.method in ("INVITE", "SUBSCRIBE", "REFER") and not _in_dialog(arrival.request):
            for transport in dict.fromkeys((arrival.transport, onward.transport)):  # one for each side (RFC 5658)
                sent.headers.prepend("Record-Route", f"<{self.settings.uri(transport)}>")
        sent.headers = _without(sent.headers, self._own_credentials(arrival.request))
        branch = self._add_via(sent, onward.transport, arrival.request)
        forwarding = Forwarding(self, arrival.request, sent, arrival.back, onward, branch)
        self._forwardings[arrival.key] = self._by_branch[branch] = forwarding
        forwarding.begin(arrival.now)

    def _pass_ack(self, arrival: _Arrival) -> None:
        """The ACK of a 2xx is a request of its own that nobody answers."""
        try:
            sent = self._on_its_way(arrival.request)
            onward = self._next_hop(sent, arrival.now)
        except _Refused:
            return
        self._add_via(sent, onward.transport, arrival.request)
        self.emit(Packet(sent.encode(), onward), arrival.now)

    def _next_hop(self, sent: Request, now: float) -> Destination:
        """The first Route that is left, else where the user is bound, else what the address says."""
        routes = sent.headers.all("Route")
        if routes:
            return destination_of(_sip_uri(name_addr(routes[0]).uri))
        target = _sip_uri(sent.uri)
        if not self._is_own_domain(target):
            return destination_of(target)
        if not self.registrar.authentication.knows(target.user_name):
            raise _Refused(404)
        bindings = self.registrar.contacts(target.user_name, now)
        if not bindings:
            raise _Refused(480)
        best = bindings[0]
        sent.uri = str(best.contact)
        onward = destination_of(best.contact)
        if is_reliable(onward.transport) and onward.transport == best.transport:
            return replace(onward, connection=best.source)
        return onward

    def _add_via(self, sent: Request, transport: str, request: Request) -> str:
        branch = f"{COOKIE}{self._chance.getrandbits(64):016x}.{self._loop_mark(request)}"
        place = place_text((self.settings.address[0], self.settings.port(transport)))
        sent.headers.prepend("Via", f"SIP/2.0/{transport} {place};branch={branch}")
        return branch

    def _refuse_loop(self, request: Request) -> None:
        """A request that has been here before with the same target and route goes round in circles (section 16.3)."""
        mark = self._loop_mark(request)
        for value in request.headers.all("Via"):
            if value.endswith(f".{mark}") or f".{mark};" in value:
                raise _Refused(482)

    def _loop_mark(self, request: Request) -> str:
        parts = [request.uri, *request.headers.all("Route")]
        parts += [request.headers.get(name) or "" for name in ("From", "To", "Call-ID", "CSeq")]
        return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def _own_credentials(self, request: Request) -> set[str]:
        """Proxy-Authorization values that were for us."""
        realm = f'realm="{self.registrar.settings.realm}"'
        return {value for value in request.headers.raw("Proxy-Authorization") if realm in value}

    # Answering

    def _answer(self, arrival: _Arrival, response: Response) -> None:
        """A final answer of our own, kept for repeats; a failed INVITE is repeated until its ACK comes."""
        record = _Answered(response.encode(), arrival.back)
        self._answered[arrival.key] = record
        self.emit(Packet(record.data, record.back), arrival.now)
        self.answered(arrival.request, response.status, own=True)
        if arrival.request.method == "INVITE" and not is_reliable(arrival.back.transport):
            self._answer_again(record, self.timing.t1, arrival.now)

        def over(_now: float) -> None:
            self._answered.pop(arrival.key, None)
            if record.repeat is not None:
                record.repeat.cancel()

        self.at(arrival.now + self.timing.life, over)

    def _answer_again(self, record: _Answered, interval: float, now: float) -> None:
        def due(then: float) -> None:
            self.emit(Packet(record.data, record.back), then)
            self._answer_again(record, min(interval * 2, self.timing.t2), then)

        record.repeat = self.at(now + interval, due)

    def _answer_badly(self, request: Request, source: Address, transport: str, now: float) -> None:
        """400 for what can hardly be read, as far as it can be routed; nothing is kept."""
        try:
            back = way_back(request, source, transport)
            self.emit(Packet(answer(request, 400).encode(), back), now)
        except MalformedMessage:
            return

    # Who is meant

    def _is_ours(self, host: str, port: int | None) -> bool:
        settings = self.settings
        return host == settings.address[0] and (port or 5060) in (settings.address[1], *settings.ports.values())

    def _is_us(self, uri: SipUri) -> bool:
        """A Route or Request-URI that means this proxy itself."""
        port = uri.port or DEFAULT_PORTS[uri.scheme]
        return self._is_ours(uri.host, port) or (uri.host.lower() in self.settings.names and uri.port is None)

    def _is_own_domain(self, uri: SipUri) -> bool:
        return self._is_us(uri) or uri.host.lower() in self.settings.names

    def _is_for_us(self, sent: Request, target: SipUri) -> bool:
        return not sent.headers.all("Route") and not target.user and self._is_own_domain(target)


def _sip_uri(text: str) -> SipUri:
    uri = parse_uri(text)
    if not isinstance(uri, SipUri):
        raise _Refused(416)
    return uri


def _user_of(request: Request) -> str:
    """The user whose request it is."""
    try:
        uri = name_addr(request.headers.get("To" if request.method == "REGISTER" else "From") or "").address()
    except MalformedMessage:
        return ""
    return uri.user_name if isinstance(uri, SipUri) else ""


def _in_dialog(request: Request) -> bool:
    return tag(request.headers.get("To") or "") is not None


def _without(headers: Headers, values: set[str]) -> Headers:
    return Headers(*[(name, value) for name, value in headers if value not in values]) if values else headers


def _scripted_headers(retry_after: int | None, min_expires: int | None) -> list[tuple[str, str]]:
    told = (("Retry-After", retry_after), ("Min-Expires", min_expires))
    return [(name, str(value)) for name, value in told if value is not None]
