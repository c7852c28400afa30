"""A device that gets, keeps, loses and regains its address: DHCP client, link-local session and network together."""

from __future__ import annotations

import math
from ipaddress import IPv4Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.address_registry import AddressRegistry
from simulator.device.device import Device
from simulator.device.network import Lease
from simulator.device.network_configuration import STATIC_FALLBACK, set_link_local_mode
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.face.dhcp import DhcpFace
from simulator.journal import Journal, Kind
from simulator.wire.dhcp.behaviour import Script
from simulator.wire.dhcp.event import State
from simulator.wire.dhcp.message import decode
from simulator.wire.dhcp.server import DhcpServer, Offering

SERVER = "127.19.0.1"
POOLED = "127.16.0.1"
LINK_LOCAL = IPv4Network("127.17.0.0/16")


def translate(address: str) -> str:
    first, second, rest = address.split(".", 2)
    if (first, second) in {("169", "254"), ("192", "168")}:
        return f"127.{17 if first == '169' else 18}.{rest}"
    return address


class Site:
    """A clock, a server and the wire between it and some devices."""

    def __init__(self, seed: int = 1) -> None:
        self.clock = SimClock(stepped=True)
        self.world = World(self.clock, Chance(seed), Journal(self.clock))
        self.registry = AddressRegistry(self.clock)
        self.numbers: dict[str, int] = {}
        offering = Offering(SERVER, 16, SERVER, ("127.19.0.2",), ("127.19.0.3",), "example.test")
        pool = lambda mac: f"127.16.0.{self.numbers[mac]}"  # noqa: E731
        self.server = DhcpServer(offering, pool, self.world.chance.stream("site", "dhcp"))
        self.units: dict[str, Unit] = {}

    def unit(self, firmware: str = "12.9.57", number: int = 1) -> Unit:
        return Unit(self, firmware, number)

    def script(self, target: str = "*", **verbs: object) -> None:
        self.server.send(Script(target, verbs), self.clock.now())

    def carry(self, data: bytes) -> None:
        self.server.receive(data, self.clock.now())
        self.deliver()

    def deliver(self) -> None:
        for answer in self.server.take_output():
            self.clock.call_later(0.0, lambda answer=answer: self.units[answer.mac].face.received(answer.data))

    def run(self, seconds: float) -> None:
        until = self.clock.now() + seconds
        while (due := self.clock.next_due()) is not None and due <= until:
            self.clock.step_to(due)
            self.clock.run_due()
        self.clock.step_to(until)

    def run_to(self, moment: float) -> None:
        self.run(moment - self.clock.now())


class Unit:
    """One device with its face; `sent` is what left it."""

    def __init__(self, site: Site, firmware: str, number: int) -> None:
        self.device = Device(f"io-{number}", number, load_profile("A9210", firmware), site.world, translate)
        self.site = site
        self.network = self.device.network
        self.network.registry = site.registry
        mac = bytes.fromhex(self.device.identity.serial).hex(":")
        site.units[mac] = self
        site.numbers[mac] = number
        self.mac = mac
        self.sent: list[tuple[float, str, str | None]] = []
        self.moves: list[tuple[float, str | None]] = []
        self.network.on_address(lambda old, new: self.moves.append((site.clock.now(), new)))
        self.face = DhcpFace(self.device, self)

    def send(self, data: bytes, destination: str | None) -> None:
        self.sent.append((self.site.clock.now(), decode(data).type.name, destination))
        self.site.carry(data)

    def kinds(self) -> list[str]:
        return [kind for _, kind, _ in self.sent]

    @property
    def in_link_local(self) -> bool:
        return self.network.primary is not None and ip_address(self.network.primary) in LINK_LOCAL


@pytest.fixture
def site() -> Site:
    return Site()


def running(site: Site, firmware: str = "12.9.57", number: int = 1, **verbs: object) -> Unit:
    if verbs:
        site.script(**verbs)
    unit = site.unit(firmware, number)
    unit.face.start()
    site.run(11.0)
    assert unit.network.primary == f"127.16.0.{number}"
    unit.sent.clear()
    unit.moves.clear()
    return unit


def test_boot_ends_in_a_lease(site):
    unit = site.unit()
    unit.face.start()
    site.run(11.0)
    assert unit.kinds() == ["DISCOVER", "REQUEST"]
    assert unit.face.state is State.BOUND
    lease = unit.network.current_lease
    assert (lease.address, lease.prefix_length, lease.server, lease.router) == (POOLED, 16, SERVER, SERVER)
    assert unit.device.parameters["Network.Resolver.NameServerList"] == "127.19.0.2"
    assert unit.network.last_lease == POOLED


