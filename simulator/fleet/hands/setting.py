"""Hands on settings and on facts that are no wires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import FleetError

if TYPE_CHECKING:
    from simulator.action.set import Set
    from simulator.device.device import Device
    from simulator.fleet.bench import Bench


def set_(bench: Bench, action: Set) -> None:
    """Raises FleetError for a parameter or part that the device does not have, or a value it does not take."""
    for host in bench.targets(action.device):
        if action.parameter:
            host.device.parameters.write(action.parameter.removeprefix("root."), action.value)
        else:
            _set_fact(host.device, action.fact, yes=action.value.lower() in {"yes", "on", "true"})


def _set_fact(device: Device, fact: str, *, yes: bool) -> None:
    kind, _, number = fact.partition("/")
    if kind == "motion":
        if device.motion is None:
            raise FleetError(f"{device.name} has no motion sensor")
        device.motion.set_motion(yes)
    elif kind == "virtual-input":
        (device.virtual_inputs.activate if yes else device.virtual_inputs.deactivate)(int(number))
    elif int(number) not in device.ports:
        raise FleetError(f"{device.name} has no port {number}")
    else:
        device.ports[int(number)].set_active(yes)
