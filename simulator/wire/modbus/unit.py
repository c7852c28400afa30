"""A slave: how a request becomes an answer (Modbus Application Protocol 1.1b3, section 6; Modbus sheet 1.4).

Order of checks: function supported, else 01; quantity, byte count and coil value legal, else 03; addresses inside the
map, else 02; then the work itself, which may refuse with 04 and others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import pack
from typing import Final, Protocol

from simulator.wire.modbus.crc import sealed
from simulator.wire.modbus.diagnostics import Diagnostics
from simulator.wire.modbus.frame import BROADCAST, LAST_UNIT, REFUSED, ExceptionCode, Function, Refusal

MOST_BITS_READ, MOST_WORDS_READ = 2000, 125
MOST_BITS_WRITTEN, MOST_WORDS_WRITTEN, MOST_WORDS_EXCHANGED = 1968, 123, 121
COIL_ON, COIL_OFF = 0xFF00, 0x0000

COILS, DISCRETES, HOLDING, INPUTS = "coils", "discretes", "holding", "inputs"
"""The four tables of the data model; addresses 0 to 65535 as on the wire."""


class Registers(Protocol):
    """What a unit's registers are made of. Every method raises Refusal for what is not in the map."""

    def read(self, table: str, start: int, count: int) -> Sequence[int]:
        """Bits as 0 and 1, or words."""

    def write(self, table: str, start: int, values: Sequence[int]) -> None:
        """All or nothing."""


ALL_FUNCTIONS: Final = frozenset(
    {
        Function.READ_COILS, Function.READ_DISCRETE_INPUTS, Function.READ_HOLDING_REGISTERS,
        Function.READ_INPUT_REGISTERS, Function.WRITE_COIL, Function.WRITE_REGISTER, Function.READ_EXCEPTION_STATUS,
        Function.DIAGNOSTICS, Function.COMM_EVENT_COUNTER, Function.COMM_EVENT_LOG, Function.WRITE_COILS,
        Function.WRITE_REGISTERS, Function.REPORT_SERVER_ID, Function.MASK_WRITE_REGISTER,
        Function.READ_WRITE_REGISTERS, Function.ENCAPSULATED,
    }
)  # fmt: skip
SENSOR_FUNCTIONS: Final = frozenset({0x03, 0x04, 0x06, 0x10})
"""What sensors normally support."""
BROADCAST_FUNCTIONS: Final = frozenset({0x05, 0x06, 0x0F, 0x10, 0x16})
"""Writes: all that a broadcast can be."""


class Unit:
    """One slave. `answer` takes a frame whose checksum is right and gives the answer's, or None for silence."""

    def __init__(
        self,
        address: int,
        registers: Registers,
        functions: frozenset[int] = ALL_FUNCTIONS,
        *,
        server_id: bytes = b"axsim",
        identification: Sequence[str] = ("axsim", "unit", "1.0"),
    ) -> None:
        self.address = address
        self.registers = registers
        self.functions = functions
        self.server_id = server_id
        self.identification = identification
        """Vendor, product code, revision: the basic objects of 2B/0E."""
        self.diagnostics = Diagnostics()

    def answer(self, frame: bytes) -> bytes | None:
        """Broadcasts are executed and never answered, not even with an exception.

        The answer comes from the address that was asked, also when the request changed it.
        """
        unit, function = frame[0], frame[1]
        if unit == BROADCAST:
            self._broadcast(function, frame[2:-2])
            return None
        if unit > LAST_UNIT or function & REFUSED or self.diagnostics.deaf(frame):
            return None
        try:
            if function not in self.functions:
                raise Refusal(ExceptionCode.ILLEGAL_FUNCTION)
            data = _EXECUTE[function](self, frame[2:-2])
        except Refusal as refusal:
            self.diagnostics.refused(refusal.code)
            return sealed(bytes((unit, function | REFUSED, refusal.code)))
        self.diagnostics.executed(function)
        return None if data is None else sealed(bytes((unit, function)) + data)

    def _broadcast(self, function: int, data: bytes) -> None:
        self.diagnostics.unanswered()
        if function in BROADCAST_FUNCTIONS and function in self.functions:
            try:
                _EXECUTE[function](self, data)
            except Refusal:
                return
            self.diagnostics.executed(function)


