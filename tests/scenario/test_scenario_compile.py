"""What a scenario means: the plans it compiles to."""

from __future__ import annotations

import textwrap

import pytest

from simulator.action.dhcp import Dhcp
from simulator.action.target import Target
from simulator.action.wiring import Cut
from simulator.expect.expectation import Expectation, Face
from simulator.scenario.compile import compile_text
from simulator.scenario.plan import Plan, Step
from simulator.scenario.problem import ScenarioErrors

HEAD = """\
scenario: Door
fleet:
  io-{1..3}: {model: A9210, mqtt: yes, supervised: {2: SerialFirst4k7}}
  speaker-1: {model: C1410}
"""


def compiled(text: str) -> list[Plan]:
    return compile_text(textwrap.dedent(text), "door.scenario.yaml")


def steps(text: str) -> tuple[Step, ...]:
    (plan,) = compile_text(HEAD + textwrap.dedent(text), "door.scenario.yaml")
    return plan.steps


def expectations(text: str) -> tuple[Expectation, ...]:
    (step,) = steps(f"timeline:\n  - at: 1s\n    {text}\n")
    return step.expectations


def test_the_sheets_example_compiles_to_a_case_per_cell() -> None:
    plans = compiled("""\
        scenario: A cut supervised input is seen everywhere
        seed: 7
        matrix:
          firmware: [11.11.141, 12.4.59]
          transport: [tcp, tls]
        except:
          - {firmware: 11.11.141, transport: tls}
        fleet:
          io-2: {model: A9210, firmware: "${firmware}", mqtt: yes, supervised: {2: ParallellFirst22k4k7}}
        steady:
          - online: {device: io-2, on: [vapix, mqtt]}
        always:
          - never: {device: io-2, event: tampering, until: 30s}
          - never: {device: io-2, status: 5xx}
        timeline:
          - at: 30s
            cut: io-2/input/2
            expect:
              within: 2s
              mqtt: {event: tampering, state: tampered, count: 1}
          - at: 30s
            expect: {everywhere: tampering, within: 2s, device: io-2}
          - after: 30s
            restore: io-2/input/2
            expect: {everywhere: normal, within: 2s}
        """)
    assert [plan.case.partition("[")[2] for plan in plans] == [
        "firmware=11.11.141,transport=tcp]",
        "firmware=12.4.59,transport=tcp]",
        "firmware=12.4.59,transport=tls]",
    ]
    plan = plans[0]
    assert (plan.seed, plan.fleet[0].firmware) == (7, "11.11.141")
    assert [step.due for step in plan.steps] == [30.0, 30.0, 60.0]
    assert plan.steps[0].action == Cut(Target("io-2", "input", "2"))
    assert [e.until for e in plan.always] == [30.0, None]


def test_texts_that_plain_yaml_spoils_survive() -> None:
    (plan,) = compiled("""\
        scenario: 0123456
        fleet:
          io-1: {model: A9210, firmware: 12.10, parameters: {root.A.B: off, root.C: 12:34:56:12:34:56, root.D: 1:30}}
        """)
    assert plan.title == "0123456"
    assert plan.fleet[0].firmware == "12.10"
    assert dict(plan.fleet[0].parameters) == {"root.A.B": "off", "root.C": "12:34:56:12:34:56", "root.D": "1:30"}


def test_the_first_parts_of_a_firmware_stand_for_the_newest_that_ships() -> None:
    (plan,) = compiled("scenario: x\nfleet:\n  s-1: {model: axis c1410 mk ii, firmware: 11.11}\n")
    assert plan.fleet[0].model == "C1410"
    assert plan.fleet[0].firmware.startswith("11.11.")


def test_one_device_of_a_range_is_said_apart_key_by_key() -> None:
    (plan,) = compiled("""\
        scenario: x
        fleet:
          io-{1..3}: {model: A9210, supervised: {1: SerialFirst1k, 2: SerialFirst1k}}
          io-2: {supervised: {2: SerialFirst10k}, state: factory}
        """)
    assert [device.name for device in plan.fleet] == ["io-1", "io-2", "io-3"]
    assert dict(plan.fleet[1].supervised) == {1: "SerialFirst1k", 2: "SerialFirst10k"}
    assert [device.state for device in plan.fleet] == ["running", "factory", "running"]


def test_fields_stand_inside_the_verb_or_beside_it() -> None:
    beside, inside = steps("""\
        timeline:
          - {at: 1s, press: speaker-1, for: 25s}
          - {at: 2s, press: {device: speaker-1, for: 25s}}
        """)
    assert beside.action == inside.action
    assert beside.title == "press speaker-1 for: 25s"


def test_a_repetition_is_written_out() -> None:
    found = steps("""\
        timeline:
          - {at: 10s, note: begin}
          - {every: 10s, for: 1m, press: speaker-1}
          - {after: 5s, note: end}
        """)
    assert [step.due for step in found] == [10, 20, 30, 40, 50, 60, 70, 75]
    assert found[1].repetition == (1, 6)


def test_a_step_that_waits_leaves_later_instants_open() -> None:
    waiting, later = steps("""\
        timeline:
          - when: {event: {device: io-1, event: tampering}, within: 1m}
            dhcp: lose
            device: io-2
          - {after: 5s, note: end}
        """)
    assert waiting.when.anchor == "event"
    assert waiting.when.event is not None
    assert waiting.when.event.within == 60
    assert waiting.action == Dhcp("lose", Target("io-2"))
    assert (waiting.due, later.due) == (None, None)


