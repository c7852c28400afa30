"""Hands on what sits in and on the housing: jumpers, casing, and the housing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.port_plan import PortKind
from simulator.errors import FleetError

if TYPE_CHECKING:
    from simulator.action.jumper import Jumper
    from simulator.fleet.bench import Bench


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
