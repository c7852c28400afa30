"""Checks of what is fitted to single devices of a fleet: supervised inputs, power sources, jumpers, doors, calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.door import DoorSetting
from simulator.device.door_monitoring import check_door
from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.action.kind import Reading
    from simulator.scenario.plan import DevicePlan

_VOLTS = (12, 24)


def check_parts(plan: DevicePlan, model: str, ports: Mapping[str, tuple[int, ...]], reading: Reading) -> None:
    """Note everything that this model does not have. `ports` are its ids by component."""
    _check_supervised(plan, model, ports.get("input", ()), reading)
    _check_power(plan, model, reading)
    _check_jumpers(plan, model, ports.get("relay", ()), reading)
    _check_doors(plan, model, reading)
    if plan.multicast is not None and model != "C1410":
        reading.problem(
            ("fleet", plan.name, "multicast"), f"{model} hears no pages", "only a C1410 does", at_key=True
        )
    if plan.sip is not None and model != "C1410":
        reading.problem(("fleet", plan.name, "sip"), f"{model} makes no calls", "only a C1410 does", at_key=True)


def _check_supervised(plan: DevicePlan, model: str, inputs: tuple[int, ...], reading: Reading) -> None:
    for port, _ in plan.supervised:
        if port not in inputs:
            known = f"its inputs: {', '.join(map(str, inputs))}" if inputs else "it has no ports"
            path = ("fleet", plan.name, "supervised", str(port))
            reading.problem(path, f"{model} has no input {port}", known, at_key=True)


def _check_power(plan: DevicePlan, model: str, reading: Reading) -> None:
    path = ("fleet", plan.name, "power")
    if not plan.power:
        reading.problem(path, "a device needs a power source", "for example power: [poe]")
    elif "dc" in plan.power and model != "A9210":
        reading.problem(path, f"{model} has no DC input", "it is powered by PoE alone")


def _check_jumpers(plan: DevicePlan, model: str, relays: tuple[int, ...], reading: Reading) -> None:
    for relay, volts in plan.relay_jumpers:
        path = ("fleet", plan.name, "relay_jumpers", str(relay))
        if relay not in relays:
            known = f"its relays: {', '.join(map(str, relays))}" if relays else "it has no ports"
            reading.problem(path, f"{model} has no relay {relay}", known, at_key=True)
        elif volts not in _VOLTS:
            reading.problem(path, f"no relay jumper gives {volts} V", "12 or 24")


def _check_doors(plan: DevicePlan, model: str, reading: Reading) -> None:
    if plan.doors and model != "A9210":
        reading.problem(
            ("fleet", plan.name, "doors"), f"{model} has no AXIS Door Monitoring", "only an A9210 has it"
        )
        return
    before: list[DoorSetting] = []
    for number, door in plan.doors:
        setting = DoorSetting(number, door.dps, door.rex, door.open_too_long, door.access)
        try:
            check_door(setting, before)
        except FleetError as error:
            reading.problem(("fleet", plan.name, "doors", str(number)), error.what, error.hint)
        before.append(setting)
