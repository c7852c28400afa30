"""Faults of a loop that take their time: corrosion, water, a loose terminal, and resistors that are not the right ones.

They are facts of the wiring in ohms; what the device makes of them follows from its converter, its ranges and its
debounce (io-events sheet 1.8). `restore` mends all but the resistors, which stay until others are fitted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

from simulator.action.kind import Choice, Duration, Number
from simulator.action.wiring import AT_ONCE, Wiring
from simulator.errors import FleetError
from simulator.units import Ohm, Seconds

NOMINAL = Ohm(-1.0)
"""A resistor of its nominal value."""
LAYOUTS = (
    "None", "ParallellFirst22k4k7", "SerialFirst1k", "SerialFirst2k2", "SerialFirst4k7", "SerialFirst10k",
)  # fmt: skip
MOMENT, NOW_AND_THEN, HALF_A_MINUTE = Seconds(0.2), Seconds(2.0), Seconds(30.0)


@dataclass(frozen=True, slots=True)
class Corrode(Wiring):
    """Let a terminal corrode: resistance grows in series, and a closed loop reads open at last."""

    verb: ClassVar[str] = "corrode"

    to: Annotated[Ohm, "Series resistance at the end, in ohms."]
    over: Annotated[Seconds, "How long it takes on the device clock; by default it is a jump."] = AT_ONCE

    def __post_init__(self) -> None:
        if math.isinf(self.to):
            raise FleetError("corrosion is a resistance", hint="an open circuit is a cut")


@dataclass(frozen=True, slots=True)
class Leak(Wiring):
    """Let water into the cable: leakage to ground falls from 10 megohm, and an open loop reads closed at last."""

    verb: ClassVar[str] = "leak"

    to: Annotated[Ohm, "Leakage resistance at the end, in ohms; inf is a dry cable."]
    over: Annotated[Seconds, "How long it takes on the device clock; by default it is a jump."] = AT_ONCE


@dataclass(frozen=True, slots=True)
class Loosen(Wiring):
    """Loosen a terminal: the loop parts at chance moments of the seed, each time for a moment, until the time is over."""

    verb: ClassVar[str] = "loosen"

    open_for: Annotated[Seconds, Duration(0.001), "Longest interruption; each lasts a tenth of it at least."] = (
        MOMENT
    )
    every: Annotated[Seconds, Duration(0.01), "Time between interruptions on average."] = NOW_AND_THEN
    for_: Annotated[Seconds, Duration(0.01), "How long it goes on."] = HALF_A_MINUTE


@dataclass(frozen=True, slots=True)
class Fit(Wiring):
    """Fit other end-of-line resistors, as an installer may by mistake; what the device is set to stays as it is."""

    verb: ClassVar[str] = "fit"

    layout: Annotated[str, Choice(LAYOUTS), "Circuit and nominal values; None is a bare contact."]
    first: Annotated[Ohm, "Resistor nearest to the line in ohms; by default its nominal value."] = NOMINAL
    second: Annotated[Ohm, "The other resistor in ohms; by default its nominal value."] = NOMINAL
    cable: Annotated[float, Number(0, 200), "Length of the cable in metres, AWG 24."] = 0.0
