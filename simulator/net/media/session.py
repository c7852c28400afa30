"""One stream of RTP in both directions, with its RTCP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import FleetError, MalformedMessage
from simulator.net.media.departure import Departure
from simulator.net.media.latch import Latch
from simulator.net.media.security import Security
from simulator.wire.rtp.heard import Heard
from simulator.wire.rtp.negotiated import reachable
from simulator.wire.rtp.packet import is_rtcp, parse
from simulator.wire.rtp.receiver import Receiver
from simulator.wire.rtp.report import Reporter
from simulator.wire.rtp.sender import Sender
from simulator.wire.rtp.srtp import Unauthenticated
from simulator.wire.rtp.statistics import StreamStatistics, statistics_of
from simulator.wire.sound.codec import codec_named

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.chance import Stream
    from simulator.net.datagram import DatagramPort
    from simulator.net.media.engine import MediaEngine
    from simulator.net.media.ports import PortPairs
    from simulator.net.patchbay import Endpoint
    from simulator.wire.rtp.fault import RtpFault
    from simulator.wire.rtp.negotiated import Address, MediaSettings, Negotiated, Source
    from simulator.wire.sound.codec import Codec

RTCP_LATCH = 3
MOST_NOTES = 20
"""Of one kind and stream: a peer that changes its SSRC with every packet must not fill the journal."""
BURST = 3
"""Packets that are made up for at most when the loop was held up."""


class MediaSession:
    """Made by `MediaEngine.open`. Every method may be called in every state; after `stop` nothing happens."""

    def __init__(self, endpoint: Endpoint, settings: MediaSettings, chance: Stream, engine: MediaEngine) -> None:
        self.endpoint = endpoint
        self.cname = f"{chance.getrandbits(64):016x}"
        self.heard = Heard(engine.now, settings.keep)
        """A `Sound`: what came in, after the jitter buffer, losses concealed. Its time line begins with `start`."""
        self._engine = engine
        self._now = engine.now
        self._settings = settings
        self._sender = Sender(chance)
        self._receiver = Receiver(settings, self.heard, self._note)
        interval, wall = settings.rtcp_interval, engine.wall
        self._reporter = Reporter(self._sender, self._receiver, interval, self.cname, wall, chance)
        self._latch = Latch(settings, settings.latch_after)
        self._control_latch = Latch(settings, RTCP_LATCH)
        self._departure = Departure(self._sender, chance, engine.now, self._send_now)
        self._rtp: DatagramPort | None = None
        self._control: DatagramPort | None = None
        self._security: Security | None = None
        self._agreed: Negotiated | None = None
        self._codec: Codec | None = None
        self._started = 0.0
        self._stopped = False
        self._overdue = False
        self._wake = 0.0
        """When the next chore is due: a report, the end of a keypress, the timeout."""
        self._unauthenticated = 0
        self._digit_listeners: list[Callable[[str], None]] = []
        self._timeout_listeners: list[Callable[[], None]] = []
        self._note_listener: Callable[[str, dict[str, object]], None] | None = None
        self._notes: dict[str, int] = {}

    @property
    def device(self) -> str:
        return self.endpoint.device

    @property
    def address(self) -> str:
        """Our own, on the wire."""
        return self._rtp.address[0] if self._rtp else ""

    @property
    def port(self) -> int:
        """What SDP must say in its m= line."""
        return self._rtp.address[1] if self._rtp else 0

    @property
    def rtcp_port(self) -> int:
        """What SDP must say in a=rtcp; `port` + 1 unless the fleet has one address only."""
        return self._control.address[1] if self._control else 0

    @property
    def ssrc(self) -> int:
        return self._sender.ssrc

    @property
    def peer(self) -> Address | None:
        """Where our RTP goes now."""
        return self._latch.peer

    @property
    def peer_left(self) -> bool:
        """RTCP BYE came. That ends no call."""
        return self._reporter.peer_left

    def bind(self, ports: PortPairs, address: str, first_port: int) -> None:
        """Take a pair of ports. Called once, by the engine."""
        received = (self._rtp_received, self._rtcp_received)
        self._rtp, self._control = ports.open(self.endpoint, address, first_port, self._settings, received)

    def start(self, negotiated: Negotiated, source: Source | None = None) -> None:
        """Hear and speak as agreed. `source` None sends silence.

        Raises MalformedMessage for a codec or suite we do not have, ValueError for a packet time.
        """
        if self._stopped:
            return
        first = self._agreed is None
        self._apply(negotiated)
        if first:
            self._started = self._engine.now()
            self.heard.begin()
            self._receiver.begin(self._started)
            self._reporter.begin(self._started)
        self._sender.read(source)

    def update(self, negotiated: Negotiated) -> None:
        """After a re-INVITE: hold and resume, another address, codec or key. Ports, SSRC and time lines stay."""
        if self._agreed is None:
            self.start(negotiated)
        elif not self._stopped:
            self._apply(negotiated)

    def speak(self, source: Source | None) -> None:
        """Send another source from the next packet on."""
        self._sender.read(source)

    def press(self, digit: str, seconds: float = 0.2) -> None:
        """Send one keypress as telephone-event, after those still being sent.

        Raises FleetError where keys are not agreed or we are on hold, and for what is no key.
        """
        if not self._sender.takes_keys:
            raise FleetError(
                "no keypress can be sent", hint="telephone-event is not agreed, or the call is on hold"
            )
        try:
            self._sender.press(digit, seconds)
        except ValueError as error:
            raise FleetError(str(error)) from None

    def stop(self) -> None:
        """RTCP BYE, and both sockets are closed. What was heard and the statistics stay. Safe to repeat."""
        if self._stopped:
            return
        if self._agreed is not None and self._settings.rtcp_interval:
            self._send_control(self._reporter.farewell(self._engine.now(), self._clock))
        self.abandon()

    def abandon(self) -> None:
        """End without farewell, as a device does that loses power. Safe to repeat."""
        self._stopped = True
        self._engine.ticker.remove(self)
        self._engine.forget(self)
        self._departure.close()
        self.heard.finish()
        for port in (self._rtp, self._control):
            if port is not None:
                port.close()

    @property
    def statistics(self) -> StreamStatistics:
        """Both directions until now."""
        return statistics_of(
            self._receiver,
            self._codec.name if self._codec else "",
            unauthenticated=self._unauthenticated,
            strangers=self._latch.strangers,
            sender=self._sender,
            reporter=self._reporter,
        )

    def on_digit(self, listener: Callable[[str], None]) -> None:
        """Tell of each keypress of the peer once: 0-9, *, #, A-D, and F for a hook flash."""
        self._digit_listeners.append(listener)

    def on_timeout(self, listener: Callable[[], None]) -> None:
        """Tell when no RTP came for `MediaSettings.timeout`; again only after some has come."""
        self._timeout_listeners.append(listener)

    def on_note(self, listener: Callable[[str, dict[str, object]], None]) -> None:
        """Tell what belongs into the journal: `latched`, `ssrc changed`, `rtcp bye`, `decryption fails`, ..."""
        self._note_listener = listener

    def begin_fault(self, fault: RtpFault) -> None:
        """Send worse than we would, until `end_fault`."""
        self._departure.begin(fault)

    def end_fault(self, fault: RtpFault) -> None:
        """Send as before."""
        self._departure.end(fault)

    def tick(self, due: float, now: float) -> None:
        """A packet time has come."""
        sender = self._sender
        if now - due > BURST * sender.packet_time:
            sender.skip()
        elif self._departure.spoiled:
            self._departure.packet_time(due, now)
        else:
            packet = sender.next_packet()
            if packet is not None:
                self._send_now(packet)
        if now >= self._wake:
            self._chores(now)

    # what was agreed

    @property
    def _clock(self) -> int:
        return self._codec.clock if self._codec else 8000

    def _apply(self, agreed: Negotiated) -> None:
        codec = codec_named(agreed.codec)
        types = {number: codec_named(name) for number, name in agreed.also.items()} | {agreed.payload_type: codec}
        security = self._secured(agreed)
        before, self._agreed, self._codec, self._security = self._agreed, agreed, codec, security
        self._sender.configure(
            codec,
            agreed.payload_type,
            agreed.ptime,
            agreed.digits_type,
            speaking=agreed.sends and not self._stopped,
        )
        self._receiver.configure(types, agreed.digits_type, self._sender.packet_time, hears=agreed.hears)
        self._point(before, agreed)
        self._engine.ticker.add(self, round(self._sender.packet_time * 1000))
        self._overdue, self._wake = False, 0.0

    def _secured(self, agreed: Negotiated) -> Security | None:
        if agreed.keys is None:
            return None
        if self._security is None:
            return Security(agreed.keys)
        self._security.rekey(agreed.keys)
        return self._security

    def _point(self, before: Negotiated | None, agreed: Negotiated) -> None:
        """A new address in SDP is followed; the same one leaves alone what was learnt from packets."""
        if before is None or before.remote != agreed.remote:
            self._latch.point(agreed.remote if reachable(agreed.remote) else None)
        if before is None or (before.remote, before.remote_rtcp) != (agreed.remote, agreed.remote_rtcp):
            control = agreed.remote_rtcp
            if control is None and agreed.remote is not None:
                control = (agreed.remote[0], agreed.remote[1] + (0 if agreed.rtcp_mux else 1))
            self._control_latch.point(control if reachable(control) else None)

    # sending

    def _send_now(self, packet: bytes) -> None:
        peer = self._latch.peer
        if peer is None or self._rtp is None:
            return
        if self._security is not None:
            packet = self._security.protector(wrong_key=self._departure.wrong_key).protect(packet)
        self._rtp.send(packet, peer)

    def _send_control(self, data: bytes) -> None:
        agreed, peer = self._agreed, self._control_latch.peer
        if peer is None or agreed is None or self._departure.silences_rtcp:
            return
        if self._security is not None:
            data = self._security.protector(wrong_key=self._departure.wrong_key).protect_rtcp(data)
        port = self._rtp if agreed.rtcp_mux else self._control
        if port is not None:
            port.send(data, peer)

    def _chores(self, now: float) -> None:
        """What is due less often than packets."""
        reporter = self._reporter
        reporter.mark(now, (self._sender.timestamp - self._sender.step) & 0xFFFF_FFFF)
        if reporter.due is not None and now >= reporter.due:
            self._send_control(reporter.report(now, self._clock))
        self._digits(self._receiver.keys_over(now))
        self._watch(now)
        deadlines = [reporter.due, self._receiver.key_deadline(), self._quiet_until()]
        self._wake = min((one for one in deadlines if one is not None), default=float("inf"))

    def _quiet_until(self) -> float | None:
        """When silence of the peer has lasted too long."""
        if self._settings.timeout is None or self._agreed is None or not self._agreed.hears or self._overdue:
            return None
        return max(self._receiver.last_packet or 0.0, self._started) + self._settings.timeout

    def _watch(self, now: float) -> None:
        until = self._quiet_until()
        if until is None or now < until:
            return
        self._overdue = True
        self._note("rtp timeout")
        for listener in tuple(self._timeout_listeners):
            listener()

    # receiving

    def _rtp_received(self, data: bytes, source: Address) -> None:
        agreed = self._agreed
        if agreed is None or self._stopped:
            return
        if agreed.rtcp_mux and is_rtcp(data):
            self._rtcp_received(data, source)
            return
        try:
            if self._security is not None:
                data = self._security.inbound.unprotect(data)
            packet = parse(data)
        except Unauthenticated as error:
            self._unauthenticated += 1
            self._note("decryption fails", reason=error.what)
            return
        except MalformedMessage:
            self._receiver.malformed += 1
            return
        if not self._from_peer(source):
            return
        digits = self._receiver.receive(packet, self._now())
        if packet.payload_type == agreed.digits_type:
            self._wake = 0.0
            self._digits(digits)
        if self._overdue:
            self._overdue, self._wake = False, 0.0

    def _from_peer(self, source: Address) -> bool:
        before = self._latch.peer
        if source == before:
            self._latch.confirm()
            return True
        admitted = self._latch.admits(source)
        if self._latch.peer != before:
            self._note("latched", peer=f"{source[0]}:{source[1]}")
        return admitted

    def _rtcp_received(self, data: bytes, source: Address) -> None:
        if self._agreed is None or self._stopped:
            return
        left = self._reporter.peer_left
        try:
            if self._security is not None:
                data = self._security.inbound.unprotect_rtcp(data)
            if not self._control_latch.admits(source):
                return
            self._reporter.receive(data, self._engine.now())
        except Unauthenticated:
            self._unauthenticated += 1
        except MalformedMessage:
            self._receiver.malformed += 1
        if self._reporter.peer_left and not left:
            self._note("rtcp bye")

    def _digits(self, digits: str) -> None:
        for digit in digits:
            for listener in tuple(self._digit_listeners):
                listener(digit)

    def _note(self, what: str, **data: object) -> None:
        count = self._notes[what] = self._notes.get(what, 0) + 1
        if count <= MOST_NOTES and self._note_listener is not None:
            self._note_listener(what, data)
