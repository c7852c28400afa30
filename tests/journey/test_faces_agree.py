"""One truth: whatever hands, the network and clients do to a module, every face shows its true state, and every event
comes to each subscriber exactly once, in order and in time. A real engine, real sockets, observers that we did not write.

`AXSIM_TRUTH_STEPS=100000 AXSIM_TRUTH_SHARDS=4 pytest -sn 4 tests/journey/test_faces_agree.py` is the nightly run; CI does
2,000 steps. The shards are independent: each has an engine, observers and stories of its own.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from journey_bench import WORKER
from story import Story

from simulator.expect.expectation import Face, from_mapping
from simulator.expect.face import FINDERS
from simulator.expect.face.message import axis_topic
from simulator.expect.finding import Finding, Look
from simulator.expect.mark import Mark
from simulator.fleet.child import Child
from simulator.fleet.observers import ObserverProcess
from simulator.fleet.session import Session
from simulator.report.result import Verdict
from simulator.report.text import failure_text
from simulator.scenario.compile import compile_text
from simulator.scenario.run import ENGINE_MODULE, run_case

SUPERVISED, INPUTS, AUXILIARY, OUTPUTS = (
    (1, 2, 9, 11, 24),
    (1, 2, 5, 9, 10, 11, 12, 24),
    (7, 8, 18),
    (0, 3, 4, 6, 19, 34),
)
RELAYS = (0, 19, 34)
OWN_DOINGS = "tns1:Device/tnsaxis:MQTT/ClientStatus"
"""Told by each subscriber's own connection at its own time."""
SELDOM = 25
SENSORS = ("freezer", "loft")
LOSSY = ("trap",)
"""Nobody repeats a trap that an outage has swallowed; of each deed, that every one came is told at once."""
ASKED_SELDOM = ("snmp", "modbus")
"""Faces that are asked now and then: a question to a unit that is not there costs more than many steps."""
FLEET = """
  io-1:
    model: A9210
    mqtt: {qos: 1, retain: property}
    power: [poe, dc]
    snmp: {traps: site, port_traps: yes}
    modules: [1, 2]
    doors: {1: {dps: 9, open_too_long: 8s}, 2: {dps: 10, rex: 7}}
    sensors:
      - {name: freezer, type: tibbo-bp01, interval: 1s, values: {temperature: -18}}
      - {name: loft, type: hugo, box: 1, interval: 1s, thresholds: {temperature: {high: 30}}}
    modbus: {0: listen}
    supervised:
      1: SerialFirst4k7
      2: ParallellFirst22k4k7
      9: SerialFirst1k
      11: SerialFirst10k
      24: ParallellFirst22k4k7
"""
STEPS = int(os.environ.get("AXSIM_TRUTH_STEPS", "200"))
SHARDS = int(os.environ.get("AXSIM_TRUTH_SHARDS", "1"))
STEPS_OF_AN_EXAMPLE = 40
PATIENCE = 10.0
PROGRESS = 1_000
"""Steps after which a long run tells how far it is."""
_PAUSE = threading.Event()


