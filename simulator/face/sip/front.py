"""The speaker as a SIP user agent: what comes over the wire becomes calls of the device, and what the device wants
becomes messages (SIP sheet 7 to 10 and 14.3, audio sheet 8.8 and 8.10).

    face = SipFace(device, way)
    face.begin()                      # the sockets are open
    face.received(data, peer, "UDP")  # one message
    face.take_back()                  # SIP is switched off or the device stops: take bindings back
    face.stop()                       # power is gone, or the sockets are closed

Between `begin` and `stop` there is a user agent; without calls, registrations and messages under way it has no timer.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.face.sip.fault import SipFaults
from simulator.face.sip.record import Recorder
from simulator.face.sip.registration import Registrations
from simulator.face.sip.setting import set_agent
from simulator.face.sip.telephony import Telephony
from simulator.wire.sip.event import MalformedReceived, RegistrationChanged
from simulator.wire.sip.message import Message, parse
from simulator.wire.sip.settings import UserAgentSettings
from simulator.wire.sip.user_agent import UserAgent

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.face.sip.way import SipWay
    from simulator.face.transport import Cancellable
    from simulator.wire.sip.command import Command
    from simulator.wire.sip.event import Event
    from simulator.wire.sip.packet import Address, Packet


class SipFace:
    """One speaker's. Only a device with a call service has one."""

    def __init__(self, device: Device, way: SipWay) -> None:
        assert device.call_service is not None
        self.device = device
        self.service = device.call_service
        self.way = way
        self.agent: UserAgent | None = None
        self.random_bytes = device.world.chance.stream("face", "sip keys", device.name).randbytes
        """For SRTP keys."""
        self.recorder = Recorder(device)
        self.registrations = Registrations(self.service, way, self.command)
        self.telephony = Telephony(self)
        self.faults = SipFaults(self._faults_changed, self.telephony.spoil, self.telephony.mend)
        """What hands have made wrong."""
        self._timer: Cancellable | None = None
        self._due = 0.0
        self._working = False
        self._starts = 0
        """Of this face, however often in one boot."""

    # Life

    def begin(self) -> None:
        """The sockets are open, for the first time, again, or at another address."""
        if self.agent is None:
            # so many starts, so many Call-IDs and branches: a registrar must not take the new device for the old one,
            # nor a peer a new request for one that it has answered
            self._starts += 1
            boots = self.device.lifecycle.boots
            stream = self.device.world.chance.stream("face", "sip", self.device.name, boots, self._starts)
            self.agent = UserAgent(UserAgentSettings(), stream)
            self.agent.misbehaviour = self.faults.misbehaviour
            self._set(self.agent)
            self.registrations.follow()
        else:
            self._set(self.agent)
            self.registrations.moved()
            self.registrations.follow()
            self.telephony.moved()
        self.work()

    def settings_changed(self) -> None:
        """Of accounts or configuration, while the sockets stay as they are."""
        if self.agent is not None:
            self._set(self.agent)
            self.registrations.follow()
            self.work()

    def take_back(self) -> bool:
        """Unregister everywhere. True where an answer is to be waited for, at most `unregister_wait` seconds.

        A call that has just been answered is hung up only when its ACK has come.
        """
        if self.agent is None:
            return False
        self.registrations.take_back()
        self.work()
        return self.leaving

    @property
    def leaving(self) -> bool:
        """Registrars have not let go yet, or peers not acknowledged the end of their calls."""
        return self.registrations.pending or (self.agent is not None and self.agent.dialogs > 0)

    def stop(self) -> None:
        """Nothing is said any more. Safe to repeat."""
        self.telephony.stop()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.agent = None
        self.registrations = Registrations(self.service, self.way, self.command)

    # What the transports tell

    def received(self, data: bytes, source: Address, transport: str) -> None:
        """One message, or what is none."""
        agent = self.agent
        if agent is None:
            return
        now = self.way.now()
        self.recorder.came(data, source, transport, now)
        message: Message | bytes = data
        with suppress(MalformedMessage):  # the agent refuses it, if that can be done
            message = parse(data)
        agent.receive(message, source, transport, now)
        self.work()

    def undeliverable(self, packet: Packet, reason: str) -> None:
        """A message of ours did not arrive."""
        self.recorder.undeliverable(packet, reason)
        if self.agent is not None:
            self.agent.transport_failed(packet, self.way.now())
            self.work()

    def over(self, packet: Packet, transport: str, local: Address) -> Packet:
        """A request that is too large for UDP goes over a connection, or by UDP where there is no TCP."""
        if self.agent is None:
            return packet
        switched = self.agent.over(packet, transport, self.way.now(), local)
        self.recorder.went(switched, self.way.now())
        return switched

    def malformed(self, source: Address, transport: str, error: MalformedMessage) -> None:
        """A stream that is no SIP; it is closed when this returns."""
        if self.agent is not None:
            self.agent.malformed(error, source, transport, self.way.now())
            self.work()

    def needed(self, _peer: Address, transport: str) -> bool:
        """A call or a registration lives on this transport."""
        return self.telephony.uses(transport) or self.registrations.uses(transport)

    # For the parts of this face

    def command(self, command: Command) -> int:
        """Tell the user agent; 0 where there is none. Raises MalformedMessage for an address that is none."""
        return 0 if self.agent is None else self.agent.send(command, self.way.now())

    def work(self) -> None:
        """Let events and packets flow until there are none, then wait for what is due. Inside itself it does nothing."""
        agent = self.agent
        if self._working or agent is None:
            return
        self._working = True
        try:
            while self._flow(agent):
                pass
        finally:
            self._working = False
        if self.agent is agent:
            self._wait(agent)

    # Inside

    def _faults_changed(self) -> None:
        if self.agent is not None:
            self.agent.misbehaviour = self.faults.misbehaviour

    def _flow(self, agent: UserAgent) -> bool:
        events, packets = agent.take_events(), agent.take_output()
        for packet in packets:
            if not packet.switch:  # else it is not yet known how it goes
                self.recorder.went(packet, self.way.now())
            self.way.send(packet)
        for event in events:
            self._happened(event)
        return bool(events or packets)

    def _happened(self, event: Event) -> None:
        if isinstance(event, RegistrationChanged):
            self.registrations.changed(event)
        elif isinstance(event, MalformedReceived):
            peer = f"{event.source[0]}:{event.source[1]}"
            self.recorder.violation(peer, event.transport, f"{event.what} at byte {event.offset}")
        else:
            self.telephony.happened(event)

    def _set(self, agent: UserAgent) -> None:
        configuration = self.service.configuration
        asked = {
            "STUN": configuration.stun_enabled,
            "TURN": configuration.turn_enabled,
            "ICE": configuration.ice_enabled,
        }
        self.recorder.without_effect(tuple(name for name, wanted in asked.items() if wanted))
        set_agent(agent.settings, self.device, self.service)
        agent.settings.address = self.way.address or agent.settings.address
        agent.settings.ports = {**agent.settings.ports, **self.way.ports()}

    def _wait(self, agent: UserAgent) -> None:
        """One timer, moved only when something is due before it."""
        due = agent.next_deadline()
        if due is None or (self._timer is not None and self._due <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        self._timer = self.way.call_at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self.agent is not None:
            self.agent.tick(self.way.now())
            self.work()
