"""Inputs: what hands do to a loop, and what events, levels and settings show of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from port_bench import AUXILIARIES, DEBOUNCE, INPUTS, SUPERVISED, module, supervised

from simulator.device.loop import EndOfLine, LoopState
from simulator.device.parameter import Refused
from simulator.device.port import Port
from simulator.device.supervision import Range, RangesRefused
from simulator.journal import Kind

# ---- inputs


def test_an_input_connected_to_ground_is_active_and_a_floating_one_is_not() -> None:
    bench = module()
    port = bench.device.ports[1]
    assert (port.closed, port.active, port.state) == (False, False, LoopState.OPEN)
    port.loop.close_switch()
    bench.advance(DEBOUNCE)
    assert (port.closed, port.active, port.state) == (True, True, LoopState.CLOSED)
    assert bench.heard("IO/Port") == [{"port": "1", "state": "1"}, {"port": "-1", "state": "1"}]
    assert bench.heard("Trigger/DigitalInput") == [{"InputToken": "1", "LogicalState": "1"}]


def test_any_input_is_active_while_one_is() -> None:
    bench = module()
    for number in (1, 2):
        bench.device.ports[number].loop.close_switch()
    bench.advance(1)
    bench.device.ports[1].loop.open_switch()
    bench.advance(1)
    assert {"port": "-1", "state": "1"} in bench.states("IO/Port")
    bench.device.ports[2].loop.open_switch()
    bench.advance(1)
    assert {"port": "-1", "state": "0"} in bench.states("IO/Port")


@pytest.mark.parametrize("number", [2, 7])
@pytest.mark.parametrize(
    ("deed", "word", "tampered", "active"),
    [("cut", "cut", "1", "0"), ("short", "shorted", "1", "1"), ("close_switch", "closed", "0", "1")],
)
def test_a_supervised_loop_says_what_was_done_to_it(
    number: int, deed: str, word: str, tampered: str, active: str
) -> None:
    bench = module()
    port = supervised(bench, number)
    getattr(port.loop, deed)()
    bench.advance(DEBOUNCE)
    assert bench.heard(SUPERVISED) == [{"port": str(number), "state": word, "tampered": tampered}]
    assert {"port": str(number), "state": active} in bench.states("IO/Port")


@given(
    st.sampled_from([*INPUTS, *AUXILIARIES]), st.sampled_from(list(EndOfLine)[1:]), st.floats(0, 200), st.data()
)
def test_every_scheme_on_every_port_is_read_right(
    number: int, scheme: EndOfLine, cable: float, data: st.DataObject
) -> None:
    bench = module()
    port = bench.device.ports[number]
    port.install(scheme, cable_metres=cable)
    expected = {"cut": "cut", "short": "short", "close_switch": "closed", "open_switch": "open"}
    deed = data.draw(st.sampled_from(sorted(expected)))
    getattr(port.loop, deed)()
    bench.advance(DEBOUNCE)
    assert port.state == expected[deed]


def test_cause_of_a_debounced_event_is_the_hand_that_cut() -> None:
    bench = module()
    port = supervised(bench)
    action = bench.journal.append(Kind.ACTION, "dut", "cut")
    with bench.journal.because(action):
        port.loop.cut()
    bench.advance(1)
    causes = {r.cause for r in bench.journal.since(action.number) if r.what.endswith((SUPERVISED, "loop"))}
    assert causes == {action.number}


def test_debounce_takes_its_time_from_the_last_change() -> None:
    bench = module()
    port = supervised(bench)
    port.loop.cut()
    bench.advance(DEBOUNCE * 0.9)
    assert not bench.published
    bench.advance(DEBOUNCE * 0.1)
    assert [e["state"] for e in bench.heard(SUPERVISED)] == ["cut"]


def test_a_change_that_does_not_last_was_never_there() -> None:
    bench = module()
    port = supervised(bench)
    for _ in range(20):
        port.loop.close_switch()
        bench.advance(DEBOUNCE * 0.6)
        port.loop.open_switch()
        bench.advance(DEBOUNCE * 0.6)
    bench.advance(1)
    assert not bench.published


def test_from_one_new_reading_to_another_the_time_begins_again() -> None:
    bench = module()
    port = supervised(bench)
    port.loop.cut()
    bench.advance(DEBOUNCE * 0.6)
    port.loop.short()
    bench.advance(DEBOUNCE * 0.6)
    assert not bench.published
    bench.advance(DEBOUNCE)
    assert [e["state"] for e in bench.heard(SUPERVISED)] == ["shorted"]


def test_told_levels_are_noisy_within_three_counts_and_repeatable() -> None:
    port, twin = supervised(module()), supervised(module())
    levels = [port.level for _ in range(200)]
    assert set(levels) == set(range(1510 - 3, 1510 + 4))
    assert levels == [twin.level for _ in range(200)]


def test_asking_for_levels_changes_no_state() -> None:
    """A loop on the very edge of two ranges: the noise crosses it, the decision does not."""
    bench = module()
    port = supervised(bench)
    port.loop.drift(8110)
    bench.advance(1)
    before = port.state
    for _ in range(100):
        assert port.level is not None
        bench.advance(0.1)
    assert port.state is before
    assert len(bench.heard(SUPERVISED)) <= 1


def test_without_supervision_there_is_one_threshold() -> None:
    bench = module()
    port = bench.device.ports[1]
    port.loop.fit(EndOfLine.SERIAL_1K)
    port.loop.close_switch()
    bench.advance(1)
    assert port.state is LoopState.CLOSED
    port.loop.cut()
    bench.advance(1)
    assert port.state is LoopState.OPEN
    assert not bench.heard(SUPERVISED)
    assert port.level is not None


def test_normal_state_of_an_input_is_the_circuit_that_means_inactive() -> None:
    bench = module()
    port = bench.device.ports[1]
    assert port.normal_state == "open"
    port.set_normal_state("closed")
    assert bench.device.parameters["IOPort.I1.Input.Trig"] == "open"
    assert (port.normal_state, port.closed, port.active) == ("closed", False, True)
    assert {"port": "1", "state": "1"} in bench.heard("IO/Port")


# ---- supervision as a setting


def test_supervision_is_off_from_the_factory_and_has_no_ranges() -> None:
    port = module().device.ports[1]
    assert (port.supervised, port.ranges) == (False, ())


def test_switching_supervision_off_takes_its_state_back() -> None:
    bench = module()
    port = supervised(bench)
    assert [e["port"] for e in bench.states(SUPERVISED)] == ["2"]
    port.set_supervised(False)
    assert not bench.states(SUPERVISED)
    assert port.ranges == port.preset(EndOfLine.PARALLEL_22K_4K7)


def test_a_wrong_preset_shows_at_once() -> None:
    bench = module()
    port = supervised(bench, scheme=EndOfLine.SERIAL_10K)
    port.set_supervised(True, port.preset(EndOfLine.SERIAL_1K))
    assert port.state is LoopState.CUT
    assert [e["state"] for e in bench.heard(SUPERVISED)] == ["cut"]


def test_new_ranges_that_change_nothing_say_nothing() -> None:
    bench = module()
    port = supervised(bench)
    port.set_supervised(True, (Range(LoopState.CUT, 0, 1300), *shifted(port)))
    assert not bench.published


def shifted(port: Port) -> tuple[Range, ...]:
    _, open_, *rest = port.ranges
    return Range(LoopState.OPEN, 1301, open_.upper), *rest


def test_faulty_ranges_and_ports_that_are_no_inputs_are_refused() -> None:
    ports = module().device.ports
    with pytest.raises(RangesRefused):
        ports[1].set_supervised(True, (Range(LoopState.OPEN, 0, 4094),))
    assert not ports[1].supervised
    ports[7].set_direction("output")
    for number in (0, 3, 7):
        with pytest.raises(Refused, match="not supervisable"):
            ports[number].set_supervised(True)


def test_supervision_survives_a_restart_and_not_a_factory_default() -> None:
    bench = module()
    port = supervised(bench)
    bench.device.lifecycle.restart("test")
    bench.boot()
    assert port.supervised
    assert [e["state"] for e in bench.states(SUPERVISED)] == ["open"]
    bench.device.lifecycle.factory_default()
    bench.boot()
    assert (port.supervised, port.ranges) == (False, ())
    assert not bench.states(SUPERVISED)
