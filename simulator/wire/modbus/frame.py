"""What a frame is: function codes, lengths and exceptions (Modbus Application Protocol 1.1b3; Modbus sheet 1.2 to 1.4).

A frame is `unit(1) function(1) data(0..252) crc(2)`. Over TCP there is no silence that ends it: its length follows
from function and byte counts.
"""

from __future__ import annotations

from enum import IntEnum

SHORTEST, LONGEST = 4, 256
"""Bytes of a frame with its checksum."""
BROADCAST = 0
LAST_UNIT = 247
"""Highest address of a slave; 248 to 255 are reserved and never answered."""
REFUSED = 0x80
"""Set in the function code of an exception answer."""


class Function(IntEnum):
    """Function codes."""

    READ_COILS = 0x01
    READ_DISCRETE_INPUTS = 0x02
    READ_HOLDING_REGISTERS = 0x03
    READ_INPUT_REGISTERS = 0x04
    WRITE_COIL = 0x05
    WRITE_REGISTER = 0x06
    READ_EXCEPTION_STATUS = 0x07
    DIAGNOSTICS = 0x08
    COMM_EVENT_COUNTER = 0x0B
    COMM_EVENT_LOG = 0x0C
    WRITE_COILS = 0x0F
    WRITE_REGISTERS = 0x10
    REPORT_SERVER_ID = 0x11
    READ_FILE_RECORD = 0x14
    WRITE_FILE_RECORD = 0x15
    MASK_WRITE_REGISTER = 0x16
    READ_WRITE_REGISTERS = 0x17
    READ_FIFO_QUEUE = 0x18
    ENCAPSULATED = 0x2B


class ExceptionCode(IntEnum):
    """Why a request is refused. 0A and 0B come from gateways, never from a slave."""

    ILLEGAL_FUNCTION = 0x01
    ILLEGAL_DATA_ADDRESS = 0x02
    ILLEGAL_DATA_VALUE = 0x03
    SERVER_DEVICE_FAILURE = 0x04
    ACKNOWLEDGE = 0x05
    SERVER_DEVICE_BUSY = 0x06
    NEGATIVE_ACKNOWLEDGE = 0x07
    MEMORY_PARITY_ERROR = 0x08
    GATEWAY_PATH_UNAVAILABLE = 0x0A
    GATEWAY_TARGET_FAILED = 0x0B


class Refusal(Exception):
    """A request that a unit refuses with an exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code:02X}")
        self.code = code


NEEDS_MORE = 0
"""The length cannot be told yet."""
UNKNOWN = -1
"""The function is none whose length is known: only the checksum can end the frame."""

_FIXED_REQUEST = {
    **dict.fromkeys((0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x08), 8),
    **dict.fromkeys((0x07, 0x0B, 0x0C, 0x11), 4),
    0x16: 10,
    0x18: 6,
    0x2B: 7,
}
_COUNTED_REQUEST = {0x0F: (9, 6), 0x10: (9, 6), 0x14: (5, 2), 0x15: (5, 2), 0x17: (13, 10)}
"""Bytes beside the counted ones, and where the count stands."""
KNOWN = frozenset(_FIXED_REQUEST) | frozenset(_COUNTED_REQUEST)

_FIXED_ANSWER = {**dict.fromkeys((0x05, 0x06, 0x08, 0x0B, 0x0F, 0x10), 8), 0x07: 5, 0x16: 10}
_COUNTED_ANSWER = frozenset((0x01, 0x02, 0x03, 0x04, 0x0C, 0x11, 0x14, 0x15, 0x17))
_OBJECTS_AT = 8
"""Where the first object of a device identification stands."""


def request_length(data: bytes | bytearray, at: int = 0) -> int:
    """Bytes of the request that begins at `at`, or NEEDS_MORE, or UNKNOWN."""
    present = len(data) - at
    if present < 2:
        return NEEDS_MORE
    function = data[at + 1]
    fixed = _FIXED_REQUEST.get(function)
    if fixed is not None:
        return fixed
    counted = _COUNTED_REQUEST.get(function)
    if counted is None:
        return UNKNOWN
    rest, where = counted
    return rest + data[at + where] if present > where else NEEDS_MORE


def answer_length(data: bytes | bytearray, at: int = 0) -> int:
    """Bytes of the answer that begins at `at`, or NEEDS_MORE, or UNKNOWN."""
    present = len(data) - at
    if present < 2:
        return NEEDS_MORE
    function = data[at + 1]
    if function & REFUSED:
        return 5
    if function in _FIXED_ANSWER:
        return _FIXED_ANSWER[function]
    if function in _COUNTED_ANSWER:
        return 5 + data[at + 2] if present > 2 else NEEDS_MORE
    if function == Function.READ_FIFO_QUEUE:
        return 6 + int.from_bytes(data[at + 2 : at + 4], "big") if present > 3 else NEEDS_MORE
    return _identification_length(data, at) if function == Function.ENCAPSULATED else UNKNOWN


def _identification_length(data: bytes | bytearray, at: int) -> int:
    """Walk the list of objects: id, length, value."""
    position, end = at + _OBJECTS_AT, len(data)
    if end < position:
        return NEEDS_MORE
    for _ in range(data[at + 7]):
        if position + 2 > end:
            return NEEDS_MORE
        position += 2 + data[position + 1]
    return position - at + 2
