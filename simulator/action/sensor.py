"""Hands on Modbus sensors: what they measure, how they err, and whether they are there (Modbus sheet 1.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from simulator.action.action import Action, check_use
from simulator.action.kind import Duration, Number
from simulator.action.target import ItemTarget, Target
from simulator.units import Seconds

SENSOR_USES: Final[dict[str, tuple[str, ...]]] = {
    "set": ("quantity", "to!"),
    "ramp": ("quantity", "to!", "over!"),
    "step": ("quantity", "values!", "every!"),
    "sine": ("quantity", "to", "amplitude!", "period!"),
    "spike": ("quantity", "to!", "for!"),
    "walk": ("quantity", "stride!", "every!"),
    "stick": ("quantity", "for"),
    "out-of-range": ("quantity", "for"),
    "below-range": ("quantity", "for"),
    "nan": ("quantity", "for"),
    "sentinel": ("quantity", "for"),
    "follow": ("quantity",),
    "unplug": ("for",),
    "plug": (),
    "reset": ("for",),
    "hold-button": ("for",),
    "release-button": (),
}
"""What can be done to a sensor, and which fields each takes."""
_LARGEST = 1e9


@dataclass(frozen=True, slots=True)
class Sensor(Action):
    """Do something to a Modbus sensor, or to what it measures.

    set, ramp, step, sine, spike, walk: the quantity follows this course. stick, out-of-range, below-range, nan, sentinel:
    the sensor tells something else than what it measures, until follow. unplug, plug: it leaves the bus and comes back.
    reset: registers as from the factory, silent for a while. hold-button, release-button: the MD button of a Tibbo probe,
    which lets a master write its address and rate.
    """

    verb: ClassVar[str] = "sensor"
    family: ClassVar[str] = "sensor"

    on: Annotated[
        Target, ItemTarget(("sensor",), indexed=True), "Sensor by name or by its position from 1: io-2/sensor/1."
    ]
    do: Annotated[
        Literal[
            "set", "ramp", "step", "sine", "spike", "walk", "stick", "out-of-range", "below-range", "nan", "sentinel",
            "follow", "unplug", "plug", "reset", "hold-button", "release-button",
        ],
        "What is done.",
    ]  # fmt: skip
    quantity: Annotated[
        str, "Point of its template or what it measures: temperature, humidity. By default all, or the only one."
    ] = ""
    to: Annotated[float | None, Number(-_LARGEST, _LARGEST), "New value; of a sine its mean."] = None
    over: Annotated[Seconds | None, Duration(), "How long a ramp takes."] = None
    values: Annotated[tuple[float, ...], "Values that follow one another."] = ()
    every: Annotated[Seconds | None, Duration(0.001), "Time from one step to the next."] = None
    amplitude: Annotated[float | None, Number(0, _LARGEST), "How far a sine goes up and down."] = None
    period: Annotated[Seconds | None, Duration(0.001), "Time of one wave."] = None
    stride: Annotated[float | None, Number(0, _LARGEST), "Largest step of a random walk."] = None
    for_: Annotated[Seconds | None, Duration(0.001), "Ends by itself after this time on the device clock."] = None

    def __post_init__(self) -> None:
        check_use(self, "do", SENSOR_USES)
