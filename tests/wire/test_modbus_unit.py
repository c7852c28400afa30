"""A slave's answers: golden frames of the sheet, order of checks, every function and exception."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.modbus.crc import crc16, is_sealed, sealed
from simulator.wire.modbus.memory import Memory
from simulator.wire.modbus.unit import SENSOR_FUNCTIONS, Unit


def hexed(text: str) -> bytes:
    return bytes.fromhex(text.replace(" ", ""))


def unit(address: int = 1) -> Unit:
    bits = {number: (0xCD | 0x01 << 8) >> number & 1 for number in range(2000)}
    return Unit(
        address,
        Memory(
            coils=bits,
            discretes=bits,
            holding={number: number for number in range(300)} | {300: 2350, 301: 7},
            inputs={300: 0xFDF3},
        ),
    )


def probe() -> Unit:
    block = {200: 0x40, 201: 1, 202: 6, 203: 0xAA55, **dict.fromkeys(range(207, 211), 0), 300: 2350, 301: 7}
    return Unit(0x40, Memory(holding=block, shared=True))


def test_checksum_of_the_standard():
    assert crc16(b"123456789") == 0x4B37


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("40 03 01 2C 00 02 0B 2F", "40 03 04 09 2E 00 07 89 60"),
        ("40 03 00 C8 00 04 CA E6", "40 03 08 00 40 00 01 00 06 AA 55 E6 70"),
        ("40 06 00 CF 12 34 BB 93", "40 06 00 CF 12 34 BB 93"),
        ("40 10 00 CF 00 02 04 12 34 56 78 95 B6", "40 10 00 CF 00 02 7E E6"),
        ("40 03 03 E7 00 01 3A A8", "40 83 02 90 E5"),
        ("40 04 01 2C 00 7E BF 0E", "40 84 03 53 15"),
    ],
)
def test_golden_frames_of_a_probe(request_: str, answer: str):
    frame = hexed(request_)
    assert probe().answer(frame if is_sealed(frame) else sealed(frame[:-2])) == hexed(answer)


def test_golden_frame_of_a_negative_value():
    sensor = Unit(0x40, Memory(holding={300: 0x10000 - 525}, shared=True))
    assert sensor.answer(hexed("40 04 01 2C 00 01 FE EE")) == hexed("40 04 02 FD F3 85 EA")


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("01 01 00 00 00 0A BC 0D", "01 01 02 CD 01 2C AC"),
        ("01 05 00 03 FF 00 7C 3A", "01 05 00 03 FF 00 7C 3A"),
        ("01 0F 00 00 00 0A 02 CD 01 70 68", "01 0F 00 00 00 0A D5 CC"),
        ("01 16 00 04 00 F2 00 25 67 EE", "01 16 00 04 00 F2 00 25 67 EE"),
        ("01 03 00 00 00 7E C5 EA", "01 83 03 01 31"),
        ("01 41 00 00 00 00 3D C5", "01 C1 01 B0 50"),
        ("01 08 00 00 A5 5A 1B 60", "01 08 00 00 A5 5A 1B 60"),
    ],
)
def test_golden_frames_of_any_unit(request_: str, answer: str):
    assert unit().answer(hexed(request_)) == hexed(answer)


@pytest.mark.parametrize(
    "text",
    ["01 03 00 D4 00 01 C4 32", "01 06 00 CA 00 06 29 F6", "01 06 00 CC 00 02 C8 34", "00 06 00 CF 00 09 78 22"],
)
def test_frames_of_the_vendor_carry_our_checksum(text: str):
    assert is_sealed(hexed(text))


def test_a_broadcast_write_is_executed_and_not_answered():
    slave = probe()
    assert slave.answer(hexed("00 06 00 CF 00 09 78 22")) is None
    assert slave.registers.read("holding", 207, 1) == [9]


@pytest.mark.parametrize("body", ["00 03 00 CF 00 01", "00 06 99 99 00 01", "00 41 00 00", "F8 03 00 CF 00 01"])
def test_nobody_answers_broadcasts_and_reserved_addresses(body: str):
    assert probe().answer(sealed(hexed(body))) is None


def test_read_write_writes_first():
    slave = unit()
    assert slave.answer(hexed("01 17 00 03 00 02 00 0E 00 01 02 00 FF A5 DA")) == sealed(
        hexed("01 17 04 00 03 00 04")
    )
    same = sealed(hexed("01 17 00 0E 00 01 00 0E 00 01 02 12 34"))
    assert slave.answer(same) == sealed(hexed("01 17 02 12 34"))


def test_mask_write_combines_as_the_standard_says():
    slave = Unit(1, Memory(holding={4: 0x12}))
    slave.answer(hexed("01 16 00 04 00 F2 00 25 67 EE"))
    assert slave.registers.read("holding", 4, 1) == [0x17]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("01 03 00 00 00 00", 3),  # quantity nought
        ("01 03 FF FF 00 7E", 3),  # quantity before address
        ("01 03 FF FF 00 02", 2),
        ("01 01 00 00 07 D1", 3),  # 2001 coils
        ("01 02 07 00 00 D1", 2),
        ("01 05 00 03 12 34", 3),  # neither on nor off
        ("01 05 FF 00 FF 00", 2),
        ("01 06 FF 00 00 01", 2),
        ("01 0F 00 00 00 0A 01 CD", 3),  # byte count and quantity disagree
        ("01 10 00 00 00 02 04 00 01", 3),  # less data than counted
        ("01 10 01 2C 00 03 06 00 01 00 02 00 03", 2),
        ("01 16 FF 00 00 00 00 00", 2),
        ("01 17 00 00 00 7E 00 00 00 01 02 00 01", 3),
        ("01 17 FF FF 00 01 00 00 00 01 02 00 01", 2),
        ("01 03 00 00 00", 3),  # too short for its function
        ("01 14 07 06 00 04 00 01 00 02", 1),
        ("01 18 00 01", 1),
        ("01 08 00 55 00 00", 1),
        ("01 08 00 0B 00 01", 3),
        ("01 2B 0D 01 00", 1),
        ("01 2B 0E 07 00", 3),
        ("01 2B 0E 04 70", 2),
    ],
)
def test_refusals_in_the_order_of_the_standard(body: str, code: int):
    request = hexed(body)
    assert unit().answer(sealed(request)) == sealed(bytes((1, request[1] | 0x80, code)))


def test_a_sensor_knows_few_functions():
    sensor = Unit(1, Memory(holding={0: 1}, shared=True), SENSOR_FUNCTIONS)
    assert sensor.answer(sealed(hexed("01 01 00 00 00 01"))) == sealed(hexed("01 81 01"))
    assert sensor.answer(sealed(hexed("01 04 00 00 00 01"))) == sealed(hexed("01 04 02 00 01"))


def test_a_refused_write_changes_nothing():
    slave = Unit(1, Memory(holding={0: 1, 1: 2}))
    slave.answer(sealed(hexed("01 10 00 01 00 02 04 00 09 00 09")))
    assert slave.registers.read("holding", 0, 2) == [1, 2]


def test_serial_functions():
    slave = unit()
    assert slave.answer(sealed(hexed("01 07"))) == sealed(hexed("01 07 CD"))
    assert slave.answer(sealed(hexed("01 11"))) == sealed(b"\x01\x11\x06axsim\xff")
    assert slave.answer(sealed(hexed("01 0B"))) == sealed(hexed("01 0B 00 00 00 02"))
    assert slave.answer(sealed(hexed("01 08 00 0E 00 00"))) == sealed(hexed("01 08 00 0E 00 04"))
    assert slave.answer(sealed(hexed("01 0C"))) == sealed(hexed("01 0C 09 00 00 00 03 00 00 40 40 40"))
    told = slave.answer(sealed(hexed("01 2B 0E 01 00")))
    assert told == sealed(hexed("01 2B 0E 01 81 00 00 03 00 05") + b"axsim\x01\x04unit\x02\x031.0")


def test_listen_only_ends_with_a_restart_of_communications():
    slave = unit()
    assert slave.answer(sealed(hexed("01 08 00 04 00 00"))) is None
    assert slave.answer(sealed(hexed("01 03 00 00 00 01"))) is None
    assert slave.answer(sealed(hexed("01 08 00 01 00 00"))) is None
    assert slave.answer(sealed(hexed("01 03 00 00 00 01"))) == sealed(hexed("01 03 02 00 00"))


@pytest.mark.fuzz
@given(st.integers(0, 255), st.binary(max_size=252))
def test_any_frame_is_answered_by_the_rules_or_not_at_all(function: int, data: bytes):
    answer = unit().answer(sealed(bytes((1, function)) + data))
    if answer is not None:
        assert is_sealed(answer)
        assert len(answer) <= 256
        assert answer[0] == 1
        assert answer[1] & 0x7F == function
