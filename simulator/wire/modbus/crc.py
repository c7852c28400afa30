"""CRC-16 of Modbus RTU (Modbus over Serial Line 1.02, 2.5.1.2): start FFFF, polynomial A001, low byte sent first."""

from __future__ import annotations

from functools import lru_cache

START = 0xFFFF
REMEMBERED = 4096
"""Frames whose checksum is remembered: masters ask the same again and again, and are mostly told the same."""


def _row(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (0xA001 if byte & 1 else 0)
    return byte


TABLE = tuple(_row(byte) for byte in range(256))


def crc16(data: bytes | bytearray | memoryview, crc: int = START) -> int:
    """The checksum of `data`; of a frame with its own checksum at the end it is 0. `crc` goes on from earlier bytes."""
    table = TABLE
    for byte in data:
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc


@lru_cache(maxsize=REMEMBERED)
def sealed(body: bytes) -> bytes:
    """A frame: unit, function and data with their checksum behind them."""
    return body + crc16(body).to_bytes(2, "little")


@lru_cache(maxsize=REMEMBERED)
def is_sealed(frame: bytes) -> bool:
    """Whether a frame ends with its right checksum."""
    return crc16(frame) == 0
