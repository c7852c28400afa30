"""A DHCP server that does what a scenario says, and otherwise what RFC 2131 section 4.3 says. Without I/O.

Addresses come from the owner: `pool(mac)` names the one for a client, or None. The lease table survives silence:
a server that comes back still knows its clients. `now` is device seconds.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from simulator.errors import MalformedMessage
from simulator.wire.dhcp.behaviour import Behaviour, Script, checked
from simulator.wire.dhcp.message import NOWHERE, Message, Op, Type, decode, encode
from simulator.wire.dhcp.option import Code, address, address_bytes, mask_bytes, number_bytes, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.chance import Stream

LARGEST_TABLE = 100_000
"""Leases kept; a flood of invented clients gets no more."""
DECLINED_FOR = 600.0
"""Seconds for which a declined address is not given to anybody, as dnsmasq does it."""


@dataclass(frozen=True, slots=True)
class Offering:
    """What the server tells every client beside its address."""

    identifier: str
    """Its own address (option 54)."""
    prefix_length: int = 16
    router: str = ""
    name_servers: tuple[str, ...] = ()
    ntp_servers: tuple[str, ...] = ()
    domain: str = ""
    second_identifier: str = ""
    """The address of the second server, where the verb `second_server` wakes it."""


@dataclass(slots=True)
class TableEntry:
    """One client's lease."""

    address: str
    ends_at: float
    server: str
    """Identifier of the server that gave it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One datagram to a client; it goes back where the request came from."""

    data: bytes
    mac: str
    message: Message


@dataclass(slots=True)
class _Told:
    """The value a script gave a verb, and how often it is still to strike."""

    value: Any
    left: int | None


