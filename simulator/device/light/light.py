"""The light component of a speaker: its front-facing LED, told by profiles, rules and the API.

The C1410 Mk II has a light and no siren (C1410 manual, Product overview). What shines is a fact that a tester can
see; a broken lamp shines no more, and only a health check finds that out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.device.lifecycle import Phase
from simulator.device.light.activity import HEALTH_CHECK, IDENTIFY, MAINTENANCE, Activities
from simulator.device.light.pattern import LightError, LightPattern, LightRefused
from simulator.device.light.profile import LightProfiles
from simulator.journal import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from simulator.clock import Timer
    from simulator.device.device import Device
    from simulator.device.quirks import LightQuirks

_HEALTH = "tns1:Device/tnsaxis:SirenAndLight/HealthCheck"
_MAINTENANCE = "API.SirenAndLightService1.MaintenanceMode"
LIGHT_BROKEN = 101
"""Error code of a health check for a light that does not shine."""


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The outcome of a health check."""

    at: datetime
    """UTC."""
    errors: tuple[int, ...]


class Light:
    """The light of one speaker. Activities end with the power; profiles and maintenance mode stay."""

    def __init__(self, device: Device, quirks: LightQuirks) -> None:
        self._device = device
        self.quirks = quirks
        self.profiles = LightProfiles(device)
        self.activities = Activities(device.world.clock, self._note)
        self.broken = False
        """The lamp is dead."""
        self.report: HealthReport | None = None
        """Of the last health check."""
        self._health_timer: Timer | None = None
        device.lifecycle.on_phase(self._phase_changed)
        device.lifecycle.on_default(self._defaulted)

    @property
    def shown(self) -> LightPattern | None:
        """What a person sees; None for a dark lamp."""
        seen = self.activities.seen
        return None if seen is None or self.broken or not self._device.lifecycle.powered else seen.pattern

    def now(self) -> float:
        """Device seconds, against which the ends of activities are told."""
        return self._device.world.clock.now()

    def start(self, profile: str) -> int:
        """Run a profile; the number of the activity. Raises LightRefused for an unknown one."""
        found = self.profiles[profile]
        return self.shine(found.pattern, profile=found.name)

    def shine(self, pattern: LightPattern, *, profile: str = "") -> int:
        """Run a pattern; the number of the activity. Raises LightRefused."""
        if not self._device.lifecycle.reachable:
            raise LightRefused(LightError.INVALID, "nothing shines while the device is down")
        pattern.checked(self.quirks)
        return self.activities.start(pattern, pattern.seconds(self.quirks), profile=profile)

    def stop(self, profile: str) -> None:
        """End a profile; nothing happens if it does not run. Raises LightRefused for an unknown one."""
        self.activities.stop_profile(self.profiles[profile].name)

    def set_broken(self, broken: bool) -> None:
        """Hands break the lamp, or put in a new one."""
        if self.broken != broken:
            self.broken = broken
            self._note()

    # ---- what the device does itself

    def identify(self, on: bool) -> None:
        """Find my device: above all that users start."""
        if on:
            self.activities.start(self._own(IDENTIFY), None)
        else:
            self.activities.stop_priority(IDENTIFY)

    @property
    def maintenance(self) -> bool:
        """Maintenance mode is on: it hides what users start, and survives a restart."""
        return self._device.parameters.enabled(f"{_MAINTENANCE}.MaintenanceMode")

    def set_maintenance(self, on: bool, seconds: int = 0) -> None:
        """Turn maintenance mode on or off; 0 seconds have no end. Raises LightRefused where there is none."""
        if not self.quirks.maintenance_mode:
            raise LightRefused(LightError.NO_MAINTENANCE_MODE, "maintenance mode is not supported")
        parameters = self._device.parameters
        parameters.write(f"{_MAINTENANCE}.DurationValue", str(seconds if on else 0))
        parameters.write(f"{_MAINTENANCE}.MaintenanceMode", "yes" if on else "no")
        self._show_maintenance()

    def _show_maintenance(self) -> None:
        if self.maintenance:
            seconds = int(self._device.parameters[f"{_MAINTENANCE}.DurationValue"])
            self.activities.start(self._own(MAINTENANCE), float(seconds) if seconds else None)
        else:
            self.activities.stop_priority(MAINTENANCE)

    def check_health(self) -> None:
        """Shine for a while and see whether it does; the outcome comes as `report` and events."""
        if not self.quirks.health_check:
            raise LightRefused(LightError.NO_HEALTH_CHECK, "health check is not supported")
        if self._health_timer is None:
            self.activities.start(self._own(HEALTH_CHECK), None)
            seconds = self.quirks.health_check_seconds
            self._health_timer = self._device.world.clock.call_later(seconds, self._health_checked)

    def _health_checked(self) -> None:
        self._health_timer = None
        self.activities.stop_priority(HEALTH_CHECK)
        errors = (LIGHT_BROKEN,) if self.broken else ()
        self.report = HealthReport(self._device.world.clock.wall(), errors)
        self._device.note(Kind.STATE, "light health", errors=list(errors))
        told = ("Done", "Failed", "LightFailed") if errors else ("Done", "Success")
        for outcome in told:
            self._device.events.publish(f"{_HEALTH}{outcome}", {})

    def _own(self, priority: int) -> LightPattern:
        pattern, color = self.quirks.own_pattern, self.quirks.own_color
        return LightPattern(pattern, (color,), self.quirks.intensities[-1], 1, priority)

    # ---- what the device tells it

    def _phase_changed(self, phase: Phase) -> None:
        if not self._device.lifecycle.reachable:
            self.activities.clear()
            if self._health_timer is not None:
                self._health_timer.cancel()
                self._health_timer = None
        elif phase is Phase.RUNNING:
            if self.maintenance:
                self._show_maintenance()
            for profile in self.profiles.resumed():
                self.shine(profile.pattern, profile=profile.name)

    def _defaulted(self, hard: bool) -> None:
        self.report = None

    def _note(self) -> None:
        shown = self.shown
        if shown is None:
            self._device.note(Kind.STATE, "light", shown=None)
        else:
            self._device.note(Kind.STATE, "light", shown=shown.pattern, colors=list(shown.colors))