def _demand(legal: bool) -> None:
    if not legal:
        raise Refusal(ExceptionCode.ILLEGAL_DATA_VALUE)


def _numbers(data: bytes, count: int) -> list[int]:
    """The first `count` words. Refuses data of another length than what follows from it."""
    _demand(len(data) >= 2 * count)
    return [(data[at] << 8) | data[at + 1] for at in range(0, 2 * count, 2)]


def _words(data: bytes) -> list[int]:
    return [(data[at] << 8) | data[at + 1] for at in range(0, len(data) - 1, 2)]


def packed(bits: Sequence[int]) -> bytes:
    """Bits as bytes: the first in bit 0 of the first byte, unused high bits 0."""
    number = sum(1 << position for position, bit in enumerate(bits) if bit)
    return number.to_bytes((len(bits) + 7) // 8, "little")


def unpacked(data: bytes, count: int) -> list[int]:
    """The first `count` bits of `data`."""
    return [(data[at >> 3] >> (at & 7)) & 1 for at in range(count)]


def _span(unit: Unit, table: str, data: bytes, most: int) -> Sequence[int]:
    """Start and quantity of a read: quantity first, then the map."""
    _demand(len(data) == 4)
    start, count = (data[0] << 8) | data[1], (data[2] << 8) | data[3]
    _demand(1 <= count <= most)
    _inside(start, count)
    return unit.registers.read(table, start, count)


def _inside(start: int, count: int) -> None:
    if start + count > 0x10000:
        raise Refusal(ExceptionCode.ILLEGAL_DATA_ADDRESS)


def _read_bits(table: str) -> Callable[[Unit, bytes], bytes]:
    def execute(unit: Unit, data: bytes) -> bytes:
        bits = packed(_span(unit, table, data, MOST_BITS_READ))
        return bytes((len(bits),)) + bits

    return execute


def _read_words(table: str) -> Callable[[Unit, bytes], bytes]:
    def execute(unit: Unit, data: bytes) -> bytes:
        words = _span(unit, table, data, MOST_WORDS_READ)
        return bytes((2 * len(words),)) + pack(f">{len(words)}H", *words)

    return execute


def _write_coil(unit: Unit, data: bytes) -> bytes:
    _demand(len(data) == 4)
    address, value = _numbers(data, 2)
    _demand(value in (COIL_ON, COIL_OFF))
    unit.registers.write(COILS, address, [value == COIL_ON])
    return data


def _write_register(unit: Unit, data: bytes) -> bytes:
    _demand(len(data) == 4)
    address, value = _numbers(data, 2)
    unit.registers.write(HOLDING, address, [value])
    return data


def _write_coils(unit: Unit, data: bytes) -> bytes:
    _demand(len(data) > 5)
    start, count = _numbers(data, 2)
    size = (count + 7) // 8
    _demand(1 <= count <= MOST_BITS_WRITTEN and data[4] == size == len(data) - 5)
    _inside(start, count)
    unit.registers.write(COILS, start, unpacked(data[5:], count))
    return data[:4]


def _write_registers(unit: Unit, data: bytes) -> bytes:
    _demand(len(data) > 5)
    start, count = _numbers(data, 2)
    _demand(1 <= count <= MOST_WORDS_WRITTEN and data[4] == 2 * count == len(data) - 5)
    _inside(start, count)
    unit.registers.write(HOLDING, start, _words(data[5:]))
    return data[:4]


def _mask_write(unit: Unit, data: bytes) -> bytes:
    _demand(len(data) == 6)
    address, keep, put = _numbers(data, 3)
    (old,) = unit.registers.read(HOLDING, address, 1)
    unit.registers.write(HOLDING, address, [(old & keep) | (put & ~keep & 0xFFFF)])
    return data


def _read_write(unit: Unit, data: bytes) -> bytes:
    """The write comes first, and not at all where the read is refused."""
    _demand(len(data) > 9)
    start, count, written_at, written = _numbers(data, 4)
    _demand(1 <= count <= MOST_WORDS_READ and 1 <= written <= MOST_WORDS_EXCHANGED)
    _demand(data[8] == 2 * written == len(data) - 9)
    _inside(start, count)
    _inside(written_at, written)
    unit.registers.read(HOLDING, start, count)
    unit.registers.write(HOLDING, written_at, _words(data[9:]))
    words = unit.registers.read(HOLDING, start, count)
    return bytes((2 * count,)) + pack(f">{count}H", *words)


def _exception_status(unit: Unit, data: bytes) -> bytes:
    """Eight coils of the unit's choice; ours are the first eight, where it has them."""
    _demand(not data)
    try:
        return packed(unit.registers.read(COILS, 0, 8))
    except Refusal:
        return b"\0"


def _diagnose(unit: Unit, data: bytes) -> bytes | None:
    return unit.diagnostics.diagnose(data)


def _event_counter(unit: Unit, data: bytes) -> bytes:
    _demand(not data)
    return unit.diagnostics.event_counter()


def _event_log(unit: Unit, data: bytes) -> bytes:
    _demand(not data)
    return unit.diagnostics.event_log()


def _report_id(unit: Unit, data: bytes) -> bytes:
    """Id bytes and the run indicator FF: on."""
    _demand(not data)
    told = unit.server_id + b"\xff"
    return bytes((len(told),)) + told


_BASIC, _REGULAR, _EXTENDED, _INDIVIDUAL = 1, 2, 3, 4
_DEVICE_IDENTIFICATION = 0x0E
_CONFORMITY = 0x81
"""Basic identification, as a stream and one by one."""


def _identify(unit: Unit, data: bytes) -> bytes:
    _demand(len(data) == 3)
    kind, code, wanted = data
    if kind != _DEVICE_IDENTIFICATION:
        raise Refusal(ExceptionCode.ILLEGAL_FUNCTION)
    _demand(_BASIC <= code <= _INDIVIDUAL)
    texts = dict(enumerate(unit.identification))
    if code == _INDIVIDUAL:
        if wanted not in texts:
            raise Refusal(ExceptionCode.ILLEGAL_DATA_ADDRESS)
        told = {wanted: texts[wanted]}
    else:
        first = wanted if wanted in texts else 0
        told = {number: text for number, text in texts.items() if number >= first}
    objects = b"".join(
        bytes((number, len(text))) + text.encode("ascii", "replace") for number, text in told.items()
    )
    return bytes((kind, code, _CONFORMITY, 0, 0, len(told))) + objects


_EXECUTE: Final[dict[int, Callable[[Unit, bytes], bytes | None]]] = {
    Function.READ_COILS: _read_bits(COILS),
    Function.READ_DISCRETE_INPUTS: _read_bits(DISCRETES),
    Function.READ_HOLDING_REGISTERS: _read_words(HOLDING),
    Function.READ_INPUT_REGISTERS: _read_words(INPUTS),
    Function.WRITE_COIL: _write_coil,
    Function.WRITE_REGISTER: _write_register,
    Function.READ_EXCEPTION_STATUS: _exception_status,
    Function.DIAGNOSTICS: _diagnose,
    Function.COMM_EVENT_COUNTER: _event_counter,
    Function.COMM_EVENT_LOG: _event_log,
    Function.WRITE_COILS: _write_coils,
    Function.WRITE_REGISTERS: _write_registers,
    Function.REPORT_SERVER_ID: _report_id,
    Function.MASK_WRITE_REGISTER: _mask_write,
    Function.READ_WRITE_REGISTERS: _read_write,
    Function.ENCAPSULATED: _identify,
}
