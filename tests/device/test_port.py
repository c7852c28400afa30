"""Ports from outside: what clients set, what hands do, and what events and parameters show of it."""

from __future__ import annotations

import pytest
from device_bench import Bench
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from simulator.device.lifecycle import Phase
from simulator.device.loop import EndOfLine, LoopState
from simulator.device.parameter import Refused
from simulator.device.port import Direction, Port, PortKind
from simulator.device.supervision import Range, RangesRefused
from simulator.errors import UnknownTarget
from simulator.journal import Kind

INPUTS, OUTPUTS, AUXILIARIES = (1, 2, 5, 9, 10), (0, 3, 4, 6), (7, 8)
DEBOUNCE = 0.05
SUPERVISED = "IO/SupervisedPort"
steps = st.lists(st.tuples(st.booleans(), st.integers(0, 2000)), min_size=1, max_size=8)


def module(**options: object) -> Bench:
    return Bench("A9210", **options)  # type: ignore[arg-type]


def supervised(bench: Bench, number: int = 2, scheme: EndOfLine = EndOfLine.PARALLEL_22K_4K7) -> Port:
    port = bench.device.ports[number]
    port.install(scheme)
    bench.published.clear()
    return port


def relay_of(bench: Bench) -> Port:
    return bench.device.ports[0]


# ---- the map


def test_port_map_of_the_a9210() -> None:
    ports = module().device.ports
    assert [port.id for port in ports] == list(range(11))
    kinds = {
        number: PortKind.RELAY if number == 0 else PortKind.OUTPUT if number in OUTPUTS else PortKind.INPUT
        for number in (*INPUTS, *OUTPUTS)
    } | dict.fromkeys(AUXILIARIES, PortKind.CONFIGURABLE)
    assert {port.id: port.kind for port in ports} == kinds
    assert [port.id for port in ports if port.supervisable] == sorted((*INPUTS, *AUXILIARIES))
    assert [port.id for port in ports if port.configurable] == list(AUXILIARIES)


def test_the_speaker_has_no_ports_and_says_nothing_of_any() -> None:
    bench = Bench("C1410")
    assert len(bench.device.ports) == 0
    assert not bench.states("IO/Port")
    assert bench.device.parameters["Input.NbrOfInputs"] == "0"
    assert not [name for name in bench.device.parameters.names() if name.startswith("IOPort.")]


def test_an_unknown_port_names_the_known_ones() -> None:
    with pytest.raises(UnknownTarget, match="11"):
        module().device.ports[11]


def test_parameters_of_one_port_have_the_recorded_order_and_values() -> None:
    parameters = module().device.parameters
    recorded = {
        "Configurable": "yes", "Direction": "input", "Usage": "", "Input.Name": "Port 8", "Input.Trig": "closed",
        "Output.Active": "closed", "Output.Button": "none", "Output.DelayTime": "1", "Output.Mode": "bistable",
        "Output.Name": "Port 8", "Output.PulseTime": "0",
    }  # fmt: skip
    group = "IOPort.I7."
    shown = [n for n in parameters.names() if n.startswith(group) and parameters.definition(n).read < 7]
    assert {name.removeprefix(group): parameters[name] for name in shown} == recorded
    assert [name.removeprefix(group) for name in shown] == list(recorded)


def test_fixed_ports_have_only_their_own_group_and_a_direction_nobody_writes() -> None:
    parameters = module().device.parameters
    assert "IOPort.I1.Output.Active" not in parameters
    assert "IOPort.I0.Input.Trig" not in parameters
    assert parameters.definition("IOPort.I1.Direction").write == 7
    assert parameters.definition("IOPort.I7.Direction").write == 6


# ---- what is published at boot


