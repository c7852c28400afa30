"""What a device refuses, and with which code and words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.device.image_offer import (
    ImageOffer,
    Installed,
    Signature,
    missing_step,
    refusal,
    version_numbers,
)

PRODUCT = ("A9210", "9A0.1")
HERE = Installed(*PRODUCT, version="12.9.57", revoked=frozenset({"12.10.66"}), missing_step_code=409)
GOOD = ImageOffer("12.10.68", "0123456", (PRODUCT,), Signature.VALID, complete=True)


def answer(offer: ImageOffer, *, hard: bool = False) -> tuple[int, str]:
    refused = refusal(offer, HERE, hard=hard)
    return (0, "") if refused is None else (refused.code, refused.text)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"version": "12.9.57"},
        {"version": "12.11.77"},
        {"products": (("C1410 Mk II", ""), PRODUCT)},
        {"products": (("A9210", ""),)},
        {"upgradeable_from": ("11.11", "12.9")},
        {"upgradeable_from": ("12.9.57",)},
    ],
)
def test_a_good_image_is_taken(change: dict[str, Any]) -> None:
    assert refusal(replace(GOOD, **change), HERE, hard=False) is None


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        ({"products": (("C1410 Mk II", ""),)}, 421, "Firmware image does not match this device."),
        ({"products": (("A9210", "999"),)}, 421, "Firmware image does not match this device."),
        ({"products": ()}, 421, "Firmware image does not match this device."),
        ({"complete": False}, 415, "invalid"),
        ({"signature": Signature.WRONG}, 415, "invalid"),
        ({"version": "twelve"}, 415, "invalid"),
        ({"signature": Signature.MISSING}, 422, "not signed"),
        ({"signature": Signature.UNKNOWN}, 424, "certificate"),
        ({"version": "12.9.56"}, 409, "Downgrade is only allowed if factoryDefault=hard is set."),
        ({"version": "13.1.5"}, 409, "12.11"),
        ({"version": "12.10.66"}, 410, "revoked"),
        ({"upgradeable_from": ("12.10", "11")}, 409, "12.10.68 cannot be installed over 12.9.57"),
    ],
)
def test_a_wrong_image_is_refused(change: dict[str, Any], code: int, text: str) -> None:
    answered, words = answer(replace(GOOD, **change))
    assert answered == code
    assert text in words


def test_a_file_that_is_no_image_is_answered_like_one_of_another_product() -> None:
    assert answer(ImageOffer()) == (421, "Firmware image does not match this device.")


def test_a_hard_default_allows_a_downgrade_and_nothing_else() -> None:
    older = replace(GOOD, version="11.11.192")
    assert answer(older, hard=True) == (0, "")
    assert answer(replace(older, signature=Signature.MISSING), hard=True)[0] == 422
    assert answer(replace(GOOD, version="13.1.5"), hard=True)[0] == 409


@pytest.mark.parametrize(
    ("running", "target", "step"),
    [
        ("11.2.3", "12.6.1", "11.11"),
        ("11.2.3", "12.5.9", ""),
        ("11.11.192", "12.6.1", ""),
        ("9.70.1", "12.9.57", "9.80"),
        ("12.9.57", "12.11.77", ""),
        ("12.9.57", "13.0.1", "12.11"),
        ("12.11.77", "13.0.1", ""),
    ],
)
def test_every_long_term_version_in_between_is_needed_from_12_6_on(running: str, target: str, step: str) -> None:
    assert missing_step(running, target) == step


@given(st.lists(st.integers(0, 999_999), min_size=2, max_size=5))
def test_versions_compare_as_numbers(parts: list[int]) -> None:
    assert version_numbers(".".join(map(str, parts))) == tuple(parts)


@pytest.mark.fuzz
@given(st.text(max_size=20))
def test_any_text_is_a_version_or_an_error(text: str) -> None:
    try:
        numbers = version_numbers(text)
    except ValueError:
        return
    assert len(numbers) == text.count(".") + 1
