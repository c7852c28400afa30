"""What a sensor measures and in which registers it says so, as the JSON template of a sensor type.

The manual lets the user export a template, edit it and upload it (A9210 manual, Sensors). Its schema is not public:
this one is ours (Modbus sheet 1.7), and the same for the sensors that ship and for custom ones.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from simulator.errors import FleetError

LONGEST_TEMPLATE = 65_536
Measurand = Literal["temperature", "humidity", "dewPoint", "pressure", "luminance", "generic"]
DataType = Literal["bit", "u16", "i16", "u32", "i32", "float32"]
WordOrder = Literal["ABCD", "CDAB", "BADC", "DCBA"]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]+$")]


class Point(BaseModel):
    """One value of a sensor: number in the registers times `scale` plus `offset`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: Name
    type: Measurand = "generic"
    unit: Annotated[str, Field(max_length=16)] = ""
    function: Annotated[int, Field(ge=1, le=4)] = 3
    at: Annotated[int, Field(alias="register", ge=0, le=65535)]
    data_type: Annotated[DataType, Field(alias="dataType")] = "u16"
    word_order: Annotated[WordOrder, Field(alias="wordOrder")] = "ABCD"
    scale: float = 1.0
    offset: float = 0.0
    min: float | None = None
    max: float | None = None
    invalid: tuple[Annotated[int, Field(ge=0, le=0xFFFFFFFF)], ...] = ()
    """Contents of the registers that stand for no value, as unsigned numbers."""

    @model_validator(mode="before")
    @classmethod
    def _one_invalid(cls, data: Any) -> Any:
        """A single number will do for `invalid`."""
        if isinstance(data, dict) and isinstance(data.get("invalid"), int):
            return {**data, "invalid": [data["invalid"]]}
        return data

    @model_validator(mode="after")
    def _sensible(self) -> Point:
        if self.scale == 0:
            raise ValueError("scale is 0: every value would be the offset")
        if self.min is not None and self.max is not None and self.min >= self.max:
            raise ValueError(f"min {self.min:g} is not below max {self.max:g}")
        if (self.function <= 2) != (self.data_type == "bit"):
            raise ValueError("functions 1 and 2 read bits, 3 and 4 read registers")
        if self.at + (2 if self.data_type in ("u32", "i32", "float32") else 1) > 0x10000:
            raise ValueError("the value reaches beyond register 65535")
        return self


class Template(BaseModel):
    """A sensor type."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: Name
    model: Annotated[str, Field(max_length=64)] = ""
    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = 9600
    parity: Literal["none", "odd", "even"] = "none"
    stop_bits: Annotated[Literal[1, 2], Field(alias="stopBits")] = 1
    read_interval: Annotated[float | None, Field(alias="readInterval", ge=0.1, le=86400)] = None
    """Seconds between two polls; the device's own default where none is given."""
    points: Annotated[tuple[Point, ...], Field(min_length=1, max_length=64)]

    @model_validator(mode="after")
    def _told_apart(self) -> Template:
        names = [point.name for point in self.points]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two points are named {twice!r}")
        return self

    def point(self, name: str) -> Point | None:
        """The point of a name, or the first of a measurand."""
        named = next((point for point in self.points if point.name == name), None)
        return named or next((point for point in self.points if point.type == name), None)

    def exported(self) -> str:
        """JSON that `parse_template` takes back."""
        return json.dumps(self.model_dump(mode="json", by_alias=True, exclude_none=True), indent=2) + "\n"


def parse_template(text: str) -> Template:
    """A template from the JSON that a user uploads. Raises FleetError that names the place of each mistake."""
    if len(text) > LONGEST_TEMPLATE:
        raise FleetError(f"the template is longer than {LONGEST_TEMPLATE} characters")
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise FleetError(
            f"the template is no JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    except RecursionError:
        raise FleetError("the template is no JSON: it is nested too deep") from None
    return template_from(value)


def template_from(value: object) -> Template:
    """A template from its JSON value. Raises FleetError that names the place of each mistake."""
    try:
        return Template.model_validate(value)
    except ValidationError as error:
        told = [f"{_place(part['loc'])}: {part['msg']}" for part in error.errors()]
        raise FleetError("the template is broken: " + "; ".join(told[:10])) from None


def _place(location: tuple[int | str, ...]) -> str:
    """`points[2].register`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".") or "template"
