"""What an expectation asks of a bus, and of the device's list of sensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from simulator.action.declaration import ListOf
from simulator.action.kind import Choice, Kind, Number, Text, Whole
from simulator.errors import FleetError
from simulator.expect.query import Query

SENSOR_KEY: Kind = Text(r"[A-Za-z0-9_-]{1,64}", "sensor", example="1 or freezer")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModbusQuery(Query):
    """What a unit answers to a foreign master on a bus that listens."""

    bus: Annotated[int, Whole(0, 16), "Box of the bus: 0 is the A9210's own."] = 0
    unit: Annotated[int, Whole(1, 247), "Address that is asked."]
    function: Annotated[int, Whole(1, 4), "Function it is asked with: a read of bits or registers."] = 3
    register: Annotated[int, Whole(0, 65535), "First register, as on the wire."] = 0
    words: Annotated[tuple[int, ...], ListOf(Whole(0, 65535)), "Registers (or bits) in the answer, in order."] = ()
    exception: Annotated[int | None, Whole(1, 255), "Exception code it is refused with."] = None
    answers: Annotated[bool | None, "Whether it answers at all."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorQuery(Query):
    """A sensor of the device's list, as its page shows it."""

    shorthand: ClassVar[str] = "sensor"

    sensor: Annotated[str, SENSOR_KEY, "Sensor by name or number."]
    status: Annotated[
        str, Choice(("online", "offline", "unknown")), "Its status; unknown before the first verdict."
    ] = ""
    reason: Annotated[str, "Why its last poll failed; may hold globs."] = ""
    quantity: Annotated[str, "Which of its values is meant; by default the only one."] = ""
    value: Annotated[float | None, Number(-1e9, 1e9), "Last value."] = None
    tolerance: Annotated[float, Number(), "How far the value may be off."] = 0.0
    quality: Annotated[str, Choice(("good", "stale", "invalid")), "Whether the value can be trusted."] = ""
    limit: Annotated[str, Choice(("normal", "above", "below")), "Where the value stands to its limits."] = ""
    event: Annotated[str, "Last event as the list shows it: temperature above limit; may hold globs."] = ""

    def __post_init__(self) -> None:
        if self.quantity and not (self.quality or self.limit or self.value is not None):
            raise FleetError("'quantity' says nothing alone", hint="add value, quality or limit")
