"""The power supply of a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from simulator.action.action import Action
from simulator.action.target import DeviceTarget, Target


@dataclass(frozen=True, slots=True)
class Power(Action):
    """Take the power away or give it back, all of it or one source of two.

    A power cut sends no good-bye: connections end without a word, and the MQTT broker publishes the will. An
    uncommitted firmware goes back to the one before (core sheet 4.2). An A9210 with PoE and DC lives on DC when PoE
    is lost, and restarts on PoE when DC is lost while it is in use (manual, Power priority).
    """

    verb: ClassVar[str] = "power"
    family: ClassVar[str] = "power"
    shorthand: ClassVar[str] = "do"

    do: Annotated[Literal["cut", "restore"], "What happens to the supply."]
    device: Annotated[Target, DeviceTarget(), "Device that loses or regains power."]
    source: Annotated[
        Literal["all", "poe", "dc"], "Which source: all that are wired, Power over Ethernet, or the DC input."
    ] = "all"


@dataclass(frozen=True, slots=True)
class Reboot(Action):
    """Restart in order, as restart.cgi does: the device says good-bye and comes back (core sheet 4.1)."""

    verb: ClassVar[str] = "reboot"
    family: ClassVar[str] = "power"
    shorthand: ClassVar[str] = "device"

    device: Annotated[Target, DeviceTarget(), "Device to restart."]
