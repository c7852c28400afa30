"""Hands on what sits in and on the housing: jumpers, casing, and the housing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.port_plan import PortKind
from simulator.errors import FleetError

if TYPE_CHECKING:
    from simulator.action.alarm import Casing, Shake
    from simulator.action.jumper import Jumper
    from simulator.device.alarm import Alarms
    from simulator.fleet.bench import Bench
    from simulator.fleet.host import Host


def shake(bench: Bench, action: Shake) -> None:
    """Raises FleetError where one of the devices has no sensor for it; then none is shaken."""
    alarms = [_alarms(host) for host in bench.targets(action.device)]
    for each in alarms:
        each.shake(action.strength)


def casing(bench: Bench, action: Casing) -> None:
    """Raises FleetError where one of the devices has no contact at its casing; then none is touched."""
    hosts = bench.targets(action.device)
    for host in hosts:
        _alarms(host)
    for host in hosts:
        host.device.enclosure.set_casing(action.do == "open")


def _alarms(host: Host) -> Alarms:
    if host.device.alarms is None:
        raise FleetError(f"{host.name} notices neither motion nor an open casing", hint="only an A9210 does")
    return host.device.alarms


def jumper(bench: Bench, action: Jumper) -> None:
    """Raises UnknownTarget or FleetError where one of the devices has no such relay; then none is touched."""
    found = []
    for host in bench.targets(action.target):
        relays = [port.id for port in host.device.ports if port.kind is PortKind.RELAY]
        if not relays:
            raise FleetError(f"{host.name} has no relay")
        found += [(host.device.relays, number) for number in action.target.indices(relays)]
    for part, number in found:
        part.fit_jumper(number, action.volts)