def test_all_states_are_published_at_start() -> None:
    bench = module()
    inputs, outputs = [*INPUTS, *AUXILIARIES], list(OUTPUTS)
    assert {e["port"]: e["state"] for e in bench.states("IO/Port")} == dict.fromkeys(map(str, [-1, *inputs]), "0")
    assert {e["port"]: e["state"] for e in bench.states("IO/OutputPort")} == dict.fromkeys(map(str, outputs), "0")
    tokens = {e["InputToken"]: e["LogicalState"] for e in bench.states("Trigger/DigitalInput")}
    assert tokens == dict.fromkeys(map(str, inputs), "0")
    relays = {e["RelayToken"]: e["LogicalState"] for e in bench.states("Trigger/Relay")}
    assert relays == dict.fromkeys(map(str, outputs), "inactive")
    assert not bench.states(SUPERVISED)


def test_numbers_of_inputs_and_outputs_follow_the_directions() -> None:
    bench = module()
    parameters = bench.device.parameters
    assert (parameters["Input.NbrOfInputs"], parameters["Output.NbrOfOutputs"]) == ("7", "4")
    bench.device.ports[7].set_direction("output")
    assert (parameters["Input.NbrOfInputs"], parameters["Output.NbrOfOutputs"]) == ("6", "5")
    bench.device.lifecycle.restart("test")
    bench.boot()
    assert (parameters["Input.NbrOfInputs"], parameters["Output.NbrOfOutputs"]) == ("6", "5")


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


# ---- direction


def test_direction_moves_the_port_from_one_topic_to_the_other() -> None:
    bench = module()
    port = bench.device.ports[7]
    bench.device.parameters.write("IOPort.I7.Direction", "output")
    assert port.direction is Direction.OUTPUT
    assert "7" not in [e["port"] for e in bench.states("IO/Port")]
    assert {"port": "7", "state": "0"} in bench.states("IO/OutputPort")
    port.set_active(True)
    port.set_direction(Direction.INPUT)
    assert {"port": "7", "state": "0"} in bench.states("IO/Port")
    assert "7" not in [e["port"] for e in bench.states("IO/OutputPort")]
    assert "7" not in [e["RelayToken"] for e in bench.states("Trigger/Relay")]
    assert not port.closed


def test_supervision_rests_while_the_port_is_an_output() -> None:
    bench = module()
    port = supervised(bench, 8)
    port.loop.cut()
    port.set_direction("output")
    bench.advance(1)
    assert (port.supervised, port.level, port.state) == (False, None, None)
    assert not bench.states(SUPERVISED)
    port.set_direction("input")
    assert [e["state"] for e in bench.states(SUPERVISED)] == ["cut"]


@pytest.mark.parametrize("number", [*INPUTS, *OUTPUTS])
def test_fixed_ports_keep_their_direction(number: int) -> None:
    with pytest.raises(Refused, match="not configurable"):
        module().device.ports[number].set_direction("output")


def test_names_belong_to_the_direction_and_usage_to_the_port() -> None:
    bench = module()
    port = bench.device.ports[7]
    port.set_name("Back door")
    port.set_usage("Door")
    assert bench.device.parameters["IOPort.I7.Input.Name"] == "Back door"
    port.set_direction("output")
    assert (port.name, port.usage) == ("Port 8", "Door")


@pytest.mark.parametrize("text", ["", "sideways", "INPUT "])
def test_what_is_no_direction_or_circuit_is_refused(text: str) -> None:
    port = module().device.ports[7]
    with pytest.raises(Refused):
        port.set_direction(text)
    with pytest.raises(Refused):
        port.set_normal_state(text)


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


# ---- parameters from any door

_FUZZED = module()
_SETTINGS = [
    "Direction",
    "Input.Trig",
    "Output.Active",
    "Internal.Supervised",
    "Internal.SupervisedRanges",
    "Nothing",
]
_VALUES = ["input", "output", "open", "closed", "yes", "no", "open:0-4095"]


@given(st.sampled_from([0, 1, 7]), st.sampled_from(_SETTINGS), st.text(max_size=20) | st.sampled_from(_VALUES))
def test_parameters_written_from_inside_never_break_a_port(number: int, setting: str, value: str) -> None:
    parameters, port = _FUZZED.device.parameters, _FUZZED.device.ports[number]
    try:
        parameters.write(f"IOPort.I{number}.{setting}", value)
    except Refused as refused:
        assert setting.rpartition(".")[2] in str(refused)
    assert port.configurable or port.is_input == (number == 1)
    assert port.active == (("closed" if port.closed else "open") != port.normal_state)


