"""The DHCP client of a device: RFC 2131 section 4.4 without I/O, in the rhythm of BusyBox udhcpc or of the RFC.

    state        sends                            leaves on
    IDLE         -                                Start
    WAITING      - (1 to 10 s, RFC 4.4.1)         SELECTING
    REBOOTING    REQUEST 50, broadcast, 3 tries   ACK, NAK -> WAITING, silence -> SELECTING
    SELECTING    DISCOVER, for ever               OFFER -> REQUESTING
    REQUESTING   REQUEST 50 and 54, 4 tries       ACK -> BOUND, NAK -> WAITING, silence -> SELECTING
    BOUND        -                                T1 -> RENEWING
    RENEWING     REQUEST ciaddr, unicast          ACK, NAK -> WAITING, T2 -> REBINDING
    REBINDING    REQUEST ciaddr, broadcast        ACK, NAK -> WAITING, expiry -> SELECTING
    DECLINING    - (10 s after a DECLINE)         WAITING

A timer for the fallback runs beside the states from the first DISCOVER on; it stops nothing (network sheet 12).
`now` is device seconds throughout.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage, SimulatorBug
from simulator.wire.dhcp.event import (
    Bound,
    Command,
    Decline,
    Entered,
    FallBack,
    Lost,
    Output,
    Settle,
    Start,
    State,
    Stop,
    Transmit,
)
from simulator.wire.dhcp.message import Message, Op, Type, decode, encode
from simulator.wire.dhcp.option import Code, address, address_bytes
from simulator.wire.dhcp.terms import Terms, is_host, terms_of

if TYPE_CHECKING:
    from simulator.chance import Stream

BROADCAST_FLAG = 0x8000
REBOOT_TRIES, REQUEST_TRIES = 3, 4
DISCOVER_TRIES = 3
"""DISCOVERs of one round of udhcpc, 3 s apart, then a pause of 20 s (network sheet 3.3)."""
DISCOVER_APART, ROUND_PAUSE = 3.0, 20.0
LONGEST_WAIT = 64.0
LEAST_RESTART = 1.0
"""Seconds before starting over, start delay or not: a server that refuses at once must not spin the client."""
DECLINE_WAIT = 10.0
"""Least time before starting again after a DECLINE (RFC 2131 section 3.1.5)."""
LEAST_REPEAT = 60.0
"""Renewals are repeated no faster (RFC 2131 section 4.4.5)."""


HOLDING = frozenset({State.BOUND, State.RENEWING, State.REBINDING})
"""States in which the device has an address."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the device puts into its messages, and its rhythm."""

    mac: bytes
    vendor_class: str
    host_name: str
    request_list: tuple[int, ...]
    rhythm: str = "udhcpc"
    """`udhcpc` or `rfc` (4, 8, 16 ... 64 s, each a second more or less)"""
    start_delay: tuple[float, float] = (1.0, 10.0)
    fallback_after: float = 10.0
    """From the first DISCOVER until `FallBack` is said."""
    dns_name: str = ""
    """Name to register by option 81; empty while dynamic DNS update is off."""
    largest: int = 576