def test_a_step_knows_its_lines() -> None:
    (step,) = steps("timeline:\n  - at: 1s   # soon\n    cut: io-1/input/2\n    expect: {everywhere: cut}\n")
    assert step.source == "  - at: 1s   # soon\n    cut: io-1/input/2\n    expect: {everywhere: cut}"
    assert (step.place.line, step.place.column) == (6, 5)


def test_device_and_port_of_the_verb_are_meant_where_none_are_named() -> None:
    mqtt, vapix, other, state = expectations(
        "cut: io-1/input/2\n    expect: {mqtt: tampering, vapix: {parameter: root.A, value: b}, "
        "event: {device: io-2, event: input}, state: {supervised: cut}}"
    )
    assert (str(mqtt.device), mqtt.fields["port"]) == ("io-1", "2")
    assert (str(vapix.device), "port" in vapix.fields) == ("io-1", False)
    assert (str(other.device), "port" in other.fields) == ("io-2", False)
    assert state.fields["port"] == "2"


def test_times_beside_the_faces_hold_for_those_that_do_not_say_otherwise() -> None:
    mqtt, vapix, never = expectations(
        "cut: io-1/input/2\n    expect: {within: 2s, count: 1, mqtt: {event: tampering, within: 3s}, "
        "vapix: {ready: yes}, never: {event: relay, for: 5s}}"
    )
    assert [(e.within, e.count, e.for_) for e in (mqtt, vapix, never)] == [(3, 1, 0), (2, 1, 0), (2, 1, 5)]
    assert (never.negate, never.face) == (True, Face.NEVER)


def test_order_is_explicit_and_a_face_may_be_asked_several_things() -> None:
    found = expectations(
        "cut: io-1/input/2\n    expect: {ordered: [{event: supervised}, {mqtt: tampering}], "
        "state: [{active: no}, {closed: no}]}"
    )
    assert [(e.face.value, e.order) for e in found] == [
        ("event", 0),
        ("mqtt", 1),
        ("state", None),
        ("state", None),
    ]
    assert found[2].text == "state: {active: no}"


def test_constants_fill_texts_in_order_and_a_doubled_sign_is_plain() -> None:
    (plan,) = compiled("""\
        scenario: Door ${number}
        let: {number: 7, place: "back door ${number}"}
        fleet: {io-1: {model: A9210}}
        client: {command: ["sh", "-c", "echo ${place} $${HOME}"]}
        """)
    assert plan.title == "Door 7"
    assert plan.client is not None
    assert plan.client.command == ("sh", "-c", "echo back door 7 ${HOME}")


def test_a_growing_constant_is_stopped() -> None:
    lets = "".join(f"  n{i}: ${{n{i - 1}}}${{n{i - 1}}}${{n{i - 1}}}${{n{i - 1}}}\n" for i in range(1, 30))
    with pytest.raises(ScenarioErrors, match="grows over"):
        compile_text(f"{HEAD}let:\n  n0: xxxxxxxx\n{lets}", "x")


def test_aliases_are_resolved() -> None:
    (plan,) = compiled("scenario: x\nfleet:\n  io-1: &door {model: A9210, mqtt: yes}\n  io-2: *door\n")
    assert [device.name for device in plan.fleet if device.mqtt] == ["io-1", "io-2"]


@pytest.mark.parametrize(
    ("written", "mode", "rate"), [("real", "real", 1.0), ("stepped", "stepped", 1.0), ("x10", "scaled", 10.0),
                                  ("{mode: stepped, grace: 80ms}", "stepped", 1.0)],
)  # fmt: skip
def test_the_clock_has_short_forms(written: str, mode: str, rate: float) -> None:
    (plan,) = compile_text(f"{HEAD}clock: {written}\n", "x")
    assert (plan.clock.mode, plan.clock.rate) == (mode, rate)


def test_the_old_form_is_read_as_what_it_meant() -> None:
    old = (
        "format: 0\ntitle: Door\ndescription: Back\ndevices: {io-1: {model: A9210}}\nsteps: [{at: 1s, note: x}]\n"
    )
    new = "format: 1\nscenario: Door\nabout: Back\nfleet: {io-1: {model: A9210}}\ntimeline: [{at: 1s, note: x}]\n"
    (was,), (now) = compile_text(old, "x"), compile_text(new, "x")
    assert (was.title, was.about, was.fleet, was.steps[0].action) == (
        now[0].title, now[0].about, now[0].fleet, now[0].steps[0].action,
    )  # fmt: skip


def test_a_glob_needs_one_device_that_has_the_port_and_a_range_needs_it_of_each() -> None:
    assert len(steps('timeline: [{at: 1s, cut: "*/input/2"}]\n')) == 1
    with pytest.raises(ScenarioErrors, match="no device named 'io-4'"):
        steps("timeline: [{at: 1s, cut: 'io-{3..4}/input/2'}]\n")


def test_the_whole_bench_is_what_the_control_call_takes() -> None:
    from simulator.fleet.specification import FleetSpecification

    (plan,) = compile_text(f"{HEAD}clock: x5\nsite: {{broker: '127.0.0.1:1883', dhcp: {{lease: 2m}}}}\n", "x")
    specification = FleetSpecification.model_validate(plan.specification(7))
    assert [device.name for device in specification.devices] == ["io-1", "io-2", "io-3", "speaker-1"]
    assert specification.devices[0].supervised == {2: "SerialFirst4k7"}
    assert (specification.clock.rate, specification.site.dhcp.lease) == (5.0, 120.0)
    assert specification.site.broker.address == "127.0.0.1:1883"
