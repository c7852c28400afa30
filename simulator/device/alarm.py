"""The alarms of an A9210 (manual, Alarms): device motion, casing open, external tamper, each a switch of its own.

Device motion is VAPIX shock detection: an event without a state, and no second one until the hold-off is over
(io-events sheet 1.12). The casing is told as `Casing/Open` (`enclosure.py`). For an external tamper no topic is
public: an input stands for the contact of the outer cabinet, it may be supervised like any other, and a topic of the
simulator's own tells of it.

The switches live in parameters that no API lists, so that they survive and reset as settings do; shock detection has
its CGIs beside.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from simulator.device.enclosure import CASING_ALARM
from simulator.device.lifecycle import Phase
from simulator.device.parameter import Definition, Refused
from simulator.errors import FleetError
from simulator.journal import Kind

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.device.terminal import Port

SHOCK = "tns1:Device/tnsaxis:Tampering/ShockDetected"
EXTERNAL_TAMPER = "tns1:Device/tnsaxis:Tampering/External"
SHOCK_ENABLED = "Tampering.Internal.ShockDetection"
SHOCK_SENSITIVITY = "Tampering.Internal.ShockSensitivity"
TAMPER_ENABLED = "Tampering.Internal.ExternalTamper"
TAMPER_PORT = "Tampering.Internal.ExternalTamperPort"
MOST_SENSITIVE = 100
CHANNEL = 1
_INTERNAL = frozenset({"int", "hid"})


class Alarms:
    """What an A9210 notices of hands on itself and on its cabinet."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._quiet_until = 0.0
        for definition in _definitions(device):
            device.parameters.define(definition)
        for name in (CASING_ALARM, TAMPER_ENABLED, TAMPER_PORT):
            device.parameters.on_change(name, self._setting_changed)
        device.ports.listen(self._port_changed)
        device.lifecycle.on_phase(self._phase_changed)

    # ---- device motion

    @property
    def shock_detection(self) -> bool:
        """Whether the alarm for device motion is on."""
        return self._device.parameters.enabled(SHOCK_ENABLED)

    def set_shock_detection(self, enabled: bool) -> None:
        """Switch it on or off."""
        self._device.parameters.write(SHOCK_ENABLED, "yes" if enabled else "no")

    @property
    def shock_sensitivity(self) -> int:
        """0 to 100; at 100 very small movements are felt."""
        return int(self._device.parameters[SHOCK_SENSITIVITY])

    def set_shock_sensitivity(self, level: int) -> None:
        """Raises Refused outside 0 to 100."""
        if not 0 <= level <= MOST_SENSITIVE:
            raise Refused("a sensitivity is 0 to 100")
        self._device.parameters.write(SHOCK_SENSITIVITY, str(level))

    def shake(self, strength: int) -> None:
        """A blow or a push of strength 1 to 100: felt if strength and sensitivity together come to 100 or more.

        Raises FleetError for another strength.
        """
        if not 1 <= strength <= MOST_SENSITIVE:
            raise FleetError(f"a shake of {strength} is outside 1 to {MOST_SENSITIVE}")
        self._device.note(Kind.STATE, "shaken", strength=strength)
        felt = strength + self.shock_sensitivity >= MOST_SENSITIVE
        now = self._device.world.clock.now()
        if self._device.lifecycle.reachable and self.shock_detection and felt and now >= self._quiet_until:
            self._quiet_until = now + self._device.profile.quirks.shock_hold_off
            self._log("Shock detected")
            self._device.events.publish(SHOCK, {"channel": CHANNEL})

    # ---- external tamper

    @property
    def tamper_port(self) -> Port:
        """The input that stands for the contact of the outer cabinet."""
        return self._device.ports[int(self._device.parameters[TAMPER_PORT])]

    @property
    def external_tamper(self) -> bool:
        """The alarm is on, and its input is active or its cable tampered with."""
        port = self.tamper_port
        tampered = port.supervised and port.state is not None and port.state.tampered
        return self._device.parameters.enabled(TAMPER_ENABLED) and (tampered or (port.is_input and port.active))

    def publish_states(self) -> None:
        """The event system starts."""
        self._publish_tamper()

    def _publish_tamper(self) -> None:
        """Declared while the alarm is on."""
        source = {"port": self.tamper_port.id}
        if not self._device.parameters.enabled(TAMPER_ENABLED):
            self._device.events.withdraw(EXTERNAL_TAMPER, source)
            return
        active = self.external_tamper
        event = self._device.events.publish(EXTERNAL_TAMPER, source, active=active)
        if event is not None and active:
            self._log("External tamper detected")

    def _port_changed(self, port: Port) -> None:
        if port.id == self.tamper_port.id and self._device.lifecycle.reachable:
            self._publish_tamper()

    def _setting_changed(self, name: str, value: str) -> None:
        if not self._device.lifecycle.reachable:
            return
        if name == CASING_ALARM:
            self._device.enclosure.publish_casing()
        elif name == TAMPER_PORT:
            for port in self._device.ports:
                self._device.events.withdraw(EXTERNAL_TAMPER, {"port": port.id})
            self._publish_tamper()
        elif name == TAMPER_ENABLED:
            self._publish_tamper()

    def _phase_changed(self, phase: Phase) -> None:
        if phase is Phase.BOOTING:
            self._quiet_until = 0.0

    def _log(self, text: str) -> None:
        self._device.logs.system(self._device.profile.quirks.alarm_daemon, "WARNING", text)


def _definitions(device: Device) -> tuple[Definition, ...]:
    quirks = device.profile.quirks
    inputs = tuple(str(port.id) for port in device.ports if port.loop is not None)
    return _defined(quirks.alarms_on, quirks.shock_sensitivity, quirks.external_tamper_port, inputs)


@cache
def _defined(on: tuple[str, ...], sensitivity: int, port: int, inputs: tuple[str, ...]) -> tuple[Definition, ...]:
    """Shared by all devices of a profile."""

    def switch(name: str) -> Definition:
        return Definition(name, "yes" if name in on else "no", "7777", "bool", ("yes", "no"), flags=_INTERNAL)

    return (
        switch(SHOCK_ENABLED),
        Definition(SHOCK_SENSITIVITY, str(sensitivity), "7777", "int", flags=_INTERNAL),
        switch(CASING_ALARM),
        switch(TAMPER_ENABLED),
        Definition(TAMPER_PORT, str(port), "7777", "enum", inputs, flags=_INTERNAL),
    )