@dataclass(slots=True)
class DhcpServer:
    """One site's server."""

    offering: Offering
    pool: Callable[[str], str | None]
    chance: Stream
    usual: Behaviour = field(default_factory=Behaviour)
    """How clients are treated of whom no script speaks."""
    leases: dict[str, TableEntry] = field(default_factory=dict)
    """By MAC, `b8:a4:4f:01:02:03`."""
    declined: dict[str, float] = field(default_factory=dict)
    """Addresses that a client found in use, and until when they are not given out."""
    answered: Counter[str] = field(default_factory=Counter)
    """Answers per MAC since the last `silent_after`."""
    _scripts: dict[str, dict[str, _Told]] = field(default_factory=dict)
    _output: list[Answer] = field(default_factory=list)
    _later: list[tuple[float, int, Answer]] = field(default_factory=list)
    _sequence: int = 0

    # The five methods

    def receive(self, data: bytes, now: float) -> None:
        """Take one datagram from port 68. Raises MalformedMessage."""
        message = decode(data)
        if message.op != Op.REQUEST:
            raise MalformedMessage("a reply sent to the server")
        mac = mac_text(message.chaddr)
        behaviour = self.behaviour(mac, text(message.options, Code.VENDOR_CLASS))
        if behaviour.silent or self._used_up(behaviour, mac):
            return
        self._take_back(message, mac, now)
        for reply in self._replies(message, mac, behaviour, now):
            self._answer(reply, mac, behaviour, now)

    def send(self, event: Script, now: float) -> None:
        """Follow a script. Raises FleetError for a verb that does not exist."""
        verbs = checked(event.verbs)
        target = event.target.lower() if ":" in event.target else event.target
        if verbs:
            script = self._scripts.setdefault(target, {})
            script |= {verb: _Told(value, event.count) for verb, value in verbs.items()}
        elif target == "*":
            self._scripts.clear()
        else:
            self._scripts.pop(target, None)
        if "silent_after" in verbs:
            self.answered.clear()

    def take_output(self) -> list[Answer]:
        """Answers that are to leave now, in order."""
        output, self._output = self._output, []
        return output

    def next_deadline(self) -> float | None:
        """When the next delayed answer leaves."""
        return self._later[0][0] if self._later else None

    def tick(self, now: float) -> None:
        """Let go of delayed answers that are due."""
        while self._later and self._later[0][0] <= now:
            self._output.append(heapq.heappop(self._later)[2])

    # What is known of a client

    def behaviour(self, mac: str, vendor_class: str = "") -> Behaviour:
        """How a client is treated: all verbs that concern it, the nearest last."""
        told = self._told(mac, vendor_class)
        verbs: dict[str, Any] = {verb: one.value for verb, one in told.items() if one.left != 0}
        return replace(self.usual, **verbs) if verbs else self.usual

    def _told(self, mac: str, vendor_class: str) -> dict[str, _Told]:
        told = dict(self._scripts.get("*", {}))
        for target in sorted(self._scripts, key=len):
            if target != "*" and ":" not in target and vendor_class.startswith(target):
                told |= self._scripts[target]
        return told | self._scripts.get(mac, {})

    def _strike(self, verb: str, message: Message) -> None:
        """A verb with a count was followed once more."""
        told = self._told(mac_text(message.chaddr), text(message.options, Code.VENDOR_CLASS)).get(verb)
        if told is not None and told.left is not None:
            told.left -= 1

    def remember(self, mac: str, leased: str, since: float) -> float:
        """Enter a lease that was given before time began; returns its length."""
        length = self.behaviour(mac).lease
        self.leases[mac] = TableEntry(leased, since + length, self.offering.identifier)
        return length

    def forget(self, mac: str) -> None:
        """Strike a client off the table."""
        self.leases.pop(mac, None)

    @property
    def second_identifier(self) -> str:
        """Who the second server is: as told, or six addresses after the first."""
        return self.offering.second_identifier or str(IPv4Address(self.offering.identifier) + 6)

    def _address_for(self, mac: str, behaviour: Behaviour, now: float) -> str | None:
        """The scripted address, else the one it has, else one from the pool."""
        for scripted in (behaviour.conflicting_address, behaviour.offer):
            if scripted and not self._is_declined(scripted, now):
                return scripted
        entry = self.leases.get(mac)
        if entry is not None and entry.ends_at > now and not self._is_declined(entry.address, now):
            return entry.address
        if behaviour.pool_exhausted or (entry is None and len(self.leases) >= LARGEST_TABLE):
            return None
        pooled = self.pool(mac)
        return None if pooled is None or self._is_declined(pooled, now) else pooled

    def _is_declined(self, given: str, now: float) -> bool:
        if self.declined.get(given, now) <= now:
            self.declined.pop(given, None)
            return False
        return True

    def _used_up(self, behaviour: Behaviour, mac: str) -> bool:
        return behaviour.silent_after is not None and self.answered[mac] >= behaviour.silent_after

    # What is answered

    def _take_back(self, message: Message, mac: str, now: float) -> None:
        """DECLINE and RELEASE have no answer."""
        if message.type is Type.DECLINE:
            refused = address(message.options, Code.REQUESTED_ADDRESS)
            if refused == self._leased(mac):
                self.declined[refused] = now + DECLINED_FOR
                self.forget(mac)
        elif message.type is Type.RELEASE and message.ciaddr == self._leased(mac):
            self.forget(mac)

    def _leased(self, mac: str) -> str | None:
        entry = self.leases.get(mac)
        return entry.address if entry else None

    def _replies(self, message: Message, mac: str, behaviour: Behaviour, now: float) -> list[Message]:
        if message.type is Type.DISCOVER:
            return self._offers(message, mac, behaviour, now)
        if message.type is Type.REQUEST:
            reply = self._to_request(message, mac, behaviour, now)
            return [] if reply is None else [reply]
        if message.type is Type.INFORM:
            return [self._reply(message, Type.ACK, NOWHERE, behaviour)]
        return []

    def _offers(self, message: Message, mac: str, behaviour: Behaviour, now: float) -> list[Message]:
        given = self._address_for(mac, behaviour, now)
        offers = [] if given is None else [self._reply(message, Type.OFFER, given, behaviour)]
        if behaviour.second_server:
            second = self._reply(message, Type.OFFER, behaviour.second_server, behaviour, self.second_identifier)
            offers.append(second)
        return offers

    def _to_request(self, message: Message, mac: str, behaviour: Behaviour, now: float) -> Message | None:
        """ACK for the address the client ought to have, NAK for any other (RFC 2131 section 4.3.2)."""
        chosen = address(message.options, Code.SERVER) or self._giver(mac)
        if chosen not in (self.offering.identifier, self.second_identifier):
            return None
        renewing = message.ciaddr != NOWHERE
        wanted = message.ciaddr if renewing else address(message.options, Code.REQUESTED_ADDRESS)
        granted = (self._leased(mac) if renewing else None, self._offered_by(chosen, mac, behaviour, now))
        if self._refuses(message, wanted, behaviour) or wanted not in granted:
            self.forget(mac)
            return self._reply(message, Type.NAK, NOWHERE, behaviour, chosen)
        self.leases[mac] = TableEntry(wanted, now + behaviour.lease, chosen)
        return self._reply(message, Type.ACK, wanted, behaviour, chosen)

    def _giver(self, mac: str) -> str:
        entry = self.leases.get(mac)
        return entry.server if entry else self.offering.identifier

    def _offered_by(self, chosen: str, mac: str, behaviour: Behaviour, now: float) -> str | None:
        """What this server, the first or the second, would offer the client now."""
        if chosen == self.second_identifier:
            return behaviour.second_server or None
        return self._address_for(mac, behaviour, now)

    def _refuses(self, message: Message, wanted: str, behaviour: Behaviour) -> bool:
        if behaviour.nak:
            self._strike("nak", message)
        elif behaviour.nak_on_renew and message.ciaddr != NOWHERE and wanted != behaviour.offer:
            self._strike("nak_on_renew", message)
        else:
            return False
        return True

    def _reply(
        self, message: Message, kind: Type, given: str, behaviour: Behaviour, identifier: str = ""
    ) -> Message:
        options: dict[int, bytes] = {Code.TYPE: bytes([kind])}
        options[Code.SERVER] = address_bytes(identifier or self.offering.identifier)
        if kind is not Type.NAK:
            options |= self._configuration(behaviour, leased=given != NOWHERE)
            options |= {int(code): value for code, value in behaviour.options.items()}
            for code in behaviour.remove_option:
                options.pop(code, None)
        reply = Message(Op.REPLY, message.xid, message.chaddr, options, flags=message.flags, yiaddr=given)
        reply.giaddr = message.giaddr
        if kind is Type.ACK:
            reply.ciaddr = message.ciaddr
        self._spoil(reply, message, behaviour)
        return reply

    def _spoil(self, reply: Message, message: Message, behaviour: Behaviour) -> None:
        if behaviour.wrong_server_id and reply.type is Type.ACK:
            reply.options[Code.SERVER] = address_bytes(behaviour.wrong_server_id)
            self._strike("wrong_server_id", message)
        if behaviour.wrong_xid:
            reply.xid ^= 0xFFFFFFFF
            self._strike("wrong_xid", message)
        if behaviour.truncate is not None:
            self._strike("truncate", message)

    def _configuration(self, behaviour: Behaviour, *, leased: bool) -> dict[int, bytes]:
        offering = self.offering
        options: dict[int, bytes] = {}
        if leased:
            options[Code.LEASE_TIME] = number_bytes(behaviour.lease)
            times = ((Code.RENEWAL, behaviour.t1), (Code.REBINDING, behaviour.t2))
            options |= {code: number_bytes(time) for code, time in times if time is not None}
        if not behaviour.no_subnet:
            options[Code.SUBNET_MASK] = mask_bytes(offering.prefix_length)
        lists = ((Code.ROUTER, (offering.router,)), (Code.NAME_SERVERS, offering.name_servers))
        for code, addresses in (*lists, (Code.NTP_SERVERS, offering.ntp_servers)):
            if any(addresses):
                options[code] = address_bytes(*addresses)
        if offering.domain:
            options[Code.DOMAIN] = offering.domain.encode("ascii")
        return options

    # How it is sent

    def _answer(self, reply: Message, mac: str, behaviour: Behaviour, now: float) -> None:
        if behaviour.silent_after is not None:
            self.answered[mac] += 1
        if behaviour.drop and self.chance.random() < behaviour.drop:
            return
        answer = Answer(encode(reply)[: behaviour.truncate], mac, reply)
        for _ in range(2 if behaviour.duplicate else 1):
            if behaviour.delay:
                self._sequence += 1
                heapq.heappush(self._later, (now + behaviour.delay, self._sequence, answer))
            else:
                self._output.append(answer)


def mac_text(chaddr: bytes) -> str:
    """`b8:a4:4f:01:02:03`"""
    return chaddr.hex(":")
