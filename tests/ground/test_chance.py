"""Streams depend on the seed and their name only."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance, uuid4_from


@given(st.integers(0, 2**63), st.text(max_size=8), st.text(max_size=8))
def test_streams_are_equal_for_equal_names_and_differ_otherwise(seed: int, one: str, other: str) -> None:
    chance = Chance(seed)
    first = [chance.stream("dhcp", one).random() for _ in range(2)]
    assert first[0] == first[1] == Chance(seed).stream("dhcp", one).random()
    if one != other:
        assert chance.stream("dhcp", other).random() != first[0]
    assert Chance(seed + 1).stream("dhcp", one).random() != first[0]


def test_a_boot_id_is_a_version_4_uuid() -> None:
    assert uuid4_from(Chance(7).stream("boot"))[14] == "4"
    assert Chance(7).hexadecimal(16, "soc") == Chance(7).hexadecimal(16, "soc")
    assert len(Chance(7).hexadecimal(16, "soc")) == 16
