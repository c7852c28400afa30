"""A slave that keeps what is written: for masters that are tried out, not for anything that is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.site.modbus.probe import Probe
from simulator.wire.modbus.memory import Memory
from simulator.wire.modbus.unit import ALL_FUNCTIONS, HOLDING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from simulator.device.sensor_template import Template
    from simulator.site.modbus.curve import Curve

ADDRESSES: Final = 2000
"""Of each table: coils and registers are 0 at first, discrete input N is N mod 2, input register N is N."""


class PlainSlave(Probe):
    """All four tables, all functions. Its one value is holding register 0."""

    def __init__(
        self,
        number: int,
        name: str,
        address: int,
        template: Template,
        now: Callable[[], float],
        values: Mapping[str, float] | None = None,
    ) -> None:
        span = range(ADDRESSES)
        self._memory = Memory(
            coils=dict.fromkeys(span, 0),
            discretes={at: at % 2 for at in span},
            holding=dict.fromkeys(span, 0),
            inputs={at: at for at in span},
        )
        super().__init__(number, name, address, template, now, values)

    def functions(self) -> frozenset[int]:
        return ALL_FUNCTIONS

    def follow(self, name: str, curve: Curve) -> None:
        """The value as it is now is written; a course over time is what sensors have."""
        super().follow(name, curve)
        point = self.point(name)
        if point is not None:
            self._memory.write(HOLDING, point.at, super().words(point))

    def read(self, table: str, start: int, count: int) -> Sequence[int]:
        return self._memory.read(table, start, count)

    def write(self, table: str, start: int, values: Sequence[int]) -> None:
        self._memory.write(table, start, values)
