"""Hands on the housing of a device: shake it, open its casing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from simulator.action.action import Action
from simulator.action.kind import Whole
from simulator.action.target import DeviceTarget, Target


@dataclass(frozen=True, slots=True)
class Shake(Action):
    """Move or hit the device: its alarm for device motion may feel it (A9210 manual, Alarms)."""

    verb: ClassVar[str] = "shake"
    family: ClassVar[str] = "housing"
    shorthand: ClassVar[str] = "device"

    device: Annotated[Target, DeviceTarget(), "Device that is moved."]
    strength: Annotated[
        int, Whole(1, 100), "How hard; felt if it comes to 100 together with the sensitivity that is set."
    ] = 100


@dataclass(frozen=True, slots=True)
class Casing(Action):
    """Open or close the casing of the device (A9210 manual, Alarms)."""

    verb: ClassVar[str] = "casing"
    family: ClassVar[str] = "housing"
    shorthand: ClassVar[str] = "do"

    do: Annotated[Literal["open", "close"], "What happens to the casing."]
    device: Annotated[Target, DeviceTarget(), "Device whose casing it is."]
