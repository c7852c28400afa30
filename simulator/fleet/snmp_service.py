"""The sockets of a device's SNMP agent: UDP or TCP 161 while it runs, and a port of its own for notifications."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import TYPE_CHECKING, Any

from simulator.clock import wire_now
from simulator.errors import FleetError, MalformedMessage
from simulator.face.snmp.context import Socket
from simulator.face.snmp.front import SnmpFace
from simulator.journal import Kind
from simulator.net.acceptor import Acceptor
from simulator.net.datagram import DatagramPort
from simulator.net.dialer import resolve_address
from simulator.net.patchbay import Endpoint
from simulator.wire.snmp.stream import MessageStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.face.transport import Cancellable
    from simulator.fleet.host import Host
    from simulator.fleet.premises import Premises

SERVICE = "snmp"
AGENT_PORT, TRAP_PORT, DHCP_CLIENT_PORT = 161, 162, 68
MOST_UNSENT = 1 << 20
"""Bytes that wait for a manager over TCP who does not read before the connection is given up."""
_LOOPBACK = "127."
_Place = tuple[str, str]


class SnmpService:
    """The way of one agent to the network. Follows its host."""

    def __init__(self, host: Host, premises: Premises) -> None:
        self._host = host
        self._device = host.device
        self._premises = premises
        self._loop = asyncio.get_running_loop()
        self._opening: DatagramPort | Acceptor | None = None
        self._place: _Place | None = None
        """Transport and address of what listens."""
        self._outlet: DatagramPort | None = None
        self._outlet_address = ""
        plan = premises.plan
        self._observer = f"{plan.infrastructure('client')}:" if premises.own_addresses else None
        self.face = SnmpFace(host.device, self)

    @property
    def port(self) -> int | None:
        """Wire port of the agent, while it listens."""
        return None if self._opening is None else self._opening.address[1]

    def refresh(self) -> None:
        """Open or close the agent's port so that it fits the device."""
        address, transport = self._device.network.primary, self.face.transport
        wanted = (transport, address) if address and transport and self._device.lifecycle.reachable else None
        if wanted == self._place:
            return
        self._close_opening()
        if wanted is not None:
            try:
                self._opening = self._open(*wanted)
            except FleetError as error:
                self._device.note(Kind.STATE, "port taken", service=SERVICE, port=AGENT_PORT, reason=str(error))
                return
            self._place = wanted
        self.face.sockets_changed()

    def faults(self) -> Iterator[dict[str, Any]]:
        """Those of the agent that are in force."""
        return self.face.faults.told() if self.face.faulty else iter(())

    def run(self, *, from_the_start: bool) -> None:
        """The device's services run, or have been running since before the bench."""
        if from_the_start:
            self.face.be_running()
            self.refresh()
        else:
            self.face.start()

    def close(self) -> None:
        """Nothing listens any more, and nothing is told."""
        self.face.stop()
        self._close_opening()
        self._close_outlet()

    # What the face asks of its way

    def now(self) -> float:
        return wire_now()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Cancellable:
        """The manager that is to answer an inform lives in wire time, whatever the clock of the fleet."""

        def due() -> None:
            self._premises.pacer.activity.count += 1
            callback()

        return self._loop.call_later(max(0.0, delay), due)

    def is_observer(self, peer: str) -> bool:
        return self._observer is not None and peer.startswith(self._observer)

    def sockets(self) -> tuple[Socket, ...]:
        """What listens and which connections stand, under the ports as the device knows them."""
        found = [Socket("tcp", address, port) for address, port in self._host.places.values()]
        if self._place is not None:
            found.append(Socket(self._place[0], self._place[1], AGENT_PORT))
        if self._device.parameters.get("Network.BootProto") == "dhcp":
            found.append(Socket("udp", "0.0.0.0", DHCP_CLIENT_PORT))
        for line in self._premises.patchbay.lines(self._host.endpoint):
            own = line.transport.get_extra_info("sockname")
            host, _, port = line.peer.rpartition(":")
            if own and host:
                known = self._host.places.get(line.endpoint.service)
                local = AGENT_PORT if line.endpoint.service == SERVICE else known[1] if known else own[1]
                found.append(Socket("tcp", own[0], local, (host, int(port))))
        return tuple(found)

    def tell(self, data: bytes, host: str) -> bool:
        """Send a notification from the device's own address. Without a way it is lost."""
        address = self._device.network.primary
        name, _, port = host.partition(":")
        destination = resolve_address(name)
        if address is None or destination is None or not (port or "0").isdecimal():
            self._device.note(Kind.STATE, "snmp trap lost", to=host, reason="no address to send to")
            return False
        own = address if destination.startswith(_LOOPBACK) else "0.0.0.0"
        try:
            outlet = self._outlet_from(own)
        except FleetError as error:
            self._device.note(Kind.STATE, "snmp trap lost", to=host, reason=str(error))
            return False
        outlet.send(data, (destination, int(port) if port else self._trap_port(destination)))
        return True

    def _trap_port(self, destination: str) -> int:
        """A receiver on this host that may not bind 162 stands where the provider would put it."""
        return (
            self._premises.provider.port_for(TRAP_PORT) or TRAP_PORT if destination.startswith(_LOOPBACK) else 162
        )

    # Sockets

    def _open(self, transport: str, address: str) -> DatagramPort | Acceptor:
        premises, name = self._premises, self._host.name
        endpoint = Endpoint(name, SERVICE)
        if transport == "tcp":
            return Acceptor(
                partial(self._listening, address), endpoint, premises.patchbay, self._connected,
            )  # fmt: skip
        return DatagramPort(
            partial(self._bound, address),
            endpoint,
            premises.patchbay,
            self._received,
        )

    def _listening(self, address: str) -> socket.socket:
        return self._marked(self._premises.provider.listen_tcp(address, AGENT_PORT, owner=self._host.name))

    def _connected(self) -> _Connection:
        return _Connection(self.face, self._device.name, self._premises)

    def _bound(self, address: str) -> socket.socket:
        return self._marked(self._premises.provider.bind_udp(address, AGENT_PORT, owner=self._host.name))

    def _marked(self, made: socket.socket) -> socket.socket:
        """`SNMP.DSCP` on every packet."""
        if self._device.snmp.dscp:
            made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, self._device.snmp.dscp << 2)
        return made

    def _received(self, data: bytes, peer: tuple[str, int]) -> None:
        opening, face = self._opening, self.face
        for answer in face.received(data, f"{peer[0]}:{peer[1]}"):
            if isinstance(opening, DatagramPort):
                if face.faulty:
                    self._send_oddly(opening, answer, peer)
                else:
                    opening.send(answer, peer)

    def _send_oddly(self, opening: DatagramPort, answer: bytes, peer: tuple[str, int]) -> None:
        """As the faults that act will have it."""
        delay, elsewhere = self.face.manner
        port = self._outlet_from(opening.address[0]) if elsewhere else opening
        if delay:
            self.call_later(delay, lambda: port.send(answer, peer))
        else:
            port.send(answer, peer)

    def _outlet_from(self, address: str) -> DatagramPort:
        if self._outlet is None or self._outlet_address != address:
            self._close_outlet()
            self._outlet = DatagramPort(
                lambda: self._premises.provider.client_udp(address),
                Endpoint(self._host.name, SERVICE),
                self._premises.patchbay,
                lambda data, _peer: self.face.notified(data),
            )
            self._outlet_address = address
        return self._outlet

    def _close_opening(self) -> None:
        if self._opening is not None:
            self._opening.close()
        self._opening = self._place = None

    def _close_outlet(self) -> None:
        if self._outlet is not None:
            self._outlet.close()
            self._outlet = None


class _Connection(asyncio.Protocol):
    """A manager over TCP."""

    def __init__(self, face: SnmpFace, device: str, premises: Premises) -> None:
        self._face = face
        self._device = device
        self._premises = premises
        self._stream = MessageStream()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._peer = f"{peer[0]}:{peer[1]}" if peer else ""

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._stream.feed(data)
        except MalformedMessage as error:
            self._premises.world.journal.append(
                Kind.VIOLATION, self._device, "snmp", peer=self._peer, reason=str(error)
            )
            self._transport.close()
            return
        for message in messages:
            for answer in self._face.received(message, self._peer):
                delay, _ = self._face.manner if self._face.faulty else (0.0, False)
                if delay:
                    asyncio.get_running_loop().call_later(delay, self._transport.write, answer)
                else:
                    self._transport.write(answer)
        if self._transport.get_write_buffer_size() > MOST_UNSENT:
            self._transport.abort()
