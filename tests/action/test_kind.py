"""Kinds of values: what they read, what they refuse and with which remedy."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.action.kind import (
    Address,
    Choice,
    Duration,
    Flag,
    Kind,
    Number,
    Resistance,
    Schemas,
    Text,
    Unfit,
    Whole,
)

KINDS: dict[str, Kind] = {
    "text": Text(),
    "pattern": Text(r"[a-z]+", "word", example="door"),
    "flag": Flag(),
    "whole": Whole(1, 5),
    "number": Number(0, 1),
    "duration": Duration(),
    "resistance": Resistance(),
    "choice": Choice(("cut", "restore")),
    "address": Address(),
    "prefix": Address(prefix=True),
}


@pytest.mark.parametrize(
    ("kind", "written", "meant"),
    [
        ("text", "12.10", "12.10"),
        ("text", 12, "12"),
        ("flag", "off", False),
        ("flag", "Yes", True),
        ("flag", True, True),
        ("whole", "5", 5),
        ("whole", 3, 3),
        ("number", "0.25", 0.25),
        ("number", 1, 1.0),
        ("duration", "1m30s", 90.0),
        ("resistance", "4.7k", 4700.0),
        ("resistance", 22000, 22000.0),
        ("resistance", "inf", math.inf),
        ("choice", "cut", "cut"),
        ("address", "192.168.0.90", "192.168.0.90"),
        ("prefix", "192.168.0.90/24", "192.168.0.90/24"),
    ],
)
def test_it_reads(kind: str, written: Any, meant: Any) -> None:
    assert KINDS[kind].parse(written) == meant


@pytest.mark.parametrize(
    ("kind", "written", "what", "hint"),
    [
        ("text", "", "text is missing", ""),
        ("text", {"a": 1}, "expected text, not a map", ""),
        ("text", "a\0b", "a text cannot hold a NUL character", ""),
        ("text", "x" * 70_000, "text is longer than 65536 characters", ""),
        ("pattern", "Door", "'Door' is no word", "write for example door"),
        ("flag", "maybe", "expected yes or no, not 'maybe'", ""),
        ("flag", 1, "expected yes or no, not 1", ""),
        ("whole", "6", "6 is outside 1 to 5", ""),
        ("whole", "1.5", "expected a whole number, not '1.5'", ""),
        ("whole", True, "expected a whole number, not True", ""),
        ("whole", "9" * 5000, "expected a whole number, not '" + "9" * 57 + "...'", ""),
        ("number", "2", "2 is outside 0 to 1", ""),
        ("number", "nan", "expected a number, not 'nan'", ""),
        ("number", math.inf, "expected a number, not 'inf'", ""),
        ("duration", 30, "duration '30' has no unit", "write 30s"),
        ("duration", "-1s", "'-1s' is no duration", "write for example 30s, 250ms, 5m or 1h30m"),
        ("resistance", "5 kilo", "'5 kilo' is no resistance", "write for example 4700, 4.7k or inf"),
        ("choice", "cute", "unknown value 'cute'", "did you mean 'cut'?"),
        ("address", "192.168.0.900", "'192.168.0.900' is no IPv4 address", "write for example 192.168.5.10"),
        ("address", "192.168.0.9/24", "'192.168.0.9/24' is no IPv4 address", "write for example 192.168.5.10"),
    ],
)
def test_it_refuses_with_a_remedy(kind: str, written: Any, what: str, hint: str) -> None:
    with pytest.raises(Unfit) as raised:
        KINDS[kind].parse(written)
    assert (raised.value.what, raised.value.hint) == (what, hint)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.fuzz
@given(st.sampled_from(sorted(KINDS)), anything)
def test_whatever_comes_it_is_read_or_refused_and_what_is_read_is_shown_so_that_it_reads_again(
    name: str, value: Any
) -> None:
    kind = KINDS[name]
    try:
        read = kind.parse(value)
    except Unfit:
        return
    again = kind.parse(kind.show(read))
    assert again == (pytest.approx(read, nan_ok=True) if isinstance(read, float) else read)


@pytest.mark.fuzz
@given(st.floats(0, 1e9))
def test_a_duration_and_a_resistance_survive_being_shown(value: float) -> None:
    assert Duration().parse(Duration().show(round(value, 3))) == pytest.approx(value, abs=0.001, rel=1e-5)
    assert Resistance().parse(Resistance().show(value)) == pytest.approx(value, abs=1e-6)


def test_a_scenario_may_put_a_name_where_a_call_may_not() -> None:
    in_a_call, in_a_file = Whole(1, 5).schema(Schemas()), Whole(1, 5).schema(Schemas(names=True))
    assert in_a_call == {"type": "integer", "minimum": 1, "maximum": 5}
    assert in_a_file["anyOf"][0] == in_a_call