# ---- one truth, whatever happens


class PortMachine(RuleBasedStateMachine):
    """Hands, clients and power in any order: events, parameters and port never disagree."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = module()
        self.ports = self.bench.device.ports

    @property
    def live(self) -> bool:
        return self.ports.live

    @rule(
        number=st.sampled_from(INPUTS + AUXILIARIES),
        deed=st.sampled_from(["cut", "short", "open_switch", "close_switch", "restore"]),
    )
    def rewire(self, number: int, deed: str) -> None:
        getattr(self.ports[number].loop, deed)()

    @rule(number=st.sampled_from(INPUTS + AUXILIARIES), ohms=st.floats(0, 1e6))
    def drift(self, number: int, ohms: float) -> None:
        self.ports[number].loop.drift(ohms)

    @rule(number=st.sampled_from(AUXILIARIES), direction=st.sampled_from(["input", "output"]))
    def turn(self, number: int, direction: str) -> None:
        self.ports[number].set_direction(direction)

    @rule(number=st.integers(0, 10), circuit=st.sampled_from(["open", "closed"]))
    def set_normal(self, number: int, circuit: str) -> None:
        self.ports[number].set_normal_state(circuit)

    @rule(
        number=st.sampled_from(INPUTS + AUXILIARIES), on=st.booleans(), scheme=st.sampled_from(list(EndOfLine)[1:])
    )
    def supervise(self, number: int, on: bool, scheme: EndOfLine) -> None:
        port = self.ports[number]
        if port.supervisable:
            port.set_supervised(on, port.preset(scheme))

    @precondition(lambda self: self.live)
    @rule(number=st.sampled_from(OUTPUTS + AUXILIARIES), each=steps)
    def pulse(self, number: int, each: list[tuple[bool, int]]) -> None:
        if not self.ports[number].is_input:
            self.ports[number].run_sequence(each)

    @rule(deed=st.sampled_from(["power_cut", "power_on", "hang", "recover", "factory_default"]))
    def life(self, deed: str) -> None:
        getattr(self.bench.device.lifecycle, deed)()

    @rule(seconds=st.sampled_from([0.01, 0.05, 0.3, 5.0, 120.0]))
    def wait(self, seconds: float) -> None:
        self.bench.advance(seconds)

    @invariant()
    def events_say_what_ports_are(self) -> None:
        if not self.live:
            return  # nobody can ask a device that is down
        ports = list(self.ports)
        inputs, outputs = [p for p in ports if p.is_input], [p for p in ports if not p.is_input]
        any_active = {"-1": str(int(any(p.active for p in inputs)))} if inputs else {}
        states = self.bench.states
        assert {e["port"]: e["state"] for e in states("IO/Port")} == any_active | shown(inputs)
        assert {e["InputToken"]: e["LogicalState"] for e in states("Trigger/DigitalInput")} == shown(inputs)
        assert {e["port"]: e["state"] for e in states("IO/OutputPort")} == shown(outputs)
        told = {e["port"]: (e["state"], e["tampered"]) for e in states(SUPERVISED)}
        watched = {str(p.id): (p.state.event_word, str(int(p.state.tampered))) for p in inputs if p.supervised}
        assert told == watched

    @invariant()
    def outputs_are_open_while_no_system_drives_them(self) -> None:
        if self.bench.device.lifecycle.phase in (Phase.OFF, Phase.BOOTING):
            assert not any(port.closed for port in self.ports)

    @invariant()
    def a_meaning_follows_from_circuit_and_normal_state(self) -> None:
        for port in self.ports:
            assert port.active == (("closed" if port.closed else "open") != port.normal_state)


def shown(ports: list[Port]) -> dict[str, str]:
    return {str(port.id): str(int(port.active)) for port in ports}


TestPortMachine = PortMachine.TestCase