def test_every_message_is_in_the_journal(site):
    unit = running(site)
    records = [r for r in site.world.journal.since(0) if r.kind is Kind.DATAGRAM]
    assert [(r.what, r.data["direction"]) for r in records] == [
        ("dhcp discover", "out"), ("dhcp offer", "in"), ("dhcp request", "out"), ("dhcp ack", "in"),
    ]  # fmt: skip
    assert {r.device for r in records} == {"io-1"}
    assert len({r.data["xid"] for r in records}) == 1
    assert records[3].data["yiaddr"] == POOLED
    unit.face.received(b"hello")
    (last,) = site.world.journal.since(site.world.journal.last_number - 1)
    assert (last.what, last.data["size"]) == ("dhcp malformed", 5)


def test_the_system_log_speaks_as_the_real_client(site):
    unit = running(site)
    site.run(43_200.0)
    assert unit.device.logs.system_lines("sending renew to 127.19.0.1", "udhcpc")
    assert unit.device.logs.system_lines(f"lease of {POOLED} obtained from {SERVER}, lease time 86400")


def test_a_dead_server_leads_to_expiry_and_then_to_link_local(site):
    unit = running(site, lease=600.0)
    since = unit.network.current_lease.obtained_at
    site.script(silent=True)
    site.run_to(since + 599.0)
    assert unit.face.state is State.REBINDING
    assert unit.network.primary == POOLED
    site.run_to(since + 600.0)
    assert unit.moves == [(since + 600.0, None)]
    site.run_to(since + 614.0)
    assert not unit.in_link_local
    site.run_to(since + 618.0)
    assert unit.in_link_local
    assert 614 <= unit.moves[1][0] - since <= 617
    assert [held.origin for held in unit.network.addresses] == ["linkLocal"]


def test_dhcp_returns_and_the_link_local_address_goes(site):
    unit = running(site, lease=60.0)
    site.script(silent=True)
    site.run(120.0)
    assert unit.in_link_local
    site.script()
    site.run(30.0)
    assert [held.origin for held in unit.network.addresses] == ["dhcp"]
    assert unit.network.primary == POOLED


def test_without_a_server_from_the_start(site):
    site.script(silent=True)
    unit = site.unit()
    unit.face.start()
    site.run(27.0)
    assert unit.in_link_local
    discovers = len(unit.sent)
    site.run(290.0)
    assert len(unit.sent) == discovers + 30


def test_a_legacy_device_starts_and_ends_on_192_168_0_90(site):
    site.script(silent=True)
    unit = site.unit("11.11")
    unit.face.start()
    assert unit.network.primary == "127.18.0.90"
    site.run(30.0)
    assert [held.real[:7] for held in unit.network.addresses] == ["192.168", "169.254"]
    site.script(silent=False, lease=100.0)
    site.run(30.0)
    assert [held.origin for held in unit.network.addresses] == ["dhcp", "linkLocal"]
    site.script(silent=True)
    site.run(130.0)
    assert unit.network.primary == "127.18.0.90"


def test_the_static_fallback(site):
    unit = site.unit()
    unit.device.parameters.write(STATIC_FALLBACK, "yes")
    unit.device.parameters.write("Network.IPAddress", "127.16.0.77")
    site.script(silent=True)
    unit.face.start()
    site.run(30.0)
    assert [(held.address, held.scope) for held in unit.network.addresses] == [("127.16.0.77", "link")]
    site.script()
    site.run(30.0)
    assert [held.origin for held in unit.network.addresses] == ["dhcp"]


def test_link_local_off_leaves_nothing(site):
    unit = site.unit()
    set_link_local_mode(unit.device.parameters, "off")
    site.script(silent=True)
    unit.face.start()
    site.run(100.0)
    assert unit.network.addresses == ()


def test_readdressed_at_the_next_renewal(site):
    unit = running(site, lease=60.0)
    since = unit.network.current_lease.obtained_at
    site.script(unit.mac, nak_on_renew=True, offer="127.16.0.99")
    site.run_to(since + 29.9)
    assert unit.moves == []
    site.run_to(since + 41.0)
    assert [new for _, new in unit.moves] == [None, "127.16.0.99"]
    assert unit.moves[0][0] == since + 30.0
    site.run(300.0)
    assert unit.network.primary == "127.16.0.99"
    assert len(unit.moves) == 2


