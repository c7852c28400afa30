"""UDP, TCP and TLS of one SIP user agent at one address.

    transports = SipTransports(Net(provider, patchbay, tls), Endpoint("speaker-1", "sip"), user)
    transports.open("127.16.0.1", 5060)
    transports.open_tls(5061, tls.server(...))      # only where somebody wants TLS
    settings.ports = transports.ports()             # what Via and Contact say
    for packet in agent.take_output(): transports.send(packet)
    transports.close()

One UDP socket listens and sends, with a TCP listener beside it on the same port; connections are reused for the same
host, port and transport, and a response goes back on the connection its request came on while that stands (RFC 3261
18.2.2). Every socket hangs on the patchbay, so that link faults, a pulled cable and a power cut act on it.
"""

from __future__ import annotations

import asyncio
import re
import socket
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from simulator.clock import wire_now
from simulator.errors import FleetError, MalformedMessage
from simulator.net.acceptor import Acceptor
from simulator.net.datagram import DatagramPort
from simulator.net.dialer import SocketDialer, resolve_address
from simulator.net.sip.connection import Accepted, Connection
from simulator.net.sip.setting import TransportSettings
from simulator.wire.sip.packet import TCP, TLS, UDP, Destination, Packet

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from simulator.net.patchbay import Endpoint, Patchbay
    from simulator.net.provider import Provider
    from simulator.net.sip.setting import TransportUser
    from simulator.net.tls import Tls
    from simulator.wire.sip.packet import Address

_BLANK = frozenset(b"\r\n \t")
_LAST_OF_STUN = 1
"""A datagram that begins with 0 or 1 is STUN, and one of nothing but blanks a keepalive (sheet sip-rtp 3.5)."""
_BRANCH = re.compile(rb"^(?:via|v)[ \t]*:[^\r\n,]*;[ \t]*branch[ \t]*=[ \t]*([^;, \t\r\n]+)", re.I | re.M)
_OWN_ENDINGS = ("closed", "idle")
RECEIVE_BUFFER = 1 << 20
"""Bytes that the kernel keeps for us: the default holds a hundred messages, less than a burst of callers sends."""
SHORTEST_ROUND = 0.05
"""Wire seconds between two looks at idle connections, at least."""
REFUSAL_KEPT = 32.0
"""Wire seconds for which a place that refused TCP is not asked again for a large request."""


@dataclass(frozen=True, slots=True)
class Net:
    """What sockets are made of."""

    provider: Provider
    patchbay: Patchbay
    tls: Tls


