"""The table of AXIS Door Monitoring: which doors there are, and their settings.

The application's page keeps it, and no public API has it (io-events sheet 1.13); here it lives in parameters that no
API lists, so that it survives a restart and goes with a factory default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.door import DEAD, Door, DoorSetting
from simulator.device.parameter import Definition, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.device.device import Device
    from simulator.device.lifecycle import Phase
    from simulator.device.terminal import Port

MOST_DOORS = 5
DPS_INPUTS = (1, 2, 5, 7, 8, 9, 10)
"""Inputs of the module itself."""
REX_INPUTS = (7, 8)
"""I/O 1 and I/O 2 (manual, AXIS Door Monitoring, Limitations)."""
LONGEST = 86_400.0
"""Seconds; a bound of the simulator."""
_INTERNAL = frozenset({"int", "hid"})


def _parameter(number: int) -> str:
    return f"DoorMonitoring.Internal.D{number}"


_DEFINITIONS = tuple(
    Definition(_parameter(number), "", "7777", flags=_INTERNAL) for number in range(1, MOST_DOORS + 1)
)
"""Shared by all devices."""


class DoorMonitoring:
    """The doors of one A9210."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._doors: dict[int, Door] = {}
        for definition in _DEFINITIONS:
            device.parameters.define(definition)
            device.parameters.on_change(definition.name, self._setting_changed)
        device.ports.listen(self._port_changed)
        device.lifecycle.on_phase(self._phase_changed)

    @property
    def doors(self) -> tuple[Door, ...]:
        """The monitored doors in order of their numbers; none while the device is down."""
        return tuple(self._doors[number] for number in sorted(self._doors))

    def configure(self, setting: DoorSetting) -> None:
        """Monitor a door, or change how. Raises Refused for what the application does not take."""
        self.check(setting)
        rex = "" if setting.rex is None else str(setting.rex)
        text = f"{setting.dps}/{rex}/{setting.open_too_long!r}/{setting.access!r}"
        self._device.parameters.write(_parameter(setting.number), text)

    def remove(self, number: int) -> None:
        """Monitor it no more. Raises Refused for a number outside 1 to 5."""
        _check_number(number)
        self._device.parameters.write(_parameter(number), "")

    def check(self, setting: DoorSetting) -> None:
        """Raises Refused for what the application does not take beside the doors that there are."""
        check_door(setting, [other for other in self.settings() if other.number != setting.number])

    def settings(self) -> tuple[DoorSetting, ...]:
        """The rows of the table."""
        rows = ((n, self._device.parameters[_parameter(n)]) for n in range(1, MOST_DOORS + 1))
        return tuple(_from_text(number, text) for number, text in rows if text)

    def publish_states(self) -> None:
        """The system starts, and the application with it."""
        for setting in self.settings():
            self._open(setting)

    def _open(self, setting: DoorSetting) -> None:
        self._close(setting.number)
        door = self._doors[setting.number] = Door(setting, self._device)
        door.start()

    def _close(self, number: int) -> None:
        door = self._doors.pop(number, None)
        if door is not None:
            door.stop()
            door.withdraw()

    def _setting_changed(self, name: str, value: str) -> None:
        number = int(name[-1])
        if not self._device.lifecycle.reachable:
            return
        if value:
            self._open(_from_text(number, value))
        else:
            self._close(number)

    def _port_changed(self, port: Port) -> None:
        for door in self.doors:
            if port.id in (door.setting.dps, door.setting.rex):
                door.input_changed(port)

    def _phase_changed(self, phase: Phase) -> None:
        if phase in DEAD:
            for door in self.doors:
                door.stop()
            self._doors.clear()


def check_door(setting: DoorSetting, others: Iterable[DoorSetting]) -> None:
    """Raises Refused: five doors, a DPS on an input of its own, REX on I/O 1 or I/O 2 (7 or 8) alone."""
    _check_number(setting.number)
    if setting.dps not in DPS_INPUTS:
        raise Refused(f"a DPS is at one of the inputs {', '.join(map(str, DPS_INPUTS))}, not at {setting.dps}")
    if setting.rex is not None and setting.rex not in REX_INPUTS:
        raise Refused(f"a REX is at I/O 1 or I/O 2, ports 7 and 8, not at {setting.rex}")
    if setting.dps == setting.rex:
        raise Refused(f"input {setting.dps} cannot be DPS and REX at once")
    used = {number for other in others for number in (other.dps, other.rex)}
    for number in (setting.dps, setting.rex):
        if number is not None and number in used:
            raise Refused(f"input {number} belongs to another door")
    times = (setting.open_too_long, setting.access)
    if not all(0 < seconds <= LONGEST for seconds in times):
        raise Refused(f"times of a door are more than 0 and at most {LONGEST:g} s")


def _check_number(number: int) -> None:
    if not 1 <= number <= MOST_DOORS:
        raise Refused(f"doors are numbered 1 to {MOST_DOORS}")


def _from_text(number: int, text: str) -> DoorSetting:
    dps, rex, too_long, access = text.split("/")
    return DoorSetting(number, int(dps), int(rex) if rex else None, float(too_long), float(access))