class OneTruth(RuleBasedStateMachine):
    """`session` is given by the test: starting an engine for each example would cost more than the example."""

    session: Session
    steps = 0
    disagreements: ClassVar[list[str]] = []
    """As they were found: hypothesis repeats a failing story, and what depends on time may then go another way."""

    @initialize(seed=st.integers(1, 50))
    def begin(self, seed: int) -> None:
        self.story = Story(seed, FLEET, "io-1")
        self.session.look_away()
        self.session.populate({**self.story.specification(seed), "block": WORKER})
        self.session.observe(("io-1",))
        self.settle()
        assert all(f"| {face} " in self.look("1").text for face in ("vapix", "stream", "mqtt"))

    def must(self, holds: bool, what: str) -> None:
        if not holds:
            self.disagreements.append(f"{what}\n{self.story.scenario(self.now())}")
            print(self.disagreements[-1], file=sys.__stderr__, flush=True)
            raise AssertionError(self.disagreements[-1])

    def until(self, condition: Callable[[], Any], what: Callable[[], Any]) -> None:
        for _ in range(int(PATIENCE / 0.02)):
            if condition():
                return
            _PAUSE.wait(0.02)
        self.must(False, f"not in time: {what()}")

    def now(self) -> float:
        return float(self.session.clock()["now"])

    def settle(self) -> None:
        """Time passes until the module runs and both subscribers listen."""
        self.until(self._heard, lambda: f"the module is back and both subscribers listen: {self._state()}")

    def _state(self) -> dict[str, Any]:
        state = self.session.snapshot("io-1")
        return {
            name: state[name] for name in ("ready", "phase", "mqtt_connected", "power", "address") if name in state
        }

    def _heard(self) -> bool:
        self.session.advance(5)
        state = self.session.snapshot("io-1")
        if not state["ready"] or not state["mqtt_connected"]:
            return False
        self.session.catch_up()
        return self.session.streaming("io-1")

    def act(self, action: dict[str, Any]) -> None:
        self.story.tell(self.now(), action)
        self.session.act(action)

    # What may happen

    @rule(port=st.sampled_from(INPUTS), verb=st.sampled_from(("cut", "short", "open", "close", "restore")))
    def wire(self, port: int, verb: str) -> None:
        self.told_once({verb: f"io-1/input/{port}"})

    @rule(port=st.sampled_from(INPUTS), ohms=st.sampled_from((0, 300, 1000, 2200, 4700, 9400, 22_000, 50_000)))
    def corrode(self, port: int, ohms: int) -> None:
        self.told_once({"drift": {"target": f"io-1/input/{port}", "to": ohms, "over": "2s"}})

    @rule(port=st.sampled_from(SUPERVISED), bounces=st.integers(1, 3))
    def chatter(self, port: int, bounces: int) -> None:
        self.told_once(
            {"chatter": {"target": f"io-1/input/{port}", "period": "400ms", "for": f"{400 * bounces}ms"}}
        )

    @rule(port=st.sampled_from(OUTPUTS), on=st.booleans())
    def switch(self, port: int, on: bool) -> None:
        if not self.session.part_state(f"io-1/port/{port}")["online"]:
            return  # a relay out of reach is refused
        kind = "relay" if port in RELAYS else "output"
        self.told_once({"set": {"device": "io-1", "fact": f"{kind}/{port}", "value": "yes" if on else "no"}})
        self.must(self.session.part_state(f"io-1/{kind}/{port}")["active"] is on, f"{kind} {port} is switched")

    @rule(port=st.sampled_from(INPUTS), circuit=st.sampled_from(("open", "closed")))
    def trigger_level(self, port: int, circuit: str) -> None:
        self.configure(f"IOPort.I{port}.Input.Trig", circuit)

    @rule(port=st.sampled_from(OUTPUTS), circuit=st.sampled_from(("open", "closed")))
    def active_level(self, port: int, circuit: str) -> None:
        self.configure(f"IOPort.I{port}.Output.Active", circuit)

    @rule(port=st.sampled_from(AUXILIARY), direction=st.sampled_from(("input", "output")))
    def direction(self, port: int, direction: str) -> None:
        """Of what a port is in its new direction no trap tells: it is no change of a state."""
        self.configure(f"IOPort.I{port}.Direction", direction, traps=False)

    @rule(
        address=st.sampled_from((1, 2)), deed=st.sampled_from(("lose", "power-cut", "take-over", "return", "mend"))
    )
    def module(self, address: int, deed: str) -> None:
        """A module goes, for one reason or another, or comes back from what took it away."""
        deeds = ("power-restore", "pair", "return") if deed == "mend" else (deed,)
        for one in deeds:
            self.told_once({"module": {"do": one, "target": f"io-1/module/{address}"}}, seconds=8)

    @rule(deed=st.sampled_from(("open", "close", "shake")))
    def housing(self, deed: str) -> None:
        if deed == "shake":
            self.told_once({"shake": "io-1"})
        else:
            self.told_once({"casing": {"do": deed, "device": "io-1"}})

    @rule(name=st.sampled_from(SENSORS), deed=st.sampled_from(("unplug", "plug", "warm", "cold")))
    def sensor(self, name: str, deed: str) -> None:
        wanted = {"warm": {"do": "set", "to": 40}, "cold": {"do": "set", "to": -5}}.get(deed, {"do": deed})
        measured = {"quantity": "temperature"} if "to" in wanted else {}
        self.told_once({"sensor": {"on": f"io-1/sensor/{name}", **wanted, **measured}}, seconds=12)

    @rule(source=st.sampled_from(("poe", "dc")), do=st.sampled_from(("cut", "restore")))
    def supply(self, source: str, do: str) -> None:
        """One of two sources goes or comes: the module may restart, and is waited for if any is left."""
        self.act({"power": {"do": do, "device": "io-1", "source": source}})
        if not self.session.snapshot("io-1")["power"]["live"]:
            self.act({"power": {"do": "restore", "device": "io-1", "source": source}})
        self.settle()

    def configure(self, parameter: str, value: str, *, traps: bool = True) -> None:
        self.told_once({"set": {"device": "io-1", "parameter": parameter, "value": value}}, traps=traps)

    @rule(
        what=st.sampled_from(("reboot", "power", "cable", "broker", "address")), port=st.sampled_from(INPUTS),
        verb=st.sampled_from(("cut", "short", "restore")), seconds=st.integers(1, 40), spared=st.integers(0, 7),
    )  # fmt: skip
    def outage(self, what: str, port: int, verb: str, seconds: int, spared: int) -> None:
        """Something goes away, a wire is touched meanwhile, and it comes back. A new address comes with a renewal."""
        if spared:  # an outage takes as long as twenty other steps
            self.told_once({verb: f"io-1/input/{port}"})
            return
        address = self.session.snapshot("io-1")["address"]
        go, come = {
            "reboot": ({"reboot": "io-1"}, None),
            "power": ({"power": {"do": "cut", "device": "io-1"}}, {"power": {"do": "restore", "device": "io-1"}}),
            "cable": ({"unplug": "io-1"}, {"plug": "io-1"}),
            "broker": ({"broker": {"do": "stop"}}, {"broker": {"do": "start"}}),
            "address": ({"dhcp": {"do": "readdress", "device": "io-1"}}, None),
        }[what]
        self.act(go)
        self.act({verb: f"io-1/input/{port}"})
        self.session.advance(seconds)
        if come is not None:
            self.act(come)
        if what == "address":
            self.until(lambda: self.moved_from(address), lambda: f"away from {address}: {self._state()}")
        self.settle()

    def moved_from(self, address: str) -> bool:
        self.session.advance(60)
        return bool(self.session.snapshot("io-1")["address"] not in (None, address))

    # What must hold

    @invariant()
    def every_face_shows_the_truth(self) -> None:
        OneTruth.steps += 1
        if OneTruth.steps % PROGRESS == 0:
            print(f"{OneTruth.steps} steps of {STEPS // SHARDS}", file=sys.__stderr__, flush=True)
        self.until(lambda: not self.disagreement(), self.disagreement)

    def disagreement(self) -> tuple[str, ...]:
        self.session.catch_up()
        finding = self.look("*", LOSSY)
        assert finding.differs or finding.text == f"all of {len(self.session.snapshot('io-1')['ports'])} ports"
        without = LOSSY if OneTruth.steps % SELDOM == 0 else (*LOSSY, *ASKED_SELDOM)
        return finding.differs or self.look("", without).differs

    def look(self, port: str, without: tuple[str, ...] = ()) -> Finding:
        query = {"condition": "agree", "without": list(without), **({"port": port} if port else {})}
        agree = from_mapping(Face.EVERYWHERE.value, query)
        (finding,) = FINDERS[Face.EVERYWHERE](Look(self.session, agree, "io-1", Mark()))
        return finding

    def told_once(self, action: dict[str, Any], *, seconds: float = 5, traps: bool = True) -> None:
        """Do it; each subscriber is told of what the module published, each event once, in the same order."""
        before = self.session.mark()
        self.act(action)
        self.session.advance(seconds)
        self.session.catch_up()
        published = [
            (record["what"], record["data"]["source"], record["data"]["data"])
            for record in self.session.journal(before.journal, "event", "io-1")["records"]
            if record["what"] != OWN_DOINGS
        ]
        self.came_once("mqtt", list(self.on_mqtt(before.mqtt)), published)
        self.came_once("stream", list(self.on_stream(before.stream)), published)
        if traps:
            self.came_once("traps", list(self.in_traps(before.trap)), list(alarms(published)))

    def came_once(self, face: str, told: list[Any], wanted: list[Any]) -> None:
        self.must(told == wanted, f"{face}: told {told}, not {wanted}")

    def on_mqtt(self, after: int) -> Iterator[tuple[str, Any, Any]]:
        for sighting in self.session.seen("mqtt", after, "io-1"):
            payload = sighting["data"]["json"]
            topic = axis_topic(payload.get("topic", ""))
            if topic and topic != OWN_DOINGS:
                yield topic, payload["message"]["source"], payload["message"]["data"]

    def on_stream(self, after: int) -> Iterator[tuple[str, Any, Any]]:
        for sighting in self.session.seen("stream", after, "io-1"):
            note = sighting["data"]
            if note["topic"] != OWN_DOINGS:
                yield note["topic"], note["message"]["source"], note["message"]["data"]

    def in_traps(self, after: int) -> Iterator[tuple[str, str]]:
        for sighting in self.session.seen("trap", after):
            if sighting["data"]["trap"] == "alarmSingle":
                yield sighting["data"]["name"], sighting["data"]["text"]


