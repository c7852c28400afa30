"""The control button behind the cover."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from simulator.action.action import Action
from simulator.action.kind import Duration
from simulator.action.target import DeviceTarget, Target
from simulator.units import Seconds

BRIEF_PRESS = Seconds(0.5)


@dataclass(frozen=True, slots=True)
class Press(Action):
    """Press the control button and let it go.

    Held while the device starts, it resets it to factory default: 10 s on the speaker, 25 s on the I/O module
    (both manuals, Reset to factory default settings).
    """

    verb: ClassVar[str] = "press"
    family: ClassVar[str] = "button"
    shorthand: ClassVar[str] = "device"

    device: Annotated[Target, DeviceTarget(), "Device whose button is pressed."]
    for_: Annotated[Seconds, Duration(0.001), "How long it is held, on the device clock."] = BRIEF_PRESS
