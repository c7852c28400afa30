"""Outputs: circuits and their meaning, pulses and sequences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from port_bench import INPUTS, module, relay_of

from simulator.device.lifecycle import Phase
from simulator.device.parameter import Refused
from simulator.device.port import Port

steps = st.lists(st.tuples(st.booleans(), st.integers(0, 2000)), min_size=1, max_size=8)


# ---- outputs


def test_the_relay_reads_back_com_to_no() -> None:
    bench = module()
    relay = relay_of(bench)
    assert (relay.closed, relay.active) == (False, False)
    relay.set_active(True)
    assert (relay.closed, relay.active) == (True, True)
    assert bench.heard("IO/OutputPort") == [{"port": "0", "state": "1"}]
    assert bench.heard("Trigger/Relay") == [{"RelayToken": "0", "LogicalState": "active"}]


def test_switching_to_what_it_is_says_nothing() -> None:
    bench = module()
    relay_of(bench).set_active(False)
    assert not bench.published
    assert not list(bench.noted("output"))


def test_new_normal_state_flips_the_circuit_and_leaves_it_inactive() -> None:
    bench = module()
    port = bench.device.ports[3]
    told: list[bool] = []
    bench.device.ports.listen(lambda changed: told.append(changed.closed))
    port.set_normal_state("closed")
    assert bench.device.parameters["IOPort.I3.Output.Active"] == "open"
    assert (port.closed, port.active) == (True, False)
    assert not bench.heard("IO/OutputPort")
    assert told == [True]


def test_new_normal_state_sends_an_active_output_back_to_normal() -> None:
    bench = module()
    port = bench.device.ports[3]
    port.set_active(True)
    bench.device.parameters.write("IOPort.I3.Output.Active", "open")
    assert (port.closed, port.active) == (True, False)
    assert [e["state"] for e in bench.heard("IO/OutputPort")] == ["1", "0"]


def test_outputs_are_open_during_a_restart_and_then_normal() -> None:
    bench = module()
    port = bench.device.ports[3]
    port.set_normal_state("closed")
    relay_of(bench).set_active(True)
    bench.device.lifecycle.restart("test")
    assert (port.closed, relay_of(bench).closed) == (True, True)
    while bench.device.lifecycle.phase is not Phase.BOOTING:
        bench.advance(0.5)
    assert (port.closed, relay_of(bench).closed) == (False, False)
    bench.boot()
    assert (port.closed, port.active) == (True, False)
    assert not relay_of(bench).active


def test_a_crash_leaves_outputs_as_they_are_until_the_watchdog_bites() -> None:
    bench = module()
    relay_of(bench).set_active(True)
    bench.device.lifecycle.hang()
    assert relay_of(bench).closed
    bench.device.lifecycle.recover()
    assert not relay_of(bench).closed


@pytest.mark.parametrize("number", INPUTS)
def test_an_input_cannot_be_driven(number: int) -> None:
    port = module().device.ports[number]
    with pytest.raises(Refused, match="is an input"):
        port.set_active(True)
    with pytest.raises(Refused, match="is an input"):
        port.run_sequence([(True, 1)])


def test_nothing_is_driven_without_power() -> None:
    relay = relay_of(module(running=False))
    with pytest.raises(Refused, match="down"):
        relay.set_active(True)


# ---- sequences


def test_a_pulse_ends_and_says_so_when_its_time_is_over() -> None:
    bench = module()
    ended: list[float] = []
    relay_of(bench).run_sequence([(True, 5000), (False, 0)], lambda: ended.append(bench.clock.now()))
    bench.advance(4.999)
    assert relay_of(bench).active
    assert relay_of(bench).sequence_running
    assert not ended
    bench.advance(0.001)
    assert ended == [5.0]
    assert not relay_of(bench).active
    assert not relay_of(bench).sequence_running


def test_the_double_pulse_of_the_sheet() -> None:
    bench = module()
    relay_of(bench).run_sequence([(True, 300), (False, 500), (True, 300), (False, 0)])
    changes = []
    bench.advance(0.05)
    for _ in range(12):
        changes.append(relay_of(bench).active)
        bench.advance(0.1)
    assert changes == [True] * 3 + [False] * 5 + [True] * 3 + [False]


def test_a_new_sequence_replaces_the_running_one_and_answers_it() -> None:
    bench = module()
    ended: list[str] = []
    relay_of(bench).run_sequence([(True, 15_000), (False, 0)], lambda: ended.append("first"))
    bench.advance(10)
    relay_of(bench).run_sequence([(True, 15_000), (False, 0)], lambda: ended.append("second"))
    assert ended == ["first"]
    bench.advance(14)
    assert relay_of(bench).active
    bench.advance(1)
    assert ended == ["first", "second"]


def test_switching_off_ends_a_pulse_early() -> None:
    bench = module()
    ended: list[float] = []
    relay_of(bench).run_sequence([(True, 15_000), (False, 0)], lambda: ended.append(bench.clock.now()))
    bench.advance(5)
    relay_of(bench).set_active(False)
    assert ended == [5.0]
    bench.advance(60)
    assert not relay_of(bench).active


def test_a_state_written_during_a_sequence_is_overridden_at_the_next_step() -> None:
    bench = module()
    relay_of(bench).run_sequence([(True, 1000), (False, 1000), (True, 0)])
    bench.advance(0.5)
    relay_of(bench).set_active(False)
    assert not relay_of(bench).active
    bench.advance(2)
    assert relay_of(bench).active


@pytest.mark.parametrize("setting", ["normal state", "direction"])
def test_a_new_setting_cancels_a_sequence(setting: str) -> None:
    bench = module()
    port = bench.device.ports[7]
    port.set_direction("output")
    ended: list[float] = []
    port.run_sequence([(True, 1000), (False, 1000), (True, 0)], lambda: ended.append(bench.clock.now()))
    if setting == "direction":
        port.set_direction("input")
    else:
        port.set_normal_state("closed")
    assert ended == [0.0]
    bench.advance(10)
    assert not port.active


@pytest.mark.parametrize("loss", ["power_cut", "hang"])
def test_a_sequence_that_loses_its_device_ends_after_the_connections(loss: str) -> None:
    bench = module()
    order: list[str] = []
    relay_of(bench).run_sequence([(True, 5000), (False, 0)], lambda: order.append("answer"))
    bench.device.lifecycle.on_phase(lambda phase: order.append(f"connections: {phase.value}"))
    getattr(bench.device.lifecycle, loss)()
    bench.advance(60)
    assert [entry.partition(":")[0] for entry in order] == ["connections", "answer"]
    assert relay_of(bench).closed == (loss == "hang")


def test_a_listener_may_start_another_sequence_from_within() -> None:
    bench = module()
    relay, ended = relay_of(bench), []

    def again(port: Port) -> None:
        if port.active and bench.clock.now() == 0.0 and not ended:
            ended.append("begun")
            relay.run_sequence([(False, 0)], lambda: ended.append("inner"))

    bench.device.ports.listen(again)
    relay.run_sequence([(True, 100), (True, 100)], lambda: ended.append("outer"))
    bench.advance(1)
    assert ended == ["begun", "outer", "inner"]
    assert not relay.active


@pytest.mark.parametrize("wrong", [[], [(True, -1)], [(True, 10**400)], [(True, 1)] * 1001])
def test_what_is_no_sequence_is_refused_and_stops_nothing(wrong: list[tuple[bool, int]]) -> None:
    bench = module()
    relay_of(bench).run_sequence([(True, 1000), (False, 0)])
    with pytest.raises(Refused):
        relay_of(bench).run_sequence(wrong)
    assert relay_of(bench).sequence_running


@given(
    st.lists(st.tuples(steps, st.integers(0, 3000)), min_size=1, max_size=5), st.sampled_from(["open", "closed"])
)
def test_an_output_rests_in_the_last_state_of_the_last_sequence(
    sequences: list[tuple[list[tuple[bool, int]], int]], normal: str
) -> None:
    bench = module()
    relay, ended = relay_of(bench), []
    relay.set_normal_state(normal)
    for number, (each, pause) in enumerate(sequences):
        relay.run_sequence(each, lambda number=number: ended.append(number))  # type: ignore[misc]
        bench.advance(pause / 1000)
    bench.advance(60)
    assert relay.active == sequences[-1][0][-1][0]
    assert relay.closed == (relay.active == (normal == "open"))
    assert ended == list(range(len(sequences)))
    state = "active" if relay.active else "inactive"
    assert {"RelayToken": "0", "LogicalState": state} in bench.states("Trigger/Relay")
