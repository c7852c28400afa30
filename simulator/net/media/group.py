"""One multicast group that a device listens to (sheet SIP/RTP 18.2): plain RTP, no signalling, no RTCP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.net.datagram import DatagramPort
from simulator.wire.rtp.heard import Heard
from simulator.wire.rtp.packet import parse
from simulator.wire.rtp.receiver import Receiver
from simulator.wire.rtp.srtp import SUITES, Unauthenticated, Unprotector
from simulator.wire.rtp.statistics import StreamStatistics, statistics_of
from simulator.wire.sound.codec import STATIC, codec_named

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.net.media.engine import MediaEngine
    from simulator.net.patchbay import Endpoint, Patchbay
    from simulator.net.provider import Provider
    from simulator.wire.rtp.negotiated import Address, MediaSettings

PTIME = 20


class GroupSession:
    """Made by `MediaEngine.join`. Active from the first valid packet until `idle` seconds without one.

    Any SSRC is heard, a second one not before the first has ended. It stands on the ticker only while active.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        settings: MediaSettings,
        engine: MediaEngine,
        codec: str,
        key: bytes | None,
        idle: float,
    ) -> None:
        self.endpoint = endpoint
        self.idle = idle
        self.active = False
        self.heard = Heard(engine.now, settings.keep)
        self._engine = engine
        self._codec = codec_named(codec)
        types = {number: self._codec for number, name in STATIC.items() if name == self._codec.name}
        if not types:
            raise MalformedMessage(f"{self._codec.name} has no static payload type")
        self._inbound = _unprotector(key) if key is not None else None
        self._receiver = Receiver(settings, self.heard, lambda *_args, **_data: None, exclusive=idle)
        self._receiver.configure(types, None, PTIME / 1000, hears=True)
        self._unauthenticated = 0
        self._listeners: list[Callable[[bool], None]] = []
        self._port: DatagramPort | None = None
        self._left = False

    @property
    def device(self) -> str:
        return self.endpoint.device

    def bind(self, provider: Provider, patchbay: Patchbay, address: str, group: str, port: int) -> None:
        """Join the group. Called once, by the engine."""
        self._port = DatagramPort(
            lambda: provider.join_udp(address, group, port), self.endpoint, patchbay, self._received, drains=1
        )
        self.heard.begin()
        self._receiver.begin(self._engine.now())

    def on_active(self, listener: Callable[[bool], None]) -> None:
        """Tell when a stream begins, and when it has ended."""
        self._listeners.append(listener)

    @property
    def statistics(self) -> StreamStatistics:
        """Of what was received."""
        return statistics_of(self._receiver, self._codec.name, unauthenticated=self._unauthenticated)

    def leave(self) -> None:
        """Leave the group and close the socket. Safe to repeat."""
        if self._left:
            return
        self.abandon()
        self._become(active=False)

    def abandon(self) -> None:
        """Close, and tell nobody."""
        self._left = True
        self._engine.ticker.remove(self)
        self._engine.forget(self)
        self.heard.finish()
        if self._port is not None:
            self._port.close()

    def tick(self, due: float, now: float) -> None:
        """Look whether the stream has ended."""
        last = self._receiver.last_packet
        if last is not None and now - last >= self.idle:
            self._engine.ticker.remove(self)
            self._become(active=False)

    def _received(self, data: bytes, source: Address) -> None:
        if self._left:
            return
        receiver = self._receiver
        try:
            packet = parse(data if self._inbound is None else self._inbound.unprotect(data))
        except Unauthenticated:
            self._unauthenticated += 1
            return
        except MalformedMessage:
            receiver.malformed += 1
            return
        before = receiver.packets
        receiver.receive(packet, self._engine.now())
        if receiver.packets > before and not self.active:
            self._engine.ticker.add(self, PTIME)
            self._become(active=True)

    def _become(self, *, active: bool) -> None:
        if active == self.active:
            return
        self.active = active
        for listener in tuple(self._listeners):
            listener(active)


def _unprotector(key: bytes) -> Unprotector:
    """The suite follows from the length; an 80-bit tag [guess]."""
    for suite in SUITES.values():
        if suite.key_length == len(key) and suite.tag_length == 10:
            return Unprotector(suite, key)
    raise MalformedMessage(f"a key of {len(key)} bytes, multicast has 30 or 46")
