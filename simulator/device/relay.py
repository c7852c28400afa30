"""The form C contacts of relays, as a meter at the connector reads them (A9210 manual, Relay connector).

Active connects COM to NO. Without power the coil lets go, and COM rests at NC; the same while the system restarts,
because all outputs are open then (io-events sheet 1.1). The relay power jumper connects 12 or 24 V DC to COM, which
comes from the device and is gone with its power.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.device.port_plan import PortKind
from simulator.errors import FleetError, UnknownTarget
from simulator.journal import Kind

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.device.terminal import Port

JUMPER_VOLTS = (0, 12, 24)
"""Not fitted, or fitted for one of two voltages."""


@dataclass(frozen=True, slots=True)
class Contacts:
    """One relay at its connector. Volts are against the connector's DC ground, without a load."""

    com_no: bool
    """COM and NO are connected."""
    com_nc: bool
    no_volts: int
    nc_volts: int


class Relays:
    """The relays of one device: where their contacts rest, and what their jumpers feed into COM."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._jumpers: dict[int, int] = {}

    def fit_jumper(self, number: int, volts: int) -> None:
        """Set the jumper of relay `number` (its port id); 0 takes it off. Raises FleetError, UnknownTarget."""
        self.must_be_relay(number)
        if volts not in JUMPER_VOLTS:
            raise FleetError(f"no relay jumper gives {volts} V", hint="12 or 24; 0 takes it off")
        self._jumpers[number] = volts
        self._device.note(Kind.STATE, "relay jumper", port=number, volts=volts)

    def must_be_relay(self, number: int) -> None:
        """Raises UnknownTarget for a port that is no relay."""
        relays = [str(port.id) for port in self._device.ports if port.kind is PortKind.RELAY]
        if str(number) not in relays:
            raise UnknownTarget("relay", f"{self._device.name}/relay/{number}", relays)

    def jumper(self, number: int) -> int:
        """Volts that the jumper of this relay is set for; 0 where it is not fitted."""
        return self._jumpers.get(number, 0)

    def contacts(self, port: Port) -> Contacts:
        """What a meter reads at a relay, with or without power."""
        powered = self._powered(port)
        closed = port.closed and powered
        com = self.jumper(port.id) if powered else 0
        return Contacts(closed, not closed, com if closed else 0, 0 if closed else com)

    def _powered(self, port: Port) -> bool:
        """Whether the box it sits in has power: an expansion module has a supply of its own."""
        if not port.plan.module or self._device.expansion is None:
            return self._device.lifecycle.powered
        return any(module.powered for module in self._device.expansion.line.at(port.plan.module))
