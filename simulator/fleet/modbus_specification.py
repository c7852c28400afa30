"""Sensors and RS-485 buses of a device, as the control API, the scenario runner and the pytest plugin say them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulator.device.sensor import SensorSettings, Threshold
from simulator.device.sensor_model import DEFAULT_ADDRESSES, SENSOR_MODELS, sensor_model
from simulator.device.sensor_template import Template, parse_template
from simulator.errors import FleetError, did_you_mean

MOST_SENSORS = 128
"""Physical ones on all buses of a device, more than its list takes."""
Box = Annotated[int, Field(ge=0, le=16)]
BUS_MODES = ("internal", "listen", "connect", "mixed", "tap")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ThresholdSpecification(_Strict):
    """Limits of one measurand."""

    low: float | None = None
    high: float | None = None
    hysteresis: Annotated[float, Field(ge=0)] = 0.0

    @model_validator(mode="after")
    def _ordered(self) -> ThresholdSpecification:
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low {self.low:g} is not below high {self.high:g}")
        return self


class SensorSpecification(_Strict):
    """One sensor: what stands on the bus, and its row in the device's list."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")] = ""
    type: str = "generic"
    """A type that ships, or `custom` with a template."""
    box: Box = 0
    address: Annotated[int, Field(ge=1, le=247)] | None = None
    """By default that of the type's factory."""
    interval: Annotated[float, Field(ge=0.1, le=86400)] | None = None
    template: Annotated[str, Field(max_length=65_536)] = ""
    """JSON of a custom sensor."""
    thresholds: dict[str, ThresholdSpecification] = Field(default_factory=dict)
    values: dict[str, float] = Field(default_factory=dict)
    """What it measures at first, by point or measurand."""
    listed: bool = True
    """It stands in the device's list; otherwise only on the bus."""
    present: bool = True
    """It stands on the bus; otherwise only in the list."""

    @model_validator(mode="after")
    def _known(self) -> SensorSpecification:
        if (self.type == "custom") != bool(self.template):
            raise ValueError("a template belongs to type custom, and to no other")
        if self.type not in SENSOR_MODELS and self.type != "custom":
            raise ValueError(
                f"no sensor type {self.type!r}; {did_you_mean(self.type, (*SENSOR_MODELS, 'custom'))}"
            )
        try:
            template = self.made()
        except FleetError as error:
            raise ValueError(error.what) from None
        for name in (*self.thresholds, *self.values):
            derived = name in ("temperature", "humidity")
            if template.point(name) is None and not derived:
                known = ", ".join(point.name for point in template.points)
                raise ValueError(f"{self.type} does not measure {name!r}; it measures {known}")
        return self

    def made(self) -> Template:
        """The template of its type. Raises FleetError."""
        return parse_template(self.template) if self.type == "custom" else sensor_model(self.type)

    def at_address(self) -> int:
        """The address given, or that of the type's factory."""
        return self.address or DEFAULT_ADDRESSES.get(self.type, 1)

    def settings(self, name: str) -> SensorSettings:
        """The row of the device's list."""
        template = self.made()
        limits = {
            (point.name if (point := template.point(key)) is not None else key): Threshold(
                one.low, one.high, one.hysteresis
            )
            for key, one in self.thresholds.items()
        }
        return SensorSettings(name, self.at_address(), template, self.box, self.interval, tuple(limits.items()))


class BusSpecification(_Strict):
    """How one RS-485 bus is wired to the world (Modbus sheet 1.1)."""

    mode: Literal["internal", "listen", "connect", "mixed", "tap"] = "internal"
    """internal: in memory. listen: TCP peers are masters, too. connect: the slaves are behind `peer`. mixed: those that
    are not ours are. tap: a TCP peer sees all that passes."""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Of the listener; 0: a free one, which fleet.json names."""
    peer: Annotated[str, Field(pattern=r"^([A-Za-z0-9.-]{1,253}:[0-9]{1,5})?$")] = ""
    tap: bool = False
    """Opens a tap beside the mode."""
    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] | None = None
    """Rate of the port: a sensor of another rate is silent. By default each sensor's own."""
    parity: Literal["none", "odd", "even"] = "none"
    line_timing: bool = False
    """Answers take as long as on a real line of this rate."""
    gateway: bool = False
    """An absent unit is answered with exception 0B."""
    collide: bool = False
    """Overlapping requests of several masters are lost; otherwise they wait."""
    peers: Annotated[int, Field(ge=1, le=256)] = 16
    frame_gap: Annotated[float, Field(gt=0, le=5)] = 0.05
    """Wire seconds after which an unfinished frame is dropped."""

    @model_validator(mode="after")
    def _wired(self) -> BusSpecification:
        if (self.mode in ("connect", "mixed")) != bool(self.peer):
            raise ValueError("peer belongs to the modes connect and mixed, which need it")
        return self
