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

if TYPE_CHECKING:
    from simulator.chance import Stream
    from simulator.wire.sip.command import Command
    from simulator.wire.sip.event import Event
    from simulator.wire.sip.message import Message
    from simulator.wire.sip.misbehaviour import Misbehaviour
    from simulator.wire.sip.packet import Address, Packet
    from simulator.wire.sip.settings import UserAgentSettings


class UserAgent:
    """One user agent. `now` is wire time in seconds, any origin, never running backwards."""

    def __init__(self, settings: UserAgentSettings, chance: Stream) -> None:
        self.settings = settings
        self.misbehaviour: Misbehaviour | None = None

    def receive(self, data: bytes | Message, source: Address, transport: str, now: float) -> None:
        """Take one datagram, or one message cut from a stream, or a message already parsed (it is not kept unchanged).

        `source` is where it came from; on a stream it also names the connection. Nothing that comes in raises: what is
        malformed gets a 400 where one can be routed and is told by `MalformedReceived`.
        """
        raise NotImplementedError

    def send(self, command: Command, now: float) -> int:
        """Do what the owner says. Returns the number of the call, registration or request that it is about, a new one
        for PlaceCall, Register, SendInfo and SendRequest; 0 when that one is no more or the command does not fit its
        state (Answer twice, Ring after Answer): then nothing happens. Raises MalformedMessage for a URI that is none."""
        raise NotImplementedError

    def take_output(self) -> list[Packet]:
        """What is to be written, once, in order."""
        raise NotImplementedError

    def take_events(self) -> list[Event]:
        """What happened, once, in order."""
        raise NotImplementedError

    def next_deadline(self) -> float | None:
        """When `tick` has something to do; None: never, nothing is under way."""
        raise NotImplementedError

    def tick(self, now: float) -> None:
        """Do everything that is due."""
        raise NotImplementedError

    def transport_failed(self, packet: Packet, now: float) -> None:
        """The packet could not be delivered (ICMP, refused, TLS handshake): its transaction fails at once, as 503."""
        raise NotImplementedError

    def over(self, packet: Packet, transport: str, local: Address | None = None) -> Packet:
        """The same request for another transport: the top Via is rewritten, and its transaction repeats this one from now
        on, or nothing on a stream. `local` is the near end of the connection where that differs from the settings
        (sheet 3.4: the Via of a large INVITE shows the ephemeral port). Used for the switch to TCP and back."""
        raise NotImplementedError

    @property
    def idle(self) -> bool:
        """No call, transaction, registration or timer is left."""
        raise NotImplementedError
