"""The wires of an input: a resistance in ohms, and what the input's converter makes of it.

    terminal --- corrosion --- cable ---+--- end-of-line resistors and contact --- DC ground
        |                               |
        +--- leakage --- ground         +--- short, or the end of a cut cable

Hands change facts (a contact, a cut, a drop of water); resistance, level and state follow. Circuits, cable and the
converters fitted to the published ranges are those of io-events sheet 1.8; the diagram in the A9210 manual,
"Supervised inputs", shows the same two layouts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.errors import FleetError
from simulator.units import OPEN_CIRCUIT, Ohm

if TYPE_CHECKING:
    from collections.abc import Callable

OHMS_PER_METRE = 0.0842
"""One AWG 24 copper conductor at 20 degrees Celsius."""

LONGEST_CABLE = 200.0
"""Metres for which the A9210 is qualified (manual, Input 1 connector)."""

HIGHEST_LEVEL = 4095
"""The converters have 12 bits."""


class LoopState(StrEnum):
    """What a supervised input makes of its loop (A9210 manual, Supervised inputs). Words of supervisedio.cgi."""

    OPEN = "open"
    CLOSED = "closed"
    CUT = "cut"
    SHORT = "short"

    @property
    def tampered(self) -> bool:
        """Somebody has been at the cable."""
        return self in (LoopState.CUT, LoopState.SHORT)

    @property
    def circuit_closed(self) -> bool:
        """Current flows: how port.cgi and portmanagement see it."""
        return self in (LoopState.CLOSED, LoopState.SHORT)

    @property
    def event_word(self) -> str:
        """The word in events, where a short is `shorted` (io-events sheet 1.7, 2.2)."""
        return "shorted" if self is LoopState.SHORT else self.value


class EndOfLine(StrEnum):
    """Which resistors sit at the contact. The words are the names of the presets (io-events sheet 1.4)."""

    NONE = "None"
    """A bare contact: nothing to supervise."""
    PARALLEL_22K_4K7 = "ParallellFirst22k4k7"
    SERIAL_1K = "SerialFirst1k"
    SERIAL_2K2 = "SerialFirst2k2"
    SERIAL_4K7 = "SerialFirst4k7"
    SERIAL_10K = "SerialFirst10k"

    @property
    def resistors(self) -> tuple[float, float]:
        """Nominal ohms of the first and the second resistor, counted from the line."""
        return _RESISTORS[self]

    def ohms(
        self,
        closed: bool,
        tolerance: tuple[float, float] = (0.0, 0.0),
        resistors: tuple[float, float] | None = None,
    ) -> float:
        """Resistance at the end of the cable. `tolerance` is each resistor's deviation: 0.01 is 1 % too high.

        `resistors` are those that were fitted, where they are not the nominal ones.
        """
        if self is EndOfLine.NONE:
            return 0.0 if closed else math.inf
        fitted = self.resistors if resistors is None else resistors
        first, second = (r * (1 + error) for r, error in zip(fitted, tolerance, strict=True))
        if self is EndOfLine.PARALLEL_22K_4K7:
            return parallel(first, second) if closed else first
        return first if closed else first + second


_RESISTORS = {
    EndOfLine.NONE: (0.0, 0.0),
    EndOfLine.PARALLEL_22K_4K7: (22_000.0, 4_700.0),
    EndOfLine.SERIAL_1K: (1_000.0, 1_000.0),
    EndOfLine.SERIAL_2K2: (2_200.0, 2_200.0),
    EndOfLine.SERIAL_4K7: (4_700.0, 4_700.0),
    EndOfLine.SERIAL_10K: (10_000.0, 10_000.0),
}


def parallel(one: float, other: float) -> float:
    """Resistance of two side by side; infinity is an open circuit, 0 a short."""
    if math.isinf(one) or math.isinf(other):
        return min(one, other)
    return one * other / (one + other) if one + other > 0 else 0.0


class Damage(StrEnum):
    """What has been done to the cable; the last deed counts."""

    NONE = "none"
    CUT = "cut"
    SHORT = "short"


class Loop:
    """The wiring of one input. Each method is a deed of hands and calls `changed(deed)` afterwards."""

    __slots__ = (
        "_changed", "cable_metres", "contact_closed", "corrosion", "damage", "end_of_line", "leakage", "parted",
        "resistors", "tolerance",
    )  # fmt: skip

    def __init__(self, changed: Callable[[str], None]) -> None:
        self._changed = changed
        self.end_of_line = EndOfLine.NONE
        self.cable_metres = 0.0
        self.tolerance = (0.0, 0.0)
        self.resistors: tuple[float, float] | None = None
        """Ohms that were fitted, where they are not the nominal ones."""
        self.parted = False
        """A loose terminal has let go for now."""
        self.contact_closed = False
        self.damage = Damage.NONE
        self.corrosion = Ohm(0.0)
        """Ohms in series, at the terminal."""
        self.leakage = OPEN_CIRCUIT
        """Ohms from the terminal to ground: water in the cable."""

    @property
    def ohms(self) -> Ohm:
        """What the input sees between its pin and DC ground; infinity is an open circuit."""
        return Ohm(parallel(self.leakage, self.corrosion + self._undrifted))

    @property
    def _undrifted(self) -> float:
        cable = 2 * self.cable_metres * OHMS_PER_METRE
        if self.damage is Damage.CUT or self.parted:
            return math.inf
        if self.damage is Damage.SHORT:
            return cable
        return cable + self.end_of_line.ohms(self.contact_closed, self.tolerance, self.resistors)

    def fit(
        self,
        end_of_line: EndOfLine,
        *,
        cable_metres: float = 0.0,
        tolerance: tuple[float, float] = (0.0, 0.0),
        resistors: tuple[float, float] | None = None,
    ) -> None:
        """Wire the loop anew: resistors, 0 to 200 m of cable, tolerances. Raises FleetError."""
        if not 0 <= cable_metres <= LONGEST_CABLE:
            raise FleetError(f"a cable of {cable_metres:g} m is outside 0 to {LONGEST_CABLE:g} m")
        if not all(abs(error) < 1 for error in tolerance):
            raise FleetError("a tolerance is a fraction below 1", hint="write 0.01 for 1 %")
        if resistors is not None and not all(0 <= ohms < math.inf for ohms in resistors):
            raise FleetError("a resistor has 0 ohms or more")
        self.end_of_line, self.cable_metres, self.tolerance = end_of_line, cable_metres, tolerance
        self.resistors = resistors
        self._changed("fit")

    def open_switch(self) -> None:
        """The contact at the end of the loop opens."""
        self.contact_closed = False
        self._changed("open")

    def close_switch(self) -> None:
        """The contact at the end of the loop closes."""
        self.contact_closed = True
        self._changed("close")

    def cut(self) -> None:
        """The cable is cut: no path to ground but leakage."""
        self.damage = Damage.CUT
        self._changed("cut")

    def short(self) -> None:
        """The conductors touch at the far end of the cable: its own ohms are left."""
        self.damage = Damage.SHORT
        self._changed("short")

    def drift(self, to_ohms: float) -> None:
        """The loop as it stands comes to read `to_ohms`: by corrosion if that is more, by leakage if less.

        What has drifted stays when the contact moves. Raises FleetError for a resistance below 0.
        """
        if math.isnan(to_ohms) or to_ohms < 0:
            raise FleetError(f"{to_ohms} is no resistance", hint="write ohms from 0 to inf")
        present = self._undrifted
        self.corrosion, self.leakage = Ohm(0.0), OPEN_CIRCUIT
        if to_ohms > present:
            self.corrosion = Ohm(to_ohms - present)
        elif to_ohms < present:
            self.leakage = Ohm(to_ohms if math.isinf(present) else to_ohms * present / (present - to_ohms))
        self._changed("drift")

    def corrode(self, ohms: float) -> None:
        """A terminal has so much resistance in series. Raises FleetError unless it is 0 to less than infinity."""
        if not 0 <= ohms < math.inf:
            raise FleetError(f"{ohms} is no corrosion", hint="write ohms from 0")
        self.corrosion = Ohm(ohms)
        self._changed("corrode")

    def leak(self, ohms: float) -> None:
        """Water in the cable leads so much to ground; infinity is a dry cable. Raises FleetError below 0."""
        if math.isnan(ohms) or ohms < 0:
            raise FleetError(f"{ohms} is no leakage", hint="write ohms from 0 to inf")
        self.leakage = Ohm(ohms)
        self._changed("leak")

    def part(self) -> None:
        """A loose terminal lets go."""
        self.parted = True
        self._changed("part")

    def join(self) -> None:
        """A loose terminal touches again."""
        self.parted = False
        self._changed("join")

    def restore(self) -> None:
        """The wiring is mended: no cut, short, loose terminal, corrosion or leakage. Contact and resistors stay."""
        self.damage, self.corrosion, self.leakage = Damage.NONE, Ohm(0.0), OPEN_CIRCUIT
        self.parted = False
        self._changed("restore")


@dataclass(frozen=True, slots=True)
class Converter:
    """An input's divider and analogue-to-digital converter: the level of a resistance, 0 to 4095.

    level = at_cut + span * half / (half + R), fitted to the published ranges (io-events sheet 1.8).
    """

    at_cut: float
    """Counts with nothing connected."""
    span: float
    """Counts between cut and short."""
    half: float
    """Ohms at which the level is half-way."""

    def level(self, ohms: float) -> int:
        """What the converter counts, without noise; it counts whole steps only."""
        return int(self.at_cut + self.span * self.half / (self.half + ohms))


INPUT_ONLY = Converter(at_cut=1095.0, span=2688.4, half=4022.0)
"""Ports 1, 2, 5, 9 and 10 of the A9210: a short reads high."""

AUXILIARY = Converter(at_cut=739.4, span=-739.4, half=10_440.0)
"""Ports 7 and 8 of the A9210, a pull-up of 10 k: a short reads 0."""
