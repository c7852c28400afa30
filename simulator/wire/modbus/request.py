"""What a master asks: a read of registers, its frame made once, and how its answer must look."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.wire.modbus.crc import sealed
from simulator.wire.modbus.frame import Function

READS = (
    Function.READ_COILS, Function.READ_DISCRETE_INPUTS, Function.READ_HOLDING_REGISTERS, Function.READ_INPUT_REGISTERS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """One read. `frame` carries its checksum; the answer to it has `answer_length` bytes and that count in it."""

    unit: int
    function: int
    start: int
    count: int
    frame: bytes
    answer_length: int

    def words(self, answer: bytes) -> list[int]:
        """The registers, or the bits, in a matching answer."""
        if self.function <= Function.READ_DISCRETE_INPUTS:
            return [(answer[3 + (at >> 3)] >> (at & 7)) & 1 for at in range(self.count)]
        return [(answer[at] << 8) | answer[at + 1] for at in range(3, 3 + 2 * self.count, 2)]


def read_request(unit: int, function: int, start: int, count: int) -> Request:
    """A read with one of the functions 01 to 04."""
    data = bytes((unit, function)) + start.to_bytes(2, "big") + count.to_bytes(2, "big")
    size = (count + 7) // 8 if function <= Function.READ_DISCRETE_INPUTS else 2 * count
    return Request(unit, function, start, count, sealed(data), 5 + size)
