"""Settings of AXIS Door Monitoring, as its page on the device makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from simulator.action.action import Action
from simulator.action.kind import Duration, Whole
from simulator.action.target import DeviceTarget, Target
from simulator.errors import FleetError
from simulator.units import Seconds

TOO_LONG, ACCESS = Seconds(30.0), Seconds(10.0)


@dataclass(frozen=True, slots=True)
class MonitorDoor(Action):
    """Let AXIS Door Monitoring watch a door, or watch it no more (A9210 manual, AXIS Door Monitoring).

    The door itself is opened and closed by its contact: `open: io-1/input/1`.
    """

    verb: ClassVar[str] = "monitor-door"
    family: ClassVar[str] = "door"

    device: Annotated[Target, DeviceTarget(), "A9210 that watches it."]
    door: Annotated[int, Whole(1, 5), "Number of the door."]
    do: Annotated[Literal["add", "remove"], "Watch it so, or no more."] = "add"
    dps: Annotated[int | None, Whole(0, 10), "Port id of the input with its position sensor."] = None
    rex: Annotated[
        int | None, Whole(7, 8), "Port id of its request to exit: 7 or 8, which are I/O 1 and I/O 2."
    ] = None
    open_too_long: Annotated[Seconds, Duration(0.001), "How long it may stay open."] = TOO_LONG
    access: Annotated[Seconds, Duration(0.001), "How long a request to exit holds."] = ACCESS

    def __post_init__(self) -> None:
        if self.do == "add" and self.dps is None:
            raise FleetError("a door needs a position sensor", hint="add dps: 1")