def alarms(published: list[tuple[str, Any, Any]]) -> Iterator[tuple[str, str]]:
    """Name and text of the traps that these events must have sent: one for each change of a port, and for a shock."""
    for topic, source, data in published:
        kind = topic.rpartition(":")[2]
        if kind in ("IO/Port", "IO/OutputPort") and source["port"] != "-1":
            yield "I/O Port", f"Port {source['port']} {'active' if data['state'] == '1' else 'inactive'}"
        elif kind == "IO/SupervisedPort":
            yield "Supervised I/O", f"Port {source['port']} {data['state']}"
        elif kind == "Tampering/ShockDetected":
            yield "Device Motion", "Shock detected"


@pytest.mark.timeout(36_000)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_all_faces_agree_with_the_truth_whatever_happens(shard: int) -> None:
    engine, observers = Child(ENGINE_MODULE), ObserverProcess()
    OneTruth.session, OneTruth.steps = Session(engine.caller, observers), 0
    OneTruth.disagreements.clear()
    some = settings(
        max_examples=5,
        stateful_step_count=STEPS_OF_AN_EXAMPLE,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),  # a story is short, and each shorter one would cost another fleet
    )
    try:
        while OneTruth.steps < STEPS / SHARDS:
            try:
                run_state_machine_as_test(OneTruth, settings=some)
            finally:
                assert not OneTruth.disagreements, OneTruth.disagreements[0]
            assert not [r for r in OneTruth.session.journal(kinds="note")["records"] if "bug" in r["what"]]
    finally:
        OneTruth.session.close()
        observers.stop()
        engine.stop()


def test_what_a_disagreement_prints_is_a_scenario_that_runs(tmp_path: Path) -> None:
    story = Story(7, FLEET, "io-1")
    story.tell(5.0, {"cut": "io-1/input/1"})
    story.tell(6.5, {"drift": {"target": "io-1/input/2", "to": 300, "over": "2s"}})
    story.tell(10.0, {"set": {"device": "io-1", "fact": "relay/0", "value": "yes"}})
    (plan,) = compile_text(story.scenario(15.0), "story.scenario.yaml")
    result = run_case(plan, evidence=tmp_path, block=WORKER)
    assert result.verdict is Verdict.PASSED, failure_text(result)
    assert [step.at for step in result.steps] == [5.0, 6.5, 10.0, 15.0, 15.0]
