"""The housing of a device: its casing, and the temperature inside.

The topics are those every recorded 12.9 device declares (io-events sheet 2.2). That the casing of these two
products reports `NetworkCamera` and how warm it is inside are guesses of the profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.journal import Kind

if TYPE_CHECKING:
    from simulator.device.device import Device

CASING = "tns1:Device/tnsaxis:Casing/Open"
CASING_ALARM = "Tampering.Internal.CasingOpen"
"""Switch of the alarm for an open casing, on products that have a contact at it."""
TEMPERATURE = "tns1:Device/tnsaxis:Status/Temperature/"
_SENSOR = "TemperatureControl.Sensor.S"


@dataclass(frozen=True, slots=True)
class Sensor:
    """One temperature sensor, in degrees Celsius."""

    number: int
    name: str
    celsius: float
    low: float
    """At and below it is colder than allowed (`TriggerLow`)."""
    high: float
    """At and above it is hotter than allowed (`TriggerHigh`)."""

    @property
    def fahrenheit(self) -> float:
        return self.celsius * 9 / 5 + 32


class Enclosure:
    """A closed casing with electronics at rest. What counts as too hot or too cold is a setting."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.casing_open = False
        """A fact of the world, with or without power."""
        for number in range(len(device.profile.quirks.sensor_celsius)):
            for trigger in ("TriggerHigh", "TriggerLow"):
                device.parameters.on_change(f"{_SENSOR}{number}.{trigger}", self._trigger_changed)

    def set_casing(self, opened: bool) -> None:
        """Hands open or close the casing."""
        if self.casing_open != opened:
            self.casing_open = opened
            self._device.note(Kind.STATE, "casing", open=opened)
            if self._device.lifecycle.reachable:
                self.publish_casing()

    @property
    def casing_told(self) -> bool:
        """Whether the device says that its casing is open: the alarm is on, and it is."""
        parameters = self._device.parameters
        return self.casing_open and CASING_ALARM in parameters and parameters.enabled(CASING_ALARM)

    def publish_casing(self) -> None:
        """Publish what the alarm says now."""
        quirks = self._device.profile.quirks
        event = self._device.events.publish(CASING, {"Name": quirks.casing_name}, Open=self.casing_told)
        if event is not None and self.casing_told:
            self._device.logs.system(quirks.alarm_daemon, "WARNING", "Casing open")

    def sensors(self) -> tuple[Sensor, ...]:
        """The sensors that this product has, in order of their numbers."""
        measured = enumerate(self._device.profile.quirks.sensor_celsius)
        return tuple(
            self._sensor(n, celsius) for n, celsius in measured if f"{_SENSOR}{n}.Name" in self._device.parameters
        )

    def _sensor(self, number: int, celsius: float) -> Sensor:
        get = self._device.parameters.get
        group = f"{_SENSOR}{number}"
        low, high = float(get(f"{group}.TriggerLow")), float(get(f"{group}.TriggerHigh"))
        return Sensor(number, get(f"{group}.Name"), celsius, low, high)

    def publish_states(self) -> None:
        """The event system starts."""
        self.publish_casing()
        self._publish_temperature()

    def _publish_temperature(self) -> None:
        """A device with several sensors is as hot as the one that is worst off."""
        sensors = self.sensors()
        above = any(sensor.celsius >= sensor.high for sensor in sensors)
        below = any(sensor.celsius <= sensor.low for sensor in sensors)
        levels = {
            "Above": above,
            "Above_or_below": above or below,
            "Below": below,
            "Inside": not above and not below,
        }
        for level, holds in levels.items():
            self._device.events.publish(TEMPERATURE + level, {}, sensor_level=holds)

    def _trigger_changed(self, name: str, value: str) -> None:
        if self._device.lifecycle.reachable:
            self._publish_temperature()
