"""Durations and resistances as people write them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.units import colons, format_duration, parse_duration, parse_ohms


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("250ms", 0.25), ("1m30s", 90), ("2 h", 7200), ("1.5m", 90), ("1d", 86400), ("0s", 0)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("30", "write 30s"),
        ("", "is missing"),
        ("1:30", "no duration"),
        ("5 fortnights", "no duration"),
        ("9" * 30 + "d", "hundred years"),
    ],
)
def test_a_wrong_duration_says_what_to_write(text: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        parse_duration(text)


@given(st.integers(0, 10_000_000).map(lambda ms: ms / 1000))
def test_a_formatted_duration_reads_back(seconds: float) -> None:
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds, abs=1e-6)


@given(st.text(max_size=20))
def test_any_text_is_a_duration_or_a_clear_refusal(text: str) -> None:
    for parse in (parse_duration, parse_ohms):
        try:
            assert parse(text) >= 0
        except ValueError as refusal:
            assert str(refusal)


@pytest.mark.parametrize(
    ("text", "ohms"),
    [("4.7k", 4700), ("22 kohm", 22000), ("1000", 1000), ("1M", 1e6), ("inf", math.inf), ("34 Ω", 34)],
)
def test_resistances_are_read(text: str, ohms: float) -> None:
    assert parse_ohms(text) == ohms


def test_a_wrong_resistance_says_what_to_write() -> None:
    with pytest.raises(ValueError, match=r"4\.7k"):
        parse_ohms("many")


def test_colons() -> None:
    assert colons("B8A44F010203") == "B8:A4:4F:01:02:03"
