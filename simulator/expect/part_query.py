"""What an expectation asks about one part of a device: a relay's contacts, a monitored door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from simulator.action.kind import Choice, Whole
from simulator.errors import FleetError
from simulator.expect.query import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterQuery(Query):
    """A meter at the relay connector, which reads with or without power in the device."""

    shorthand: ClassVar[str] = "between"

    between: Annotated[
        Literal["com-no", "com-nc", "no-gnd", "nc-gnd"],
        "Pins that it touches: two contacts, or one and DC ground.",
    ]
    relay: Annotated[int, Whole(0, 202), "Port id of the relay."] = 0
    reads: Annotated[str, Choice(("closed", "open")), "Continuity from COM to the other pin."] = ""
    volts: Annotated[int | None, Whole(0, 30), "DC voltage against ground, which the relay jumper feeds."] = None

    def __post_init__(self) -> None:
        to_ground = self.between.endswith("-gnd")
        if to_ground and (self.reads or self.volts is None):
            raise FleetError(f"{self.between} is a voltage", hint="add volts: 12")
        if not to_ground and (self.volts is not None or not self.reads):
            raise FleetError(f"{self.between} is open or closed", hint="add reads: closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorQuery(Query):
    """A door of AXIS Door Monitoring, as the device holds it."""

    shorthand: ClassVar[str] = "state"

    door: Annotated[int, Whole(1, 5), "Number of the door."] = 1
    state: Annotated[str, Choice(("open", "closed", "fault", "unknown")), "Where it is."] = ""
    alarm: Annotated[str, Choice(("normal", "forced-open", "open-too-long")), "Its alarm."] = ""
    mode: Annotated[str, Choice(("accessed", "locked")), "Whether access is granted."] = ""

    def __post_init__(self) -> None:
        if not (self.state or self.alarm or self.mode):
            raise FleetError("nothing is asked about the door", hint="name state, alarm or mode")
