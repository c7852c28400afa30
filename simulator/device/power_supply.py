"""Where a device takes its power from: Power over Ethernet or the DC input.

The five rules of the A9210 manual, "Power priority":

1. Both connected before the device is powered: PoE powers it.
2. PoE powers it, DC is connected, PoE is lost: DC takes over without a restart.
3. DC powers it, PoE is connected, DC is lost: the device restarts, powered by PoE.
4. Started on DC, PoE comes later: DC goes on powering it.
5. Started on PoE, DC comes later: PoE goes on powering it.

A speaker has no DC input (C1410 manual, Connectors).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.device.lifecycle import Phase
from simulator.errors import FleetError
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.device.device import Device


class PowerSource(StrEnum):
    """An input that can power a device, the one that wins at power-on first."""

    POE = "poe"
    DC = "dc"


class PowerSupply:
    """The power inputs of one device: what is wired, what carries power now, and which of them is used."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.inputs: tuple[PowerSource, ...] = (PowerSource.POE,)
        """The inputs that the product has."""
        self._wired: frozenset[PowerSource] = frozenset(self.inputs)
        self._live = self._wired
        self.source: PowerSource | None = None
        """What powers the device now; None while it is off."""
        device.lifecycle.on_phase(self._phase_changed)

    @property
    def live(self) -> tuple[PowerSource, ...]:
        """The wired sources that carry power, PoE first."""
        return tuple(source for source in PowerSource if source in self._live)

    def wire(self, sources: Iterable[PowerSource]) -> None:
        """Connect these sources and no other, before the first start. Raises FleetError for an input it lacks."""
        wanted = tuple(sources)
        for source in wanted:
            self.must_have(source)
        if not wanted:
            raise FleetError(f"{self._device.name} needs a power source", hint="power: [poe]")
        self._wired = self._live = frozenset(wanted)

    def must_have(self, source: PowerSource) -> None:
        """Raises FleetError for an input that the product does not have."""
        if source not in self.inputs:
            raise FleetError(f"{self._device.name} has no {source} input", hint="it has " + ", ".join(self.inputs))

    def lose(self, *sources: PowerSource) -> None:
        """These sources fail at the same instant; without any named, all do. One that has failed stays so."""
        lost = frozenset(sources or self.inputs) & self._live
        self._live -= lost
        if lost:
            self._note()
        if self.source not in lost:
            return
        if not self._live:
            self._device.lifecycle.power_cut()
        elif self.source is PowerSource.POE:
            self._use(PowerSource.DC)
        else:
            self._device.lifecycle.power_cut()
            self._device.lifecycle.power_on()

    def regain(self, *sources: PowerSource) -> None:
        """These sources carry power; without any named, those that are wired. A device that was off starts."""
        gained = (frozenset(sources) or self._wired) - self._live
        self._wired |= gained
        self._live |= gained
        if gained:
            self._note()
        self._device.lifecycle.power_on()

    def _phase_changed(self, phase: Phase) -> None:
        if phase is Phase.OFF:
            self.source = None
        elif self.source is None:
            self._live = self._live or self._wired
            self._use(self.live[0])

    def _use(self, source: PowerSource) -> None:
        self.source = source
        self._note()

    def _note(self) -> None:
        live = " ".join(self.live) or "none"
        self._device.note(Kind.STATE, "power", live=live, source=self.source or "none")
