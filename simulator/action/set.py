"""Settings and physical facts that are not wires: a parameter, motion before the sensor, a relay set by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from simulator.action.action import Action
from simulator.action.kind import Text
from simulator.action.target import DeviceTarget, Target
from simulator.errors import FleetError

FACT = Text(
    r"motion|(relay|output|virtual-input)/\d{1,3}", "fact", example="motion, relay/0, output/3, virtual-input/1"
)
PARAMETER = Text(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*", "parameter name", example="root.Network.HostName")


@dataclass(frozen=True, slots=True)
class Set(Action):
    """Change a parameter from inside, as the device's own web page would, or a fact of the world around it."""

    verb: ClassVar[str] = "set"
    family: ClassVar[str] = "set"

    device: Annotated[Target, DeviceTarget(), "Device that is changed."]
    value: Annotated[str, Text(empty=True), "New value: text of the parameter, yes or no of a fact."]
    parameter: Annotated[str, PARAMETER, "Full name of a parameter, with or without the leading root."] = ""
    fact: Annotated[
        str, FACT, "motion (the speaker's PIR sensor), relay/N, output/N or virtual-input/N, N being the port id."
    ] = ""

    def __post_init__(self) -> None:
        if bool(self.parameter) == bool(self.fact):
            raise FleetError("set needs one of 'parameter' and 'fact'", hint="name what is changed")
        if self.fact and self.value.lower() not in {"yes", "no", "on", "off", "true", "false"}:
            raise FleetError(f"fact {self.fact} takes yes or no, not {self.value!r}")
