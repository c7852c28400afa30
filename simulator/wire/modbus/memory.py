"""Registers that only keep what is written: the four tables of a unit without a meaning of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.wire.modbus.frame import ExceptionCode, Refusal
from simulator.wire.modbus.unit import COILS, DISCRETES, HOLDING, INPUTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Memory:
    """Each table maps addresses to values; what is not in it is outside the map (exception 02).

    `shared` lets functions 03 and 04 read the same registers, as many sensors do.
    """

    def __init__(
        self,
        *,
        coils: Mapping[int, int] | None = None,
        discretes: Mapping[int, int] | None = None,
        holding: Mapping[int, int] | None = None,
        inputs: Mapping[int, int] | None = None,
        shared: bool = False,
    ) -> None:
        words = dict(holding or {})
        self.tables: dict[str, dict[int, int]] = {
            COILS: dict(coils or {}),
            DISCRETES: dict(discretes or {}),
            HOLDING: words,
            INPUTS: words if shared else dict(inputs or {}),
        }

    def read(self, table: str, start: int, count: int) -> Sequence[int]:
        cells = self.tables[table]
        try:
            return [cells[address] for address in range(start, start + count)]
        except KeyError:
            raise Refusal(ExceptionCode.ILLEGAL_DATA_ADDRESS) from None

    def write(self, table: str, start: int, values: Sequence[int]) -> None:
        cells = self.tables[table]
        if not all(start + offset in cells for offset in range(len(values))):
            raise Refusal(ExceptionCode.ILLEGAL_DATA_ADDRESS)
        for offset, value in enumerate(values):
            cells[start + offset] = int(value)
