"""Hands on the table of AXIS Door Monitoring."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.device.door import DoorSetting
from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.action.door import MonitorDoor
    from simulator.device.device import Device
    from simulator.fleet.bench import Bench


def monitor_door(bench: Bench, action: MonitorDoor) -> None:
    """Raises FleetError or Refused where one of the devices does not take it; then none is changed."""
    deeds = [_deed(host.device, action) for host in bench.targets(action.device)]
    for deed in deeds:
        deed()


def _deed(device: Device, action: MonitorDoor) -> Callable[[], None]:
    if device.door_monitoring is None:
        raise FleetError(f"{device.name} has no AXIS Door Monitoring", hint="only an A9210 has it")
    if action.do == "remove" or action.dps is None:
        return partial(device.door_monitoring.remove, action.door)
    setting = DoorSetting(action.door, action.dps, action.rex, action.open_too_long, action.access)
    device.door_monitoring.check(setting)
    return partial(device.door_monitoring.configure, setting)
