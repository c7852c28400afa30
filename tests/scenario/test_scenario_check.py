"""What the checker knows of devices is what the devices are."""

from __future__ import annotations

import pytest

from simulator.action.upgrade import PHASES
from simulator.device.a9210 import PORTS as BUILT
from simulator.device.expansion import module_ports
from simulator.device.firmware import Stage
from simulator.device.loop import EndOfLine
from simulator.device.model import EQUIP
from simulator.device.port_plan import PortKind
from simulator.scenario.check import PORTS, ports_of_module
from simulator.scenario.compile import check_text
from simulator.scenario.plan import PRESETS

HEAD = """\
scenario: Check
fleet:
  io-1: {model: A9210, mqtt: yes, supervised: {2: SerialFirst4k7}}
  speaker-1: {model: C1410}
"""


def test_the_port_map_is_that_of_the_device() -> None:
    either = {PortKind.INPUT: {"input"}, PortKind.OUTPUT: {"output"}, PortKind.RELAY: {"relay"},
              PortKind.CONFIGURABLE: {"input", "output"}}  # fmt: skip
    for component in ("input", "output", "relay"):
        assert PORTS["A9210"][component] == tuple(port.id for port in BUILT if component in either[port.kind])
    assert PORTS["A9210"]["port"] == tuple(port.id for port in BUILT)


def test_every_model_is_known() -> None:
    assert set(PORTS) == set(EQUIP)


def test_presets_and_phases_are_those_of_the_device() -> None:
    assert set(PRESETS) == {preset.value for preset in EndOfLine} - {EndOfLine.NONE.value}
    assert set(PHASES) == {stage.value for stage in Stage}


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("mode: ephemeral\ntimeline: [{at: 1s, dhcp: lose}]\n", "mode ephemeral has not"),
        ("clock: stepped\ntimeline: [{at: 1s, clock: pause}]\n", "a stepped clock takes no pause"),
        (
            "timeline: [{at: 1s, expect: {online: {device: speaker-1, on: [mqtt]}}}]\n",
            "speaker-1 is not on the broker",
        ),
        ("timeline: [{at: 1s, set: {device: 'io-*', fact: motion, value: yes}}]\n", "io-1 has no motion sensor"),
        ("timeline: [{at: 1s, module: lose, target: io-1/module/3}]\n", "no module named '3'"),
        ("timeline: [{at: 1s, module: lose, target: speaker-1/module/1}]\n", "no module named '1'"),
        ("timeline: [{at: 1s, cut: io-1/input/11}]\n", "io-1 has no input 11"),
        ("steady: [{online: io-7}]\n", "no device named 'io-7'"),
        ("timeline: [{at: 1s, cut: io-9/input/1}, {at: 2, note: x}]\n", "no device named 'io-9'"),
    ],
)
def test_what_the_fleet_does_not_have_is_told_once(rest: str, told: str) -> None:
    errors = [str(error) for error in check_text(HEAD + rest, "x.scenario.yaml")]
    assert sum(told in error for error in errors) == 1
    assert len(errors) == len(set(errors))


@pytest.mark.parametrize(
    "rest",
    [
        "clock: stepped\ntimeline: [{at: 1s, clock: advance, by: 5s}]\n",
        "timeline: [{at: 1s, set: {device: speaker-1, fact: motion, value: yes}}]\n",
        "timeline: [{at: 1s, set: {device: io-1, fact: relay/0, value: on}}]\n",
        "timeline: [{at: 1s, expect: {mqtt: input}}]\n",
        "client: watch\ntimeline: [{at: 1s, client: restart, expect: {client: returned}}]\n",
        "timeline: [{at: 1s, call: 'python:checks.view', expect: {call: {hook: 'http://127.0.0.1:9/x', returns: open}}}]\n",
    ],
)
def test_what_can_be_done_is_not_complained_of(rest: str) -> None:
    assert check_text(HEAD + rest, "x.scenario.yaml") == []


MODULES = """\
scenario: Check
fleet:
  io-1: {model: A9210, modules: [1, {address: 3, name: Gate}], supervised: {11: SerialFirst1k, 35: SerialFirst1k}}
timeline:
"""


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("{cut: io-1/input/35}", ""),
        ("{cut: 'io-1/input/{11..18}'}", ""),
        ("{set: {device: io-1, fact: relay/19, value: yes}}", ""),
        ("{cut: io-1/input/23}", "io-1 has no input 23"),
        ("{module: return, target: io-1/module/2}", "no module named '2'"),
        ("{module: lose, target: 'io-1/module/*'}", ""),
    ],
)
def test_ports_of_modules_are_known(step: str, told: str) -> None:
    errors = [str(error) for error in check_text(MODULES + f"  - {{at: 1s, {step[1:]}\n", "x.scenario.yaml")]
    assert [told in error for error in errors] == ([True] if told else [])


def test_where_modules_are_added_every_port_may_come_to_be() -> None:
    steps = "  - {at: 1s, module: add, target: io-1/module/2}\n  - {at: 2s, cut: io-1/input/23}\n"
    assert check_text(MODULES + steps, "x.scenario.yaml") == []


@pytest.mark.parametrize(
    ("device", "told"),
    [
        ("{model: C1410, modules: [1]}", "C1410 takes no expansion modules"),
        ("{model: A9210, modules: [1, 1]}", "two modules have address 1"),
        ("{model: A9210, modules: [17]}", "1 to 16"),
        ("{model: A9210, modules: [{address: 1, firmware: new}]}", "no firmware version"),
    ],
)
def test_modules_that_cannot_be(device: str, told: str) -> None:
    errors = [str(error) for error in check_text(f"scenario: x\nfleet:\n  d-1: {device}\n", "x.scenario.yaml")]
    assert any(told in error for error in errors)


def test_numbers_of_module_ports_are_those_of_the_device() -> None:
    for address in (1, 7, 16):
        plans = module_ports(address)
        for component, kinds in (("relay", {PortKind.RELAY}), ("input", {PortKind.CONFIGURABLE}),
                                 ("output", {PortKind.CONFIGURABLE}), ("port", set(PortKind))):  # fmt: skip
            assert ports_of_module(address, component) == tuple(p.id for p in plans if p.kind in kinds)
