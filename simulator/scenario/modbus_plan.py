"""Sensors and RS-485 buses of a device, as a scenario file says them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from simulator.action.declaration import MapOf, Record
from simulator.action.kind import Choice, Duration, Number, Text, Whole
from simulator.action.target import is_pattern, matching
from simulator.errors import FleetError, UnknownTarget
from simulator.units import Seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.action.target import Target
    from simulator.scenario.plan import DevicePlan

SENSOR_TYPES = (
    "tibbo-bp01", "tibbo-bp02", "tibbo-bp03", "tibbo-bp04", "tibbo-bp05", "tibbo-bp06", "hugo", "generic", "slave", "custom",
)  # fmt: skip
BUS_MODES = ("internal", "listen", "connect", "mixed", "tap")
_ANY = Number(-1e9, 1e9)
_GAP = Seconds(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdPlan:
    """Limits of what a sensor measures."""

    low: Annotated[float | None, _ANY, "Below it is an event."] = None
    high: Annotated[float | None, _ANY, "Above it is an event."] = None
    hysteresis: Annotated[float, Number(), "How far a value must come back to be normal again."] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorPlan:
    """A Modbus sensor: what stands on the bus, and its row in the device's list."""

    shorthand: ClassVar[str] = "type"

    name: Annotated[
        str, Text(r"[A-Za-z][A-Za-z0-9_-]{0,63}", "sensor name", example="freezer"), "Name; sensor-N by default."
    ] = ""
    type: Annotated[str, Choice(SENSOR_TYPES), "Its type; custom needs a template."] = "generic"
    box: Annotated[int, Whole(0, 16), "Where it hangs: 0 the A9210, N the A9910 at address N."] = 0
    address: Annotated[int | None, Whole(1, 247), "Modbus address; by default that of its factory."] = None
    interval: Annotated[Seconds | None, Duration(0.1), "Time between two polls; 5 s by default."] = None
    template: Annotated[str, "JSON of a custom sensor, as the device exports and takes it."] = ""
    thresholds: Annotated[
        tuple[tuple[str, ThresholdPlan], ...],
        MapOf(Record(ThresholdPlan)),
        "Limits by measurand: temperature: {high: 30}.",
    ] = ()
    values: Annotated[tuple[tuple[str, float], ...], MapOf(_ANY), "What it measures at first, by measurand."] = ()
    listed: Annotated[bool, "Whether it stands in the device's list; otherwise it is on the bus alone."] = True
    present: Annotated[bool, "Whether it stands on the bus; otherwise it is in the list alone."] = True

    def __post_init__(self) -> None:
        if (self.type == "custom") != bool(self.template):
            raise FleetError("a template belongs to type custom, and to no other", hint="write type: custom")

    def specification(self) -> dict[str, Any]:
        """As the control API's populate call takes it."""
        return {
            "name": self.name,
            "type": self.type,
            "box": self.box,
            "address": self.address,
            "interval": self.interval,
            "template": self.template,
            "thresholds": {
                name: {"low": one.low, "high": one.high, "hysteresis": one.hysteresis}
                for name, one in self.thresholds
            },
            "values": dict(self.values),
            "listed": self.listed,
            "present": self.present,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BusPlan:
    """How one RS-485 bus is wired to the world (Modbus sheet 1.1)."""

    shorthand: ClassVar[str] = "mode"

    mode: Annotated[
        Literal["internal", "listen", "connect", "mixed", "tap"],
        "internal: in memory. listen: TCP peers are masters, too. connect: the slaves are behind `peer`. mixed: those "
        "that are not ours are. tap: a TCP peer sees all that passes.",
    ] = "internal"
    port: Annotated[int, Whole(0, 65535), "Port of the listener; 0 is a free one, which fleet.json names."] = 0
    peer: Annotated[
        str, Text(r"[A-Za-z0-9.-]{1,253}:\d{1,5}", "address", example="127.0.0.1:4001"), "Where the slaves are."
    ] = ""
    tap: Annotated[bool, "Whether a tap is opened beside the mode."] = False
    baud: Annotated[
        int | None,
        Whole(1200, 115200),
        "Rate of the port: sensors of another rate are silent. By default each one's.",
    ] = None
    parity: Annotated[Literal["none", "odd", "even"], "Parity, for the timing of the line."] = "none"
    line_timing: Annotated[bool, "Whether answers take as long as on a real line."] = False
    gateway: Annotated[bool, "Whether an absent unit is answered with exception 0B instead of silence."] = False
    collide: Annotated[bool, "Whether overlapping requests are lost; otherwise they wait."] = False
    peers: Annotated[int, Whole(1, 256), "TCP peers that are let in at once."] = 16
    frame_gap: Annotated[Seconds, Duration(0.001), "Wire time after which an unfinished frame is dropped."] = _GAP

    def __post_init__(self) -> None:
        if (self.mode in ("connect", "mixed")) != bool(self.peer):
            raise FleetError("peer belongs to the modes connect and mixed, which need it")

    def specification(self) -> dict[str, Any]:
        """As the control API's populate call takes it."""
        return {name: getattr(self, name) for name in self.__slots__}


def check_sensors(target: Target, plans: Iterable[DevicePlan]) -> None:
    """Whether each device has the sensor that a target names. Raises UnknownTarget."""
    for plan in plans:
        numbers = [str(number) for number in range(1, len(plan.sensors) + 1)]
        names = [one.name or f"sensor-{number}" for number, one in zip(numbers, plan.sensors, strict=True)]
        try:
            matching("sensor", target.index, numbers if is_pattern(target.index) else [*names, *numbers])
        except UnknownTarget as error:
            error.what = f"{plan.name} has no sensor {target.index}"
            error.hint = f"its sensors: {', '.join(names)}" if names else f"give {plan.name} sensors"
            raise
