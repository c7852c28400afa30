"""UDP, TCP and TLS of one SIP user agent at one address.

    transports = SipTransports(Net(provider, patchbay, tls), Endpoint("speaker-1", "sip"), user)
    transports.open("127.16.0.1", 5060, tls_port=5061, context=tls.server(...))
    transports.send(message.encode(), ("127.19.0.5", 5060), "UDP")
    host, port = transports.place("UDP")            # what Via and Contact say
    transports.close()

One UDP socket listens and sends, with a TCP listener beside it on the same port; connections are reused for the same
host, port and transport, and a response goes back on the connection its request came on while that stands (RFC 3261
18.2.2). Every socket hangs on the patchbay, so that link faults, a pulled cable and a power cut act on it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from simulator.clock import wire_now
from simulator.errors import FleetError, MalformedMessage
from simulator.net.acceptor import Acceptor
from simulator.net.datagram import DatagramPort
from simulator.net.dialer import SocketDialer, resolve_address
from simulator.net.sip.connection import Accepted, Connection, Unsent
from simulator.net.sip.setting import TCP, TLS, UDP, TransportSettings
from simulator.net.sip.switch import Switch, branch_of, over_tcp
from simulator.wire.sip.header import via
from simulator.wire.sip.message import parse

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from simulator.net.datagram import Peer
    from simulator.net.patchbay import Endpoint, Patchbay
    from simulator.net.provider import Provider
    from simulator.net.sip.setting import TransportUser
    from simulator.net.tls import Tls

DEFAULT_PORTS = {UDP: 5060, TCP: 5060, TLS: 5061}
CRLF = b"\r\n"
_NO_MESSAGE = frozenset(b"\r\n \t\0\1")
"""First bytes of a datagram that is none: a keepalive, or STUN (sheet sip-rtp 3.5)."""
_RESPONSE = b"SIP/2.0 "
_OWN_ENDINGS = ("closed", "idle")
SHORTEST_ROUND = 0.05
"""Wire seconds between two looks at what is due, at least."""


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
        self._connections: dict[tuple[Peer, str], Connection] = {}
        self._switch = Switch()
        self._kept: dict[Peer, float] = {}
        """Whom CRLF is sent to over UDP, and when next."""
        self._timer: asyncio.TimerHandle | None = None

    # Sockets

    def open(
        self,
        address: str,
        port: int = 5060,
        *,
        tls_port: int | None = None,
        context: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        """Listen on UDP and TCP of `port`, and for TLS on `tls_port` with the certificate of `context`.

        `port` is as the agent knows it; the provider may shift it, and in mode `ephemeral` chooses one for both UDP
        and TCP. Raises AddressTaken when another program holds one, and leaves nothing open then.
        """
        self.close()
        provider, owner = self._net.provider, self._endpoint.device
        self._address = address
        provider.pair_ports(port, owner)
        try:
            self._datagrams = DatagramPort(
                partial(provider.bind_udp, address, port, owner=owner),
                self._endpoint,
                self._net.patchbay,
                self._datagram_came,
                refused=self._datagram_refused,
            )
            self._accept(TCP, address, port, None)
            if tls_port is not None and context is not None:
                self._accept(TLS, address, tls_port, context)
        except FleetError:
            self.close()
            raise

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
        self._kept.clear()
        self._switch = Switch()

    @property
    def is_open(self) -> bool:
        return self._datagrams is not None

    def place(self, transport: str = UDP) -> Peer:
        """Address and wire port at which this agent is reached: what belongs into Via and Contact.

        Raises FleetError while nothing listens there.
        """
        opening = self._datagrams if transport == UDP else self._acceptors.get(transport)
        if opening is None:
            raise FleetError(f"{self._endpoint} does not listen on {transport}")
        return opening.address

    # Messages

    def send(self, data: bytes, destination: Peer, transport: str = UDP) -> None:
        """Send one message. It arrives, or `undeliverable` is said later, or nobody knows (UDP).

        `destination` is a host, name or address, and a wire port. A response whose connection is gone opens one to
        the place its top Via names.
        """
        if self._address is None:
            self._fail(destination, transport, "network is unreachable")
        elif transport == UDP:
            self._send_datagram(data, destination)
        else:
            self._send_on_stream(data, destination, transport)

    def keep_alive(self, destination: Peer, *, on: bool = True) -> None:
        """Send CRLF to this place over UDP every `datagram_keepalive` seconds, or do not any more.

        Connections are kept alive by themselves.
        """
        if not on:
            self._kept.pop(destination, None)
        elif destination not in self._kept and self.settings.datagram_keepalive:
            self._kept[destination] = wire_now() + self.settings.datagram_keepalive
            self._arm()

    def connected(self, peer: Peer, transport: str) -> bool:
        """A connection to this place stands or is being opened."""
        return (peer, transport) in self._connections

    def connections(self) -> Iterator[Connection]:
        """Each connection once."""
        return iter(set(self._connections.values()))

    # UDP

    def _datagram_came(self, data: bytes, peer: Peer) -> None:
        if data and data[0] not in _NO_MESSAGE or data.strip(b"\r\n \t\0"):
            self._user.received(data, peer, UDP)

    def _datagram_refused(self, peer: Peer, reason: str) -> None:
        if self._datagrams is not None:
            self._user.undeliverable(peer, UDP, reason)

    def _send_datagram(self, data: bytes, destination: Peer) -> None:
        settings = self.settings
        if (
            (len(data) > settings.largest_datagram or self._switch)
            and settings.switch_to_tcp
            and not data.startswith(_RESPONSE)
            and self._switched(data, destination)
        ):
            return
        self._post(data, destination)

    def _post(self, data: bytes, destination: Peer) -> None:
        address = self._resolve(destination[0])
        if address is None:
            self._fail(destination, UDP, f"could not resolve host {destination[0]}")
        elif self._datagrams is not None:
            self._datagrams.send(data, (address, destination[1]))

    def _switched(self, data: bytes, destination: Peer) -> bool:
        """Send a request over TCP, if it is too large or belongs to one that was; False leaves it to UDP."""
        branch = branch_of(data)
        known = self._switch.known(branch)
        if known is None:
            if len(data) <= self.settings.largest_datagram or not branch:
                return False
            known = self._switch.remember(branch)
        if known.refused:
            return False
        mark = hash(data)
        if mark not in known.sent:  # a stream repeats nothing
            known.sent.add(mark)
            self._connection(destination, TCP).send(over_tcp(data), data)
        return True

    # Streams

    def _accept(
        self, transport: str, address: str, port: int, context: Callable[[], ssl.SSLContext] | None
    ) -> None:
        listen = partial(self._net.provider.listen_tcp, address, port, owner=self._endpoint.device)
        self._acceptors[transport] = Acceptor(
            listen, self._endpoint, self._net.patchbay, lambda: Accepted(self, transport), context=context
        )

    def _send_on_stream(self, data: bytes, destination: Peer, transport: str) -> None:
        if data.startswith(_RESPONSE) and (destination, transport) not in self._connections:
            destination = _place_in_via(data, transport) or destination
        if not self._connection(destination, transport).send(data):
            self._fail(destination, transport, "too much waits for the connection")

    def _connection(self, destination: Peer, transport: str) -> Connection:
        """The one that stands or is being opened, else a new one."""
        connection = self._connections.get((destination, transport))
        if connection is None:
            connection = Connection(self, destination, transport, dialled=True)
            self._connections[destination, transport] = connection
            self._dialer.dial(
                connection,
                *destination,
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

    def unreadable(self, connection: Connection, reason: str) -> None:
        self._user.malformed(connection.peer, connection.transport, reason)

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

    def gone(self, connection: Connection, reason: str, unsent: list[Unsent]) -> None:
        for key in ((connection.host, connection.transport), (connection.peer, connection.transport)):
            if self._connections.get(key) is connection:
                del self._connections[key]
        told = connection.dialled and not unsent and reason not in _OWN_ENDINGS
        for _, datagram in unsent:
            if datagram is None:
                told = True
            else:
                self._back_to_udp(datagram, connection.host)
        if told and self._address is not None:
            self._user.undeliverable(connection.host, connection.transport, reason)

    def _back_to_udp(self, datagram: bytes, destination: Peer) -> None:
        """TCP was refused: the request goes as it was meant (RFC 3261 18.1.1)."""
        known = self._switch.known(branch_of(datagram))
        if known is not None:
            known.refused = True
        self._post(datagram, destination)

    def _fail(self, destination: Peer, transport: str, reason: str) -> None:
        self._loop.call_soon(self._user.undeliverable, destination, transport, reason)

    # Keepalives and idle connections: one timer, none while there is nothing to keep

    def _arm(self) -> None:
        due = self._next_due()
        if due is None:
            return
        when = max(due, wire_now() + SHORTEST_ROUND)
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._round)

    def _next_due(self) -> float | None:
        settings = self.settings
        due = list(self._kept.values())
        for connection in self._connections.values():
            due.append(connection.last_used + settings.idle_close)
            if settings.stream_keepalive:
                due.append(connection.last_sent + settings.stream_keepalive)
        return min(due, default=None)

    def _round(self) -> None:
        self._net.patchbay.activity.count += 1
        self._timer = None
        now = wire_now()
        for peer, due in tuple(self._kept.items()):
            if due <= now:
                self._kept[peer] = now + self.settings.datagram_keepalive
                self._post(CRLF, peer)
        for connection in self.connections():
            self._look_after(connection, now)
        self._arm()

    def _look_after(self, connection: Connection, now: float) -> None:
        settings = self.settings
        if not connection.standing:
            connection.last_used = now  # the dialer has a limit of its own
        elif connection.last_used + settings.idle_close <= now:
            if self._user.needed(connection.peer, connection.transport):
                connection.last_used = now
            else:
                connection.close()
                self.gone(connection, "idle", [])
                return
        if settings.stream_keepalive and connection.last_sent + settings.stream_keepalive <= now:
            connection.ping()


def _place_in_via(response: bytes, transport: str) -> Peer | None:
    """Where a response goes whose connection is gone: `received` or sent-by, and the port of sent-by."""
    try:
        top = via(parse(response).headers)
    except MalformedMessage:
        return None
    return top.params.get("received") or top.host, top.port or DEFAULT_PORTS[transport]