@dataclass(slots=True)
class DhcpClient:
    """One device's client. Malformed, foreign and late messages are ignored without a word, as a real one does."""

    settings: Settings
    chance: Stream
    state: State = State.IDLE
    terms: Terms | None = None
    _output: list[Output] = field(default_factory=list)
    _due: float | None = None
    _fallback_due: float | None = None
    _fell_back: bool = False
    _tries: int = 0
    _xid: int = 0
    _began: float = 0.0
    _asked_at: float = 0.0
    _wanted: str = ""
    _server: str = ""

    # The five methods

    def receive(self, data: bytes, now: float) -> None:
        """Take one datagram from port 67."""
        try:
            message = decode(data)
        except MalformedMessage:
            return
        if message.op != Op.REPLY or message.chaddr != self.settings.mac or message.xid != self._xid:
            return
        if is_host(address(message.options, Code.SERVER) or "0.0.0.0"):
            self._answered(message, now)

    def send(self, event: Command, now: float) -> None:
        """Do what the owner says. Raises SimulatorBug for a Decline without an address."""
        match event:
            case Start():
                self._start(event, now)
            case Settle():
                self.terms = event.terms
                self._enter(State.BOUND, event.terms.renews_at)
            case Decline():
                self._decline(now)
            case Stop():
                self._stop(release=event.release, now=now)

    def take_output(self) -> list[Output]:
        """What is to be sent and known since the last call, in order."""
        output, self._output = self._output, []
        return output

    def next_deadline(self) -> float | None:
        """Device time at which `tick` has something to do; None for never."""
        pending = (self._due, self._fallback_due, self._unconfirmed_until())
        return min((due for due in pending if due is not None and due != math.inf), default=None)

    def tick(self, now: float) -> None:
        """Do everything that is due."""
        if self._fallback_due is not None and self._fallback_due <= now:
            self._fallback_due, self._fell_back = None, True
            self._output.append(FallBack())
        unconfirmed_until = self._unconfirmed_until()
        if unconfirmed_until is not None and unconfirmed_until <= now:
            self._wanted = ""
            self._drop("expired")
            self._select(now)
        if self._due is not None and self._due <= now:
            self._due = None
            _ON_TIME[self.state](self, now)

    # Beginning and end

    def _start(self, event: Start, now: float) -> None:
        self._wanted = event.address
        delay = 0.0 if event.at_once else self.chance.uniform(*self.settings.start_delay)
        self._enter(State.WAITING, now + delay)

    def _stop(self, *, release: bool, now: float) -> None:
        if release and self.terms is not None and self.state in HOLDING:
            self._new_exchange(now)
            message = self._message(Type.RELEASE, {Code.SERVER: address_bytes(self.terms.server)}, now)
            message.ciaddr, message.flags = self.terms.address, 0
            self._transmit(message, self.terms.server)
        self.terms = None
        self._no_fallback()
        self._enter(State.IDLE, None)

    def _decline(self, now: float) -> None:
        if self.terms is None or self.state not in HOLDING:
            raise SimulatorBug("a DHCP client without an address declines it")
        options: dict[int, bytes] = {
            Code.REQUESTED_ADDRESS: address_bytes(self.terms.address),
            Code.SERVER: address_bytes(self.terms.server),
        }
        self._new_exchange(now)
        self._transmit(self._message(Type.DECLINE, options, now), None)
        self.terms = None
        self._wanted = ""
        self._watch_for_fallback(now)
        self._enter(State.DECLINING, now + DECLINE_WAIT)

    # What time brings

    def _unconfirmed_until(self) -> float | None:
        """A lease that is held over a new start ends when it would have ended."""
        if self.terms is None or self.state not in (State.WAITING, State.REBOOTING):
            return None
        return self.terms.ends_at

    def _waited(self, now: float) -> None:
        self._new_exchange(now)
        if self._wanted:
            self._enter(State.REBOOTING, None)
            self._request(now)
        else:
            self._select(now)

    def _initialise(self, now: float) -> None:
        """INIT: wait a random time, so that a fleet does not ask in one millisecond."""
        self._wanted = ""
        delay = max(self.chance.uniform(*self.settings.start_delay), LEAST_RESTART)
        self._enter(State.WAITING, now + delay)

    def _select(self, now: float) -> None:
        self._new_exchange(now)
        self._enter(State.SELECTING, None)
        self._watch_for_fallback(now)
        self._discover(now)

    def _discover(self, now: float) -> None:
        if self._tries % DISCOVER_TRIES == 0 and self.settings.rhythm == "udhcpc" and self._tries:
            self._new_exchange(now)
        self._transmit(self._message(Type.DISCOVER, {}, now), None)
        self._tries += 1
        self._due = now + self._wait_for_offer()

    def _wait_for_offer(self) -> float:
        if self.settings.rhythm == "udhcpc":
            return DISCOVER_APART + (ROUND_PAUSE if self._tries % DISCOVER_TRIES == 0 else 0.0)
        return min(2.0 ** min(self._tries + 1, 6), LONGEST_WAIT) + self.chance.uniform(-1.0, 1.0)

    def _request(self, now: float) -> None:
        """REQUEST while there is no address yet: REBOOTING names only the address, REQUESTING the server too."""
        rebooting = self.state is State.REBOOTING
        if self._tries >= (REBOOT_TRIES if rebooting else REQUEST_TRIES):
            if rebooting:
                self._wanted = ""
                self._drop("unconfirmed")
            self._select(now)
            return
        options: dict[int, bytes] = {Code.REQUESTED_ADDRESS: address_bytes(self._wanted)}
        if not rebooting:
            options[Code.SERVER] = address_bytes(self._server)
        self._asked_at = now
        self._transmit(self._message(Type.REQUEST, options, now), None)
        self._tries += 1
        # REBOOTING waits 4, 8 and 8 s (network sheet 12: "4, 8 s, 3 tries")
        self._due = now + min(2.0 ** (self._tries + 1), 8.0 if rebooting else 32.0)

    def _renew(self, now: float) -> None:
        """T1 has come, or an unanswered renewal is repeated."""
        terms = self._held_terms()
        if now >= terms.rebinds_at:
            self._rebind(now)
            return
        if self.state is State.BOUND:
            self._extend(State.RENEWING, now)
        self._ask_again(terms.server, terms.rebinds_at, now)

    def _rebind(self, now: float) -> None:
        """T2 has come, or an unanswered rebinding is repeated."""
        terms = self._held_terms()
        if now >= terms.ends_at:
            self._drop("expired")
            self._select(now)
            return
        if self.state is not State.REBINDING:
            self._extend(State.REBINDING, now)
        self._ask_again(None, terms.ends_at, now)

    def _extend(self, state: State, now: float) -> None:
        self._new_exchange(now)
        self._enter(state, None)

    def _ask_again(self, server: str | None, limit: float, now: float) -> None:
        """REQUEST with `ciaddr`; again at half the remaining time, not below 60 s, and never past the limit."""
        message = self._message(Type.REQUEST, {}, now)
        message.ciaddr, message.flags = self._held_terms().address, 0
        self._asked_at = now
        self._transmit(message, server)
        self._due = min(now + max((limit - now) / 2, LEAST_REPEAT), limit)

    def _held_terms(self) -> Terms:
        if self.terms is None:
            raise SimulatorBug(f"a DHCP client is {self.state} without terms")
        return self.terms

    # What servers say

    def _answered(self, message: Message, now: float) -> None:
        kind = message.type
        if kind is Type.OFFER and self.state is State.SELECTING:
            self._offered(message, now)
        elif kind is Type.ACK and self._expects(message):
            self._acknowledged(message, now)
        elif kind is Type.NAK and self._expects(message):
            self._drop("nak")
            self._watch_for_fallback(now)
            self._initialise(now)

    def _expects(self, message: Message) -> bool:
        """A server that was asked by name must be the one to answer; a broadcast any server may."""
        if self.state is State.REQUESTING:
            return address(message.options, Code.SERVER) == self._server
        if self.state is State.RENEWING:
            return address(message.options, Code.SERVER) == self._held_terms().server
        return self.state in (State.REBOOTING, State.REBINDING)

    def _offered(self, message: Message, now: float) -> None:
        if terms_of(message, now) is None:
            return
        self._wanted = message.yiaddr
        self._server = address(message.options, Code.SERVER)
        self._tries = 0
        self._enter(State.REQUESTING, None)
        self._request(now)

    def _acknowledged(self, message: Message, now: float) -> None:
        terms = terms_of(message, self._asked_at)
        if terms is None or terms.ends_at <= now:
            return
        self.terms = terms
        self._wanted = terms.address
        self._no_fallback()
        self._enter(State.BOUND, max(terms.renews_at, now))
        self._output.append(Bound(terms, message))

    # Small change

    def _drop(self, reason: str) -> None:
        """A lease or a hope of one ends; the owner may still hold an address of an earlier time."""
        self.terms = None
        self._output.append(Lost(reason))

    def _watch_for_fallback(self, now: float) -> None:
        if self._fallback_due is None and not self._fell_back:
            self._fallback_due = now + self.settings.fallback_after

    def _no_fallback(self) -> None:
        self._fallback_due, self._fell_back = None, False

    def _new_exchange(self, now: float) -> None:
        self._xid = self.chance.getrandbits(32)
        self._began = now

    def _enter(self, state: State, due: float | None) -> None:
        self._due = due
        if state is not self.state:
            self.state, self._tries = state, 0
            self._output.append(Entered(state))

    def _message(self, kind: Type, extra: dict[int, bytes], now: float) -> Message:
        """Options in the order of real devices: 53, 50 and 54, 61, 57, 55, 60, 12 (network sheet 3.3)."""
        settings = self.settings
        options: dict[int, bytes] = {Code.TYPE: bytes([kind])}
        options |= extra
        options[Code.CLIENT_ID] = b"\x01" + settings.mac
        if kind in (Type.DISCOVER, Type.REQUEST):
            options[Code.LARGEST] = settings.largest.to_bytes(2, "big")
            options[Code.REQUEST_LIST] = bytes(settings.request_list)
            options[Code.VENDOR_CLASS] = settings.vendor_class.encode("ascii", "replace")
            options[Code.HOST_NAME] = settings.host_name.encode("ascii", "replace")
            if settings.dns_name:
                options[Code.CLIENT_NAME] = b"\x01\0\0" + settings.dns_name.encode("ascii", "replace")
        return Message(
            Op.REQUEST, self._xid, settings.mac, options, secs=int(now - self._began), flags=BROADCAST_FLAG
        )

    def _transmit(self, message: Message, destination: str | None) -> None:
        self._output.append(Transmit(encode(message), destination, message))


_ON_TIME = {
    State.WAITING: DhcpClient._waited,
    State.SELECTING: DhcpClient._discover,
    State.REBOOTING: DhcpClient._request,
    State.REQUESTING: DhcpClient._request,
    State.BOUND: DhcpClient._renew,
    State.RENEWING: DhcpClient._renew,
    State.REBINDING: DhcpClient._rebind,
    State.DECLINING: DhcpClient._initialise,
}
