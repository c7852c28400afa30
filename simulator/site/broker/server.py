"""The embedded broker: listeners, connections, and what hands can do to it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import FleetError
from simulator.journal import Kind
from simulator.site.broker.connection import Connection
from simulator.site.broker.router import SITE, Router
from simulator.site.broker.script import Orders
from simulator.site.broker.timing import Deadlines, WireClock
from simulator.site.broker.turn import Turns
from simulator.site.broker.websocket import WebSocketDoor
from simulator.wire.mqtt.reason import Reason

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Mapping

    from simulator.journal import Journal
    from simulator.site.broker.limits import Limits
    from simulator.site.broker.script import Refused
    from simulator.wire.websocket.session import Ended

    Opener = Callable[[], socket.socket]

HANDSHAKE = 10.0
"""Wire seconds for a TLS handshake."""
BACKLOG = 4096
"""Connections that wait to be taken. A fleet dials in one instant; those that do not fit come back seconds later."""


_WEB = frozenset({"ws", "wss"})


@dataclass(frozen=True)
class Door:
    """One way in."""

    transport: str
    open: Opener
    tls: ssl.SSLContext | None = None


class BrokerServer:
    """One broker. `users` maps names to passwords; None lets everybody in."""

    def __init__(
        self, journal: Journal, *, limits: Limits | None = None, users: Mapping[str, str] | None = None
    ) -> None:
        self._journal = journal
        self.router = Router(journal, limits, users)
        self.orders = Orders()
        self.stirred: Callable[[], None] = lambda: None
        """Called whenever the broker has work: what a stepped clock waits for. Set before `start`."""
        self.path = "/mqtt"
        """Of the WebSocket transports; requests for another are answered with 404."""
        self.ports: dict[str, int] = {}
        """By transport (tcp, ssl, ws, wss) where connections are taken; kept while stopped."""
        self._doors: tuple[Door, ...] = ()
        self._servers: list[asyncio.Server] = []
        self._connections: set[Connection] = set()
        self.wire = Deadlines(WireClock())
        self.device: Deadlines | None = None
        """The time of the fleet, where its clock is stepped; set before `start`."""
        self.is_device: Callable[[str], bool] = lambda peer: False
        """Whether a peer is a device of the fleet, and so lives by its clock."""
        self.router.waits = lambda due: self.wire.watch(self.router, due)
        self._all_gone: asyncio.Event | None = None

    @property
    def port(self) -> int | None:
        """Where plain connections are taken."""
        return self.ports.get("tcp")

    @property
    def tls_port(self) -> int | None:
        """Where connections over TLS are taken."""
        return self.ports.get("ssl")

    @property
    def running(self) -> bool:
        return bool(self._servers)

    async def start(
        self,
        plain: Opener,
        secure: Opener | None = None,
        tls: ssl.SSLContext | None = None,
        *,
        web: Opener | None = None,
        secure_web: Opener | None = None,
    ) -> None:
        """Take connections on the listening sockets that these make: MQTT plain and over TLS, and the same inside
        WebSockets. Those over TLS need `tls`.

        They are called again by each later start, and must then give the same ports. Raises what they raise, and
        FleetError when the broker is running.
        """
        if self.running:
            raise FleetError("the broker is running already")
        doors = [Door("tcp", plain)]
        if tls is not None:
            doors += [Door("ssl", secure, tls)] if secure is not None else []
            doors += [Door("wss", secure_web, tls)] if secure_web is not None else []
        if web is not None:
            doors.append(Door("ws", web))
        self._doors = tuple(doors)
        await self.start_again()

    async def start_again(self, *, lose_sessions: bool = False) -> None:
        """Start a stopped broker on its ports; nothing happens to a running one.

        With `lose_sessions` it comes back without sessions and retained messages, as a broker without persistence.
        Raises FleetError when it was never started.
        """
        if self.running:
            return
        if not self._doors:
            raise FleetError("the broker was never started")
        if lose_sessions:
            self.router.forget()
        loop = asyncio.get_running_loop()
        self.turns = Turns(loop, self.stirred)
        for door, sock in zip(self._doors, self._sockets(), strict=True):
            self.ports[door.transport] = sock.getsockname()[1]
            server = await loop.create_server(
                self._web if door.transport in _WEB else lambda: Connection(self),
                sock=sock,
                backlog=BACKLOG,
                ssl=door.tls,
                ssl_handshake_timeout=HANDSHAKE if door.tls else None,
            )
            self._servers.append(server)
        self.wire.watch(self.router, self.router.next_deadline())
        self._note("broker.started", port=self.port, tls_port=self.tls_port, lose_sessions=lose_sessions)

    async def stop(self) -> None:
        """Close everything. Clients see the end of the connection, new ones are refused by the host.

        Wills are published before, as mosquitto does, so that retained ones are there when the broker comes back.
        """
        if not self.running:
            return
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        for connection in tuple(self._connections):
            connection.abort("broker stopped", Reason.SERVER_SHUTTING_DOWN)
        self.turns.clear()
        for times in filter(None, (self.wire, self.device)):
            times.stop()
        if self._connections:
            self._all_gone = asyncio.Event()
            await self._all_gone.wait()
            self._all_gone = None
        self._note("broker.stopped")

    async def restart(self, *, lose_sessions: bool = False) -> None:
        """Stop and start on the same ports."""
        await self.stop()
        await self.start_again(lose_sessions=lose_sessions)

    # Hands

    def refuse(self, how: Refused | None, client_id: str | None = None) -> None:
        """Answer CONNECT with a code (1 to 5), `silent`ly not at all, or with a `reset`; None accepts again.

        A client's own order goes before that for all. Connections that stand are not touched. Raises ValueError.
        """
        self.orders.refuse(how, client_id)
        self._note("broker.refuse", how=how, client=client_id)

    def drop(self, client_id: str | None = None) -> int:
        """Close a client's connection without a word, or all; returns how many. Wills are published."""
        chosen = self._chosen(client_id)
        self._note("broker.drop", client=client_id, connections=len(chosen))
        for connection in chosen:
            connection.abort("dropped")
        return len(chosen)

    def subscribed(self) -> list[tuple[str, str]]:
        """Client id and peer of every connected client that has subscriptions."""
        return [(c.client_id, c.peer) for c in self._connections if self.router.filters_of(c.client_id)]

    def stall(self, client_id: str | None = None) -> None:
        """Stay connected, and neither read nor answer."""
        self.orders.stall(client_id)
        self._orders_changed("broker.stall", client_id)

    def resume(self, client_id: str | None = None) -> None:
        """End a stall."""
        self.orders.resume(client_id)
        self._orders_changed("broker.resume", client_id)

    def delay(self, seconds: float, client_id: str | None = None) -> None:
        """Send everything later by so many wire seconds; 0 ends it."""
        self.orders.delay(seconds, client_id)
        self._note("broker.delay", seconds=seconds, client=client_id)

    def _orders_changed(self, what: str, client_id: str | None) -> None:
        self._note(what, client=client_id)
        for connection in tuple(self._connections):
            connection.orders_changed()

    def _chosen(self, client_id: str | None) -> list[Connection]:
        return [c for c in self._connections if client_id is None or c.client_id == client_id]

    # What connections ask for

    def opened(self, connection: Connection) -> bool:
        """A connection stands; False if there are too many."""
        self._connections.add(connection)
        return len(self._connections) <= self.router.limits.connections and self.running

    def closed(self, connection: Connection, reason: str) -> None:
        """A connection is gone."""
        self._connections.discard(connection)
        if self._all_gone is not None and not self._connections:
            self._all_gone.set()
        self.note("broker.disconnected", connection, reason=reason)

    def note(self, what: str, connection: Connection, **data: object) -> None:
        """Write into the journal about a connection."""
        kind = Kind.VIOLATION if what == "violation" else Kind.SITE
        what = "mqtt" if what == "violation" else what
        self._journal.append(kind, SITE, what, client=connection.client_id, peer=connection.peer, **data)

    def time_of(self, connection: Connection) -> Deadlines:
        """A device of a stepped fleet lives by the fleet's clock, and so does its keep alive; everybody else by
        wire time."""
        return self.device if self.device is not None and self.is_device(connection.peer) else self.wire

    def _web(self) -> WebSocketDoor:
        return WebSocketDoor(lambda: Connection(self), self.path, self._no_websocket)

    def _no_websocket(self, peer: str, ended: Ended) -> None:
        self._journal.append(
            Kind.VIOLATION, SITE, "websocket", peer=peer, violation=ended.violation, offset=ended.offset
        )

    def _sockets(self) -> list[socket.socket]:
        """All listening sockets, or none."""
        sockets: list[socket.socket] = []
        try:
            for door in self._doors:
                sockets.append(door.open())
        except BaseException:
            for sock in sockets:
                sock.close()
            raise
        return sockets

    def _note(self, what: str, **data: object) -> None:
        self._journal.append(Kind.SITE, SITE, what, **data)