def test_an_address_in_use_is_declined_and_another_taken(site):
    site.registry.claim("127.16.0.66", "printer")
    site.script(conflicting_address="127.16.0.66")
    unit = site.unit()
    unit.face.start()
    site.run(40.0)
    assert unit.kinds() == ["DISCOVER", "REQUEST", "DECLINE", "DISCOVER", "REQUEST"]
    assert unit.network.primary == POOLED
    assert [r.data["holder"] for r in site.world.journal.since(0) if r.what == "network.conflict"] == ["printer"]


def test_two_devices_that_fall_back_never_meet(site):
    site.script(silent=True)
    units = [site.unit(number=number) for number in range(1, 40)]
    for unit in units:
        unit.face.start()
    site.run(60.0)
    assert len({unit.network.primary for unit in units}) == 39
    assert all(unit.in_link_local for unit in units)


def test_a_taken_candidate_is_passed_over(site):
    site.script(silent=True)
    scout = site.unit()
    scout.face.start()
    site.run(30.0)
    taken = scout.network.primary
    other = Site()
    other.registry.claim(taken, "camera")
    other.script(silent=True)
    unit = other.unit()
    unit.face.start()
    other.run(40.0)
    assert unit.in_link_local
    assert unit.network.primary != taken


# Settled


def lease_from(site: Site, unit: Unit, since: float = -3.0) -> Lease:
    site.server.remember(unit.mac, POOLED, since)
    return Lease(POOLED, 16, SERVER, since, 86400.0, 43200.0, 75600.0)


def test_settled_and_renewed_at_t1(site):
    unit = site.unit()
    assert unit.face.settle(lease_from(site, unit))
    assert unit.network.primary == POOLED
    assert unit.sent == []
    site.run_to(43_197.0)
    assert unit.sent == [(43_197.0, "REQUEST", SERVER)]
    assert unit.network.current_lease.obtained_at == 43_197.0


def test_settled_legacy_device_has_its_link_local_address_too(site):
    unit = site.unit("11.11")
    unit.face.settle(lease_from(site, unit))
    assert [held.origin for held in unit.network.addresses] == ["dhcp", "linkLocal"]


def test_settled_on_an_address_that_is_taken(site):
    site.registry.claim(POOLED, "printer")
    unit = site.unit()
    assert not unit.face.settle(lease_from(site, unit))
    assert unit.network.primary is None


def test_settled_for_ever(site):
    unit = site.unit()
    unit.face.settle(Lease(POOLED, 16, SERVER))
    assert site.clock.next_due() is None
    site.script(lease=math.inf)
    unit.face.stop()
    unit.face.start()
    site.run(11.0)
    assert site.clock.next_due() is None
    assert unit.network.primary == POOLED


# Down, up, out, in


def test_restart_asks_for_the_address_it_had(site):
    unit = running(site)
    unit.face.stop()
    assert unit.network.addresses == ()
    assert site.clock.next_due() is None
    unit.face.start()
    site.run(11.0)
    assert unit.kinds() == ["REQUEST"]
    assert unit.network.primary == POOLED


def test_a_crashed_system_starts_over(site):
    unit = running(site)
    unit.face.start()
    assert unit.network.addresses == ()
    site.run(11.0)
    assert unit.kinds() == ["REQUEST"]
    assert unit.network.primary == POOLED


def test_stop_with_release(site):
    unit = running(site)
    unit.face.stop(release=True)
    assert unit.sent[0][1:] == ("RELEASE", SERVER)
    assert site.server.leases == {}


def test_set_to_static_releases_and_moves(site):
    unit = running(site)
    unit.device.parameters.write("Network.BootProto", "none")
    unit.device.parameters.write("Network.IPAddress", "127.16.0.200")
    site.run(1.0)
    assert unit.sent[0][1:] == ("RELEASE", SERVER)
    assert unit.network.primary == "127.16.0.200"
    site.run(100_000.0)
    assert len(unit.sent) == 1
    unit.device.parameters.write("Network.BootProto", "dhcp")
    site.run(1.0)
    assert unit.network.primary == POOLED


def test_static_with_a_conflict_goes_link_local(site):
    site.registry.claim("127.16.0.200", "printer")
    unit = site.unit()
    unit.device.parameters.write("Network.BootProto", "none")
    unit.device.parameters.write("Network.IPAddress", "127.16.0.200")
    unit.face.start()
    site.run(8.0)
    assert unit.in_link_local
    assert unit.sent == []


