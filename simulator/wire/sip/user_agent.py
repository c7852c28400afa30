"""A SIP user agent without I/O: RFC 3261 for one address, both sides of calls, and the registration client.

It knows no device, no socket and no media: session descriptions pass through as bytes. The speaker and the site's phone
are both built on it.

    agent = UserAgent(UserAgentSettings(address="127.0.0.7"), chance.stream("sip"))
    agent.receive(datagram, ("127.0.0.9", 5060), "UDP", now)
    for event in agent.take_events(): ...        # IncomingCall -> agent.send(Answer(event.call, sdp), now)
    for packet in agent.take_output(): ...       # write packet.data to packet.destination
    agent.next_deadline()                        # call tick(now) then
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.sip.core import Core
from simulator.wire.sip.event import MalformedReceived
from simulator.wire.sip.message import MalformedSip, Request, is_keepalive, parse
from simulator.wire.sip.orders import carry_out
from simulator.wire.sip.packet import Destination, Packet, is_reliable
from simulator.wire.sip.server_core import ServerCore

if TYPE_CHECKING:
    from simulator.chance import Stream
    from simulator.wire.sip.command import Command
    from simulator.wire.sip.event import Event
    from simulator.wire.sip.message import Message
    from simulator.wire.sip.misbehaviour import Misbehaviour
    from simulator.wire.sip.packet import Address
    from simulator.wire.sip.settings import UserAgentSettings

PING = b"\r\n\r\n"


class UserAgent:
    """One user agent. `now` is wire time in seconds, any origin, never running backwards."""

    def __init__(self, settings: UserAgentSettings, chance: Stream) -> None:
        self._core = Core(settings, chance)
        self._server = ServerCore(self._core)

    @property
    def settings(self) -> UserAgentSettings:
        """The knobs; may be changed."""
        return self._core.settings

    @property
    def misbehaviour(self) -> Misbehaviour | None:
        """Rules that are broken on purpose; may be set at any time."""
        return self._core.misbehaviour

    @misbehaviour.setter
    def misbehaviour(self, misbehaviour: Misbehaviour | None) -> None:
        self._core.misbehaviour = misbehaviour

    def receive(self, data: bytes | Message, source: Address, transport: str, now: float) -> None:
        """Take one datagram, or one message cut from a stream, or a message already parsed (it is not kept unchanged).

        `source` is where it came from; on a stream it also names the connection. Nothing that comes in raises: what is
        malformed gets a 400 where one can be routed and is told by `MalformedReceived`.
        """
        self._enter(now)
        try:
            if isinstance(data, bytes):
                if is_keepalive(data):
                    self._pong(data, source, transport)
                    return
                data = parse(data)
            if isinstance(data, Request):
                self._server.receive(data, source, transport, now)
            else:
                self._core.transactions.response(data, now)
        except MalformedMessage as error:
            self.malformed(error, source, transport, now)

    def malformed(self, error: MalformedMessage, source: Address, transport: str, now: float) -> None:
        """What came was no message, or a stream cannot be read on: refused where that can be done, and told."""
        self._enter(now)
        if isinstance(error, MalformedSip):
            self._server.refuse_malformed(error, source, transport)
        self._core.tell(MalformedReceived(error.what, error.offset, source, transport))

    def send(self, command: Command, now: float) -> int:
        """Do what the owner says. Returns the number of the call, registration or request that it is about, a new one
        for PlaceCall, Register, SendInfo and SendRequest; 0 when that one is no more or the command does not fit its
        state (Answer twice, Ring after Answer): then nothing happens. Raises MalformedMessage for a URI that is none and
        for a header that cannot be."""
        self._enter(now)
        return carry_out(self._core, command, now)

    def take_output(self) -> list[Packet]:
        """What is to be written, once, in order."""
        return self._core.transactions.take_output()

    def take_events(self) -> list[Event]:
        """What happened, once, in order."""
        events, self._core.events = self._core.events, []
        return events

    def next_deadline(self) -> float | None:
        """When `tick` has something to do; None: never, nothing is under way."""
        return self._core.schedule.next_deadline()

    def tick(self, now: float) -> None:
        """Do everything that is due."""
        self._enter(now)
        self._core.schedule.tick(now)

    def transport_failed(self, packet: Packet, now: float) -> None:
        """The packet could not be delivered (ICMP, refused, TLS handshake): its transaction fails at once, as 503."""
        self._enter(now)
        self._core.transactions.failed(packet, now)

    def over(self, packet: Packet, transport: str, now: float, local: Address | None = None) -> Packet:
        """The same request for another transport: the top Via is rewritten, and its transaction repeats this one from now
        on, or nothing on a stream. `local` is the near end of the connection where that differs from the settings
        (sheet 3.4: the Via of a large INVITE shows the ephemeral port). Used for the switch to TCP and back."""
        self._enter(now)
        return self._core.transactions.over(packet, transport, local or self._core.here(transport), now)

    @property
    def calls(self) -> int:
        """Calls that are not over."""
        return len(self._core.calls)

    @property
    def dialogs(self) -> int:
        """Dialogs that are left: those of calls that are over, too, until our BYE is answered."""
        return len(self._core.dialogs)

    @property
    def idle(self) -> bool:
        """No call, transaction, registration or timer is left."""
        core = self._core
        left = (core.calls, core.dialogs, core.registrations, core.transactions, core.schedule)
        return not any(len(things) for things in left)

    def _enter(self, now: float) -> None:
        core = self._core
        core.transactions.now = now
        core.transactions.delay = core.misbehaviour.delay if core.misbehaviour is not None else 0.0

    def _pong(self, data: bytes, source: Address, transport: str) -> None:
        """Answer a keep-alive on a stream; one on UDP is dropped (sheet 3.5)."""
        if data == PING and is_reliable(transport) and self.settings.stream_pong:
            there = Destination(source[0], source[1], transport, source)
            self._core.transactions.put(Packet(b"\r\n", there))
