"""Bad wires on both kinds of input: whatever the resistors, corrosion only ever opens and water only ever closes."""

from __future__ import annotations

import math

import pytest
from device_bench import Bench
from hypothesis import given
from hypothesis import strategies as st

from simulator.device.loop import EndOfLine, Loop, LoopState
from simulator.errors import FleetError

BENCH = Bench("A9210")
ORDER = (LoopState.SHORT, LoopState.CLOSED, LoopState.OPEN, LoopState.CUT)
"""By growing resistance."""
ports = st.sampled_from([1, 7])
schemes = st.sampled_from(list(EndOfLine)[1:])
amounts = st.floats(0, 1e6)


def loop_of(number: int, preset: EndOfLine, fitted: EndOfLine, closed: bool) -> Loop:
    port = BENCH.device.ports[number]
    assert port.loop is not None
    port.loop.restore()
    port.install(preset)
    port.loop.fit(fitted)
    (port.loop.close_switch if closed else port.loop.open_switch)()
    return port.loop


def rank(number: int) -> int:
    BENCH.advance(0.1)
    state = BENCH.device.ports[number].state
    assert state is not None
    return ORDER.index(state)


@given(ports, schemes, schemes, st.booleans(), amounts, amounts)
def test_more_corrosion_never_reads_more_closed(
    number: int, preset: EndOfLine, fitted: EndOfLine, closed: bool, one: float, other: float
) -> None:
    loop = loop_of(number, preset, fitted, closed)
    read = []
    for ohms in sorted((one, other)):
        loop.corrode(ohms)
        read.append(rank(number))
    assert read == sorted(read)


@given(ports, schemes, schemes, st.booleans(), amounts, amounts)
def test_more_water_never_reads_more_open(
    number: int, preset: EndOfLine, fitted: EndOfLine, closed: bool, one: float, other: float
) -> None:
    loop = loop_of(number, preset, fitted, closed)
    read = [rank(number)]
    for ohms in sorted((one, other), reverse=True):
        loop.leak(ohms)
        read.append(rank(number))
    assert read == sorted(read, reverse=True)


@given(ports, schemes, st.booleans(), amounts, st.floats(1, 1e6))
def test_a_mended_loop_is_as_it_was(
    number: int, scheme: EndOfLine, closed: bool, corroded: float, leaking: float
) -> None:
    loop = loop_of(number, scheme, scheme, closed)
    before = loop.ohms
    loop.corrode(corroded)
    loop.leak(leaking)
    loop.part()
    assert loop.ohms == leaking
    loop.join()
    assert loop.ohms <= leaking
    loop.restore()
    assert loop.ohms == before


@pytest.mark.parametrize(
    ("resistors", "closed", "opened"),
    [((1000.0, 47_000.0), 1000, 48_000), ((0.0, 1000.0), 0, 1000), ((2200.0, 2200.0), 2200, 4400)],
)
def test_resistors_that_are_not_nominal(resistors: tuple[float, float], closed: float, opened: float) -> None:
    loop = loop_of(1, EndOfLine.SERIAL_1K, EndOfLine.SERIAL_1K, closed=True)
    loop.fit(EndOfLine.SERIAL_1K, resistors=resistors)
    assert loop.ohms == closed
    loop.open_switch()
    assert loop.ohms == opened


def test_what_no_wire_has() -> None:
    loop = loop_of(1, EndOfLine.SERIAL_1K, EndOfLine.SERIAL_1K, closed=True)
    for deed in (
        lambda: loop.corrode(-1),
        lambda: loop.corrode(math.inf),
        lambda: loop.corrode(math.nan),
        lambda: loop.leak(-1),
        lambda: loop.leak(math.nan),
        lambda: loop.fit(EndOfLine.SERIAL_1K, resistors=(-1.0, 5.0)),
        lambda: loop.fit(EndOfLine.SERIAL_1K, resistors=(5.0, math.inf)),
    ):
        with pytest.raises(FleetError):
            deed()
    assert loop.ohms == 1000
