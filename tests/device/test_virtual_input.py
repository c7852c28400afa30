"""Virtual inputs and the manual trigger (io-events sheet 1.5)."""

from __future__ import annotations

import math

import pytest
from device_bench import Bench
from hypothesis import given
from hypothesis import strategies as st

from simulator.device.parameter import Refused

MODELS = ["A9210", "C1410"]


@pytest.mark.parametrize("model", MODELS)
def test_all_are_there_and_inactive_after_a_start(model: str) -> None:
    bench = Bench(model)
    assert bench.states("IO/VirtualInput") == [{"port": str(n), "active": "0"} for n in range(1, 65)]
    assert bench.states("IO/VirtualPort") == [{"port": "1", "state": "0"}]


def test_old_firmware_has_fewer() -> None:
    bench = Bench("A9210", firmware="10.12.130")
    assert len(bench.states("IO/VirtualInput")) == bench.device.virtual_inputs.count == 32


def test_only_a_change_is_published() -> None:
    bench = Bench("A9210")
    inputs = bench.device.virtual_inputs
    assert not inputs.deactivate(5)
    assert inputs.activate(5)
    assert not inputs.activate(5)
    assert inputs.active == (5,)
    assert inputs.deactivate(5)
    assert bench.heard("IO/VirtualInput") == [{"port": "5", "active": "1"}, {"port": "5", "active": "0"}]


def test_a_duration_ends_by_itself_and_is_replaced_by_a_newer_one() -> None:
    bench = Bench("A9210")
    inputs = bench.device.virtual_inputs
    inputs.activate(64, 10)
    bench.advance(9)
    inputs.activate(64, 10)
    bench.advance(9)
    assert inputs.is_active(64)
    bench.advance(1)
    assert not inputs.is_active(64)
    inputs.activate(64, 10)
    inputs.activate(64)
    bench.advance(100)
    assert inputs.is_active(64)


@given(st.integers().filter(lambda number: not 1 <= number <= 64))
def test_a_number_that_does_not_exist_is_refused(number: int) -> None:
    inputs = _BENCH.device.virtual_inputs
    for ask in (inputs.activate, inputs.deactivate, inputs.is_active):
        with pytest.raises(Refused, match="no virtual input"):
            ask(number)


@pytest.mark.parametrize("duration", [0, -1, math.nan, math.inf, 1e300])
def test_what_is_no_duration_is_refused(duration: float) -> None:
    inputs = Bench("A9210").device.virtual_inputs
    with pytest.raises(Refused):
        inputs.activate(1, duration)
    assert not inputs.active


def test_a_restart_makes_all_inactive() -> None:
    bench = Bench("A9210")
    bench.device.virtual_inputs.activate(1, 500)
    bench.device.virtual_inputs.trigger([(True, 500_000), (False, 0)])
    bench.device.lifecycle.power_cut()
    bench.device.lifecycle.power_on()
    bench.boot()
    bench.published.clear()
    bench.advance(1000)
    assert bench.device.virtual_inputs.active == ()
    assert not bench.published
    assert {"port": "1", "active": "0"} in bench.states("IO/VirtualInput")
    assert bench.states("IO/VirtualPort") == [{"port": "1", "state": "0"}]


def test_the_manual_trigger_pulses_as_port_1() -> None:
    bench = Bench("C1410")
    bench.device.virtual_inputs.trigger([(True, 2000), (False, 0)])
    bench.advance(1.9)
    assert bench.device.virtual_inputs.triggered
    bench.advance(0.1)
    assert bench.heard("IO/VirtualPort") == [{"port": "1", "state": "1"}, {"port": "1", "state": "0"}]


def test_a_new_trigger_replaces_the_running_one() -> None:
    bench = Bench("C1410")
    bench.device.virtual_inputs.trigger([(True, 2000), (False, 0)])
    bench.advance(1)
    bench.device.virtual_inputs.trigger([(True, 0)])
    bench.advance(10)
    assert bench.device.virtual_inputs.triggered


_BENCH = Bench("A9210")
