"""Ports from outside: the map, what is published at boot, and parameters written from any door."""

from __future__ import annotations

import pytest
from device_bench import Bench
from hypothesis import given
from hypothesis import strategies as st
from port_bench import AUXILIARIES, INPUTS, OUTPUTS, SUPERVISED, module, supervised

from simulator.device.parameter import Refused
from simulator.device.port import Direction, PortKind
from simulator.errors import UnknownTarget

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
