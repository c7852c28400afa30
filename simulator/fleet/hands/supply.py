"""Power, button and cable: hands on the housing of a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.lifecycle import Phase
from simulator.device.power_supply import PowerSource
from simulator.errors import FleetError

if TYPE_CHECKING:
    from simulator.action.button import Press
    from simulator.action.cable import Plug, Unplug
    from simulator.action.power import Power, Reboot
    from simulator.fleet.bench import Bench


def power(bench: Bench, action: Power) -> None:
    """Raises FleetError where one of the devices has no such input; then none is touched."""
    hosts = bench.targets(action.device)
    sources = () if action.source == "all" else (PowerSource(action.source),)
    for host in hosts:
        for source in sources:
            host.device.power.must_have(source)
    for host in hosts:
        (host.device.power.lose if action.do == "cut" else host.device.power.regain)(*sources)


def reboot(bench: Bench, action: Reboot) -> None:
    """Raises FleetError where one of the devices is not running; then none restarts."""
    hosts = bench.targets(action.device)
    for host in hosts:
        if host.device.lifecycle.phase not in (Phase.STARTING, Phase.RUNNING):
            raise FleetError(f"{host.name} is not running, so it cannot restart", hint="power: restore")
    for host in hosts:
        host.device.lifecycle.restart("hand")


def press(bench: Bench, action: Press) -> None:
    """Raises FleetError for a duration that no finger lasts."""
    for host in bench.targets(action.device):
        host.device.button.press(action.for_)


def unplug(bench: Bench, action: Unplug) -> None:
    """Raises MissingCapability where devices share one address."""
    bench.premises.demand_own_addresses("unplugging one device")
    for host in bench.targets(action.device):
        host.device.network.unplug()


def plug(bench: Bench, action: Plug) -> None:
    for host in bench.targets(action.device):
        host.device.network.plug()
