"""What the tests of media streams share: an engine on loopback, a peer of bare sockets, ears."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from net_bench import Bench, bench, until
from numpy.typing import NDArray

from simulator.chance import Chance
from simulator.net.media.engine import MediaEngine
from simulator.net.media.group import GroupSession
from simulator.net.media.session import MediaSession
from simulator.wire.rtp import rtcp
from simulator.wire.rtp.negotiated import MediaSettings, Negotiated
from simulator.wire.rtp.packet import Packet, parse
from simulator.wire.sound.analysis import Peak, dominant

__all__ = ["Media", "Phone", "agreed", "heard_tone", "last_second", "media", "until"]


class Phone:
    """The far end: a pair of bare sockets of which we see every byte."""

    def __init__(self, address: str) -> None:
        self.rtp, self.control = (self._socket(address) for _ in range(2))
        self.sequence = 0

    @staticmethod
    def _socket(address: str) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((address, 0))
        made.setblocking(False)
        return made

    @property
    def place(self) -> tuple[str, int]:
        host, port = self.rtp.getsockname()
        return host, port

    @property
    def control_place(self) -> tuple[str, int]:
        host, port = self.control.getsockname()
        return host, port

    def say(
        self, session: MediaSession, count: int = 1, ssrc: int = 77, payload: bytes = b"\x20" * 160, kind: int = 0
    ) -> None:
        """Packets on end, at once."""
        for _ in range(count):
            packet = Packet(kind, self.sequence % 65536, self.sequence * 160, ssrc, payload)
            self.rtp.sendto(packet.encode(), (session.address, session.port))
            self.sequence += 1

    def packets(self) -> list[Packet]:
        """RTP that has come since the last look."""
        return [parse(data) for data in self._drained(self.rtp)]

    def reports(self) -> list[tuple[rtcp.Part, ...]]:
        """RTCP that has come since the last look."""
        return [rtcp.parse(data) for data in self._drained(self.control)]

    @staticmethod
    def _drained(sock: socket.socket) -> list[bytes]:
        found = []
        while True:
            try:
                found.append(sock.recv(4096))
            except BlockingIOError:
                return found

    def close(self) -> None:
        self.rtp.close()
        self.control.close()


class Media:
    """An engine with what it told."""

    def __init__(self, fleet: Bench) -> None:
        self.fleet = fleet
        self.engine = MediaEngine(fleet.provider, fleet.bay, Chance(7))
        self.notes: list[tuple[str, dict[str, object]]] = []
        self.digits: list[str] = []
        self._phones: list[Phone] = []

    def open(self, number: int = 1, port: int = 4000, **settings: Any) -> MediaSession:
        """A session of device `number` that tells us everything."""
        address = self.fleet.provider.plan.device(number)
        session = self.engine.open(f"speaker-{number}", address, port, MediaSettings(**settings))
        session.on_note(lambda what, data: self.notes.append((what, data)))
        session.on_digit(self.digits.append)
        return session

    def phone(self) -> Phone:
        made = Phone(self.fleet.provider.plan.infrastructure("client"))
        self._phones.append(made)
        return made

    def noted(self, what: str) -> list[dict[str, object]]:
        return [data for name, data in self.notes if name == what]

    def close(self) -> None:
        self.engine.close()
        for phone in self._phones:
            phone.close()


def agreed(
    peer: MediaSession | Phone | tuple[str, int] | None, codec: str = "PCMU", payload_type: int = 0, **more: Any
) -> Negotiated:
    """An agreement to send to `peer`."""
    if isinstance(peer, MediaSession):
        more.setdefault("remote_rtcp", (peer.address, peer.rtcp_port))
        peer = (peer.address, peer.port)
    elif isinstance(peer, Phone):
        more.setdefault("remote_rtcp", peer.control_place)
        peer = peer.place
    return Negotiated(codec, payload_type, peer, **more)


@asynccontextmanager
async def media(mode: str = "loopback") -> AsyncIterator[Media]:
    async with bench(mode) as fleet:
        made = Media(fleet)
        try:
            yield made
            assert not fleet.bugs
        finally:
            made.close()


def last_second(session: MediaSession | GroupSession, seconds: float = 0.5) -> NDArray[np.int16]:
    """What was played lately."""
    end = session.heard.position
    return session.heard.samples(max(0.0, end - seconds), end)


async def heard_tone(
    session: MediaSession | GroupSession, frequency: float, level: float, *, within: float = 1.0
) -> Peak:
    """Wait until half a second of `session` is dominated by a tone; fails with what is heard instead."""
    peak: Peak | None = None
    looked = -1.0

    def sounds() -> bool:
        """Ten times a second: decoding at every turn of the loop would leave no time to send what is to be heard."""
        nonlocal peak, looked
        if session.heard.position < looked + 0.1:
            return False
        looked = session.heard.position
        peak = dominant(last_second(session))
        return peak is not None and abs(peak.frequency - frequency) < 2 and abs(peak.level - level) < within

    try:
        await until(sounds, 15)
    except TimeoutError:
        raise AssertionError(f"heard {peak} instead of {frequency} Hz at {level} dBFS") from None
    assert peak is not None
    return peak
