"""The site's DHCP server on a real socket, and the devices' way to it.

One UDP socket for the server, on the infrastructure address and port 67, and one for all devices of the fleet, port
68 there (network sheet 12): on loopback no device has an address to send from before it has a lease, and broadcast
does not exist. Answers find their device by the hardware address they carry. Faults of `<device>/dhcp` act on each
device's own datagrams.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

from simulator.device.lease import Lease
from simulator.errors import MalformedMessage
from simulator.journal import Kind
from simulator.net.datagram import DatagramPort, Peer
from simulator.net.fault.kind import Direction
from simulator.net.patchbay import Endpoint, Patchbay
from simulator.wire.dhcp.behaviour import Script
from simulator.wire.dhcp.server import DhcpServer, mac_text

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from simulator.clock import Timer
    from simulator.device.world import World

SERVER_PORT, CLIENT_PORT = 67, 68
"""Ports as the protocol has them; the provider shifts them where it must."""
SITE = "site"
MOST_PEERS = 100_000
"""Hardware addresses whose sender is remembered until an answer leaves."""
_CHADDR = slice(28, 34)


class DhcpService:
    """A scripted server, its socket and its clock. `bind` makes the socket."""

    def __init__(
        self, server: DhcpServer, world: World, bind: Callable[[], socket.socket], patchbay: Patchbay
    ) -> None:
        self.server = server
        self._world = world
        self._peers: dict[str, Peer] = {}
        self._timer: Timer | None = None
        self._port = DatagramPort(bind, Endpoint(SITE, "dhcp"), patchbay, self._received)

    @property
    def address(self) -> Peer:
        """Wire address and port."""
        return self._port.address

    def close(self) -> None:
        """End of the site; safe to repeat."""
        self._port.close()
        if self._timer is not None:
            self._timer.cancel()

    def script(self, target: str, *, count: int | None = None, **verbs: Any) -> None:
        """Treat `target` (a MAC, the start of a vendor class, `*`) so from now on; without verbs as ever before.

        The verbs are the fields of `Behaviour`. Raises FleetError for an unknown one.
        """
        self.server.send(Script(target, verbs, count), self._now())
        self._world.journal.append(Kind.SITE, SITE, "dhcp script", target=target, verbs=_plain(verbs), count=count)

    def settled(self, mac: str, address: str, since: float) -> Lease:
        """A lease that the device `mac` got at device time `since` (usually before 0), entered in the table."""
        offering = self.server.offering
        length = self.server.remember(mac, address, since)
        behaviour = self.server.behaviour(mac)
        return Lease(
            address=address,
            prefix_length=offering.prefix_length,
            server=offering.identifier,
            obtained_at=since,
            seconds=length,
            renewal=length * 0.5 if behaviour.t1 is None else behaviour.t1,
            rebinding=length * 0.875 if behaviour.t2 is None else behaviour.t2,
            router=offering.router,
            name_servers=offering.name_servers,
            ntp_servers=offering.ntp_servers,
            domain=offering.domain,
        )

    def _now(self) -> float:
        return self._world.clock.now()

    def _received(self, data: bytes, peer: Peer) -> None:
        try:
            self._remember(data, peer)
            self.server.receive(data, self._now())
        except MalformedMessage as error:
            self._world.journal.append(
                Kind.SITE, SITE, "dhcp malformed", peer=peer[0], size=len(data), reason=str(error)
            )
        self._flush()

    def _remember(self, data: bytes, peer: Peer) -> None:
        if len(self._peers) >= MOST_PEERS:
            self._peers.clear()
        self._peers[mac_text(data[_CHADDR])] = peer

    def _flush(self) -> None:
        for answer in self.server.take_output():
            if (peer := self._peers.get(answer.mac)) is not None:
                self._port.send(answer.data, peer)
        due = self.server.next_deadline()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if due is None else self._world.clock.call_at(due, self._due)

    def _due(self) -> None:
        self.server.tick(self._now())
        self._flush()


class DhcpExchange:
    """The one client socket of a fleet. `server` is where everything is sent, broadcast or not."""

    def __init__(self, bind: Callable[[], socket.socket], patchbay: Patchbay, server: Peer) -> None:
        self._server = server
        self._patchbay = patchbay
        self._loop = asyncio.get_running_loop()
        self._ways: dict[bytes, list[FleetWay]] = {}
        self._late: set[asyncio.TimerHandle] = set()
        self._port = DatagramPort(bind, Endpoint(SITE, "dhcp-client"), patchbay, self._received)

    @property
    def address(self) -> Peer:
        """Wire address and port that servers answer to."""
        return self._port.address

    def attach(self, device: str, mac: str, received: Callable[[bytes], None]) -> FleetWay:
        """A device's way to the server. `mac` with or without separators; answers to it go to `received`."""
        chaddr = bytes.fromhex(mac.replace(":", ""))
        way = FleetWay(self, Endpoint(device, "dhcp"), chaddr, received)
        self._ways.setdefault(chaddr, []).append(way)
        return way

    def detach(self, way: FleetWay) -> None:
        """The device is gone; safe to repeat."""
        ways = self._ways.get(way.chaddr, [])
        if way in ways:
            ways.remove(way)
        if not ways:
            self._ways.pop(way.chaddr, None)

    def close(self) -> None:
        """End of the fleet; safe to repeat."""
        self._port.close()
        for timer in self._late:
            timer.cancel()
        self._late.clear()
        self._ways.clear()

    def send(self, way: FleetWay, data: bytes) -> None:
        """Send one message of a device, as far as the faults on its line let it through."""
        self._through(way, Direction.TO_CLIENT, lambda: self._port.send(data, self._server))

    def _received(self, data: bytes, peer: Peer) -> None:
        """Two devices with one hardware address both hear the answer, as on a real network."""
        for way in tuple(self._ways.get(data[_CHADDR], ())):
            self._through(way, Direction.TO_DEVICE, partial(way.received, data))

    def _through(self, way: FleetWay, direction: Direction, action: Callable[[], None]) -> None:
        delays = [0.0] if self._patchbay.quiet else self._patchbay.fates(way.endpoint, direction)
        for delay in delays:
            if delay:
                self._later(delay, action)
            else:
                action()

    def _later(self, delay: float, action: Callable[[], None]) -> None:
        def due() -> None:
            self._late.discard(timer)
            self._patchbay.activity.count += 1
            action()

        timer = self._loop.call_later(delay, due)
        self._late.add(timer)


@dataclass(frozen=True, slots=True, eq=False)
class FleetWay:
    """What a device's DHCP face sends through."""

    exchange: DhcpExchange
    endpoint: Endpoint
    chaddr: bytes
    received: Callable[[bytes], None]

    def send(self, data: bytes, destination: str | None) -> None:
        """To the server: on loopback broadcast and the server's own address are the same socket."""
        self.exchange.send(self, data)

    def detach(self) -> None:
        """No more answers."""
        self.exchange.detach(self)


def _plain(verbs: dict[str, Any]) -> dict[str, Any]:
    """Verbs as JSON values: bytes in hex, infinity by name."""
    plain = dict(verbs)
    if "options" in plain:
        plain["options"] = {str(code): value.hex() for code, value in plain["options"].items()}
    return {verb: "infinite" if value == inf else value for verb, value in plain.items()}
