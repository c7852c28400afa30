"""The relay power jumper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from simulator.action.action import Action
from simulator.action.kind import Whole
from simulator.action.target import ItemTarget, Target
from simulator.errors import FleetError


@dataclass(frozen=True, slots=True)
class Jumper(Action):
    """Fit the relay power jumper: 12 or 24 V DC of the device on the relay's COM pin (A9210 manual)."""

    verb: ClassVar[str] = "jumper"
    family: ClassVar[str] = "wiring"
    shorthand: ClassVar[str] = "target"

    target: Annotated[Target, ItemTarget(("relay",), indexed=True), "Relay by its port id, 0 on the A9210."]
    volts: Annotated[int, Whole(0, 24), "Voltage it is set for, 12 or 24; 0 takes it off."] = 12

    def __post_init__(self) -> None:
        if self.volts not in (0, 12, 24):
            raise FleetError(f"no relay jumper gives {self.volts} V", hint="12 or 24; 0 takes it off")
