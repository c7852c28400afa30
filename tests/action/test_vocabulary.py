"""The vocabulary: every action from and to a control call, its schema, and its agreement with who carries it out."""

from __future__ import annotations

import dataclasses
import json
import types
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.action.action import Action, to_json
from simulator.action.declaration import fields_of, kind_of
from simulator.action.kind import Kind
from simulator.action.link_fault import FAULT_USES, Fault
from simulator.action.power import Power
from simulator.action.target import Target
from simulator.action.vocabulary import ACTIONS, action_schema, from_mapping, vocabulary
from simulator.errors import FleetError, MissingCapability, SimulatorBug

CALLS: dict[str, dict[str, Any]] = {
    "cut": {"cut": "io-2/input/2"},
    "short": {"short": "io-*/input/{1..2}"},
    "open": {"open": "io-2/input/2"},
    "close": {"close": "io-2/port/7"},
    "restore": {"restore": "io-2/input/2"},
    "drift": {"drift": {"target": "io-2/input/2", "to": "5100", "over": "10m"}},
    "chatter": {"chatter": {"target": "io-2/input/2", "period": "20ms", "for": "3s"}},
    "corrode": {"corrode": {"target": "io-2/input/2", "to": "600", "over": "1h"}},
    "leak": {"leak": {"target": "io-2/input/2", "to": "4000", "over": "1h"}},
    "loosen": {"loosen": {"target": "io-2/input/2", "open_for": "500ms", "every": "10s", "for": "2m"}},
    "fit": {"fit": {"target": "io-2/input/2", "layout": "SerialFirst1k", "second": "4700"}},
    "jumper": {"jumper": {"target": "io-2/relay/0", "volts": 24}},
    "monitor-door": {"monitor-door": {"device": "io-2", "door": 1, "dps": 1, "rex": 7, "open_too_long": "20s"}},
    "shake": {"shake": {"device": "io-2", "strength": 60}},
    "casing": {"casing": {"do": "open", "device": "io-2"}},
    "press": {"press": {"device": "speaker-1", "for": "25s"}},
    "power": {"power": {"do": "cut", "device": "io-2"}},
    "reboot": {"reboot": {"device": "io-2"}},
    "unplug": {"unplug": {"device": "io-2"}},
    "plug": {"plug": {"device": "io-2"}},
    "dhcp": {"dhcp": {"do": "lease", "device": "io-1", "lease": "2m", "t1": "1m"}},
    "upgrade": {"upgrade": {"device": "io-1", "image": "truncated", "auto_rollback": "10m"}},
    "hold": {"hold": {"device": "io-1", "phase": "boot"}},
    "release": {"release": {"device": "io-1"}},
    "module": {"module": {"do": "readdress", "target": "io-1/module/3", "to": 4}},
    "receiver": {"receiver": {"do": "refuse", "which": "mail", "code": 552, "for": "10s"}},
    "broker": {"broker": {"do": "refuse", "device": "io-1", "code": 5, "for": "10s"}},
    "fault": {"fault": {"on": "io-2/http", "kind": "latency", "chance": 0.5, "delay": "100ms"}},
    "clear": {"clear": {"on": "io-2"}},
    "clock": {"clock": {"do": "rate", "rate": 10.0}},
    "set": {"set": {"device": "speaker-1", "value": "yes", "fact": "motion"}},
    "sensor": {
        "sensor": {"on": "io-2/sensor/freezer", "do": "ramp", "quantity": "temperature", "to": -5.0, "over": "1m"}
    },
    "bus": {
        "bus": {"on": "io-2/bus/0", "do": "crc", "units": [64], "registers": [300, 301], "chance": 0.1, "count": 9}
    },
    "snmp": {"snmp": {"device": "io-2", "do": "jump", "oid": "1.3.6.1.2.1.2.2.1.10.2", "to": 4294967290}},
    "registrar": {
        "registrar": {"do": "answer", "user": "1001", "status": 503, "retry_after": "5s", "count": 2, "for": "1m"}
    },
    "sip": {"sip": {"device": "speaker-1", "do": "answer", "method": "INVITE", "status": 503, "count": 2}},
    "phone": {"phone": {"do": "call", "name": "desk", "device": "speaker-1", "offer": False}},
    "page": {"page": {"do": "start", "group": "239.1.1.1", "port": 5000, "tone": 440}},
    "hear": {"hear": {"device": "speaker-1", "tone": 1000, "level": -20}},
    "clip": {"clip": {"do": "play", "device": "speaker-1", "name": "Alarm", "repeat": -1}},
    "microphone": {"microphone": {"do": "off", "device": "speaker-1"}},
    "acoustics": {"acoustics": {"do": "move", "device": "speaker-1", "wall": 4.0}},
    "speaker-test": {"speaker-test": {"do": "calibrate", "device": "speaker-1"}},
    "light": {"light": {"do": "start", "device": "speaker-1", "profile": "SIP"}},
    "client": {"client": {"do": "restart"}},
    "call": {"call": {"hook": "python:checks.door_view", "arguments": {"door": "3"}}},
    "note": {"note": {"text": "the door is painted"}},
}


