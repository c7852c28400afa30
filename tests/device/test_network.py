"""The network interface of a device: what it holds, what it says, and where its sockets are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.address_registry import AddressRegistry
from simulator.device.device import Device
from simulator.device.network import Lease, Network
from simulator.device.network_configuration import (
    DHCP_ROUTES,
    STATIC_FALLBACK,
    set_link_local_mode,
    set_static_name_servers,
    static_name_servers,
)
from simulator.device.parameter import Survival
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.errors import FleetError
from simulator.journal import Journal, Kind

NETWORK = "tns1:Device/tnsaxis:Network/"
LEASE = Lease(
    "127.16.0.1", 16, "127.19.0.1", 0.0, 600.0, 300.0, 525.0,
    router="127.19.0.1", name_servers=("127.19.0.2", "127.19.0.9"), ntp_servers=("127.19.0.3",),
    host_name="from-dhcp", domain="example.test", search_domains=("a.test", "b.test"),
)  # fmt: skip


def translate(address: str) -> str:
    first, second, rest = address.split(".", 2)
    if (first, second) in {("169", "254"), ("192", "168")}:
        return f"127.{17 if first == '169' else 18}.{rest}"
    if first != "127":
        raise FleetError(f"{address} has no place on this host")
    return address


class Bench:
    """Devices on one network, on stepped time, and everything that was heard of them."""

    def __init__(self) -> None:
        self.clock = SimClock(stepped=True)
        self.world = World(self.clock, Chance(1), Journal(self.clock))
        self.registry = AddressRegistry(self.clock)
        self.heard: list[tuple[str, object]] = []

    def device(self, firmware: str = "12.9.57", number: int = 1) -> Device:
        device = Device(f"io-{number}", number, load_profile("A9210", firmware), self.world, translate)
        device.network.registry = self.registry
        device.network.on_address(lambda old, new: self.heard.append(("address", (old, new))))
        device.events.listen(lambda event: self.heard.append(_told(event)))
        return device

    def up(self, firmware: str = "12.9.57", number: int = 1) -> Network:
        network = self.device(firmware, number).network
        network.bring_up()
        self.heard.clear()
        return network

    def run(self, seconds: float) -> None:
        until = self.clock.now() + seconds
        while (due := self.clock.next_due()) is not None and due <= until:
            self.clock.step_to(due)
            self.clock.run_due()
        self.clock.step_to(until)

    def heard_and_forget(self) -> list[tuple[str, object]]:
        heard, self.heard = self.heard, []
        return heard


def _told(event):
    topic = event.topic.removeprefix(NETWORK)
    if topic == "Lost":
        return f"Lost {event.source[0][1]}", event.data[0][1]
    return topic, (dict(event.data).get("origin"), dict(event.data).get("address"))


LOST = [("Lost eth0", "1"), ("Lost Any", "1"), ("Lost All", "1")]
FOUND = [("Lost eth0", "0"), ("Lost Any", "0"), ("Lost All", "0")]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def parameters_of(network: Network):
    return network._device.parameters


def test_a_compliant_device_has_no_address_until_it_gets_one(bench):
    device = bench.device()
    device.network.bring_up()
    assert device.network.addresses == ()
    assert device.network.primary is None
    assert bench.heard == LOST


def test_a_lease_moves_the_sockets_first_and_is_told_after(bench):
    network = bench.up()
    assert network.lease(LEASE)
    assert bench.heard == [
        ("address", (None, "127.16.0.1")), ("AddressAdded", ("DHCP", "127.16.0.1")), *FOUND,
    ]  # fmt: skip
    (held,) = network.addresses
    assert (held.origin, held.scope, held.prefix_length, held.broadcast) == (
        "dhcp",
        "global",
        16,
        "127.16.255.255",
    )


def test_a_lease_shows_in_the_parameters(bench):
    network = bench.up()
    network.lease(LEASE)
    parameters = parameters_of(network)
    shown = {
        "Network.eth0.IPAddress": "127.16.0.1",
        "Network.eth0.SubnetMask": "255.255.0.0",
        "Network.eth0.Broadcast": "127.16.255.255",
        "Network.Routing.DefaultRouter": "127.19.0.1",
        "Network.Resolver.NameServer1": "127.19.0.2",
        "Network.Resolver.NameServer2": "127.19.0.9",
        "Network.Resolver.NameServerList": "127.19.0.2 127.19.0.9",
        "Network.Resolver.Search": "a.test b.test",
        "Network.VolatileHostName.HostName": "from-dhcp",
        "Time.NTP.VolatileServer": "127.19.0.3",
        "Network.IPAddress": "192.168.0.90",
    }
    assert {name: parameters[name] for name in shown} == shown


def test_a_renewal_is_told_to_nobody(bench):
    network = bench.up()
    network.lease(LEASE)
    bench.heard.clear()
    assert network.lease(replace(LEASE, obtained_at=300.0, name_servers=("127.19.0.8",)))
    assert bench.heard == []
    assert network.current_lease.obtained_at == 300.0
    assert parameters_of(network)["Network.Resolver.NameServer1"] == "127.19.0.8"


def test_a_lost_lease_ends_in_a_link_local_address(bench):
    network = bench.up()
    network.lease(LEASE)
    bench.heard.clear()
    network.drop_lease("expired")
    assert bench.heard_and_forget() == [
        ("address", ("127.16.0.1", None)), *LOST, ("AddressRemoved", ("DHCP", "127.16.0.1")),
    ]  # fmt: skip
    assert not network.wants_link_local
    network.fall_back()
    assert network.wants_link_local
    assert network.hold_link_local("169.254.3.4")
    assert bench.heard == [
        ("address", (None, "127.17.3.4")), ("AddressAdded", ("Link local", "127.17.3.4")), *FOUND,
    ]  # fmt: skip
    (held,) = network.addresses
    assert (held.real, held.origin, held.scope, held.prefix_length) == ("169.254.3.4", "linkLocal", "link", 16)
    assert held.broadcast == "127.17.255.255", "of the network that the address is in"
    parameters = parameters_of(network)
    assert parameters["Network.ZeroConf.IPAddress"] == parameters["Network.eth0.IPAddress"] == "127.17.3.4"
    assert parameters["Network.Routing.DefaultRouter"] == ""
    assert parameters["Network.VolatileHostName.HostName"] == parameters["Network.HostName"]


def test_the_fallback_goes_when_dhcp_returns(bench):
    network = bench.up()
    network.fall_back()
    network.hold_link_local("169.254.3.4")
    bench.heard.clear()
    network.lease(LEASE)
    assert bench.heard == [
        ("address", ("127.17.3.4", "127.16.0.1")),
        ("AddressAdded", ("DHCP", "127.16.0.1")),
        ("AddressRemoved", ("Link local", "127.17.3.4")),
    ]
    assert not network.wants_link_local
    assert bench.registry.holder("127.17.3.4") is None


def test_the_static_fallback_has_limited_scope_and_no_router(bench):
    network = bench.up()
    parameters_of(network).write(STATIC_FALLBACK, "yes")
    parameters_of(network).write("Network.IPAddress", "127.16.5.5")
    bench.run(1.0)
    assert network.addresses == ()
    network.fall_back()
    (held,) = network.addresses
    assert (held.address, held.origin, held.scope) == ("127.16.5.5", "static", "link")
    assert network.default_router == ""
    assert not network.wants_link_local
    network.lease(LEASE)
    assert [one.origin for one in network.addresses] == ["dhcp"]


def test_a_static_fallback_that_is_taken_ends_in_link_local(bench):
    bench.registry.claim("127.18.0.90", "foreign")
    device = bench.device()
    device.parameters.write(STATIC_FALLBACK, "yes")
    device.network.bring_up()
    device.network.fall_back()
    assert device.network.addresses == ()
    assert device.network.wants_link_local


@pytest.mark.parametrize(("mode", "wanted"), [("off", False), ("on", True), ("fallback", False)])
def test_link_local_modes(bench, mode, wanted):
    device = bench.device()
    set_link_local_mode(device.parameters, mode)
    device.network.bring_up()
    device.network.lease(LEASE)
    assert device.network.wants_link_local is wanted
    assert device.network.configuration.link_local == mode


# Firmware up to 11.11


@pytest.mark.parametrize("firmware", ["11.11", "10.12"])
def test_a_legacy_device_has_192_168_0_90_from_the_start(bench, firmware):
    network = bench.up(firmware)
    assert network.primary == "127.18.0.90"
    assert network.addresses[0].real == "192.168.0.90"
    assert network.wants_link_local
    network.hold_link_local("169.254.3.4")
    network.lease(LEASE)
    assert [one.origin for one in network.addresses] == ["dhcp", "linkLocal"]
    assert network.primary == "127.16.0.1"


def test_a_legacy_device_tells_of_the_loss_and_goes_back(bench):
    network = bench.up("11.11")
    network.lease(LEASE)
    bench.heard.clear()
    network.drop_lease("expired")
    assert bench.heard == [
        ("address", ("127.16.0.1", "127.18.0.90")), *LOST, ("AddressRemoved", ("DHCP", "127.16.0.1")),
        ("AddressAdded", ("Static", "127.18.0.90")), *FOUND,
    ]  # fmt: skip


def test_two_legacy_devices_answer_in_turns_of_a_minute(bench):
    first, second = bench.up("11.11", 1), bench.up("11.11", 2)
    assert [n.primary for n in (first, second)] == ["127.18.0.90", None]
    assert [n.addresses[0].address for n in (first, second)] == ["127.18.0.90"] * 2
    bench.run(60.0)
    assert bench.heard_and_forget() == [
        ("address", ("127.18.0.90", None)), *LOST, ("address", (None, "127.18.0.90")), *FOUND,
    ]  # fmt: skip
    assert [n.primary for n in (first, second)] == [None, "127.18.0.90"]
    bench.run(60.0)
    assert [n.primary for n in (first, second)] == ["127.18.0.90", None]
    first.lease(LEASE)
    assert [n.primary for n in (first, second)] == ["127.16.0.1", "127.18.0.90"]
    bench.run(600.0)
    assert second.primary == "127.18.0.90"


def test_a_muted_legacy_device_is_still_reached_by_its_link_local_address(bench):
    bench.up("11.11", 1)
    second = bench.up("11.11", 2)
    second.hold_link_local("169.254.3.4")
    assert second.primary == "127.17.3.4"


# Static addresses


def configure(network: Network, address: str, router: str = "127.19.0.1") -> None:
    parameters = parameters_of(network)
    parameters.write("Network.BootProto", "none")
    parameters.write("Network.IPAddress", address)
    parameters.write("Network.SubnetMask", "255.255.0.0")
    parameters.write("Network.DefaultRouter", router)


def test_a_static_address_takes_effect_a_moment_after_it_was_set(bench):
    network = bench.up()
    network.lease(LEASE)
    bench.heard.clear()
    configured = []
    network.on_configuration(lambda: configured.append((network.configuration.dhcp, network.primary)))
    configure(network, "127.16.0.200")
    bench.run(0.9)
    assert (network.primary, bench.heard) == ("127.16.0.1", [])
    bench.run(0.1)
    assert configured == [(False, "127.16.0.1")]
    assert bench.heard == [
        ("address", ("127.16.0.1", "127.16.0.200")),
        ("AddressRemoved", ("DHCP", "127.16.0.1")),
        ("AddressAdded", ("Static", "127.16.0.200")),
    ]
    assert network.default_router == "127.19.0.1"
    assert parameters_of(network)["Network.eth0.IPAddress"] == "127.16.0.200"
    assert parameters_of(network)["Network.Resolver.NameServerList"] == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [("IPAddress", "10.1.2.3"), ("IPAddress", "224.0.0.1"), ("IPAddress", ""), ("SubnetMask", "255.0.255.0")],
)
def test_what_cannot_be_applied_is_reverted_and_noted(bench, name, value):
    network = bench.up()
    network.lease(LEASE)
    configure(network, "127.16.0.200")
    parameters_of(network).put(f"Network.{name}", value)
    bench.heard.clear()
    bench.run(10.0)
    assert bench.heard == []
    parameters = parameters_of(network)
    assert [parameters[f"Network.{n}"] for n in ("BootProto", "IPAddress", "SubnetMask", "DefaultRouter")] == [
        "dhcp", "192.168.0.90", "255.255.255.0", "192.168.0.1",
    ]  # fmt: skip
    assert [r for r in bench.world.journal.since(0) if r.what == "network.reverted"]


def test_a_legacy_device_reverts_a_fallback_it_cannot_have(bench):
    network = bench.up("11.11")
    parameters_of(network).write("Network.IPAddress", "10.1.2.3")
    bench.run(10.0)
    assert network.primary == "127.18.0.90"
    assert parameters_of(network)["Network.IPAddress"] == "192.168.0.90"


def test_of_two_compliant_devices_with_one_static_address_the_first_keeps_it(bench):
    networks = []
    for number in (1, 2):
        device = bench.device(number=number)
        configure(device.network, "127.16.0.200")
        device.network.bring_up()
        networks.append(device.network)
    first, second = networks
    assert (first.primary, second.primary) == ("127.16.0.200", None)
    assert second.conflict
    assert second.wants_link_local
    assert not first.wants_link_local
    second.hold_link_local("169.254.3.4")
    bench.run(600.0)
    assert (first.primary, second.primary) == ("127.16.0.200", "127.17.3.4")


def test_a_lease_for_an_address_in_use_is_refused(bench):
    first, second = bench.up(number=1), bench.up(number=2)
    assert first.lease(LEASE)
    assert not second.lease(LEASE)
    assert (first.primary, second.primary) == ("127.16.0.1", None)


def test_link_local_probes_see_who_is_there(bench):
    first, second = bench.up(number=1), bench.up(number=2)
    for network in (first, second):
        network.fall_back()
    assert not second.link_local_taken("169.254.3.4")
    assert first.hold_link_local("169.254.3.4")
    assert second.link_local_taken("169.254.3.4")
    assert not first.link_local_taken("169.254.3.4")
    assert not second.hold_link_local("169.254.3.4")


def test_in_mode_ephemeral_everybody_is_at_home_on_one_address(bench):
    networks = [bench.up(number=number) for number in (1, 2)]
    assert all(network.lease(replace(LEASE, address="127.0.0.1")) for network in networks)
    networks[0].drop_lease("expired")
    assert [network.primary for network in networks] == [None, "127.0.0.1"]


# Names


def test_names_come_from_where_the_device_is_told(bench):
    network = bench.up()
    parameters = parameters_of(network)
    network.lease(LEASE)
    parameters.write("Network.VolatileHostName.ObtainFromDHCP", "no")
    parameters.write("Network.Resolver.ObtainFromDHCP", "no")
    parameters.write("Time.ObtainFromDHCP", "no")
    assert network.host_name == parameters["Network.HostName"]
    assert network.resolved.name_servers == ()
    assert parameters["Time.NTP.VolatileServer"] == "0.0.0.0"
    set_static_name_servers(parameters, ("127.19.0.2", "127.19.0.5", "127.19.0.6"))
    assert network.resolved.name_servers == ("127.19.0.2", "127.19.0.5", "127.19.0.6")
    assert parameters["Network.Resolver.NameServer2"] == "127.19.0.5"
    parameters.write("Network.HostName", "gate-7")
    assert parameters["Network.VolatileHostName.HostName"] == "gate-7"


def test_static_routes_replace_the_router_when_they_are_wanted(bench):
    device = bench.device()
    lease = replace(LEASE, routes=(("127.20.0.0/16", "127.19.0.8"), ("0.0.0.0/0", "127.19.0.9")))
    device.network.bring_up()
    device.network.lease(lease)
    assert (device.network.default_router, device.network.resolved.routes) == ("127.19.0.1", ())
    device.parameters.write(DHCP_ROUTES, "yes")
    bench.run(1.0)
    assert device.network.default_router == "127.19.0.9"
    assert device.network.resolved.routes == lease.routes


# The cable, boot and reset


def test_the_cable(bench):
    network = bench.up()
    network.lease(LEASE)
    bench.heard.clear()
    network.on_link(lambda up: bench.heard.append(("link", up)))
    network.unplug()
    network.unplug()
    assert bench.heard_and_forget() == [("link", False), *LOST]
    assert network.primary == "127.16.0.1"
    network.plug()
    assert bench.heard == [("link", True), *FOUND]


def test_a_device_that_goes_down_holds_nothing_and_says_nothing(bench):
    network = bench.up()
    network.lease(LEASE)
    bench.heard.clear()
    network.take_down()
    assert bench.heard == [("address", ("127.16.0.1", None))]
    assert network.addresses == ()
    assert bench.registry.holder("127.16.0.1") is None
    assert network.last_lease == "127.16.0.1"


def test_a_restart_remembers_the_lease_a_restore_does_not(bench):
    network = bench.up()
    network.lease(LEASE)
    network.take_down()
    parameters_of(network).reset(frozenset({Survival.RESTART, Survival.RESTORE, Survival.ALWAYS}))
    assert network.last_lease == "127.16.0.1"
    parameters_of(network).reset(frozenset({Survival.RESTORE, Survival.ALWAYS}))
    assert network.last_lease == ""


def test_a_restore_keeps_the_static_address_and_all_name_servers(bench):
    network = bench.up()
    configure(network, "127.16.0.200")
    servers = ("127.19.0.2", "127.19.0.5", "127.19.0.6")
    set_static_name_servers(parameters_of(network), servers)
    parameters_of(network).write(STATIC_FALLBACK, "yes")
    network.take_down()
    parameters_of(network).reset(frozenset({Survival.RESTORE, Survival.ALWAYS}))
    network.bring_up()
    assert network.primary == "127.16.0.200"
    assert static_name_servers(parameters_of(network)) == servers
    assert not network.configuration.static_fallback
    network.take_down()
    parameters_of(network).reset(frozenset({Survival.ALWAYS}))
    network.bring_up()
    assert network.primary is None


def test_settled_without_noise(bench):
    device = bench.device()
    assert device.network.settled(LEASE)
    assert bench.heard == [("address", (None, "127.16.0.1")), *FOUND]
    assert device.parameters["Network.eth0.IPAddress"] == "127.16.0.1"
    assert [r.what for r in bench.world.journal.since(0) if r.kind is Kind.STATE] == ["network.address"]


def test_internal_settings_are_nobodys_business(bench):
    device = bench.device()
    definition = device.parameters.definition(STATIC_FALLBACK)
    assert (definition.read, definition.write) == (7, 7)
