"""Numbers in registers: 16 and 32 bits, signed, IEEE floats, and the four orders of two words (Modbus sheet 1.6)."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTHS: Final = {"bit": 1, "u16": 1, "i16": 1, "u32": 2, "i32": 2, "float32": 2}
"""Registers (of a bit: bits) that each type takes."""
_RANGES: Final = {
    "bit": (0, 1),
    "u16": (0, 0xFFFF),
    "i16": (-0x8000, 0x7FFF),
    "u32": (0, 0xFFFFFFFF),
    "i32": (-0x80000000, 0x7FFFFFFF),
}


def raw_of(words: Sequence[int], order: str = "ABCD") -> int:
    """The bits of one or two registers as one unsigned number, highest word first."""
    if len(words) == 1:
        return words[0]
    return int.from_bytes(_ordered(words[0].to_bytes(2, "big") + words[1].to_bytes(2, "big"), order), "big")


def decode(words: Sequence[int], kind: str, order: str = "ABCD") -> float:
    """The number in the registers; NaN and infinity of floats are told as they are."""
    raw = raw_of(words, order)
    if kind == "float32":
        return float(struct.unpack(">f", raw.to_bytes(4, "big"))[0])
    if kind == "i16":
        return raw - 0x10000 if raw & 0x8000 else raw
    if kind == "i32":
        return raw - 0x100000000 if raw & 0x80000000 else raw
    return raw


def encode(value: float, kind: str, order: str = "ABCD") -> list[int]:
    """The registers that hold a number. What does not fit stops at the end of the range, as in a saturated sensor."""
    if kind == "float32":
        return split(_float_bits(value), 2, order)
    low, high = _RANGES[kind]
    number = high if math.isnan(value) or value >= high else max(low, round(value) if value > low else low)
    return split(number, WIDTHS[kind], order)


def split(number: int, count: int, order: str = "ABCD") -> list[int]:
    """The lowest bits of a number as one or two registers."""
    if count == 1:
        return [number & 0xFFFF]
    data = _ordered((number & 0xFFFFFFFF).to_bytes(4, "big"), order)
    return [int.from_bytes(data[:2], "big"), int.from_bytes(data[2:], "big")]


def _float_bits(value: float) -> int:
    try:
        packed = struct.pack(">f", value)
    except OverflowError:
        packed = struct.pack(">f", float("inf") if value > 0 else float("-inf"))
    return int.from_bytes(packed, "big")


def _ordered(data: bytes, order: str) -> bytes:
    """Four bytes from or to an order; each of the four orders undoes itself."""
    a, b, c, d = data
    return {
        "ABCD": data,
        "CDAB": bytes((c, d, a, b)),
        "BADC": bytes((b, a, d, c)),
        "DCBA": bytes((d, c, b, a)),
    }[order]
