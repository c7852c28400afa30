"""The site's DHCP server and the devices' way to it, over real sockets on loopback."""

from __future__ import annotations

import asyncio
import socket

import pytest

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.address_registry import AddressRegistry
from simulator.device.device import Device
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.errors import FleetError
from simulator.face.dhcp import DhcpFace
from simulator.journal import Journal, Kind
from simulator.net.fault.udp_duplicate import UdpDuplicate
from simulator.net.fault.udp_loss import UdpLoss
from simulator.net.pacer import Pacer
from simulator.net.patchbay import Endpoint, Patchbay
from simulator.site.dhcp_server import DhcpExchange, DhcpService
from simulator.wire.dhcp.message import Message, Op, Type, decode, encode
from simulator.wire.dhcp.server import DhcpServer, Offering

SERVER = "127.19.0.1"


def bound_socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind(("127.0.0.1", 0))
    return sock


class Site:
    """A server, a shared client socket, a stepped clock and its pacer."""

    def __init__(self) -> None:
        self.clock = SimClock(stepped=True)
        self.world = World(self.clock, Chance(3), Journal(self.clock))
        self.pacer = Pacer(self.clock)
        self.patchbay = Patchbay(self.pacer.activity, self.world.chance)
        self.registry = AddressRegistry(self.clock)
        self.numbers: dict[str, str] = {}
        self.devices: list[Device] = []
        server = DhcpServer(Offering(SERVER, 16, SERVER), self.numbers.get, self.world.chance.stream("dhcp"))
        self.service = DhcpService(server, self.world, bound_socket, self.patchbay)
        self.exchange = DhcpExchange(bound_socket, self.patchbay, self.service.address)

    def face(self, number: int) -> DhcpFace:
        profile = load_profile("A9210", "12.9.57")
        device = Device(f"io-{number}", number, profile, self.world, lambda address: address)
        device.network.registry = self.registry
        self.devices.append(device)
        self.numbers[device.identity.mac_lower] = f"127.16.0.{number}"
        faces: list[DhcpFace] = []
        way = self.exchange.attach(device.name, device.identity.mac_lower, lambda data: faces[0].received(data))
        faces.append(DhcpFace(device, way))
        return faces[0]

    def close(self) -> None:
        self.exchange.close()
        self.service.close()
        self.pacer.close()


def on_site(story):
    """Run a story with a site, on an event loop of its own, and close what it opened."""

    def run() -> None:
        async def main() -> None:
            site = Site()
            try:
                await story(site)
            finally:
                site.close()

        asyncio.run(main())

    run.__name__, run.__doc__ = story.__name__, story.__doc__
    return run


def addresses(site: Site) -> list[str | None]:
    return [device.network.primary for device in site.devices]


@on_site
async def test_a_fleet_shares_one_socket_and_nobody_hears_anothers_answer(site):
    faces = [site.face(number) for number in range(1, 31)]
    for face in faces:
        face.start()
    await site.pacer.advance(11.0)
    assert addresses(site) == [f"127.16.0.{number}" for number in range(1, 31)]
    records = [r for r in site.world.journal.since(0) if r.kind is Kind.DATAGRAM and r.device == "io-7"]
    assert [r.what for r in records] == ["dhcp discover", "dhcp offer", "dhcp request", "dhcp ack"]


@on_site
async def test_every_renewal_of_an_hour_is_answered_at_once(site):
    site.service.script("*", lease=60.0)
    faces = [site.face(number) for number in range(1, 6)]
    for face in faces:
        face.start()
    await site.pacer.advance(3600.0)
    sent = [r for r in site.world.journal.since(0) if r.what == "dhcp request"]
    answered = [r for r in site.world.journal.since(0) if r.what == "dhcp ack"]
    assert len(sent) == len(answered) == pytest.approx(5 * 120, abs=10)
    assert not [r for r in site.world.journal.since(0) if r.what == "network.lease_lost"]


