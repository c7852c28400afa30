"""What a fleet may be made of."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from simulator.fleet.specification import DeviceSpecification, FleetSpecification


def fleet(*names: str, **fields: Any) -> FleetSpecification:
    devices = [{"name": name, "model": "A9210"} for name in names]
    return FleetSpecification.model_validate({"devices": devices, **fields})


def test_devices_are_numbered_by_their_place() -> None:
    assert [(number, one.name) for number, one in fleet("a", "b").numbered()] == [(1, "a"), (2, "b")]


def test_a_number_of_its_own_goes_before_the_place() -> None:
    made = FleetSpecification.model_validate(
        {"devices": [{"name": "a", "model": "A9210", "number": 9}, {"name": "b", "model": "C1410"}]}
    )
    assert [number for number, _ in made.numbered()] == [9, 2]


def test_equal_specifications_are_equal() -> None:
    assert fleet("a", seed=3) == fleet("a", seed=3)
    assert fleet("a", seed=3) != fleet("a", seed=4)


@pytest.mark.parametrize("name", ["", "1io", "Io", "io_1", "io 1", "io/1", "é", "a" * 64])
def test_names_are_plain(name: str) -> None:
    with pytest.raises(ValidationError, match="name"):
        fleet(name)


@pytest.mark.parametrize(
    "fields",
    [
        {"mode": "netns"},
        {"block": 60},
        {"block": -1},
        {"clock": {"mode": "sundial"}},
        {"clock": {"rate": 21}},
        {"clock": {"rate": 0}},
        {"clock": {"grace": -1}},
        {"capacity": 10},
        {"site": {"dhcp": {"lease": 0}}},
        {"colour": "red"},
        {"seed": "x"},
    ],
)
def test_what_is_out_of_range_names_its_place(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        fleet("a", **fields)
    key = next(iter(fields))
    assert refused.value.errors()[0]["loc"][0] == key


@pytest.mark.parametrize(
    "fields",
    [
        {"number": 0},
        {"number": 60_001},
        {"state": "asleep"},
        {"account": {"user": "way-too-long-a-name"}},
        {"account": {"password": ""}},
        {"supervised": {"two": "None"}},
    ],
)
def test_a_device_out_of_range(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DeviceSpecification.model_validate({"name": "a", "model": "A9210", **fields})


def test_doubled_names_and_numbers() -> None:
    with pytest.raises(ValidationError, match="device name used twice: a"):
        fleet("a", "a")
    with pytest.raises(ValidationError, match="device number used twice: 2"):
        FleetSpecification.model_validate(
            {"devices": [{"name": "a", "model": "A9210", "number": 2}, {"name": "b", "model": "A9210"}]}
        )
