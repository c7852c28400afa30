"""A physical sensor on a bus: quantities that follow curves, and the registers in which it tells them.

What it measures is a fact of the world; whether anybody reads it is another matter. Its registers are those of a
template, or of a Tibbo Bus Probe with its block of settings.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

from simulator.site.modbus.curve import Constant, Curve, dew_point
from simulator.wire.modbus.frame import ExceptionCode, Refusal
from simulator.wire.modbus.unit import SENSOR_FUNCTIONS, Unit
from simulator.wire.modbus.value import WIDTHS, encode, split

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from simulator.device.sensor_template import Point, Template

AT_REST: Final[dict[str, float]] = {
    "temperature": 21.5, "humidity": 45.0, "pressure": 1013.2, "luminance": 400.0, "generic": 0.0,
}  # fmt: skip
"""An office: degrees Celsius, percent, hPa, lux."""
NO_VALUE: Final = {
    "u16": 0x7FFF,
    "i16": 0x7FFF,
    "u32": 0x7FFFFFFF,
    "i32": 0x7FFFFFFF,
    "float32": 0x7FC00000,
    "bit": 0,
}
"""What a sensor sends for no value where its template names nothing (Modbus sheet 1.6)."""
NAN: Final = 0x7FC00000
_BEYOND: Final = 0.1
"""How far out of range an out-of-range value is, as a share of the range."""

Oddity = Literal["", "stuck", "out-of-range", "below-range", "nan", "sentinel"]


class Probe:
    """One sensor with its unit on the bus. `now` is device time."""

    def __init__(
        self,
        number: int,
        name: str,
        address: int,
        template: Template,
        now: Callable[[], float],
        values: Mapping[str, float] | None = None,
    ) -> None:
        self.number, self.name = number, name
        self.template = template
        self._now = now
        self._initial = {point.name: AT_REST.get(point.type) for point in template.points}
        self._curves: dict[str, Curve] = {}
        self._odd: dict[str, tuple[Oddity, float]] = {}
        """By point: what is wrong with it, and the value at which it is stuck."""
        self.plugged = True
        self.resetting = False
        self.walks = 0
        """Random walks begun so far, each with chance of its own."""
        self.on_settings: Callable[[], None] = lambda: None
        """Called when the sensor's own address or rate was changed over the bus."""
        self._tables: dict[str, dict[int, tuple[Point, int]]] = {}
        for point in template.points:
            table = _TABLES[point.function]
            for offset in range(WIDTHS[point.data_type]):
                self._tables.setdefault(table, {})[point.at + offset] = (point, offset)
        for name_, value in (values or {}).items():
            self.follow(name_, Constant(value))
        self.unit = Unit(address, self, self.functions(), server_id=template.name.encode("ascii", "replace")[:32])

    def functions(self) -> frozenset[int]:
        """Those its template reads with, and for registers the usual four of a sensor."""
        used = frozenset(point.function for point in self.template.points)
        return used | SENSOR_FUNCTIONS if used & {3, 4} else used

    # The world

    def point(self, name: str) -> Point | None:
        """A point by its name, or by what it measures."""
        return self.template.point(name)

    def follow(self, name: str, curve: Curve) -> None:
        """Let a quantity follow a curve. Humidity and temperature move the dew point, unless it has its own curve."""
        point = self.template.point(name)
        self._curves[point.name if point is not None else name] = curve

    def curve(self, name: str) -> Curve:
        """What a quantity follows now."""
        return self._curves.get(name) or Constant(self.truth(name))

    def truth(self, name: str) -> float:
        """The quantity itself, whatever the sensor says of it."""
        curve = self._curves.get(name)
        if curve is not None:
            return curve.at(self._now())
        point = self.template.point(name)
        if point is not None and point.type == "dewPoint":
            return dew_point(self._of_type("temperature"), self._of_type("humidity"))
        rest = self._initial.get(name)
        return AT_REST.get(name, 0.0) if rest is None else rest

    def spoil(self, name: str, oddity: Oddity) -> None:
        """Let the sensor tell something else than what it measures; an empty word ends it."""
        if oddity:
            self._odd[name] = (oddity, self.truth(name))
        else:
            self._odd.pop(name, None)

    def oddity(self, name: str) -> Oddity:
        """What is wrong with a point, or an empty word."""
        return self._odd.get(name, ("", 0.0))[0]

    @property
    def baud(self) -> int:
        """The rate at which it speaks."""
        return self.template.baud

    def reset(self) -> None:
        """Registers back to defaults."""
        self._odd.clear()

    def _of_type(self, measurand: str) -> float:
        found = next((point.name for point in self.template.points if point.type == measurand), measurand)
        return self.truth(found)

    # The registers

    def read(self, table: str, start: int, count: int) -> Sequence[int]:
        """A value that takes two registers is read in one piece, as far as it is asked for in one request."""
        cells = self._table(table)
        told: list[int] = []
        seen: dict[str, list[int]] = {}
        for address in range(start, start + count):
            cell = cells.get(address)
            if cell is None:
                told.append(self.other(table, address, reading_on=start < address))
                continue
            point, offset = cell
            if point.name not in seen:
                seen[point.name] = self.words(point)
            told.append(seen[point.name][offset])
        return told

    def write(self, table: str, start: int, values: Sequence[int]) -> None:
        """Values cannot be written."""
        raise Refusal(ExceptionCode.ILLEGAL_DATA_ADDRESS)

    def other(self, table: str, address: int, *, reading_on: bool) -> int:
        """A register without a value. Raises Refusal for one outside the map; gaps between values read as 0."""
        cells = self._table(table)
        if reading_on and cells and address < max(cells):
            return 0
        raise Refusal(ExceptionCode.ILLEGAL_DATA_ADDRESS)

    def words(self, point: Point) -> list[int]:
        """The registers of one point as they are now."""
        oddity, held = self._odd.get(point.name, ("", 0.0))
        if oddity in ("nan", "sentinel"):
            return self._no_value(point, nan=oddity == "nan")
        value = held if oddity == "stuck" else self.truth(point.name)
        if oddity in ("out-of-range", "below-range"):
            value = _beyond(point, below=oddity == "below-range")
        return encode((value - point.offset) / point.scale, point.data_type, point.word_order)

    def _table(self, table: str) -> dict[int, tuple[Point, int]]:
        """Functions 03 and 04 read the same registers, as those of most sensors do."""
        found = self._tables.get(table)
        if found is None and table in _SHARED:
            found = self._tables.get(_SHARED[table])
        return found or {}

    @staticmethod
    def _no_value(point: Point, *, nan: bool) -> list[int]:
        """An integer has no NaN: it tells what stands for no value."""
        sentinel = point.invalid[0] if point.invalid else NO_VALUE[point.data_type]
        raw = NAN if nan and point.data_type == "float32" else sentinel
        return split(raw, WIDTHS[point.data_type], point.word_order)


def _beyond(point: Point, *, below: bool) -> float:
    """A value outside the range of a template, or where it has none, a very large one."""
    low = point.min if point.min is not None else -1000.0
    high = point.max if point.max is not None else 1000.0
    margin = max(abs(point.scale), (high - low) * _BEYOND)
    return math.floor(low - margin) if below else math.ceil(high + margin)


_TABLES: Final = {1: "coils", 2: "discretes", 3: "holding", 4: "inputs"}
_SHARED: Final = {"holding": "inputs", "inputs": "holding"}
