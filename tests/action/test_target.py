"""Target paths: globs, ranges, and what they refuse."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.action.kind import Unfit
from simulator.action.target import DeviceTarget, ItemTarget, Target, expand
from simulator.errors import FleetError, UnknownTarget

FLEET = ("io-1", "io-2", "io-10", "speaker-1")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("io-2", ("io-2",)),
        ("io-{1..3}", ("io-1", "io-2", "io-3")),
        ("io-{08..10}", ("io-08", "io-09", "io-10")),
        ("r{1..2}-d{1..2}", ("r1-d1", "r1-d2", "r2-d1", "r2-d2")),
    ],
)
def test_ranges_stand_for_names(text: str, names: tuple[str, ...]) -> None:
    assert expand(text) == names


@pytest.mark.parametrize("text", ["{3..1}", "io-{1..}", "io-}", "{1..99999}", "{1..200}{1..200}", "{a,b}"])
def test_odd_ranges_are_refused(text: str) -> None:
    with pytest.raises(Unfit):
        expand(text)


@pytest.mark.parametrize(
    ("text", "devices"),
    [("io-2", ("io-2",)), ("io-*", ("io-1", "io-2", "io-10")), ("io-?", ("io-1", "io-2")), ("*", FLEET),
     ("io-{1..2}", ("io-1", "io-2"))],
)  # fmt: skip
def test_a_target_finds_its_devices(text: str, devices: tuple[str, ...]) -> None:
    assert Target.parse(text).devices(FLEET) == devices


@pytest.mark.parametrize(("text", "hint"), [("io-3", "io-2"), ("camera-*", ""), ("io-{1..3}", "io-2")])
def test_a_name_that_nothing_has_lists_near_ones(text: str, hint: str) -> None:
    with pytest.raises(UnknownTarget) as raised:
        Target.parse(text).devices(FLEET)
    assert hint in raised.value.hint


def test_indices_are_those_the_component_has() -> None:
    inputs = (1, 2, 5, 7, 8, 9, 10)
    assert Target.parse("io-1/input/{1..2}").indices(inputs) == (1, 2)
    assert Target.parse("io-1/input/*").indices(inputs) == inputs
    with pytest.raises(UnknownTarget, match="no input named '3'"):
        Target.parse("io-1/input/3").indices(inputs)


@pytest.mark.parametrize("text", ["", "a/b/c/d", "io 1", "io-1//2", "io-*{1..2}", "io-1/input/é"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(FleetError):
        Target.parse(text)


def test_kinds_narrow_what_a_verb_takes() -> None:
    with pytest.raises(Unfit, match="more than a device"):
        DeviceTarget().parse("io-1/input/1")
    with pytest.raises(Unfit, match="has no index"):
        ItemTarget(("input",), indexed=True).parse("io-1/input")
    assert ItemTarget(("http",), indexed=False, whole=True).parse("io-1") == Target("io-1")


@pytest.mark.fuzz
@given(st.text(st.sampled_from("io-12/*?{}.a"), max_size=20))
def test_any_path_is_read_or_refused(text: str) -> None:
    try:
        target = Target.parse(text)
    except FleetError:
        return
    assert str(target) == text.strip()
    with contextlib.suppress(UnknownTarget):
        assert target.devices(FLEET)
