"""Hands on settings and on facts that are no wires."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.device.port_plan import PortKind
from simulator.errors import FleetError, UnknownTarget

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.action.set import Set
    from simulator.device.device import Device
    from simulator.fleet.bench import Bench


def set_(bench: Bench, action: Set) -> None:
    """Raises FleetError where one of the devices does not have it or does not take the value; then none is changed."""
    devices = [host.device for host in bench.targets(action.device)]
    deeds = [_parameter(device, action) if action.parameter else _fact(device, action) for device in devices]
    for deed in deeds:
        deed()


def _parameter(device: Device, action: Set) -> Callable[[], object]:
    name = action.parameter.removeprefix("root.")
    if name not in device.parameters:
        raise UnknownTarget("parameter", f"{device.name} {name}", device.parameters.names())
    device.parameters.definition(name).checked(action.value)
    return partial(device.parameters.write, name, action.value)


def _fact(device: Device, action: Set) -> Callable[[], object]:
    kind, _, number = action.fact.partition("/")
    yes = action.value.lower() in {"yes", "on", "true"}
    if kind == "motion":
        return _motion(device, yes)
    return (_virtual_input if kind == "virtual-input" else partial(_output, kind))(device, int(number), yes)


def _motion(device: Device, yes: bool) -> Callable[[], object]:
    if device.motion is None:
        raise FleetError(f"{device.name} has no motion sensor")
    return partial(device.motion.set_motion, yes)


def _virtual_input(device: Device, number: int, yes: bool) -> Callable[[], object]:
    inputs = device.virtual_inputs
    inputs.is_active(number)  # it knows its numbers
    return partial(inputs.activate if yes else inputs.deactivate, number)


def _output(kind: str, device: Device, number: int, yes: bool) -> Callable[[], object]:
    fitting = [
        port for port in device.ports if not port.is_input and (port.kind is PortKind.RELAY) == (kind == "relay")
    ]
    port = next((port for port in fitting if port.id == number), None)
    if port is None:
        raise UnknownTarget(
            kind, f"{device.name}/{kind}/{number}", [f"{device.name}/{kind}/{p.id}" for p in fitting]
        )
    if not device.ports.live:
        raise FleetError(f"{device.name} is down and drives no output", hint="power: restore")
    return partial(port.set_active, yes)
