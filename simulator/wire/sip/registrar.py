"""A SIP registrar: who is where (RFC 3261 section 10.3), behind digest authentication (sections 22.4; RFC 8760).

It turns one REGISTER into one response and keeps the bindings; transactions, routing and the socket are others'.
Times are wire seconds.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.sip.authentication import Authentication, Refusal
from simulator.wire.sip.header import NameAddr, contacts, cseq, seconds
from simulator.wire.sip.header import to as to_header
from simulator.wire.sip.message import Headers, Request, Response
from simulator.wire.sip.registrar_script import RegistrarScript
from simulator.wire.sip.reply import answer
from simulator.wire.sip.uri import SipUri, equal

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.chance import Stream

    Address = tuple[str, int]

MOST_BINDINGS = 10
"""Contacts of one address of record; more are refused with 403 as Kamailio does."""
MOST_RECORDS = 10_000
"""Addresses of record with bindings; a flood of invented ones gets 503 beyond."""
DEFAULT_EXPIRES = 3600
_LONGEST = 2**32 - 1


@dataclass(frozen=True, slots=True)
class RegistrarSettings:
    """One registrar. `password` gives the one of a user, None for a user that there is not."""

    domains: frozenset[str]
    """Host parts of its addresses of record; the first purpose of others is to be forwarded, so they get 404 here."""
    realm: str
    password: Callable[[str], str | None]
    open: bool = False
    """Every user exists and nobody is challenged."""
    algorithms: tuple[str, ...] = ("SHA-256", "MD5")
    expires: int = DEFAULT_EXPIRES
    """Longest registration that is granted, in seconds."""
    min_expires: int = 60
    server: str = "axsim registrar"
    owner: Callable[[str], str] = lambda login: login
    """The user whose credentials a login name stands for."""


@dataclass(slots=True)
class Binding:
    """Where a user can be reached."""

    contact: SipUri
    call_id: str
    cseq: int
    expires_at: float
    source: Address
    """Where the REGISTER came from, which is where requests go: what NAT would make of the contact does not matter."""
    transport: str
    agent: str = ""
    algorithm: str = ""
    """Of the digest that authenticated it; empty where nobody asked."""
    quality: float = 1.0


@dataclass(frozen=True, slots=True)
class Registered:
    """A binding came, was refreshed, or went."""

    user: str
    contact: str
    what: str
    """`registered`, `refreshed`, `removed` or `expired`."""
    expires: int = 0


@dataclass(slots=True)
class Registrar:
    """The bindings of one domain."""

    settings: RegistrarSettings
    chance: Stream
    script: RegistrarScript = field(default_factory=RegistrarScript)
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    """By user."""
    authentication: Authentication = field(init=False)
    _events: list[Registered] = field(default_factory=list)
    _due: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.authentication = Authentication(self.settings, self.script, self.chance)

    def register(self, request: Request, source: Address, transport: str, now: float) -> Response:
        """Answer one REGISTER, in the order of RFC 3261 section 10.3. Raises MalformedMessage for what gets a 400."""
        self.tick(now)
        to = to_header(request.headers).address()
        if not isinstance(to, SipUri):
            raise MalformedMessage("REGISTER for an address that is no SIP URI")
        verdict = self.authentication.verify(request, to.user_name, now)
        if isinstance(verdict, Refusal):
            return self._answer(request, verdict.status, verdict.headers)
        unsupported = request.headers.all("Require")
        if unsupported:
            return self._answer(request, 420, [("Unsupported", ", ".join(unsupported))])
        if to.host.lower() not in self.settings.domains or not self.authentication.knows(to.user_name):
            return self._answer(request, 404)
        return self._bind(request, _Source(to.user_name, source, transport, verdict.algorithm), now)

    def contacts(self, user: str, now: float) -> list[Binding]:
        """Where a user can be reached now, the best first."""
        self.tick(now)
        return sorted(self.bindings.get(user, ()), key=lambda binding: -binding.quality)

    def forget(self, user: str = "") -> None:
        """Lose the bindings of a user, or all, as a restart does."""
        for name in [user] if user else list(self.bindings):
            for binding in self.bindings.pop(name, []):
                self._events.append(Registered(name, str(binding.contact), "removed"))

    def take_events(self) -> list[Registered]:
        """What has changed since the last call."""
        events, self._events = self._events, []
        return events

    def next_deadline(self) -> float | None:
        """When the next binding may end."""
        return self._due[0][0] if self._due else None

    def tick(self, now: float) -> None:
        """Let bindings go that have ended."""
        while self._due and self._due[0][0] <= now:
            _, user = heapq.heappop(self._due)
            bindings = self.bindings.get(user, [])
            for binding in [one for one in bindings if one.expires_at <= now]:
                self._remove(user, binding, "expired")

    # Binding

    def _bind(self, request: Request, who: _Source, now: float) -> Response:
        named = contacts(request.headers)
        if any(one.uri == "*" for one in named):
            return self._unbind_all(request, who, len(named))
        wanted = [_wanted(one, request.headers) for one in named]
        too_brief = self._too_brief(request, wanted)
        if too_brief is not None:
            return too_brief
        if self._full(who.user, len(wanted)):
            return self._answer(request, 503, [("Retry-After", "60")])
        sequence, call_id = cseq(request.headers).number, request.headers.get("Call-ID") or ""
        present = self.bindings.get(who.user, [])
        if any(_out_of_order(present, contact, call_id, sequence) for contact, _, _ in wanted):
            return self._answer(request, 500)
        added = sum(1 for contact, asked, _ in wanted if asked and _found(present, contact) is None)
        if len(present) + added > MOST_BINDINGS:
            return self._answer(request, 403)
        for one in wanted:
            self._bind_one(request, who, one, now)
        return self._listed(request, who.user, now)

    def _bind_one(self, request: Request, who: _Source, wanted: tuple[SipUri, int, float], now: float) -> None:
        contact, asked, quality = wanted
        before = _found(self.bindings.get(who.user, []), contact)
        if not asked:
            if before is not None:
                self._remove(who.user, before, "removed")
            return
        granted = min(asked, self.settings.expires, self.script.expires or _LONGEST)
        binding = Binding(
            contact, request.headers.get("Call-ID") or "", cseq(request.headers).number, now + granted, who.source,
            who.transport, request.headers.get("User-Agent") or "", who.algorithm, quality,
        )  # fmt: skip
        bindings = self.bindings.setdefault(who.user, [])
        if before is not None:
            bindings[bindings.index(before)] = binding
        else:
            bindings.append(binding)
        self._watch(binding.expires_at, who.user)
        what = "registered" if before is None else "refreshed"
        self._events.append(Registered(who.user, str(contact), what, granted))

    def _watch(self, due: float, user: str) -> None:
        """Note when a binding ends. Entries of bindings refreshed since are swept when they are the most."""
        heapq.heappush(self._due, (due, user))
        if len(self._due) > 64 + 2 * sum(map(len, self.bindings.values())):
            self._due = [(one.expires_at, name) for name, some in self.bindings.items() for one in some]
            heapq.heapify(self._due)

    def _unbind_all(self, request: Request, who: _Source, named: int) -> Response:
        """`Contact: *` is legal alone and with Expires 0."""
        if named != 1 or (request.headers.get("Expires") or "").strip() != "0":
            return self._answer(request, 400)
        self.forget(who.user)
        return self._answer(request, 200)

    def _remove(self, user: str, binding: Binding, what: str) -> None:
        bindings = self.bindings[user]
        bindings.remove(binding)
        if not bindings:
            del self.bindings[user]
        self._events.append(Registered(user, str(binding.contact), what))

    def _full(self, user: str, added: int) -> bool:
        return bool(added) and user not in self.bindings and len(self.bindings) >= MOST_RECORDS

    def _too_brief(self, request: Request, wanted: list[tuple[SipUri, int, float]]) -> Response | None:
        least = self.settings.min_expires
        if any(0 < asked < min(least, DEFAULT_EXPIRES) for _, asked, _ in wanted):
            return self._answer(request, 423, [("Min-Expires", str(least))])
        return None

    def _listed(self, request: Request, user: str, now: float) -> Response:
        listed = [
            ("Contact", f"<{one.contact}>;expires={max(0, round(one.expires_at - now))}")
            for one in self.bindings.get(user, ())
        ]
        return self._answer(request, 200, listed)

    def _answer(self, request: Request, status: int, headers: list[tuple[str, str]] | None = None) -> Response:
        return answer(request, status, [*(headers or []), ("Server", self.settings.server)])


@dataclass(frozen=True, slots=True)
class _Source:
    """Who registers, and from where."""

    user: str
    source: Address
    transport: str
    algorithm: str


def _wanted(contact: NameAddr, headers: Headers) -> tuple[SipUri, int, float]:
    """Contact URI, seconds and quality. A time that is no number counts as absent (RFC 3261 section 20.19)."""
    uri = contact.address()
    if not isinstance(uri, SipUri):
        raise MalformedMessage("contact that is no SIP URI")
    usual = seconds(headers.get("Expires"), DEFAULT_EXPIRES)
    return uri, seconds(contact.params.get("expires"), usual), _quality(contact.params.get("q"))


def _quality(text: str | None) -> float:
    try:
        value = float(text) if text and len(text) < 8 else 1.0
    except ValueError:
        return 1.0
    return value if 0.0 <= value <= 1.0 else 1.0


def _found(bindings: list[Binding], contact: SipUri) -> Binding | None:
    return next((one for one in bindings if equal(one.contact, contact)), None)


def _out_of_order(bindings: list[Binding], contact: SipUri, call_id: str, sequence: int) -> bool:
    before = _found(bindings, contact)
    return before is not None and before.call_id == call_id and sequence <= before.cseq
