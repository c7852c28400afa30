"""Tibbo Bus Probes: the real register map with the block of settings that all of them have (Modbus sheet 1.7).

Registers 200 to 212 (docs.tibbo.com, io-events sheet 1.11). What a protected write is answered when the MD button is not
held, and the codes of baud rates other than 57600, are guesses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.site.modbus.probe import Probe
from simulator.wire.modbus.frame import LAST_UNIT, ExceptionCode, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from simulator.device.sensor_template import Template

ID, TYPE, BAUD, SIGNATURE, PARITY = 200, 201, 202, 203, 204
FIRST_USER_WORD, LAST_USER_WORD = 207, 210
MONITOR_VERSION, FIRMWARE_VERSION = 211, 212
AA55: Final = 0xAA55
BAUD_RATES: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
PARITIES: Final = ("none", "odd", "even", "mark", "space")
_FACTORY_BAUD = 5
_VERSION = 0x0106
"""1.06: the first that has parity."""


class TibboProbe(Probe):
    """BP#01 to BP#06. Its type number is the last digit of its model."""

    def __init__(
        self,
        number: int,
        name: str,
        address: int,
        template: Template,
        now: Callable[[], float],
        values: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(number, name, address, template, now, values)
        self.button_held = False
        """The MD button: protected registers can be written while it is."""
        self._block = {
            ID: address, TYPE: int(template.name[-1]), BAUD: _FACTORY_BAUD, SIGNATURE: AA55, PARITY: 0,
            **dict.fromkeys(range(FIRST_USER_WORD, LAST_USER_WORD + 1), 0),
            MONITOR_VERSION: _VERSION, FIRMWARE_VERSION: _VERSION,
        }  # fmt: skip

    @property
    def baud(self) -> int:
        """A probe that is set to another rate than its bus is not understood."""
        return BAUD_RATES[self._block[BAUD]]

    def other(self, table: str, address: int, *, reading_on: bool) -> int:
        found = self._block.get(address)
        return super().other(table, address, reading_on=reading_on) if found is None else found

    def write(self, table: str, start: int, values: Sequence[int]) -> None:
        """User words at any time, the protected ones while the button is held."""
        span = range(start, start + len(values))
        protected = {ID, BAUD, PARITY}
        if not all(FIRST_USER_WORD <= at <= LAST_USER_WORD or at in protected for at in span):
            raise Refusal(ExceptionCode.ILLEGAL_DATA_ADDRESS)
        if protected.intersection(span) and not self.button_held:
            raise Refusal(ExceptionCode.ILLEGAL_DATA_ADDRESS)
        for at, value in zip(span, values, strict=True):
            self._put(at, value)

    def reset(self) -> None:
        """Rate and parity back to those of the factory; the address stays."""
        super().reset()
        self._block.update({BAUD: _FACTORY_BAUD, PARITY: 0})

    def _put(self, at: int, value: int) -> None:
        """Values out of range are ignored. The answer to a new address still comes from the old one."""
        if not _LIMITS.get(at, range(0x10000)).count(value):
            return
        self._block[at] = value
        if at == ID:
            self.unit.address = value
        if at in _LIMITS:
            self.on_settings()


_LIMITS: Final = {ID: range(1, LAST_UNIT + 1), BAUD: range(len(BAUD_RATES)), PARITY: range(len(PARITIES))}
