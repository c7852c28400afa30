"""What a phone speaks through: its sockets, its user agent, and what happens to its messages when it breaks rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.clock import wire_now
from simulator.net.patchbay import Endpoint
from simulator.net.sip.transports import Net, SipTransports
from simulator.site.sip.beat import Beat
from simulator.site.sip.phone_rule import BrokenRules, garbled
from simulator.wire.sip.packet import UDP
from simulator.wire.sip.settings import UserAgentSettings
from simulator.wire.sip.user_agent import UserAgent

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.chance import Stream
    from simulator.errors import MalformedMessage
    from simulator.wire.sip.command import Command
    from simulator.wire.sip.event import Event
    from simulator.wire.sip.packet import Address, Packet

SIP_PORT, SIPS_PORT = 5060, 5061


class PhoneLine:
    """Made inside the running loop; opens its sockets at once. It stands behind the transports (`TransportUser`)."""

    def __init__(
        self,
        name: str,
        address: str,
        net: Net,
        chance: Stream,
        *,
        secure: bool,
        rules: BrokenRules,
        happened: Callable[[Event], None],
        busy: Callable[[], bool],
    ) -> None:
        """`secure` opens a port for TLS too. `happened` is told what the user agent tells; `busy` says whether
        connections are still needed."""
        self._rules = rules
        self._happened = happened
        self._busy = busy
        self._transports = SipTransports(net, Endpoint(f"site/{name}", "sip"), self)
        self._transports.open(address, SIP_PORT)
        if secure:
            self._transports.open_tls(SIPS_PORT, net.tls.server(f"phone-{name}", address))
        ports = self._transports.ports()
        self.address: Address = (address, ports[UDP])
        settings = UserAgentSettings(address=address, ports=ports, user_agent=f"axsim phone {name}")
        self._agent = UserAgent(settings, chance)
        self._beat = Beat(self._agent, net.patchbay.activity, self._flush)
        self._flushing = False
        self.broken: Callable[[str, str], None] = lambda _peer, _reason: None
        """Told of a peer whose stream is no SIP."""

    def close(self) -> None:
        """Nobody is told anything any more. Safe to repeat."""
        self._transports.close()
        self._beat.stop()

    def tell(self, order: Command) -> int:
        """Give the user agent an order; returns the number of what it is about, 0 where it does not fit."""
        number = self._agent.send(order, wire_now())
        self._flush()
        return number

    def rules_changed(self) -> None:
        """The user agent breaks those that are its own."""
        self._agent.misbehaviour = self._rules.misbehaviour()

    # What the transports tell (TransportUser)

    def received(self, data: bytes, source: Address, transport: str) -> None:
        """One message; a CANCEL is not heard by a phone that answers too late."""
        if self._rules.breaks("late-answer") and data.startswith(b"CANCEL "):
            return
        self._agent.receive(data, source, transport, wire_now())
        self._flush()

    def undeliverable(self, packet: Packet, reason: str) -> None:
        """It could not be delivered."""
        self._agent.transport_failed(packet, wire_now())
        self._flush()

    def over(self, packet: Packet, transport: str, local: Address) -> Packet:
        """A large request goes over TCP."""
        return self._agent.over(packet, transport, wire_now(), local)

    def malformed(self, source: Address, transport: str, error: MalformedMessage) -> None:
        """A stream that is no SIP was closed."""
        self.broken(f"{source[0]}:{source[1]}", error.what)

    def needed(self, peer: Address, transport: str) -> bool:
        """A connection is kept while there is a call or a registration."""
        return self._busy()

    def _flush(self) -> None:
        """Tell what happened, which may lead to more, then send; `happened` gives orders in the midst of it."""
        if self._flushing:
            return
        self._flushing = True
        try:
            while events := self._agent.take_events():
                for event in events:
                    self._happened(event)
        finally:
            self._flushing = False
        for packet in self._agent.take_output():
            self._transports.send(self._spoilt(packet))
        self._beat.set()

    def _spoilt(self, packet: Packet) -> Packet:
        """The packet, or what is left of a request by a phone that sends no SIP."""
        is_request = not packet.data.startswith(b"SIP/2.0") and bool(packet.data.strip())
        if is_request and self._rules.strike("malformed"):
            return replace(packet, data=garbled(packet.data), switch=False)
        return packet