def test_a_pulled_cable_asks_again_when_it_is_in(site):
    unit = running(site)
    unit.network.unplug()
    site.run(100.0)
    assert unit.sent == []
    unit.network.plug()
    site.run(0.0)
    assert unit.kinds() == ["REQUEST"]
    assert unit.network.primary == POOLED
    assert unit.moves == []


def test_a_lease_that_ends_while_the_cable_is_out(site):
    unit = running(site, lease=60.0)
    unit.network.unplug()
    site.run(1000.0)
    assert unit.sent == []
    assert unit.network.addresses == ()
    unit.network.plug()
    site.run(0.0)
    assert unit.kinds() == ["DISCOVER", "REQUEST"]
    assert unit.network.primary == POOLED


def test_a_cable_that_flaps_while_the_address_is_being_confirmed(site):
    unit = running(site, lease=60.0)
    since = unit.network.current_lease.obtained_at
    site.script(silent=True)
    unit.network.unplug()
    unit.network.plug()
    unit.network.unplug()
    site.run_to(since + 59.9)
    assert unit.network.primary == POOLED
    site.run_to(since + 60.0)
    assert unit.network.addresses == ()


def test_booted_without_a_cable(site):
    unit = site.unit()
    unit.network.unplug()
    unit.face.start()
    site.run(100.0)
    assert unit.sent == []
    assert unit.network.addresses == ()
    unit.network.plug()
    site.run(1.0)
    assert unit.network.primary == POOLED


def test_unconfirmed_after_the_cable_came_back(site):
    unit = running(site)
    site.script(silent=True)
    unit.network.unplug()
    unit.network.plug()
    site.run(19.9)
    assert unit.network.primary == POOLED
    site.run(0.1)
    assert unit.network.primary is None
    site.run(20.0)
    assert unit.in_link_local


# Always


def test_the_same_seed_gives_the_same_journal():
    """But for stamps of wire time, which tell when a run was, not what happened."""

    def story() -> list[dict[str, object]]:
        site = Site(seed=7)
        units = [site.unit(firmware, number) for number, firmware in enumerate(("12.9.57", "11.11", "12.9.57"), 1)]
        for unit in units:
            unit.face.start()
        site.script(lease=120.0, drop=0.3, duplicate=True)
        site.run(300.0)
        site.script(silent=True)
        site.run(300.0)
        site.script()
        site.run(300.0)
        records = [record.as_json() for record in site.world.journal.since(0)]
        return [{key: value for key, value in record.items() if key != "wire"} for record in records]

    assert story() == story()


@given(st.lists(st.tuples(st.sampled_from(["script", "plug", "unplug", "stop", "start", "garbage", "static", "dhcp"]),
                          st.sampled_from([0.0, 1.0, 9.0, 70.0]), st.sampled_from([1.0, 45.0, math.inf]),
                          st.booleans()), max_size=12))  # fmt: skip
def test_whatever_happens_a_good_server_and_a_cable_end_in_a_lease(story):
    site = Site()
    unit = site.unit()
    unit.face.start()
    acts = {
        "script": lambda lease, flag: site.script(silent=flag, nak=not flag, lease=lease),
        "plug": lambda lease, flag: unit.network.plug(),
        "unplug": lambda lease, flag: unit.network.unplug(),
        "stop": lambda lease, flag: unit.face.stop(release=flag),
        "start": lambda lease, flag: unit.network.running or unit.face.start(),
        "garbage": lambda lease, flag: unit.face.received(bytes(300)),
        "static": lambda lease, flag: unit.device.parameters.write("Network.BootProto", "none"),
        "dhcp": lambda lease, flag: unit.device.parameters.write("Network.BootProto", "dhcp"),
    }
    for act, seconds, lease, flag in story:
        acts[act](lease, flag)
        site.run(seconds)
        held = [one.address for one in unit.network.addresses]
        assert (unit.network.primary in held) if held else unit.network.primary is None
        assert all(site.registry.holder(address) == "io-1" for address in held)
    site.script()
    unit.device.parameters.write("Network.BootProto", "dhcp")
    unit.network.plug()
    if not unit.network.running:
        unit.face.start()
    site.run(120.0)
    assert [one.origin for one in unit.network.addresses] == ["dhcp"]
