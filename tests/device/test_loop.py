"""The loop in ohms, against the tables of io-events sheet 1.8 (the numbers here are copied from there)."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simulator.device.loop import AUXILIARY, INPUT_ONLY, Converter, EndOfLine, Loop, LoopState
from simulator.device.supervision import (
    PRESETS,
    Range,
    RangesRefused,
    check_ranges,
    ranges_as_text,
    ranges_from_text,
    state_of,
)
from simulator.errors import FleetError

PARALLEL = EndOfLine.PARALLEL_22K_4K7
S1, S2, S4, S10 = EndOfLine.SERIAL_1K, EndOfLine.SERIAL_2K2, EndOfLine.SERIAL_4K7, EndOfLine.SERIAL_10K
SCHEMES = (PARALLEL, S1, S2, S4, S10)
CONVERTERS = (INPUT_ONLY, AUXILIARY)

schemes = st.sampled_from(SCHEMES)
converters = st.sampled_from(CONVERTERS)
tolerances = st.tuples(st.floats(-0.01, 0.01), st.floats(-0.01, 0.01))
cables = st.floats(0, 200)


def loop_of(scheme: EndOfLine, *, cable: float = 0.0, tolerance: tuple[float, float] = (0.0, 0.0)) -> Loop:
    loop = Loop(lambda deed: None)
    loop.fit(scheme, cable_metres=cable, tolerance=tolerance)
    return loop


def seen(loop: Loop, converter: Converter, preset: EndOfLine) -> LoopState:
    return state_of(converter.level(loop.ohms), PRESETS[converter][preset])


# ---- circuit and converter


@pytest.mark.parametrize(
    ("scheme", "closed", "open_", "level_closed", "level_open"),
    [
        (PARALLEL, 3872.7, 22000, 2464, 1510),
        (S1, 1000, 2000, 3248, 2890),
        (S2, 2200, 4400, 2832, 2378),
        (S4, 4700, 9400, 2334, 1900),
        (S10, 10000, 20000, 1866, 1545),
    ],
)
def test_nominal_resistances_and_levels(
    scheme: EndOfLine, closed: float, open_: float, level_closed: int, level_open: int
) -> None:
    assert scheme.ohms(closed=True) == pytest.approx(closed, abs=0.05)
    assert scheme.ohms(closed=False) == pytest.approx(open_)
    assert INPUT_ONLY.level(scheme.ohms(closed=True)) == level_closed
    assert INPUT_ONLY.level(scheme.ohms(closed=False)) == level_open


@pytest.mark.parametrize(
    ("scheme", "level_closed", "level_open"),
    [(PARALLEL, 200, 501), (S1, 65, 119), (S2, 129, 219), (S4, 230, 350), (S10, 362, 486)],
)
def test_nominal_levels_of_the_auxiliary_ports(scheme: EndOfLine, level_closed: int, level_open: int) -> None:
    """Within a count: the sheet rounds this table and truncates the other."""
    assert AUXILIARY.level(scheme.ohms(closed=True)) == pytest.approx(level_closed, abs=1)
    assert AUXILIARY.level(scheme.ohms(closed=False)) == pytest.approx(level_open, abs=1)


def test_ends_of_both_converters() -> None:
    assert (INPUT_ONLY.level(0.0), INPUT_ONLY.level(math.inf)) == (3783, 1095)
    assert (AUXILIARY.level(0.0), AUXILIARY.level(math.inf)) == (0, 739)


def test_200_m_of_cable_are_33_7_ohm() -> None:
    loop = loop_of(S4, cable=200)
    loop.short()
    assert loop.ohms == pytest.approx(33.7, abs=0.05)
    assert INPUT_ONLY.level(loop.ohms) == 3761


def test_worked_example_of_the_sheet() -> None:
    loop = loop_of(S4, cable=200, tolerance=(0.01, 0.01))
    assert loop.ohms == pytest.approx(9527.7, abs=0.05)
    assert INPUT_ONLY.level(loop.ohms) == 1893
    loop.close_switch()
    assert loop.ohms == pytest.approx(4780.7, abs=0.05)
    assert INPUT_ONLY.level(loop.ohms) == 2323


@given(converters, st.floats(0, 1e7), st.floats(0, 1e7))
def test_levels_are_monotonic_and_fit_twelve_bits(converter: Converter, one: float, other: float) -> None:
    levels = converter.level(min(one, other)), converter.level(max(one, other))
    assert all(0 <= level <= 4095 for level in levels)
    assert (levels[0] >= levels[1]) if converter is INPUT_ONLY else (levels[0] <= levels[1])


# ---- states


@given(converters, schemes, tolerances, cables, st.booleans())
def test_state_is_right_for_every_tolerance_and_cable(
    converter: Converter, scheme: EndOfLine, tolerance: tuple[float, float], cable: float, closed: bool
) -> None:
    loop = loop_of(scheme, cable=cable, tolerance=tolerance)
    if closed:
        loop.close_switch()
    assert seen(loop, converter, scheme) is (LoopState.CLOSED if closed else LoopState.OPEN)
    loop.cut()
    assert seen(loop, converter, scheme) is LoopState.CUT
    loop.short()
    assert seen(loop, converter, scheme) is LoopState.SHORT
    loop.restore()
    assert seen(loop, converter, scheme) is (LoopState.CLOSED if closed else LoopState.OPEN)


@pytest.mark.parametrize(
    ("scheme", "closed_to_open", "open_to_closed", "cut_to_open"),
    [
        (PARALLEL, 4234, 12_800, 48_100),
        (S1, 451, 5_300, 8_010),
        (S2, 922, 10_800, 12_800),
        (S4, 1884, 22_000, 22_700),
        (S10, 3718, 43_700, 44_100),
    ],
)
def test_corrosion_and_leakage_thresholds(
    scheme: EndOfLine, closed_to_open: float, open_to_closed: float, cut_to_open: float
) -> None:
    def at(ohms: float, *, closed: bool) -> LoopState:
        loop = loop_of(scheme)
        if closed:
            loop.close_switch()
        loop.drift(ohms)
        return seen(loop, INPUT_ONLY, scheme)

    nominal_closed, nominal_open = scheme.ohms(closed=True), scheme.ohms(closed=False)
    assert at(nominal_closed + closed_to_open * 0.98, closed=True) is LoopState.CLOSED
    assert at(nominal_closed + closed_to_open * 1.02, closed=True) is LoopState.OPEN
    wet, dry = open_to_closed * 0.97, open_to_closed * 1.03
    assert at(nominal_open * wet / (nominal_open + wet), closed=False) is LoopState.CLOSED
    assert at(nominal_open * dry / (nominal_open + dry), closed=False) is LoopState.OPEN
    assert at(cut_to_open * 0.97, closed=False) is LoopState.OPEN
    assert at(cut_to_open * 1.03, closed=False) is LoopState.CUT


@pytest.mark.parametrize(
    ("fitted", "read"),
    [
        (PARALLEL, ["closed/open", "open/cut", "open/cut", "closed/open", "closed/open"]),
        (S1, ["short/closed", "closed/open", "closed/closed", "short/closed", "short/short"]),
        (S2, ["closed/closed", "open/open", "closed/open", "closed/closed", "short/closed"]),
        (S4, ["closed/open", "open/cut", "open/open", "closed/open", "closed/closed"]),
        (S10, ["open/open", "cut/cut", "open/cut", "open/open", "closed/open"]),
    ],
)
def test_wrong_preset_for_the_fitted_resistors(fitted: EndOfLine, read: list[str]) -> None:
    loop, table = loop_of(fitted), []
    for preset in SCHEMES:
        loop.close_switch()
        closed = seen(loop, INPUT_ONLY, preset)
        loop.open_switch()
        table.append(f"{closed.value}/{seen(loop, INPUT_ONLY, preset).value}")
    assert table == read


# ---- deeds


@given(schemes, cables, st.booleans(), st.sampled_from(["none", "cut", "short"]), st.floats(0.1, 1e6))
def test_a_drifted_loop_reads_what_it_drifted_to(
    scheme: EndOfLine, cable: float, closed: bool, damage: str, ohms: float
) -> None:
    loop = loop_of(scheme, cable=cable)
    if closed:
        loop.close_switch()
    if damage != "none":
        getattr(loop, damage)()
    loop.drift(ohms)
    assert loop.ohms == pytest.approx(ohms, rel=1e-6)
    loop.drift(math.inf)
    assert math.isinf(loop.ohms)


@given(schemes, st.lists(st.sampled_from(["cut", "short", "open_switch", "close_switch", "drift"]), max_size=12))
def test_restore_leaves_a_sound_loop_and_the_contact_where_it_was(scheme: EndOfLine, deeds: list[str]) -> None:
    loop, closed = loop_of(scheme), False
    for deed in deeds:
        getattr(loop, deed)(*([777.0] if deed == "drift" else []))
        closed = {"open_switch": False, "close_switch": True}.get(deed, closed)
    loop.restore()
    assert loop.ohms == scheme.ohms(closed=closed)


def test_what_has_drifted_stays_when_the_contact_moves() -> None:
    loop = loop_of(S1)
    loop.close_switch()
    loop.drift(1400)
    loop.open_switch()
    assert loop.ohms == pytest.approx(2400)


def test_a_bare_contact_is_a_short_or_nothing() -> None:
    loop = loop_of(EndOfLine.NONE)
    assert math.isinf(loop.ohms)
    loop.close_switch()
    assert loop.ohms == 0.0


def test_every_deed_is_told_by_its_name() -> None:
    told: list[str] = []
    loop = Loop(told.append)
    loop.fit(S1)
    loop.close_switch()
    loop.cut()
    loop.short()
    loop.drift(5.0)
    loop.restore()
    loop.open_switch()
    assert told == ["fit", "close", "cut", "short", "drift", "restore", "open"]


@pytest.mark.parametrize("ohms", [-1.0, math.nan, -math.inf])
def test_what_is_no_resistance_is_refused(ohms: float) -> None:
    with pytest.raises(FleetError, match="no resistance"):
        loop_of(S1).drift(ohms)


def test_what_is_no_loop_is_refused() -> None:
    with pytest.raises(FleetError, match="200 m"):
        loop_of(S1, cable=200.1)
    with pytest.raises(FleetError, match="tolerance"):
        loop_of(S1, tolerance=(-1.0, 0.0))


# ---- ranges


def test_published_rows_stand_as_published() -> None:
    row = {(r.state.value, r.lower, r.upper) for r in PRESETS[INPUT_ONLY][PARALLEL]}
    assert row == {("cut", 0, 1302), ("open", 1303, 1986), ("closed", 1987, 3124), ("short", 3125, 4095)}
    row = {(r.state.value, r.lower, r.upper) for r in PRESETS[AUXILIARY][PARALLEL]}
    assert row == {("cut", 621, 4095), ("open", 351, 620), ("closed", 101, 350), ("short", 0, 100)}


@given(converters, schemes)
def test_every_preset_covers_all_levels_and_survives_storage(converter: Converter, scheme: EndOfLine) -> None:
    ranges = PRESETS[converter][scheme]
    assert check_ranges(ranges) == ranges
    assert ranges_from_text(ranges_as_text(ranges)) == ranges


@given(st.lists(st.integers(0, 4094), unique=True, max_size=8).map(sorted), st.data())
def test_any_partition_is_taken_and_every_level_has_one_state(ends: list[int], data: st.DataObject) -> None:
    states = data.draw(st.lists(st.sampled_from(list(LoopState)), min_size=len(ends) + 1, max_size=len(ends) + 1))
    firsts, lasts = [0, *(end + 1 for end in ends)], [*ends, 4095]
    ranges = tuple(Range(*row) for row in zip(states, firsts, lasts, strict=True))
    assert check_ranges(ranges) == ranges
    level = data.draw(st.integers(0, 4095))
    assert [r.state for r in ranges if r.lower <= level <= r.upper] == [state_of(level, ranges)]


@given(converters, schemes, st.integers(0, 3), st.booleans(), st.integers(-4096, 4096))
def test_a_gap_or_an_overlap_is_refused(
    converter: Converter, scheme: EndOfLine, index: int, lower: bool, shift: int
) -> None:
    assume(shift != 0)
    ranges = list(PRESETS[converter][scheme])
    part = ranges[index]
    moved = (part.lower + shift, part.upper) if lower else (part.lower, part.upper + shift)
    ranges[index] = Range(part.state, *moved)
    with pytest.raises(RangesRefused):
        check_ranges(tuple(ranges))


def test_no_ranges_are_no_set_of_ranges() -> None:
    with pytest.raises(RangesRefused):
        check_ranges(())
    with pytest.raises(RangesRefused):
        check_ranges(tuple(Range(LoopState.OPEN, level, level) for level in range(4096)))


_PIECES = st.sampled_from(
    ["cut", "open", "closed", "short", ":", "-", ",", "0", "1302", "1303", "4095", "x", "open:0-4095"]
)


@pytest.mark.fuzz
@given(st.text(max_size=40) | st.lists(_PIECES, max_size=16).map("".join))
def test_any_stored_text_is_ranges_or_none(text: str) -> None:
    ranges = ranges_from_text(text)
    assert ranges == () or check_ranges(ranges) == ranges