class SipTransports:
    """The sockets of one user agent. Made inside the running loop; nothing is open before `open`."""

    def __init__(
        self,
        net: Net,
        endpoint: Endpoint,
        user: TransportUser,
        settings: TransportSettings | None = None,
        *,
        resolve: Callable[[str], str | None] = resolve_address,
    ) -> None:
        self.settings = settings or TransportSettings()
        self._net = net
        self._endpoint = endpoint
        self._user = user
        self._resolve = resolve
        self._loop = asyncio.get_running_loop()
        self._address: str | None = None
        self._datagrams: DatagramPort | None = None
        self._acceptors: dict[str, Acceptor] = {}
        self._dialer = SocketDialer(
            endpoint, lambda: self._address, net.provider, net.patchbay, net.tls, resolve=resolve
        )
        self._connections: dict[tuple[Address, str], Connection] = {}
        self._refused: dict[Address, float] = {}
        """Places without TCP, and until when that is believed."""
        self._timer: asyncio.TimerHandle | None = None

    # Sockets

    def open(self, address: str, port: int = 5060) -> None:
        """Listen on UDP and TCP of `port`.

        `port` is as the agent knows it; the provider may shift it, and in mode `ephemeral` chooses one for both UDP
        and TCP. Raises AddressTaken when another program holds one, and leaves nothing open then.
        """
        self.close()
        provider, owner = self._net.provider, self._endpoint.device
        self._address = address
        provider.pair_ports(port, owner)
        try:
            self._datagrams = DatagramPort(
                partial(self._bound, address, port),
                self._endpoint,
                self._net.patchbay,
                self._datagram_came,
                refused=self._datagram_refused,
            )
            self._accept(TCP, address, port, None)
        except FleetError:
            self.close()
            raise

    def open_tls(self, port: int, context: Callable[[], ssl.SSLContext]) -> None:
        """Listen for TLS too, with the certificate of `context`; connections that stand stay. Raises AddressTaken."""
        self.close_tls()
        if self._address is not None:
            self._accept(TLS, self._address, port, context)

    def close_tls(self) -> None:
        """Take no new connections over TLS. Safe to repeat."""
        acceptor = self._acceptors.pop(TLS, None)
        if acceptor is not None:
            acceptor.close()

    def close(self) -> None:
        """Close every socket, connections in order; nothing is told any more. Safe to repeat."""
        if self._datagrams is not None:
            self._datagrams.close()
        for acceptor in self._acceptors.values():
            acceptor.close()
        self._dialer.close()
        connections, self._connections = set(self._connections.values()), {}
        for connection in connections:
            connection.close()
        if self._timer is not None:
            self._timer.cancel()
        self._datagrams = self._timer = self._address = None
        self._acceptors = {}
        self._refused.clear()

    @property
    def is_open(self) -> bool:
        return self._datagrams is not None

    @property
    def address(self) -> str | None:
        """Wire address of the UDP socket, while it is open."""
        return None if self._datagrams is None else self._datagrams.address[0]

    def ports(self) -> dict[str, int]:
        """Wire port by transport, of those that listen: what belongs into Via and Contact."""
        ports = {transport: acceptor.address[1] for transport, acceptor in self._acceptors.items()}
        return ports if self._datagrams is None else {UDP: self._datagrams.address[1], **ports}

    # Packets

    def send(self, packet: Packet) -> None:
        """Send one. It arrives, or `undeliverable` is said later, or nobody knows (UDP).

        Its destination is a host, name or address, and a wire port. A request marked to switch goes over TCP, or by
        UDP where that is refused.
        """
        destination = packet.destination
        if self._address is None:
            self._fail(packet, "network is unreachable")
        elif destination.transport != UDP:
            self._send_on_stream(packet)
        elif not packet.switch:
            self._post(packet)
        elif self._refuses((destination.host, destination.port)):
            self._stay_on_udp(packet)
        else:
            self._hand_to(self._connection((destination.host, destination.port), TCP), packet)

    def connected(self, peer: Address, transport: str) -> bool:
        """A connection to this place stands or is being opened."""
        return (peer, transport) in self._connections

    def connections(self) -> Iterator[Connection]:
        """Each connection once."""
        return iter(set(self._connections.values()))

    # UDP

    def _bound(self, address: str, port: int) -> socket.socket:
        made = self._net.provider.bind_udp(address, port, owner=self._endpoint.device)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        return made

    def _datagram_came(self, data: bytes, peer: Address) -> None:
        if data and data[0] > _LAST_OF_STUN and (data[0] not in _BLANK or data.strip()):
            self._user.received(data, peer, UDP)

    def _datagram_refused(self, peer: Address, reason: str, data: bytes) -> None:
        """The kernel gives back what it sent, or the beginning of it: the branch says whose it was."""
        if self._datagrams is not None:
            branch = None if data.startswith(b"SIP/2.0 ") else _BRANCH.search(data)
            name = branch[1].decode("utf-8", "surrogateescape") if branch else ""
            method = data.partition(b" ")[0].decode("latin-1") if branch else ""
            self._user.undeliverable(Packet(data, Destination(*peer, UDP), name, method), reason)

    def _post(self, packet: Packet) -> None:
        destination = packet.destination
        address = self._resolve(destination.host)
        if address is None:
            self._fail(packet, f"could not resolve host {destination.host}")
        elif self._datagrams is not None:
            self._datagrams.send(packet.data, (address, destination.port))

    def _stay_on_udp(self, packet: Packet) -> None:
        """A large request whose destination has no TCP."""
        if self._datagrams is not None:
            self._post(self._user.over(packet, UDP, self._datagrams.address))

    def _refuses(self, place: Address) -> bool:
        until = self._refused.get(place)
        if until is not None and until < wire_now():
            del self._refused[place]
            return False
        return until is not None

    # Streams

    def _accept(
        self, transport: str, address: str, port: int, context: Callable[[], ssl.SSLContext] | None
    ) -> None:
        listen = partial(self._net.provider.listen_tcp, address, port, owner=self._endpoint.device)
        self._acceptors[transport] = Acceptor(
            listen, self._endpoint, self._net.patchbay, lambda: Accepted(self, transport), context=context
        )

    def _send_on_stream(self, packet: Packet) -> None:
        destination = packet.destination
        place, transport = (destination.host, destination.port), destination.transport
        if destination.connection is not None and (destination.connection, transport) in self._connections:
            place = destination.connection
        self._hand_to(self._connection(place, transport), packet)

    def _hand_to(self, connection: Connection, packet: Packet) -> None:
        if not connection.send(packet):
            self._fail(packet, "too much waits for the connection")

    def _connection(self, place: Address, transport: str) -> Connection:
        """The one that stands or is being opened, else a new one."""
        connection = self._connections.get((place, transport))
        if connection is None:
            connection = Connection(self, place, transport, dialled=True)
            self._connections[place, transport] = connection
            self._dialer.dial(
                connection,
                *place,
                tls=self.settings.tls if transport == TLS else None,
                timeout=self.settings.connect_timeout,
            )
            self._arm()
        return connection

    # What connections tell

    @property
    def pong(self) -> bool:
        return self.settings.stream_pong

    def came(self, connection: Connection, data: bytes) -> None:
        if self._address is not None:
            self._user.received(data, connection.peer, connection.transport)

    def unreadable(self, connection: Connection, error: MalformedMessage) -> None:
        self._user.malformed(connection.peer, connection.transport, error)

    def switched(self, packet: Packet, local: Address) -> Packet:
        """For a connection that stands."""
        return self._user.over(packet, TCP, local)

    def stands(self, connection: Connection) -> None:
        """A dialled connection is known by its name and its address; of accepted ones there are only so many."""
        crowded = not connection.dialled and len(self._connections) >= self.settings.most_connections
        if self._address is None or crowded:
            connection.abort()
            return
        if connection.dialled:
            address = self._resolve(connection.host[0])
            connection.peer = (address or connection.host[0], connection.host[1])
        self._connections.setdefault((connection.peer, connection.transport), connection)
        self._arm()

    def gone(self, connection: Connection, reason: str, unsent: list[Packet]) -> None:
        for key in ((connection.host, connection.transport), (connection.peer, connection.transport)):
            if self._connections.get(key) is connection:
                del self._connections[key]
        if self._address is None:
            return
        for packet in unsent:
            if packet.switch and packet.transport == UDP:
                self._refused[connection.host] = wire_now() + REFUSAL_KEPT
                self._stay_on_udp(packet)
            else:
                self._user.undeliverable(packet, reason)
        if connection.last_request is not None and connection.dialled and reason not in _OWN_ENDINGS:
            self._user.undeliverable(connection.last_request, reason)

    def _fail(self, packet: Packet, reason: str) -> None:
        self._loop.call_soon(self._user.undeliverable, packet, reason)

    # Idle connections: one timer, none while there is no connection

    def _arm(self) -> None:
        due = min((c.last_used for c in self._connections.values()), default=None)
        if due is not None and self._timer is None:
            when = max(due + self.settings.idle_close, wire_now() + SHORTEST_ROUND)
            self._timer = self._loop.call_at(when, self._round)

    def _round(self) -> None:
        self._net.patchbay.activity.count += 1
        self._timer = None
        now = wire_now()
        for connection in self.connections():
            if not connection.standing:
                connection.last_used = now  # the dialer has a limit of its own
            elif connection.last_used + self.settings.idle_close <= now:
                if self._user.needed(connection.peer, connection.transport):
                    connection.last_used = now
                else:
                    connection.close()
                    self.gone(connection, "idle", [])
        self._arm()
