"""Reading and writing the data types of MQTT: integers, strings, binary data (OASIS MQTT 5.0 section 1.5)."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.errors import MalformedMessage

LONGEST = 268_435_455
"""Largest variable byte integer and remaining length: four bytes of seven bits."""
LONGEST_STRING = 0xFFFF


@dataclass(slots=True)
class Fields:
    """Reads a body from the front. Offsets count from the first byte of the body."""

    body: bytes
    at: int = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes. Raises MalformedMessage when there are fewer."""
        start, end = self.at, self.at + count
        if end > len(self.body):
            raise MalformedMessage("packet ends in the middle of a field", offset=len(self.body))
        self.at = end
        return self.body[start:end]

    def byte(self) -> int:
        return self.take(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def varint(self) -> int:
        """A variable byte integer. Raises MalformedMessage for more than four bytes, or more than are needed."""
        start, value = self.at, 0
        for position in range(4):
            digit = self.byte()
            value |= (digit & 0x7F) << 7 * position
            if digit < 0x80:
                if position and not digit:
                    raise MalformedMessage("variable byte integer is longer than needed", offset=start)
                return value
        raise MalformedMessage("variable byte integer of more than four bytes", offset=start)

    def binary(self) -> bytes:
        return self.take(self.u16())

    def text(self) -> str:
        """A UTF-8 string without NUL. Surrogates are no UTF-8 for Python either."""
        start, body = self.at, self.body
        begin = start + 2
        end = begin + int.from_bytes(body[start:begin], "big")
        if end > len(body):
            raise MalformedMessage("packet ends in the middle of a field", offset=len(body))
        self.at = end
        try:
            text = body[begin:end].decode()
        except UnicodeDecodeError as error:
            raise MalformedMessage("string is not UTF-8", offset=start + 2 + error.start) from None
        if "\0" in text:
            raise MalformedMessage("string holds NUL", offset=start)
        return text

    def identifier(self) -> int:
        packet_id = int.from_bytes(self.take(2), "big")
        if packet_id == 0:
            raise MalformedMessage("packet id 0", offset=self.at - 2)
        return packet_id

    def rest(self) -> bytes:
        start, self.at = self.at, len(self.body)
        return self.body[start:]

    @property
    def more(self) -> bool:
        return self.at < len(self.body)

    def end(self) -> None:
        """Raises MalformedMessage when bytes are left over."""
        if self.more:
            raise MalformedMessage(f"{len(self.body) - self.at} bytes left over", offset=self.at)


def varint(value: int) -> bytes:
    """A variable byte integer: base 128, low digit first, the top bit means more.

    Raises ValueError above 268,435,455.
    """
    if value < 0x80:
        return bytes((value,))
    if value > LONGEST:
        raise ValueError(f"{value} bytes are more than a packet can hold")
    digits = bytearray()
    while value >= 0x80:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)


def u16(value: int) -> bytes:
    return value.to_bytes(2, "big")


def u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def binary(data: bytes) -> bytes:
    """Raises ValueError above 65,535 bytes."""
    if len(data) > LONGEST_STRING:
        raise ValueError(f"{len(data)} bytes are more than a string can hold")
    return len(data).to_bytes(2, "big") + data


def text(value: str) -> bytes:
    """Raises ValueError for NUL, surrogates, or more than 65,535 bytes."""
    if "\0" in value:
        raise ValueError("a string cannot hold NUL")
    return binary(value.encode())


def identifier(packet_id: int) -> bytes:
    """Raises ValueError outside 1 to 65,535."""
    if not 0 < packet_id <= 0xFFFF:
        raise ValueError(f"{packet_id} is no packet id")
    return packet_id.to_bytes(2, "big")
