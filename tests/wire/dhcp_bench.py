"""A DHCP client and the scripted server on one wire, on stepped time."""

from __future__ import annotations

from collections.abc import Callable

from simulator.chance import Chance
from simulator.wire.dhcp.behaviour import Script
from simulator.wire.dhcp.client import DhcpClient, Settings
from simulator.wire.dhcp.event import (
    Bound,
    Decline,
    Start,
    State,
    Transmit,
)
from simulator.wire.dhcp.message import Message, decode
from simulator.wire.dhcp.server import DhcpServer, Offering

MAC = bytes.fromhex("b8a44f010203")
MAC_TEXT = "b8:a4:4f:01:02:03"
SERVER = "127.19.0.1"
ADDRESS = "127.16.0.1"
VENDOR = "AXIS,Network I/O Relay Module,A9210,12.9.57"


def settings(**changes: object) -> Settings:
    base: dict[str, object] = {
        "mac": MAC,
        "vendor_class": VENDOR,
        "host_name": "axis-b8a44f010203",
        "request_list": (1, 3, 6, 12, 15, 28, 42, 100, 101, 119, 121),
    }
    return Settings(**{**base, **changes})


class Bench:
    """A client and a server on one wire without delay."""

    def __init__(
        self, *, seed: int = 1, pool: Callable[[str], str | None] = lambda mac: ADDRESS, **changes: object
    ):
        self.now = 0.0
        self.client = DhcpClient(settings(**changes), Chance(seed).stream("client"))
        self.server = DhcpServer(Offering(SERVER, router=SERVER), pool, Chance(seed).stream("server"))
        self.log: list[tuple[float, object]] = []
        self.sent: list[tuple[float, Message, str | None]] = []
        self.conflicts: set[str] = set()

    def script(self, target: str = "*", *, count: int | None = None, **verbs: object) -> None:
        self.server.send(Script(target, verbs, count), self.now)

    def do(self, event: object) -> None:
        self.client.send(event, self.now)
        self.settle()

    def settle(self) -> None:
        while True:
            outputs = self.client.take_output()
            for output in outputs:
                self.log.append((self.now, output))
                if isinstance(output, Transmit):
                    self.sent.append((self.now, decode(output.data), output.destination))
                    self.server.receive(output.data, self.now)
                elif isinstance(output, Bound) and output.terms.address in self.conflicts:
                    self.client.send(Decline(), self.now)
            answers = self.server.take_output()
            for answer in answers:
                self.client.receive(answer.data, self.now)
            if not outputs and not answers:
                return

    def run(self, until: float) -> None:
        while True:
            dues = [d for d in (self.client.next_deadline(), self.server.next_deadline()) if d is not None]
            if not dues or min(dues) > until:
                self.now = until
                return
            self.now = max(self.now, min(dues))
            self.client.tick(self.now)
            self.server.tick(self.now)
            self.settle()

    def kinds(self) -> list[str]:
        return [message.type.name for _, message, _ in self.sent]

    def said(self, kind: type) -> list[tuple[float, object]]:
        return [(at, output) for at, output in self.log if isinstance(output, kind)]


def bound(**changes: object) -> Bench:
    bench = Bench(**changes)
    bench.do(Start())
    bench.run(11.0)
    assert bench.client.state is State.BOUND
    bench.log.clear()
    bench.sent.clear()
    return bench
