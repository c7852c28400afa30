"""A relay seen from both sides: COM-NO and COM-NC, with power, without, and while the system restarts."""

from __future__ import annotations

import pytest
from device_bench import Bench
from test_expansion import head, lose, on_wall, with_modules

from simulator.device.lifecycle import Phase
from simulator.device.relay import Contacts
from simulator.errors import FleetError, UnknownTarget


def contacts(bench: Bench) -> Contacts:
    return bench.device.relays.contacts(bench.device.ports[0])


@pytest.mark.parametrize("active_level", ["closed", "open"])
@pytest.mark.parametrize("active", [True, False])
def test_exactly_one_contact_is_closed(active_level: str, active: bool) -> None:
    bench = Bench("A9210")
    bench.device.parameters.write("IOPort.I0.Output.Active", active_level)
    bench.device.ports[0].set_active(active)
    read = contacts(bench)
    assert read.com_no == (active == (active_level == "closed"))
    assert read.com_nc != read.com_no


def test_without_power_com_rests_at_nc_whatever_the_normal_state_is() -> None:
    bench = Bench("A9210")
    bench.device.parameters.write("IOPort.I0.Output.Active", "open")
    assert contacts(bench).com_no, "inactive means closed"
    bench.device.lifecycle.power_cut()
    assert contacts(bench) == Contacts(com_no=False, com_nc=True, no_volts=0, nc_volts=0)
    bench.device.lifecycle.power_on()
    bench.advance(1)
    assert contacts(bench).com_nc, "while it boots nobody drives it"
    bench.boot()
    assert contacts(bench).com_no


def test_outputs_are_open_during_a_restart_and_return_to_normal() -> None:
    bench = Bench("A9210")
    device = bench.device
    device.parameters.write("IOPort.I3.Output.Active", "open")
    device.ports[0].set_active(True)
    device.lifecycle.restart("test")
    assert contacts(bench).com_no, "the system still runs"
    while device.lifecycle.phase is not Phase.BOOTING:
        bench.advance(1.0)
    assert (contacts(bench).com_nc, device.ports[3].closed) == (True, False)
    bench.boot()
    assert (contacts(bench).com_nc, device.ports[3].closed) == (True, True), "inactive, each in its own sense"


def test_a_crash_leaves_the_coil_as_it_is() -> None:
    bench = Bench("A9210")
    bench.device.ports[0].set_active(True)
    bench.device.lifecycle.hang()
    assert contacts(bench).com_no


@pytest.mark.parametrize("volts", [12, 24])
def test_the_jumper_feeds_com_while_there_is_power(volts: int) -> None:
    bench = Bench("A9210")
    bench.device.relays.fit_jumper(0, volts)
    assert (contacts(bench).no_volts, contacts(bench).nc_volts) == (0, volts)
    bench.device.ports[0].set_active(True)
    assert (contacts(bench).no_volts, contacts(bench).nc_volts) == (volts, 0)
    bench.device.lifecycle.power_cut()
    assert (contacts(bench).no_volts, contacts(bench).nc_volts) == (0, 0)
    bench.device.relays.fit_jumper(0, 0)
    bench.device.lifecycle.power_on()
    bench.boot()
    assert contacts(bench).nc_volts == 0


def test_no_jumper_gives_five_volts_and_none_sits_at_an_open_drain_output() -> None:
    bench = Bench("A9210")
    with pytest.raises(FleetError, match="5 V"):
        bench.device.relays.fit_jumper(0, 5)
    with pytest.raises(UnknownTarget):
        bench.device.relays.fit_jumper(3, 12)


def test_a_relay_of_an_expansion_module_lets_go_with_the_modules_own_power() -> None:
    bench = with_modules(1)
    relay = bench.device.ports[19]
    bench.device.relays.fit_jumper(19, 24)
    relay.set_active(True)
    assert bench.device.relays.contacts(relay) == Contacts(com_no=True, com_nc=False, no_volts=24, nc_volts=0)
    lose(bench, 1)
    assert bench.device.relays.contacts(relay).com_no, "off the line it keeps its power"
    on_wall(bench, 1).powered = False
    head(bench).line.touch()
    assert bench.device.relays.contacts(relay) == Contacts(com_no=False, com_nc=True, no_volts=0, nc_volts=0)
    assert contacts(bench).com_nc, "the relay of the head is another one"
