"""A bus on TCP: raw RTU frames, no MBAP header, as a serial device server in transparent mode gives them (sheet 1.1).

Each peer is a master of its own: it has its own stream, its own framing, and never hears an answer to another. A door of
the kind `tap` only mirrors what passes on the bus.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Literal, cast

from simulator.journal import Kind
from simulator.net.acceptor import Acceptor
from simulator.wire.modbus.framing import RequestReader

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from simulator.net.activity import Activity
    from simulator.net.patchbay import Endpoint, Patchbay
    from simulator.site.modbus.rs485 import Rs485

Purpose = Literal["listen", "tap"]
MOST_PEERS: Final = 16
FRAME_GAP: Final = 0.05
"""Wire seconds after which an unfinished frame is dropped."""
PORTION: Final = 2048
"""Bytes of a peer's flood that are looked at in one turn of the loop; then others have theirs."""
MOST_HELD: Final = 1 << 16
"""Bytes of a peer that wait to be looked at before reading pauses."""
MOST_WAITING: Final = 16
"""Requests of a peer that wait for the bus before reading pauses."""
MOST_UNREAD: Final = 1 << 20
"""Bytes that wait for a tap's peer that does not read before it is given up."""
MOST_COMPLAINTS: Final = 20
"""Breaches of one connection that are journalled one by one; the rest are counted."""
MOST_DISTINCT: Final = 256
"""Different requests of one connection that are journalled."""


class Door:
    """The listener of one bus."""

    def __init__(
        self,
        place: Rs485,
        purpose: Purpose,
        listen: Callable[[], socket.socket],
        endpoint: Endpoint,
        patchbay: Patchbay,
        *,
        peers: int = MOST_PEERS,
        frame_gap: float = FRAME_GAP,
    ) -> None:
        self.place, self.purpose = place, purpose
        self.most_peers, self.frame_gap = peers, frame_gap
        self.activity: Activity = patchbay.activity
        self.peers: set[Peer | TapPeer] = set()
        factory = (lambda: Peer(self)) if purpose == "listen" else (lambda: TapPeer(self))
        self._acceptor = Acceptor(listen, endpoint, patchbay, factory)
        self.address = self._acceptor.address

    def admit(self, peer: Peer | TapPeer, name: str) -> bool:
        """Whether there is room for one more."""
        if len(self.peers) >= self.most_peers:
            self.place.note(Kind.CONNECTION, "refused: too many peers", service="modbus", peer=name)
            return False
        self.peers.add(peer)
        return True

    def babble(self, data: bytes) -> None:
        """Rubbish on the line, which everybody hears who listens to it."""
        for peer in tuple(self.peers):
            peer.hear(data)

    def close(self) -> None:
        """Listen no more, and end all connections."""
        self._acceptor.close()
        for peer in tuple(self.peers):
            peer.end()


def _name_of(transport: asyncio.BaseTransport) -> str:
    peer = transport.get_extra_info("peername")
    return f"{peer[0]}:{peer[1]}" if peer else ""


