"""The registration client of one account: refresh, too brief intervals, failover and failback (RFC 3261 section 10.2,
SIP sheet 9 and 10).

    purpose   REGISTER                     2xx                         any other final answer, or none
    KEEP      at the active server         registered, refresh later   again, the other server, or later
    PROBE     at the first, from another   LEAVE the other             stay, probe again later
    LEAVE     Expires 0 at the old         KEEP if wanted              the same
    END       Expires 0                    over                        over

One REGISTER at a time: what falls due meanwhile waits for its answer.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.sip.composition import is_made_here, phrase_of
from simulator.wire.sip.destination import next_hop, sip_uri, way
from simulator.wire.sip.digest import DigestClient
from simulator.wire.sip.event import Binding, RegistrationChanged
from simulator.wire.sip.header import contacts, display_text, number, seconds
from simulator.wire.sip.packet import Packet, is_reliable
from simulator.wire.sip.sending import Sending
from simulator.wire.sip.uri import equal

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.sip.command import Register
    from simulator.wire.sip.core import Core
    from simulator.wire.sip.message import Response
    from simulator.wire.sip.packet import Address, Destination
    from simulator.wire.sip.timer import Timer

LONGEST_EXPIRES = 2**31 - 1
LONGEST_RETRY_AFTER = 3600
"""Seconds of a Retry-After that are heeded at most."""


class Purpose(StrEnum):
    """Why a REGISTER was sent."""

    KEEP = "keep"
    PROBE = "probe"
    LEAVE = "leave"
    END = "end"


class Registration:
    """One account's binding."""

    def __init__(self, core: Core, command: Register, now: float) -> None:
        """Begin to register. Raises MalformedMessage for servers that are no addresses; nothing is left then."""
        if not command.servers:
            raise MalformedMessage("a registration without a registrar")
        self.core, self._command = core, command
        self._elsewhere: str | None = None
        """Where a 301 or 302 sent us."""
        for server in range(len(command.servers)):
            self._destination(server)
        self.number = core.new_number()
        self._call_id, self._tag = core.token(), core.token()
        self._seq = 0
        self._expires = command.expires
        self._active = 0
        """Which server we are registered at, or try to be."""
        self._failures = 0
        """Attempts at the active server that ended in silence."""
        self._lengthened = self._followed = self._rewritten = False
        self._at: Address | None = None
        """Our address as the registrar sees it, where that differs and goes into Contact."""
        self._bound = ""
        """The Contact that is registered; empty: none is, as far as we know."""
        self._ended = False
        self._refresh_due = False
        self._refresh_at = 0.0
        """When the refresh was due that a probe put off."""
        self._digest = DigestClient(command.account.logins, core.chance) if command.account.logins else None
        self._sending: Sending | None = None
        self._purpose = Purpose.KEEP
        self._timers: dict[str, Timer] = {}
        core.registrations[self.number] = self
        core.tell(RegistrationChanged(self.number, Binding.REGISTERING, 0, "", 0))
        self._register(Purpose.KEEP, self._active, self._expires, now)

    # What the owner says

    def refresh(self, now: float) -> None:
        """Register again now, or as soon as the REGISTER under way is answered. Where our address has changed, the old
        binding is taken back first."""
        if self._ended:
            return
        self._rewritten = self._lengthened = self._followed = False
        if self._sending is not None:
            self._refresh_due = True
        elif self._bound not in {"", self._contact(self._destination(self._active))}:
            self._register(Purpose.LEAVE, self._active, 0, now)
        else:
            self._register(Purpose.KEEP, self._active, self._expires, now)

    def unregister(self, now: float) -> None:
        """Take the binding back and end, within `unregister_wait` seconds."""
        if self._ended or self._purpose is Purpose.END:
            return
        self._stop()
        under_way, self._sending = self._sending, None
        if under_way is not None:
            under_way.give_up()
        if not self._bound and under_way is None:
            self._over(0, "")
            return
        self._set("end", now + self.core.settings.unregister_wait, lambda _: self._over(408, phrase_of(408)))
        self._register(Purpose.END, self._active, 0, now)

    # Sending

    def _register(self, purpose: Purpose, server: int, expires: int, now: float) -> None:
        self._purpose = purpose
        self._cancel("refresh")
        there, headers = self._destination(server), (("Expires", str(expires)),)
        leaves = purpose in {Purpose.LEAVE, Purpose.END}
        core, account, target = self.core, self._command.account, self._command.servers[server]
        aor = target.aor or account.aor
        uri, routes = way(self._registrar(server), self._proxies)
        top, branch = core.new_via(there.transport)
        request = core.request(
            "REGISTER",
            uri,
            (f"{display_text(account.display)}<{aor}>;tag={self._tag}", f"{display_text(account.display)}<{aor}>"),
            self._call_id,
            self._next_seq(),
            top=top,
            routes=routes,
            contact=self._bound or self._contact(there) if leaves else self._contact(there),
            headers=headers,
            capable=True,
        )
        sending = Sending(core, request, self._answered, self._digest, self._next_seq)
        self._sending = sending
        sending.start(there, branch, now)

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def _registrar(self, server: int) -> str:
        """The Request-URI."""
        return self._elsewhere or self._command.servers[server].registrar

    @property
    def _proxies(self) -> tuple[str, ...]:
        return tuple(f"<{proxy}>" for proxy in self._command.account.proxies)

    def _destination(self, server: int) -> Destination:
        return next_hop(self._registrar(server), self._proxies, self._command.account.transport)

    def _contact(self, there: Destination) -> str:
        account = self._command.account
        secure = account.aor.startswith("sips:")
        return self.core.contact(there.transport, account.user, secure=secure, at=self._at)

    # Answers

    def _answered(self, response: Response, now: float) -> None:
        if response.status < 200 or self._sending is None:
            return
        self._sending = None
        try:
            self._take(response, now)
        except MalformedMessage as error:
            self._failed(500, error.what, now)
        if self._refresh_due and not self._under_way():
            self._refresh_due = False
            self.refresh(now)

    def _under_way(self) -> bool:
        return self._sending is not None

    def _take(self, response: Response, now: float) -> None:
        if self._purpose is Purpose.END:
            self._over(response.status, response.phrase)
        elif self._purpose is Purpose.LEAVE:
            self._bound = ""
            self._register(Purpose.KEEP, self._active, self._expires, now)
        elif self._purpose is Purpose.PROBE:
            self._probed(response, now)
        elif response.status < 300:
            self._registered(response, now)
        else:
            self._refused(response, now)

    def _registered(self, response: Response, now: float) -> None:
        there = self._destination(self._active)
        self._bound = self._contact(there)
        if self._rewrites(there):
            self._register(Purpose.LEAVE, self._active, 0, now)
            self._at = self.core.seen_as.get(there.transport)
            return
        granted = self._granted(response, there)
        if self._digest is not None:
            self._digest.accepted(response)
        if not granted:
            self._failed(response.status, response.phrase, now)
            return
        self._failures = 0
        lead = self.core.settings.refresh_lead
        pause = granted - lead if granted > 2 * lead else granted / 2
        self._set("refresh", now + pause, self._refresh)
        self._keep_alive(there, now)
        self._learn_route(response)
        if self._active and self._command.failback and "failback" not in self._timers:
            self._set("failback", now + self._command.failback, self._probe)
        self._tell(Binding.REGISTERED, response.status, response.phrase, granted)

    def _rewrites(self, there: Destination) -> bool:
        """Whether the registrar sees us elsewhere than our Contact says; once between refreshes (sheet 10.3)."""
        seen = self.core.seen_as.get(there.transport)
        if not self.core.settings.contact_rewrite or self._rewritten or seen == self._at:
            return False
        self._rewritten = True
        return True

    def _granted(self, response: Response, there: Destination) -> int:
        """Seconds our Contact is bound for: its own parameter, else Expires, else what we asked."""
        mine = self._contact(there)[1:-1]
        otherwise = seconds(response.headers.get("expires"), self._expires)
        found = next((entry for entry in contacts(response.headers) if equal(entry.uri, mine)), None)
        granted = seconds(found.params.get("expires"), otherwise) if found is not None else otherwise
        return min(granted, LONGEST_EXPIRES)

    def _learn_route(self, response: Response) -> None:
        routes = response.headers.all("service-route")
        aor = self._command.account.aor
        if routes and self.core.settings.service_route:
            self.core.service_routes[aor] = routes[:8]
        else:
            self.core.service_routes.pop(aor, None)

    def _refused(self, response: Response, now: float) -> None:
        status = response.status
        if (status == 423 and self._lengthen(response)) or (status in {301, 302} and self._follow(response)):
            self._register(Purpose.KEEP, self._active, self._expires, now)
        elif is_made_here(response) or status == 503:
            self._silent(response, now)
        else:
            self._failed(status, response.phrase, now)

    def _lengthen(self, response: Response) -> bool:
        """Take the registrar's Min-Expires, once (RFC 3261 section 10.2.8)."""
        least = number(response.headers.get("min-expires")) or 0
        if self._lengthened or not self._expires < least <= LONGEST_EXPIRES:
            return False
        self._lengthened, self._expires = True, least
        return True

    def _follow(self, response: Response) -> bool:
        found = contacts(response.headers)
        if self._followed or not found:
            return False
        self._followed = True
        self._elsewhere = str(sip_uri(found[0].uri).without("method"))
        return True

    def _silent(self, response: Response, now: float) -> None:
        """No answer, no way there, or 503: again, then the next server, then later (sheet 10.1)."""
        self._failures += 1
        if self._failures < self._command.attempts:
            self._tell(Binding.FAILED, response.status, response.phrase)
            self._register(Purpose.KEEP, self._active, self._expires, now)
            return
        self._failures = 0
        self._elsewhere = None
        if self._active + 1 == len(self._command.servers):
            self._failed(response.status, response.phrase, now, response)
            self._active = 0
        else:
            self._tell(Binding.FAILED, response.status, response.phrase)
            self._active += 1
            self._register(Purpose.KEEP, self._active, self._expires, now)

    def _failed(self, status: int, phrase: str, now: float, response: Response | None = None) -> None:
        """Try again after the retry interval, or when the server says."""
        self._bound = ""
        for name in ("keepalive", "failback"):
            self._cancel(name)
        settings = self.core.settings
        spread = min(settings.register_retry_spread, settings.register_retry / 2)
        pause = settings.register_retry + self.core.chance.uniform(-spread, spread)
        asked = number(response.headers.get("retry-after")) if response is not None else None
        if asked:
            pause = min(asked, LONGEST_RETRY_AFTER)
        self._set("refresh", now + pause, self._refresh)
        self._tell(Binding.FAILED, status, phrase)

    # Failback

    def _probe(self, now: float) -> None:
        self._timers.pop("failback", None)
        if self._sending is not None:
            self._set("failback", now + 1.0, self._probe)
            return
        refresh = self._timers.get("refresh")
        self._refresh_at = refresh.due if refresh is not None else now
        self._elsewhere = None
        self._register(Purpose.PROBE, 0, self._expires, now)

    def _probed(self, response: Response, now: float) -> None:
        if response.status >= 300:
            self._set("failback", now + self._command.failback, self._probe)
            self._set("refresh", max(now, self._refresh_at), self._refresh)
            return
        old, self._active = self._active, 0
        self._registered(response, now)
        if self._sending is None:
            self._leave(old, now)

    def _leave(self, server: int, now: float) -> None:
        """Unregister at a server that is not needed any more; its answer is of no interest."""
        refresh = self._timers.pop("refresh", None)
        self._register(Purpose.LEAVE, server, 0, now)
        if self._sending is not None:
            self._sending.answered = lambda *_: None
            self._sending = None
        if refresh is not None:
            self._timers["refresh"] = refresh
        self._purpose = Purpose.KEEP

    # Timers and the end

    def _refresh(self, now: float) -> None:
        self._timers.pop("refresh", None)
        self.refresh(now)

    def _keep_alive(self, there: Destination, now: float) -> None:
        settings, stream = self.core.settings, is_reliable(there.transport)
        every = settings.stream_keepalive if stream else settings.udp_keepalive
        self._cancel("keepalive")
        if every:
            self._set("keepalive", now + every, lambda when: self._ping(there, when))

    def _ping(self, there: Destination, now: float) -> None:
        self.core.transactions.put(Packet(b"\r\n\r\n" if is_reliable(there.transport) else b"\r\n", there))
        self._keep_alive(there, now)

    def _over(self, status: int, phrase: str) -> None:
        if self._ended:
            return
        self._ended, self._bound = True, ""
        self._stop()
        if self._sending is not None:
            self._sending.give_up()
            self._sending = None
        self.core.registrations.pop(self.number, None)
        self.core.service_routes.pop(self._command.account.aor, None)
        self._tell(Binding.UNREGISTERED, status, phrase)

    def _tell(self, state: Binding, status: int, phrase: str, granted: int = 0) -> None:
        self.core.tell(RegistrationChanged(self.number, state, status, phrase, self._active, granted))

    def _set(self, name: str, due: float, action: Callable[[float], None]) -> None:
        self._cancel(name)
        self._timers[name] = self.core.schedule.at(due, action)

    def _cancel(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def _stop(self) -> None:
        for name in tuple(self._timers):
            self._cancel(name)
