"""One RS-485 port of a box with everything on it: the bus, its sensors, its faults, and its doors to TCP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from simulator.journal import Kind
from simulator.net.activity import without_cause
from simulator.site.modbus.tibbo import TibboProbe
from simulator.wire.modbus.bus import Bus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.clock import Timer
    from simulator.device.world import World
    from simulator.journal import Record
    from simulator.site.modbus.door import Door
    from simulator.site.modbus.foreign import Foreign
    from simulator.site.modbus.probe import Probe
    from simulator.wire.modbus.bus import Master
    from simulator.wire.modbus.fault import BusFault

_UNASKED: Final = {"babble": 0.05, "idle-noise": 1.0}
"""Kinds that are heard while nobody asks, and wire seconds between two bursts."""


class Rs485:
    """The bus of `box` of the device of this name. It is the way of the module's master, too."""

    def __init__(
        self, world: World, device: str, box: int, bus: Bus, *, baud: int | None = None, mode: str = "internal"
    ) -> None:
        self.device, self.box, self.mode = device, box, mode
        self.bus = bus
        self.baud = baud
        """The rate of the port; None: whatever each sensor was made for."""
        self.probes: list[Probe] = []
        self.doors: list[Door] = []
        self.foreign: Foreign | None = None
        self.violations = 0
        """Breaches by masters over TCP."""
        self.begun = 0
        """Faults begun so far, each with chance of its own."""
        self._world = world
        self._causes: dict[int, Record] = {}
        self._timers: dict[int, Timer] = {}
        self._disturbance: asyncio.TimerHandle | None = None
        bus.on_strike = self._struck

    # The way of the module's master

    def ask(self, master: Master, frame: bytes) -> None:
        self.bus.ask(master, frame)

    def withdraw(self, master: Master) -> None:
        self.bus.withdraw(master)

    def cause(self, address: int) -> Record | None:
        """What was last done to this address, or to the whole bus."""
        causes = self._causes
        return (causes.get(address) or causes.get(0)) if causes else None

    def blame(self, record: Record, *addresses: int) -> None:
        """What these sensors answer from now on follows from this record; without addresses, the whole bus."""
        for address in addresses or (0,):
            self._causes.pop(address, None)
            self._causes[address] = record
        if not addresses:
            self._causes = {0: record}

    # Sensors

    def stand(self, probe: Probe) -> None:
        """Put a sensor on the bus."""
        self.probes.append(probe)
        probe.on_settings = lambda: self.refresh(probe)
        self.refresh(probe)

    def refresh(self, probe: Probe) -> None:
        """A sensor is on the bus while it is plugged, not restarting, and speaks at the rate of the port."""
        self.bus.remove(probe.unit)
        rate = self.baud or probe.template.baud
        if probe.plugged and not probe.resetting and probe.baud == rate:
            self.bus.add(probe.unit)

    def reset(self, probe: Probe, seconds: float) -> None:
        """A sensor restarts: registers as from the factory, silent for so many device seconds."""
        probe.reset()
        probe.resetting = True
        self.refresh(probe)

        def back() -> None:
            probe.resetting = False
            self.refresh(probe)

        earlier = self._timers.pop(probe.number, None)
        if earlier is not None:
            earlier.cancel()
        self._timers[probe.number] = self._world.clock.call_later(seconds, back)

    def hold_button(self, probe: Probe, held: bool) -> bool:
        """The MD button of a Tibbo probe; False for a sensor without one."""
        if not isinstance(probe, TibboProbe):
            return False
        probe.button_held = held
        return True

    # Faults

    def begin(self, fault: BusFault) -> None:
        """Let a fault act."""
        self.begun += 1
        self.bus.faults.append(fault)
        self.note(Kind.FAULT, f"bus {fault.kind} begins", units=sorted(fault.units))
        if fault.kind in _UNASKED and self.doors:
            self._disturb(fault)

    def end(self, fault: BusFault) -> None:
        """End a fault. Safe to repeat."""
        if fault in self.bus.faults:
            self.bus.faults.remove(fault)
            self.note(Kind.FAULT, f"bus {fault.kind} ends", struck=fault.struck)

    def faults(self) -> Iterator[dict[str, Any]]:
        """Those in force, as the control API tells them."""
        for fault in self.bus.faults:
            yield {
                "on": f"{self.device}/bus/{self.box}", "kind": fault.kind, "struck": fault.struck, "mechanism": "frames",
            }  # fmt: skip

    def note(self, kind: Kind, what: str, **data: Any) -> Record:
        """A record about this bus."""
        return self._world.journal.append(kind, self.device, what, box=self.box, **data)

    # What is told

    def description(self) -> dict[str, Any]:
        """The bus in fleet.json."""
        told: dict[str, Any] = {"box": self.box, "mode": self.mode}
        for door in self.doors:
            told[door.purpose] = {"host": door.address[0], "port": door.address[1]}
        return told

    def state(self) -> dict[str, Any]:
        """What has passed, and what hangs on it, as it truly is."""
        tally = self.bus.tally
        return {
            "box": self.box,
            "mode": self.mode,
            "requests": tally.requests,
            "silences": tally.silences,
            "collisions": tally.errors,
            "violations": self.violations,
            "masters": sum(len(door.peers) for door in self.doors if door.purpose == "listen"),
            "sensors": [
                {
                    "number": probe.number,
                    "name": probe.name,
                    "address": probe.unit.address,
                    "plugged": probe.plugged,
                    "measures": {point.name: round(probe.truth(point.name), 6) for point in probe.template.points},
                }
                for probe in self.probes
            ],
        }

    def close(self) -> None:
        """No socket and no timer is left."""
        for timer in self._timers.values():
            timer.cancel()
        if self._disturbance is not None:
            self._disturbance.cancel()
        for door in self.doors:
            door.close()
        if self.foreign is not None:
            self.foreign.close()

    def _disturb(self, fault: BusFault) -> None:
        """Bytes that nobody asked for, again and again on wire time, to those that listen over TCP."""
        if fault not in self.bus.faults:
            return
        for door in self.doors:
            door.babble(fault.noise())
        pause = fault.delay or _UNASKED[fault.kind]
        self._disturbance = without_cause(asyncio.get_running_loop().call_later, pause, self._disturb, fault)

    def _struck(self, fault: BusFault, frame: bytes) -> None:
        """The first strike is told, and the end by count: a poll comes every few seconds for days."""
        if fault.struck == 1:
            self.note(Kind.FAULT, f"bus {fault.kind} strikes", unit=frame[0], function=frame[1])
        if fault.over:
            self._world.clock.call_later(0.0, lambda: self.end(fault))
