"""Hands on the wires of an input (A9210 manual, Supervised inputs; io-events sheet 1.8).

An input sees a resistance in ohms behind its end-of-line resistors. Each verb changes a fact of the wiring, from
which open, closed, short and cut follow with the device's own debounce.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from simulator.action.action import Action
from simulator.action.kind import Duration
from simulator.action.target import PORT_COMPONENTS, ItemTarget, Target
from simulator.units import Ohm, Seconds

AT_ONCE, BOUNCE, ONE_SECOND = Seconds(0.0), Seconds(0.03), Seconds(1.0)

_Port = Annotated[
    Target,
    ItemTarget(PORT_COMPONENTS, indexed=True),
    "Port of a device by its id, as in IOPort.I2 and portmanagement; port.cgi counts one higher.",
]


@dataclass(frozen=True, slots=True)
class Wiring(Action):
    """Something done to the wires of a port."""

    family: ClassVar[str] = "wiring"
    shorthand: ClassVar[str] = "target"

    target: _Port


@dataclass(frozen=True, slots=True)
class Cut(Wiring):
    """Cut the cable: an open circuit before the end-of-line resistors. A supervised input reads cut."""

    verb: ClassVar[str] = "cut"


@dataclass(frozen=True, slots=True)
class Short(Wiring):
    """Short the cable before the end-of-line resistors: only the cable's own 0 to 34 ohm are left."""

    verb: ClassVar[str] = "short"


@dataclass(frozen=True, slots=True)
class Open(Wiring):
    """Open the contact at the end of the loop, as a door does when it opens."""

    verb: ClassVar[str] = "open"


@dataclass(frozen=True, slots=True)
class Close(Wiring):
    """Close the contact at the end of the loop."""

    verb: ClassVar[str] = "close"


@dataclass(frozen=True, slots=True)
class Restore(Wiring):
    """Repair the loop: no cut, short, drift or chatter is left; the contact stays as it is."""

    verb: ClassVar[str] = "restore"


@dataclass(frozen=True, slots=True)
class Drift(Wiring):
    """Let the loop drift to a resistance, as corrosion and water in a cable do."""

    verb: ClassVar[str] = "drift"

    to: Annotated[Ohm, "Resistance that the input sees at the end, in ohms; inf is an open circuit."]
    over: Annotated[Seconds, "How long the drift takes on the device clock; by default it is a jump."] = AT_ONCE


@dataclass(frozen=True, slots=True)
class Chatter(Wiring):
    """Let the contact bounce: it opens and closes until the time is over, then rests where it was before."""

    verb: ClassVar[str] = "chatter"

    period: Annotated[Seconds, Duration(0.001), "One opening and closing, at least 1 ms."] = BOUNCE
    for_: Annotated[Seconds, Duration(0.001), "How long it goes on."] = ONE_SECOND
