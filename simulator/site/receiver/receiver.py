"""What all receivers have in common: listeners that come and go, orders of hands, and lines in the journal."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from simulator.journal import Kind
from simulator.net.activity import without_cause

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable

    from simulator.device.world import World

SITE = "site"
LONGEST_SHOWN = 4096
"""Characters of a message that the journal keeps."""


@dataclass(slots=True)
class Orders:
    """What hands have told a receiver."""

    code: int | None = None
    """Everything is refused with this code."""
    delay: float = 0.0
    """Device seconds before each answer."""
    stalled: bool = False
    """Takes connections and says nothing."""


@dataclass(frozen=True, slots=True)
class Door:
    """One way in: a name for it, what makes its listener, and TLS from the first byte on."""

    name: str
    open: Callable[[], socket.socket]
    tls: ssl.SSLContext | None = None


@dataclass(slots=True)
class Surroundings:
    """What a receiver is given: the ground, whose address is whose, and what a stepped clock waits for."""

    world: World
    whose: Callable[[str], str | None]
    stirred: Callable[[], None]


class Receiver(ABC):
    """One receiver with its doors. `start` and `stop` may be repeated."""

    name = ""

    def __init__(self, surroundings: Surroundings, doors: tuple[Door, ...]) -> None:
        self._around = surroundings
        self._doors = doors
        self._servers: list[asyncio.Server] = []
        self._transports: set[asyncio.BaseTransport] = set()
        self.orders = Orders()
        self.ports: dict[str, int] = {}
        """By door, kept while stopped."""

    @property
    def running(self) -> bool:
        return bool(self._servers)

    @abstractmethod
    def protocol(self, door: Door) -> asyncio.Protocol:
        """What speaks on a new connection."""

    async def start(self) -> None:
        """Take connections."""
        if self.running:
            return
        loop = asyncio.get_running_loop()
        for door in self._doors:
            sock = door.open()
            self.ports[door.name] = sock.getsockname()[1]
            server = await without_cause(
                loop.create_server, lambda door=door: self._spoken(door), sock=sock, ssl=door.tls
            )
            self._servers.append(server)

    async def stop(self) -> None:
        """Refuse connections and end those that stand, as a program that is killed."""
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        for transport in tuple(self._transports):
            cast("asyncio.Transport", transport).abort()
        self._transports.clear()
        await self.settle()

    async def settle(self) -> None:
        """Wait for what is still being done after a stop: transports close in the next turn."""
        await asyncio.sleep(0)

    def opened(self, transport: asyncio.BaseTransport) -> None:
        """A connection stands."""
        self._transports.add(transport)
        self._around.stirred()

    def ended(self, transport: asyncio.BaseTransport) -> None:
        """It is over."""
        self._transports.discard(transport)
        self._around.stirred()

    async def hesitate(self) -> None:
        """Before an answer: as long as hands want, in device time."""
        if self.orders.delay:
            loop = asyncio.get_running_loop()
            waiting: asyncio.Future[None] = loop.create_future()
            timer = self._around.world.clock.call_later(
                self.orders.delay, lambda: None if waiting.done() else waiting.set_result(None)
            )
            try:
                await waiting
            finally:
                timer.cancel()
        self._around.stirred()

    def note(self, what: str, peer: str, **data: Any) -> None:
        """A line of the journal, about the device that is at the address it came from."""
        device = self._around.whose(peer.rpartition(":")[0]) or ""
        self._around.world.journal.append(Kind.SITE, SITE, what, device=device, peer=peer, **data)

    def _spoken(self, door: Door) -> asyncio.Protocol:
        return _Mute(self) if self.orders.stalled else self.protocol(door)


class _Mute(asyncio.Protocol):
    """Takes a connection and says nothing."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._receiver.opened(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._receiver.ended(self._transport)


def shown(text: str) -> str:
    """Text as the journal keeps it."""
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."


def address_of(peer: object) -> str:
    """`127.0.0.1:4711` of what asyncio calls a peer name."""
    return f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) and len(peer) >= 2 else ""
