"""A running I/O module with its MQTT client on real sockets, and certificates for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import trustme
from broker_bench import HOST, PATIENCE
from net_bench import Bench, until

from simulator.chance import Chance
from simulator.device.device import Device
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.face.mqtt import MqttFace
from simulator.journal import Journal
from simulator.net.dialer import SocketDialer
from simulator.net.patchbay import Endpoint

ALIAS = "own"


@dataclass
class Authority:
    """A certificate authority of the test's own."""

    ca: trustme.CA

    @classmethod
    def make(cls) -> Authority:
        return cls(trustme.CA())

    @property
    def pem(self) -> bytes:
        return self.ca.cert_pem.bytes()

    def client(self, **dates: Any) -> bytes:
        """A client certificate with its key."""
        return self.ca.issue_cert("client.test", **dates).private_key_and_cert_chain_pem.bytes()


class DeviceOnWire:
    """A device and its journal; the face is started when the test says so."""

    def __init__(self, fleet: Bench, number: int = 1) -> None:
        self.journal = Journal(fleet.clock)
        world = World(fleet.clock, Chance(7), self.journal)
        profile = load_profile("A9210", "12.9.57")
        self.device = Device(f"io-{number}", number, profile, world, lambda address: address)
        address = fleet.provider.plan.device(number)
        endpoint = Endpoint(self.device.name, "mqtt")
        self.face = MqttFace(
            self.device, SocketDialer(endpoint, lambda: address, fleet.provider, fleet.bay, fleet.tls)
        )
        self.device.lifecycle.running_from_the_start()

    def connect(self, protocol: str, port: int, *, ssl: dict[str, Any] | None = None, **settings: Any) -> None:
        """Configure and go."""
        server = {"protocol": protocol, "host": HOST, "port": port, **settings.pop("server", {})}
        wanted = {"server": server, "connectMessage": {"useDefault": True}, "ssl": ssl or {}, **settings}
        self.device.mqtt.configure_client(wanted)
        self.device.mqtt.activate()
        self.face.start()

    @property
    def connected(self) -> bool:
        return self.device.mqtt.connection_status == "connected"

    async def until_connected(self) -> None:
        await until(lambda: self.connected, PATIENCE)

    async def until_logged(self, text: str) -> str:
        """The line of the system log that holds the text."""
        lines: list[str] = []

        def logged() -> bool:
            lines[:] = self.device.logs.system_lines(text)
            return bool(lines)

        try:
            await until(logged, PATIENCE)
        except TimeoutError:
            raise AssertionError(self.device.logs.system_lines()) from None
        return lines[-1]
