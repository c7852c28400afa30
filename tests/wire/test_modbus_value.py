"""Numbers in registers, in every type and order."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.modbus.value import WIDTHS, decode, encode

ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")


@pytest.mark.parametrize(
    ("order", "words"),
    [("ABCD", "47F12000"), ("DCBA", "0020F147"), ("BADC", "F1470020"), ("CDAB", "200047F1")],
)
def test_the_example_of_libmodbus(order: str, words: str):
    expected = [int(words[:4], 16), int(words[4:], 16)]
    assert encode(123456.0, "float32", order) == expected
    assert decode(expected, "float32", order) == 123456.0


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (-525, "i16", [0xFDF3]), (40000, "i16", [0x7FFF]), (-40000, "i16", [0x8000]), (-1, "u16", [0]),
        (1e9, "u16", [0xFFFF]), (-1, "i32", [0xFFFF, 0xFFFF]), (1.5, "u16", [2]), (math.nan, "u16", [0xFFFF]),
        (1e99, "float32", [0x7F80, 0]), (-math.inf, "i32", [0x8000, 0]), (1, "bit", [1]), (7, "bit", [1]),
    ],
)  # fmt: skip
def test_what_does_not_fit_stops_at_the_end(value: float, kind: str, words: list[int]):
    assert encode(value, kind) == words


def test_no_number_is_told_as_it_is():
    assert math.isnan(decode([0x7FC0, 0], "float32"))
    assert decode([0x7F80, 0], "float32") == math.inf


@given(st.sampled_from(sorted(WIDTHS)), st.sampled_from(ORDERS), st.data())
def test_whole_numbers_come_back(kind: str, order: str, data: st.DataObject):
    ranges = {
        "bit": (0, 1),
        "u16": (0, 65535),
        "i16": (-32768, 32767),
        "u32": (0, 2**32 - 1),
        "i32": (-(2**31), 2**31 - 1),
    }
    low, high = ranges.get(kind, (-(2**24), 2**24))
    value = data.draw(st.integers(low, high))
    words = encode(value, kind, order)
    assert len(words) == WIDTHS[kind]
    assert decode(words, kind, order) == value
