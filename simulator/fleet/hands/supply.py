"""Power, button and cable: hands on the housing of a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import FleetError

if TYPE_CHECKING:
    from simulator.action.button import Press
    from simulator.action.cable import Plug, Unplug
    from simulator.action.power import Power, Reboot
    from simulator.fleet.bench import Bench


def power(bench: Bench, action: Power) -> None:
    for host in bench.targets(action.device):
        if action.do == "cut":
            host.device.lifecycle.power_cut()
        else:
            host.device.lifecycle.power_on()


def reboot(bench: Bench, action: Reboot) -> None:
    for host in bench.targets(action.device):
        if not host.device.lifecycle.restart("hand"):
            raise FleetError(f"{host.name} is not running, so it cannot restart", hint="power: restore")


def press(bench: Bench, action: Press) -> None:
    for host in bench.targets(action.device):
        host.device.button.press(action.for_)


def unplug(bench: Bench, action: Unplug) -> None:
    for host in bench.targets(action.device):
        bench.premises.demand_own_addresses("unplugging one device")
        host.device.network.unplug()


def plug(bench: Bench, action: Plug) -> None:
    for host in bench.targets(action.device):
        host.device.network.plug()
