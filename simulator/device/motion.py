"""The PIR sensor beside the front-facing LED of a speaker (C1410 manual, Product overview)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.journal import Kind

if TYPE_CHECKING:
    from simulator.device.device import Device

PIR = "tns1:Device/tnsaxis:Sensor/PIR"
SENSOR = 0


class MotionSensor:
    """Whether something warm moves before the speaker. A fact of the world, with or without power."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.detecting = False

    def set_motion(self, moving: bool) -> None:
        """Something begins or ceases to move."""
        if self.detecting != moving:
            self.detecting = moving
            self._device.note(Kind.STATE, "motion", moving=moving)
            if self._device.lifecycle.reachable:
                self.publish_states()

    def publish_states(self) -> None:
        """The event system starts."""
        self._device.events.publish(PIR, {"sensor": SENSOR}, state=self.detecting)