def test_every_verb_has_an_example_here() -> None:
    assert {declared.verb for declared in ACTIONS} == set(CALLS)
    assert len({declared.verb for declared in ACTIONS}) == len(ACTIONS)


@pytest.mark.parametrize("verb", CALLS)
def test_a_call_becomes_the_action_and_the_action_the_call_again(verb: str) -> None:
    action = from_mapping(CALLS[verb])
    assert action.verb == verb
    assert from_mapping(json.loads(json.dumps(to_json(action)))) == action
    written = to_json(action)[verb]
    assert written == CALLS[verb][verb] or set(written.values()) == {CALLS[verb][verb]}


@pytest.mark.parametrize("declared", ACTIONS, ids=lambda declared: declared.verb)
def test_an_action_is_frozen_slotted_documented_data(declared: type[Action]) -> None:
    action = from_mapping(CALLS[declared.verb])
    assert not hasattr(action, "__dict__")
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(action, fields_of(declared)[0].name, None)
    assert hash(action) == hash(from_mapping(CALLS[declared.verb]))
    assert declared.__doc__
    assert declared.family
    assert all(field.doc for field in fields_of(declared))


def test_the_short_form_and_fields_beside_it_are_the_same() -> None:
    assert from_mapping({"press": "io-1", "for": "25s"}) == from_mapping(
        {"press": {"device": "io-1", "for": "25s"}}
    )
    assert from_mapping({"power": "cut", "device": "io-1"}) == Power("cut", Target("io-1"))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ([], "an action is an object with a verb as key"),
        ({}, "no verb named ''"),
        ({"cutt": "io-1/input/2"}, "no verb named 'cutt'; did you mean 'cut'?"),
        ({"cut": "io-1/input/2", "short": "io-1/input/2"}, "one action has one verb, not 'cut' and 'short'"),
        ({"cut": "io-1/input/2", "fast": "yes"}, "cut.fast: unknown key 'fast'"),
        ({"cut": {"target": "io-1/input/2"}, "fast": "yes"}, "unknown key 'fast' beside 'cut'"),
        ({"press": {"device": "io-1", "for": 25}}, "press.for: duration '25' has no unit; write 25s"),
        ({"power": "cut"}, "'device' is missing"),
        ({"clock": "rate"}, "do: rate needs 'rate'"),
        ({"dhcp": {"do": "nak", "lease": "2m"}}, "'lease' says nothing for do: nak; it belongs to lease"),
        ({"fault": {"on": "io-1/mqtt", "kind": "refused"}}, "a refused fault cannot be on mqtt; on: http, https"),
        ({"set": {"device": "io-1", "value": "x"}}, "set needs one of 'parameter' and 'fact'"),
        ({"upgrade": {"device": "io-1", "auto_rollback": "10m", "auto_commit": "boot"}}, "exclude each other"),
        ({"registrar": "answer"}, "do: answer needs 'status'"),
        ({"registrar": {"do": "down", "delay": "1s"}}, "'delay' says nothing for do: down; it belongs to slow"),
        ({"sip": {"device": "speaker-1", "do": "omit", "method": "INFO"}}, "INFO cannot be omitted"),
        ({"phone": "call", "name": "desk"}, "call needs one of 'device' and 'to'"),
        ({"phone": {"do": "break", "rule": "rtp-loss"}}, "rule: rtp-loss needs 'chance'"),
        ({"phone": {"do": "play", "tone": [440], "file": "a.wav"}}, "'tone' and 'file' exclude each other"),
        (
            {"hear": {"device": "speaker-1", "tone": 1000, "silence": True}},
            "one of tone, silence and file",
        ),
        ({"hear": {"device": "speaker-1", "silence": True, "level": -20}}, "how loud a tone or a file is"),
        ({"upgrade": {"devise": "io-1", "imag": "right"}}, "upgrade.imag: unknown key 'imag'"),
    ],
)
def test_a_wrong_call_is_told_what_and_the_remedy(body: Any, told: str) -> None:
    with pytest.raises(FleetError) as raised:
        from_mapping(body)
    assert told in str(raised.value)


