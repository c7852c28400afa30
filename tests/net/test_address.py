"""Wire addresses of a fleet."""

from __future__ import annotations

import contextlib
import socket
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import FleetError
from simulator.net.address import LARGEST_NUMBER, AddressPlan

PLAN = AddressPlan(16)


@pytest.mark.parametrize(
    ("number", "wire"),
    [(1, "127.16.0.1"), (254, "127.16.0.254"), (255, "127.16.1.1"), (LARGEST_NUMBER, "127.16.255.254")],
)
def test_device_numbers_skip_network_and_broadcast(number: int, wire: str) -> None:
    assert PLAN.device(number) == wire


@given(st.lists(st.integers(1, LARGEST_NUMBER), unique=True, min_size=2, max_size=20))
def test_no_two_devices_share_an_address(numbers: list[int]) -> None:
    addresses = [PLAN.device(number) for number in numbers]
    assert len(set(addresses)) == len(numbers)
    assert all(IPv4Address(address) in IPv4Network("127.16.0.0/16") for address in addresses)


@pytest.mark.parametrize("number", [0, -1, LARGEST_NUMBER + 1])
def test_a_number_without_address_is_refused(number: int) -> None:
    with pytest.raises(FleetError, match="outside 1 to"):
        PLAN.device(number)


@pytest.mark.parametrize(
    ("real", "wire"),
    [
        ("169.254.17.4", "127.17.17.4"),
        ("192.168.0.90", "127.18.0.90"),
        ("127.16.3.4", "127.16.3.4"),
        ("127.19.0.1", "127.19.0.1"),
    ],
)
def test_real_addresses_are_mapped(real: str, wire: str) -> None:
    assert PLAN.translate(real) == wire


@given(st.integers(0, 255), st.integers(0, 255), st.sampled_from(["169.254", "192.168"]))
def test_what_is_mapped_is_claimed_back(high: int, low: int, prefix: str) -> None:
    real = f"{prefix}.{high}.{low}"
    assert PLAN.claimed(PLAN.translate(real)) == real


@pytest.mark.parametrize(
    "address", ["10.0.0.5", "127.0.0.1", "127.20.0.1", "8.8.8.8", "", "a.b.c.d", "1.2.3.4.5", "::1"]
)
def test_an_address_without_place_is_refused(address: str) -> None:
    with pytest.raises(FleetError):
        PLAN.translate(address)


@pytest.mark.fuzz
@given(st.text(max_size=30))
def test_translate_never_fails_otherwise(address: str) -> None:
    with contextlib.suppress(FleetError):
        assert IPv4Address(PLAN.translate(address)).is_loopback


def test_a_single_plan_has_one_address_for_all() -> None:
    plan = AddressPlan.single()
    assert {plan.device(3), plan.translate("192.168.0.90"), plan.infrastructure("broker")} == {"127.0.0.1"}


def test_two_plans_never_share_a_block() -> None:
    first, second = AddressPlan.claim(7), AddressPlan.claim(7)
    try:
        assert first.first != second.first
        with socket.socket() as intruder, pytest.raises(OSError, match="in use"):
            intruder.bind((f"127.{(first.first or 0) + 3}.255.254", 8007))
    finally:
        first.close()
        second.close()


def test_a_closed_plan_gives_its_block_back() -> None:
    plan = AddressPlan.claim(11)
    block = plan.first
    plan.close()
    plan.close()
    again = AddressPlan.claim(11)
    assert again.first == block
    again.close()
