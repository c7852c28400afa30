"""The network cable of a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from simulator.action.action import Action
from simulator.action.target import DeviceTarget, Target


@dataclass(frozen=True, slots=True)
class Unplug(Action):
    """Pull the network cable: the link is down, the device runs on and loses nothing but its peers."""

    verb: ClassVar[str] = "unplug"
    family: ClassVar[str] = "cable"
    shorthand: ClassVar[str] = "device"

    device: Annotated[Target, DeviceTarget(), "Device whose cable is pulled."]


@dataclass(frozen=True, slots=True)
class Plug(Action):
    """Plug the network cable in again: link up, and the device asks DHCP for its address (RFC 2131, 4.4.2)."""

    verb: ClassVar[str] = "plug"
    family: ClassVar[str] = "cable"
    shorthand: ClassVar[str] = "device"

    device: Annotated[Target, DeviceTarget(), "Device whose cable is plugged in."]
