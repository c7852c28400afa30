"""Identity: one number and the seed, the same name in many places, never a duplicate."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance
from simulator.device.identity import MOST_NUMBERS, Identity
from simulator.errors import FleetError

numbers = st.integers(0, MOST_NUMBERS - 1)


def test_forms_are_those_of_the_sheet() -> None:
    identity = Identity.derive(7, Chance(1))
    assert re.fullmatch(r"B8A44F[0-9A-F]{6}", identity.serial)
    assert identity.mac.replace(":", "") == identity.serial
    assert identity.mac_lower == identity.mac.lower()
    assert re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", identity.mac_lower)
    assert identity.host_name == f"axis-{identity.serial.lower()}"
    assert identity.realm == f"AXIS_{identity.serial}"
    assert re.fullmatch(rf"00000000-0000-0000-[0-9A-F]{{4}}-{identity.serial}", identity.uuid)
    assert re.fullmatch(r"[0-9A-F]{16}", identity.soc_serial)
    assert identity.number == 7


@given(st.integers(), numbers)
def test_same_seed_and_number_give_the_same_device(seed: int, number: int) -> None:
    assert Identity.derive(number, Chance(seed)) == Identity.derive(number, Chance(seed))


@given(st.integers(), numbers, numbers)
def test_two_numbers_never_share_a_serial(seed: int, one: int, other: int) -> None:
    chance = Chance(seed)
    same = Identity.derive(one, chance).serial == Identity.derive(other, chance).serial
    assert same == (one == other)


@pytest.mark.parametrize("seed", [0, 1, 4711])
def test_a_large_fleet_has_no_duplicates(seed: int) -> None:
    chance = Chance(seed)
    identities = [Identity.derive(number, chance) for number in range(10_000)]
    assert len({identity.serial for identity in identities}) == 10_000
    assert len({identity.soc_serial for identity in identities}) == 10_000


def test_another_seed_gives_other_serials() -> None:
    assert Identity.derive(1, Chance(1)).serial != Identity.derive(1, Chance(2)).serial


@pytest.mark.parametrize("number", [-1, MOST_NUMBERS])
def test_a_number_that_no_serial_is_left_for_is_refused(number: int) -> None:
    with pytest.raises(FleetError, match="outside"):
        Identity.derive(number, Chance(1))