class Peer(asyncio.Protocol):
    """One TCP peer: a master on the bus."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._bus = door.place.bus
        self._loop = asyncio.get_running_loop()
        self._reader = RequestReader(self._bus, self._complain)
        self._held = bytearray()
        self._transport: asyncio.Transport | None = None
        self._name = ""
        self._gap: asyncio.TimerHandle | None = None
        self._again: asyncio.Handle | None = None
        self._reading = True
        self._full = False
        """What was answered has not been read by the peer."""
        self._requests = self._answers = self._breaches = 0
        self._seen: set[bytes] = set()
        self._last = 0.0

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._name = _name_of(transport)
        if self._door.admit(self, self._name):
            self._transport = cast("asyncio.Transport", transport)
        else:
            transport.close()

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        if self._held or self._full or len(data) > PORTION:
            self._held += data
            if self._again is None:
                self._turn()
            return
        self._take(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is None:
            return
        self._transport = None
        self._door.peers.discard(self)
        self._bus.withdraw(self)
        for handle in (self._gap, self._again):
            if handle is not None:
                handle.cancel()
        self._door.place.note(
            Kind.CONNECTION, "modbus master left", service="modbus", peer=self._name, requests=self._requests,
            answers=self._answers, violations=self._breaches, dropped=self._reader.dropped,
        )  # fmt: skip

    def pause_writing(self) -> None:
        self._full = True
        self._hold()

    def resume_writing(self) -> None:
        self._full = False
        self._turn()

    # The bus's side

    def hear(self, data: bytes) -> None:
        """An answer, or a portion of one."""
        self._answers += 1
        if self._transport is not None:
            self._transport.write(data)
            if not self._reading:
                self._soon()

    def later(self, delay: float, do: Callable[[], None]) -> None:
        """A TCP peer waits in wire time."""
        activity = self._door.activity

        def due() -> None:
            activity.count += 1
            do()

        self._loop.call_later(delay, due)

    def end(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.abort()

    # Bytes become requests

    def _take(self, data: bytes) -> None:
        reader = self._reader
        reader.feed(data)
        while (frame := reader.read()) is not None:
            self._ask(frame)
        if reader.pending:
            self._last = self._loop.time()
            if self._gap is None:
                self._gap = self._loop.call_later(self._door.frame_gap, self._gap_over)
        if self._bus.busy and self._bus.waiting(self) >= MOST_WAITING:
            self._hold()

    def _ask(self, frame: bytes) -> None:
        self._requests += 1
        if frame not in self._seen and len(self._seen) < MOST_DISTINCT:
            self._seen.add(frame)
            self._door.place.note(Kind.SITE, "modbus.request", unit=frame[0], frame=frame.hex(), peer=self._name)
        self._bus.ask(self, frame)

    def _turn(self) -> None:
        """Look at one portion of what is held; the rest in later turns."""
        self._again = None
        if self._transport is None or self._full:
            return
        if self._bus.busy and self._bus.waiting(self) >= MOST_WAITING:
            self._hold()
            return
        portion = bytes(self._held[:PORTION])
        del self._held[:PORTION]
        if portion:
            self._take(portion)
        if self._held:
            if len(self._held) > MOST_HELD:
                self._hold()
            self._soon()
        elif not self._reading and self._bus.waiting(self) < MOST_WAITING:
            self._reading = True
            self._transport.resume_reading()

    def _soon(self) -> None:
        if self._again is None:
            self._door.activity.count += 1
            self._again = self._loop.call_soon(self._turn)

    def _hold(self) -> None:
        if self._reading and self._transport is not None:
            self._reading = False
            self._transport.pause_reading()

    def _gap_over(self) -> None:
        """One timer serves many unfinished frames: it looks when the last byte came."""
        self._gap = None
        if not self._reader.pending or self._transport is None:
            return
        left = self._last + self._door.frame_gap - self._loop.time()
        if left > 0.001:
            self._gap = self._loop.call_later(left, self._gap_over)
            return
        self._door.activity.count += 1
        while (frame := self._reader.gap()) is not None:
            self._ask(frame)

    def _complain(self, reason: str, data: bytes) -> None:
        self._breaches += 1
        self._door.place.violations += 1
        if self._breaches <= MOST_COMPLAINTS:
            self._door.place.note(
                Kind.VIOLATION, f"modbus: {reason}", peer=self._name, bytes=len(data), begins=data[:16].hex()
            )


class TapPeer(asyncio.Protocol):
    """Who watches the bus: all frames of both directions as they pass. What it sends is not taken."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._transport: asyncio.Transport | None = None
        self._stop: Callable[[], None] = lambda: None
        self._warned = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not self._door.admit(self, _name_of(transport)):
            transport.close()
            return
        self._transport = cast("asyncio.Transport", transport)
        self._stop = self._door.place.bus.watch(self._passed)

    def data_received(self, data: bytes) -> None:
        if not self._warned:
            self._warned = True
            self._door.place.note(Kind.VIOLATION, "modbus: a tap is read-only", bytes=len(data))

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        self._door.peers.discard(self)
        self._transport = None

    def end(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.abort()

    def _passed(self, _way: str, data: bytes) -> None:
        self.hear(data)

    def hear(self, data: bytes) -> None:
        """Bytes that pass on the bus."""
        if self._transport is None:
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MOST_UNREAD:
            self._transport.abort()