@on_site
async def test_settled_devices_renew_where_the_table_knows_them(site):
    face = site.face(1)
    mac = next(iter(site.numbers))
    lease = site.service.settled(mac, "127.16.0.1", -100.0)
    assert (lease.server, lease.prefix_length, lease.renewal) == (SERVER, 16, 43200)
    assert face.settle(lease)
    await site.pacer.advance(43_099.0)
    assert not [r for r in site.world.journal.since(0) if r.kind is Kind.DATAGRAM]
    await site.pacer.advance(1.0)
    assert [r.what for r in site.world.journal.since(0) if r.kind is Kind.DATAGRAM] == ["dhcp request", "dhcp ack"]


@on_site
async def test_a_delayed_answer_comes_on_device_time(site):
    site.service.script("*", delay=2.0)
    face = site.face(1)
    face.start()
    await site.pacer.advance(14.0)
    at = {r.what: r.at for r in site.world.journal.since(0) if r.kind is Kind.DATAGRAM}
    assert at["dhcp offer"] - at["dhcp discover"] == pytest.approx(2.0)
    assert at["dhcp ack"] - at["dhcp request"] == pytest.approx(2.0)


@on_site
async def test_a_script_is_journalled_and_a_wrong_verb_refused(site):
    site.service.script("AXIS,", lease=float("inf"), options={101: b"UTC"}, count=2)
    (record,) = [r for r in site.world.journal.since(0) if r.kind is Kind.SITE]
    assert record.data == {
        "target": "AXIS,",
        "verbs": {"lease": "infinite", "options": {"101": "555443"}},
        "count": 2,
    }
    with pytest.raises(FleetError, match="cannot 'lose'"):
        site.service.script("*", lose=True)


@on_site
async def test_faults_act_on_one_device_alone(site):
    faces = [site.face(1), site.face(2)]
    fault = site.patchbay.apply(UdpLoss(), Endpoint("io-1", "dhcp"))
    site.patchbay.apply(UdpDuplicate(), Endpoint("io-2", "dhcp"))
    for face in faces:
        face.start()
    await site.pacer.advance(11.0)
    assert addresses(site) == [None, "127.16.0.2"]
    fault.clear()
    await site.pacer.advance(40.0)
    assert addresses(site) == ["127.16.0.1", "127.16.0.2"]


@on_site
async def test_a_detached_device_hears_nothing(site):
    heard = []
    way = site.exchange.attach("io-1", "b8:a4:4f:00:00:01", heard.append)
    site.numbers["b8:a4:4f:00:00:01"] = "127.16.0.1"
    discover = encode(Message(Op.REQUEST, 9, bytes.fromhex("b8a44f000001"), {53: b"\x01"}))
    way.send(discover, None)
    await site.pacer.settle()
    assert [decode(data).type for data in heard] == [Type.OFFER]
    way.detach()
    way.detach()
    way.send(discover, None)
    await site.pacer.settle()
    assert len(heard) == 1


@on_site
async def test_two_devices_with_one_mac_both_hear(site):
    heard: list[int] = []
    mac = "b8:a4:4f:00:00:01"
    site.numbers[mac] = "127.16.0.1"
    first = site.exchange.attach("io-1", mac, lambda data: heard.append(1))
    site.exchange.attach("io-2", mac, lambda data: heard.append(2))
    first.send(encode(Message(Op.REQUEST, 9, bytes.fromhex("b8a44f000001"), {53: b"\x01"})), None)
    await site.pacer.settle()
    assert heard == [1, 2]


@on_site
async def test_garbage_and_strangers_do_no_harm(site):
    face = site.face(1)
    with bound_socket() as stranger:
        for data in (b"", b"x", bytes(300), bytes(70) * 100):
            stranger.sendto(data, site.service.address)
            stranger.sendto(data, site.exchange.address)
        await site.pacer.settle()
    malformed = [r for r in site.world.journal.since(0) if r.what == "dhcp malformed"]
    assert [r.data["size"] for r in malformed] == [0, 1, 300, 7000]
    face.start()
    await site.pacer.advance(11.0)
    assert addresses(site) == ["127.16.0.1"]
