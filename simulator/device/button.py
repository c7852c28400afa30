"""The control button: held, it resets the device to factory default; pressed briefly, it does what the model says.

Both manuals, "Reset to factory default settings": press while power is reconnected and keep pressed for 10 s
(speaker) or 25 s (I/O module). The time counts while the button is down and the device has power. Brief
presses: the speaker calibrates its speaker test, the I/O module connects to the cloud service (O3C) and flashes
its status LED green three times (both manuals, "Control button").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.lifecycle import Phase, Reset
from simulator.errors import FleetError
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.clock import Timer
    from simulator.device.device import Device

LONGEST_PRESS = 3600.0
"""Seconds; nobody's finger lasts longer."""


class ControlButton:
    """The one button of a device."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._released_at = 0.0
        self._timer: Timer | None = None
        self.short_press: Callable[[], None] | None = None
        """What a brief press of a running device does; the model sets it."""
        self.flashing_until = 0.0
        """Device time until which the status LED acknowledges a press."""
        device.lifecycle.on_phase(self._phase_changed)

    @property
    def held(self) -> bool:
        """A finger is on it."""
        return self._device.world.clock.now() < self._released_at

    def press(self, seconds: float) -> None:
        """Press now and let go after `seconds` of device time, above 0 and up to an hour.

        A press on top of another lengthens or shortens it. Raises FleetError for a duration that is none.
        """
        if not 0 < seconds <= LONGEST_PRESS:
            raise FleetError(
                f"a press of {seconds:g} s is none", hint="press for more than 0 s and at most an hour"
            )
        self._device.note(Kind.STATE, "button pressed", seconds=seconds)
        self._released_at = self._device.world.clock.now() + seconds
        self._cancel()
        if self._device.lifecycle.phase is not Phase.OFF:
            self._count()

    def acknowledge(self) -> None:
        """Connect to the cloud service, where that is set to one-click; the status LED flashes three times."""
        if self._device.parameters.get("RemoteService.Enabled") == "oneclick":
            flash = self._device.profile.quirks.cloud_flash_seconds
            self.flashing_until = self._device.world.clock.now() + flash
            self._device.note(Kind.STATE, "cloud connection", by="button")

    def _count(self) -> None:
        """The device sees the button go down: wait for the time of a factory default, or for the release."""
        clock, needed = self._device.world.clock, self._device.profile.quirks.default_button_seconds
        left = self._released_at - clock.now()
        if left >= needed:
            self._timer = clock.call_later(needed, self._default)
        else:
            self._timer = clock.call_later(left, self._release)

    def _default(self) -> None:
        self._timer = None
        self._device.lifecycle.factory_default(hard=True, reason="control button")

    def _release(self) -> None:
        self._timer = None
        if self._device.lifecycle.phase is Phase.RUNNING and self.short_press is not None:
            self.short_press()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _phase_changed(self, phase: Phase) -> None:
        """Power comes or goes under the finger."""
        if phase is Phase.OFF:
            self._cancel()
        elif phase is Phase.BOOTING and self._device.lifecycle.last_reset is Reset.POWER and self.held:
            self._count()
