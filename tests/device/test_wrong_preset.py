"""Resistors under a preset that is not theirs: the table of io-events sheet 1.8, row by row."""

from __future__ import annotations

import pytest
from device_bench import Bench

from simulator.device.loop import EndOfLine

PRESETS = (
    EndOfLine.PARALLEL_22K_4K7,
    EndOfLine.SERIAL_1K,
    EndOfLine.SERIAL_2K2,
    EndOfLine.SERIAL_4K7,
    EndOfLine.SERIAL_10K,
)
READS = {
    EndOfLine.PARALLEL_22K_4K7: ("closed/open", "open/cut", "open/cut", "closed/open", "closed/open"),
    EndOfLine.SERIAL_1K: ("short/closed", "closed/open", "closed/closed", "short/closed", "short/short"),
    EndOfLine.SERIAL_2K2: ("closed/closed", "open/open", "closed/open", "closed/closed", "short/closed"),
    EndOfLine.SERIAL_4K7: ("closed/open", "open/cut", "open/open", "closed/open", "closed/closed"),
    EndOfLine.SERIAL_10K: ("open/open", "cut/cut", "open/cut", "open/open", "closed/open"),
}
"""Fitted resistors to what a closed and an open contact read under each preset."""


@pytest.mark.parametrize("fitted", PRESETS)
@pytest.mark.parametrize("preset", PRESETS)
def test_what_a_wrong_preset_reads(fitted: EndOfLine, preset: EndOfLine) -> None:
    bench = Bench("A9210")
    port = bench.device.ports[1]
    loop = port.loop
    assert loop is not None
    port.install(preset)
    loop.fit(fitted)
    read = []
    for deed in (loop.close_switch, loop.open_switch):
        deed()
        bench.advance(0.1)
        assert port.state is not None
        read.append(port.state.value)
    assert "/".join(read) == READS[fitted][PRESETS.index(preset)]
