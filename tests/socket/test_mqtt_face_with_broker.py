"""A device's MQTT client against the embedded broker: TLS, and a fleet that meets a restart."""

from __future__ import annotations

import pytest
from broker_bench import HOST, PATIENCE, Sockets, site
from net_bench import Bench, bench, until

from simulator.chance import Chance
from simulator.device.device import Device
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.face.mqtt import MqttFace
from simulator.journal import Journal
from simulator.net.dialer import SocketDialer
from simulator.net.patchbay import Endpoint
from simulator.net.tls import Tls
from simulator.site.broker.server import BrokerServer

pytestmark = pytest.mark.asyncio


def device_of(fleet: Bench, number: int, **server) -> tuple[Device, MqttFace]:
    """A running device, active towards the server, its face started."""
    world = World(fleet.clock, Chance(7), Journal(fleet.clock))
    device = Device(f"io-{number}", number, load_profile("A9210", "12.9.57"), world, lambda address: address)
    address = fleet.provider.plan.device(number)
    endpoint = Endpoint(device.name, "mqtt")
    face = MqttFace(device, SocketDialer(endpoint, lambda: address, fleet.provider, fleet.bay, fleet.tls))
    device.lifecycle.running_from_the_start()
    verify = server.pop("verify", True)
    settings = {"server": {"host": HOST, **server}, "ssl": {"validateServerCert": verify}}
    device.mqtt.configure_client({**settings, "connectMessage": {"useDefault": True}})
    device.mqtt.activate()
    face.start()
    return device, face


@pytest.mark.parametrize(
    ("own_authority", "verify", "status"),
    [(True, True, "connected"), (False, True, "disconnected"), (False, False, "connected")],
)
async def test_certificates_are_checked_if_the_settings_say_so(own_authority, verify, status):
    async with bench() as fleet:
        authority = fleet.tls if own_authority else Tls()
        broker = BrokerServer(Journal(fleet.clock))
        await broker.start(Sockets(), Sockets(), authority.named("broker", HOST))
        device, face = device_of(fleet, 1, protocol="ssl", port=broker.tls_port, verify=verify)
        if status == "connected":
            await until(lambda: device.mqtt.connection_status == "connected", PATIENCE)
        else:
            await until(lambda: any("certificate" in what for _, _, what in fleet.connections), PATIENCE)
            assert device.mqtt.connection_status == "disconnected"
        face.stop(orderly=False)
        await broker.stop()


async def test_a_fleet_comes_back_after_a_restart_of_the_broker():
    async with bench() as fleet, site() as place:
        devices = [device_of(fleet, number, protocol="tcp", port=place.port) for number in range(1, 21)]
        await until(lambda: len(place.records("broker.connected")) == 20, PATIENCE)
        await place.broker.restart(lose_sessions=True)
        await until(lambda: len(place.records("broker.connected")) == 40, PATIENCE)
        await until(lambda: all(d.mqtt.connection_status == "connected" for d, _ in devices), PATIENCE)
        assert len({record.data["client"] for record in place.records("broker.connected")}) == 20
        for _, face in devices:
            face.stop(orderly=False)
