"""One UDP socket of a device.

Read by a readiness callback that drains up to 64 datagrams per wake-up: several times cheaper than asyncio's
datagram endpoints, and one flooded device cannot starve the others (network sheet, section 9).
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from typing import TYPE_CHECKING

from simulator.net.activity import without_cause
from simulator.net.fault.kind import Direction

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.net.patchbay import Endpoint, Patchbay

DRAIN = 64
LARGEST = 65_535
"""Bytes of a UDP payload at most."""
_BUFFER = bytearray(LARGEST)
"""One for all: what was received is copied out before anything else happens."""
_VIEW = memoryview(_BUFFER)
Peer = tuple[str, int]
IP_RECVERR = 11
"""Linux: ICMP errors of an unconnected socket are queued, with the address they are about (ip(7))."""
_MSG_ERRQUEUE = 0x2000
_OF_REFUSED = 2048
"""Bytes of a refused datagram that are of interest; ICMP gives back at most half a kilobyte."""


class DatagramPort:
    """Hands each datagram to `received(data, peer)`. `bind` makes the socket, first now and again after `shut`.

    With `refused` the ICMP errors about datagrams sent from here are told too: who could not be reached, why, and the
    datagram or its first bytes.
    """

    __slots__ = (
        "__weakref__", "_bind", "_closed", "_drains", "_late", "_loop", "_patchbay", "_received", "_refused", "_shut",
        "_silent", "_socket", "_tally", "address", "dropped", "endpoint",
    )  # fmt: skip

    def __init__(
        self,
        bind: Callable[[], socket.socket],
        endpoint: Endpoint,
        patchbay: Patchbay,
        received: Callable[[bytes, Peer], None],
        *,
        refused: Callable[[Peer, str, bytes], None] | None = None,
        drains: int = DRAIN,
    ) -> None:
        self.endpoint = endpoint
        self.dropped = 0
        """Datagrams the kernel did not take: full buffer, no route."""
        self._tally = patchbay.tallies.get(endpoint.device)
        self._bind = bind
        self._patchbay = patchbay
        self._received = received
        self._refused = refused
        self._drains = drains
        """Datagrams at most per wake-up. With 1, where they come one by one, the second look is saved that finds none."""
        self._loop = asyncio.get_running_loop()
        self._silent = self._shut = 0
        self._closed = False
        self._late: set[asyncio.TimerHandle] | None = None
        """Of datagrams on their way, once there were any: an empty set has more bytes than all else here."""
        self._socket = bind()
        self.address: Peer = self._socket.getsockname()
        """Wire address and port."""
        self._watch()
        patchbay.opened(self)

    def send(self, data: bytes, peer: Peer) -> None:
        """Send one datagram, or lose it: UDP promises nothing."""
        patchbay = self._patchbay
        patchbay.activity.count += 1
        if patchbay.quiet and not self._silent:
            self._send_now(data, peer)
            return
        for delay in self._fates(Direction.TO_CLIENT):
            self._later(delay, self._send_now, data, peer)

    def close(self) -> None:
        """Close the socket; datagrams on their way are forgotten. Safe to repeat."""
        if self._closed:
            return
        self._closed = True
        self._close_socket()
        for timer in self._late or ():
            timer.cancel()
        self._late = None
        self._patchbay.closed(self)

    def shut(self) -> None:
        """Close the socket until as many `reopen` came: peers get ICMP port unreachable."""
        self._shut += 1
        if self._shut == 1 and not self._closed:
            self._close_socket()

    def reopen(self) -> None:
        """Bind again to the same address and port."""
        self._shut -= 1
        if not self._shut and not self._closed:
            self._socket = self._bind()
            self._watch()

    def go_silent(self) -> None:
        """Hear and say nothing until as many `speak_again` came."""
        self._silent += 1

    def speak_again(self) -> None:
        """End of the silence."""
        self._silent -= 1

    def _watch(self) -> None:
        if self._refused is not None:
            self._socket.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        without_cause(self._loop.add_reader, self._socket, self._drain)

    def _close_socket(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _drain(self) -> None:
        patchbay, tally, receive = self._patchbay, self._tally, self._socket.recvfrom_into
        patchbay.activity.count += 1
        for _ in range(self._drains):
            try:
                size, peer = receive(_BUFFER)
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionRefusedError:  # ICMP about an earlier datagram to a peer that is gone
                self._tell_refused()
                continue
            except OSError:
                self._tell_refused()
                return
            data = bytes(_VIEW[:size])
            if tally is not None and not self._silent:
                tally.datagram_in(size)
            if patchbay.quiet and not self._silent:
                self._deliver(data, peer)
            else:
                for delay in self._fates(Direction.TO_DEVICE):
                    self._later(delay, self._hand_over, data, peer)
            if self._socket.fileno() < 0:  # the receiver closed or shut it
                return

    def _deliver(self, data: bytes, peer: Peer) -> None:
        """A mistake of ours about one datagram is written down, and the next one is read."""
        try:
            self._received(data, peer)
        except Exception as error:
            self._patchbay.reports.bug(self.endpoint.device, error)

    def _fates(self, direction: Direction) -> list[float]:
        if self._silent:
            return []
        return [0.0] if self._patchbay.quiet else self._patchbay.fates(self.endpoint, direction)

    def _later(self, delay: float, action: Callable[[bytes, Peer], None], data: bytes, peer: Peer) -> None:
        if not delay:
            action(data, peer)
            return

        def due() -> None:
            late.discard(timer)
            self._patchbay.activity.count += 1
            action(data, peer)

        if self._late is None:
            self._late = set()
        late = self._late
        timer = self._loop.call_later(delay, due)
        late.add(timer)

    def _hand_over(self, data: bytes, peer: Peer) -> None:
        if not self._closed:
            self._deliver(data, peer)

    def _send_now(self, data: bytes, peer: Peer) -> None:
        if self._socket.fileno() < 0:
            return
        try:
            try:
                self._socket.sendto(data, peer)
            except OSError:  # perhaps about an earlier datagram, to somebody else
                if not self._tell_refused() or self._socket.fileno() < 0:
                    raise
                self._socket.sendto(data, peer)
            if self._tally is not None:
                self._tally.datagram_out(len(data))
        except OSError as error:
            self.dropped += 1
            if self._refused is not None and not isinstance(error, BlockingIOError):
                self._loop.call_soon(self._tell, peer, os.strerror(error.errno or 0).lower(), data)

    def _tell_refused(self) -> bool:
        """Empty the queue of ICMP errors; False when there were none, or nobody wants to know."""
        if self._refused is None:
            return False
        told = False
        for _ in range(DRAIN):
            try:
                sent, ancillary, _, peer = self._socket.recvmsg(_OF_REFUSED, 512, _MSG_ERRQUEUE)
            except OSError:
                break
            told = True
            numbers = [struct.unpack_from("I", data)[0] for level, kind, data in ancillary if kind == IP_RECVERR]
            if numbers and not self._silent and not self._frozen():
                self._loop.call_soon(self._tell, peer[:2], os.strerror(numbers[0]).lower(), sent)
        if told:
            self._watch_again()
        return told

    def _watch_again(self) -> None:
        """libuv, and with it uvloop, gives a socket up that has told of an error; asyncio's own loop does not."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            without_cause(self._loop.add_reader, self._socket, self._drain)

    def _frozen(self) -> bool:
        return self._patchbay.frozen(self.endpoint.device)

    def _tell(self, peer: Peer, reason: str, data: bytes) -> None:
        """In a turn of its own: whoever sends is not told of a failure before its call has returned."""
        self._patchbay.activity.count += 1
        if not self._closed and self._refused is not None:
            self._refused(peer, reason, data)