def test_python_is_refused_like_a_call() -> None:
    with pytest.raises(FleetError, match="cannot be on dhcp"):
        Fault(Target("io-1", "dhcp"), "latency", delay=0.1)  # type: ignore[arg-type]


class _Bench:
    """Takes what the hands start."""

    def __init__(self) -> None:
        self.started: list[str] = []

    def targets(self, target: Target) -> list[types.SimpleNamespace]:
        return [types.SimpleNamespace(name=target.device)]

    def start_faults(self, fault: Any, endpoints: list[Any], lasting: float | None) -> None:
        self.started += [fault.name for _ in endpoints]


@pytest.mark.parametrize("kind", FAULT_USES)
def test_every_link_fault_can_be_made_or_needs_another_mode(kind: str) -> None:
    from simulator.fleet.hands.line import fault

    numbers = {"delay": "10ms", "jitter": "1ms", "pause": "1ms", "rate": 9, "bytes": 9, "size": 9}
    fields = {use.rstrip("!"): numbers.get(use.rstrip("!"), "both") for use in FAULT_USES[kind]}
    service = "dhcp" if kind.startswith("udp") else "http"
    action = from_mapping({"fault": {"on": f"io-1/{service}", "kind": kind, "count": 3, **fields}})
    bench = _Bench()
    try:
        fault(bench, action)  # type: ignore[arg-type]
    except MissingCapability as missing:
        assert missing.capability.startswith("mode ")
    else:
        assert len(bench.started) == 1


def test_dhcp_verbs_are_those_of_the_server() -> None:
    from simulator.wire.dhcp.behaviour import Behaviour

    known = {field.name.replace("_", "-") for field in dataclasses.fields(Behaviour)}
    ours = {"lose": "silent", "readdress": "offer", "exhaust": "pool-exhausted", "conflict": "conflicting-address"}
    from simulator.action.dhcp import DHCP_USES

    assert {ours.get(do, do) for do in DHCP_USES} - {"restore"} == known - {"t1", "t2"}


def test_the_vocabulary_tells_outside_programs_everything() -> None:
    told = json.loads(json.dumps(vocabulary()))
    assert set(told) == set(CALLS)
    assert told["press"]["shorthand"] == "device"
    assert [field["name"] for field in told["press"]["fields"]] == ["device", "for"]


def test_the_schema_accepts_the_calls_and_marks_wrong_ones() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    validator = jsonschema.Draft202012Validator(action_schema())
    for call in (*CALLS.values(), {"press": "io-1", "for": "25s"}, {"power": "cut", "device": "io-1"}):
        assert validator.is_valid(call), call
    for call in ({"cutt": "io-1/input/2"}, {"cut": "io-1"}, {"press": "io-1", "for": 25}, {}):
        assert not validator.is_valid(call), call


def test_a_field_without_a_meaning_or_a_kind_is_our_own_mistake() -> None:
    @dataclasses.dataclass
    class Silent:
        device: str

    with pytest.raises(SimulatorBug, match="without saying what it means"):
        fields_of(Silent)
    with pytest.raises(SimulatorBug, match="no kind of value"):
        kind_of(complex)
    assert isinstance(Kind().inside("x"), Kind)


_KEYS = sorted({field.key for declared in ACTIONS for field in fields_of(declared)} | set(CALLS))
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
    | st.sampled_from(["io-1", "io-1/input/2", "io-1/http", "5s", "cut", "lease", "latency", "rate", "right"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@pytest.mark.fuzz
@given(_VALUES | st.dictionaries(st.sampled_from(_KEYS), _VALUES, max_size=4))
def test_any_body_is_an_action_or_a_fleet_error(body: Any) -> None:
    try:
        action = from_mapping(body)
    except FleetError as error:
        assert str(error)
    else:
        assert from_mapping(to_json(action)) == action
