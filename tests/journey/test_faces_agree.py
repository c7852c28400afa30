"""One truth: whatever hands, the network and clients do to a module, every face shows its true state, and every event
comes to each subscriber exactly once and in order. A real engine, real sockets, observers that we did not write."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from journey_bench import WORKER

from simulator.expect.expectation import Face, from_mapping
from simulator.expect.face import FINDERS
from simulator.expect.face.message import axis_topic
from simulator.expect.finding import Look
from simulator.expect.mark import Mark
from simulator.fleet.child import Child
from simulator.fleet.observers import ObserverProcess
from simulator.fleet.session import Session
from simulator.scenario.run import ENGINE_MODULE

SUPERVISED, PLAIN, RELAY = (1, 2), 5, 0
IO_TOPICS = ("tns1:Device/tnsaxis:IO/", "tns1:Device/Trigger/")
FLEET = {
    "clock": {"mode": "stepped"},
    "block": WORKER,
    "devices": [
        {"name": "io-1", "model": "A9210", "mqtt": {"qos": 1, "retain": "property"},
         "supervised": {1: "SerialFirst4k7", 2: "ParallellFirst22k4k7"}},
    ],
}  # fmt: skip
PATIENCE = 10.0
_PAUSE = threading.Event()


def until(condition: Callable[[], Any], what: str) -> None:
    for _ in range(int(PATIENCE / 0.02)):
        if condition():
            return
        _PAUSE.wait(0.02)
    raise AssertionError(f"not in time: {what}")


class OneTruth(RuleBasedStateMachine):
    """`session` is given by the test: starting an engine for each example would cost more than the example."""

    session: Session

    @initialize(seed=st.integers(1, 50))
    def begin(self, seed: int) -> None:
        self.session.look_away()
        self.session.populate({**FLEET, "seed": seed})
        self.session.observe(("io-1",))
        self.settle()

    def settle(self) -> None:
        """Time passes until the module runs and both subscribers listen."""
        until(self._heard, "the module is back and both subscribers listen")

    def _heard(self) -> bool:
        self.session.advance(5)
        self.session.catch_up()
        state = self.session.snapshot("io-1")
        return bool(state["ready"] and state["mqtt_connected"] and self.session.streaming("io-1"))

    # What may happen

    @rule(
        port=st.sampled_from((*SUPERVISED, PLAIN)),
        verb=st.sampled_from(("cut", "short", "open", "close", "restore")),
    )
    def wire(self, port: int, verb: str) -> None:
        self.told_once(lambda: self.session.act({verb: f"io-1/input/{port}"}))

    @rule(port=st.sampled_from(SUPERVISED), bounces=st.integers(1, 3))
    def chatter(self, port: int, bounces: int) -> None:
        fields = {"target": f"io-1/input/{port}", "period": "400ms", "for": f"{400 * bounces}ms"}
        self.told_once(lambda: self.session.act({"chatter": fields}))

    @rule(active=st.booleans())
    def relay(self, active: bool) -> None:
        """A client sets the relay over HTTP."""
        path = f"/axis-cgi/io/port.cgi?action={RELAY + 1}:{'/' if active else '%5C'}"
        self.told_once(lambda: self.answered(path))
        assert self.session.part_state(f"io-1/relay/{RELAY}")["active"] is active

    @rule(gone=st.booleans())
    def reboot(self, gone: bool) -> None:
        """In order, or because the power went; wires may be touched meanwhile."""
        self.session.act({"power": {"do": "cut", "device": "io-1"}} if gone else {"reboot": "io-1"})
        self.session.act({"cut": f"io-1/input/{SUPERVISED[0]}"})
        self.session.advance(3)
        if gone:
            self.session.act({"power": {"do": "restore", "device": "io-1"}})
        self.settle()

    @rule()
    def broker_restarts(self) -> None:
        self.session.broker("restart")
        self.settle()

    # What must hold

    @invariant()
    def every_face_shows_the_truth(self) -> None:
        until(lambda: not self.disagreement(), f"all faces agree: {self.disagreement()}")

    def disagreement(self) -> tuple[str, ...]:
        self.session.catch_up()
        agree = from_mapping(Face.EVERYWHERE.value, {"condition": "agree", "port": "*"})
        (finding,) = FINDERS[Face.EVERYWHERE](Look(self.session, agree, "io-1", Mark()))
        assert all(f"| {face} " in finding.text for face in ("vapix", "stream", "mqtt"))
        return finding.differs

    def told_once(self, deed: Callable[[], object]) -> None:
        """Do it; each subscriber is told of what the module published, each event once, in the same order."""
        before = self.session.mark()
        deed()
        self.session.advance(5)
        self.session.catch_up()
        published = [
            (record["what"], record["data"]["source"], record["data"]["data"])
            for record in self.session.journal(before.journal, "event", "io-1")["records"]
            if record["what"].startswith(IO_TOPICS)
        ]
        assert list(self.on_mqtt(before.mqtt)) == published
        assert list(self.on_stream(before.stream)) == published

    def on_mqtt(self, after: int) -> Iterator[tuple[str, Any, Any]]:
        for sighting in self.session.seen("mqtt", after, "io-1"):
            payload = sighting["data"]["json"]
            topic = axis_topic(payload.get("topic", ""))
            if topic.startswith(IO_TOPICS):
                yield topic, payload["message"]["source"], payload["message"]["data"]

    def on_stream(self, after: int) -> Iterator[tuple[str, Any, Any]]:
        for sighting in self.session.seen("stream", after, "io-1"):
            note = sighting["data"]
            if note["topic"].startswith(IO_TOPICS):
                yield note["topic"], note["message"]["source"], note["message"]["data"]

    def answered(self, path: str) -> None:
        answer = self.session.ask("io-1", path)
        assert answer.get("status") in (200, 204), answer


@pytest.mark.timeout(600)
def test_all_faces_agree_with_the_truth_whatever_happens() -> None:
    engine, observers = Child(ENGINE_MODULE), ObserverProcess()
    OneTruth.session = Session(engine.caller, observers)
    few = settings(
        max_examples=4,
        stateful_step_count=10,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )  # each example is a fleet with sockets and two subscribers
    try:
        run_state_machine_as_test(OneTruth, settings=few)
        assert not [r for r in OneTruth.session.journal(kinds="note")["records"] if "bug" in r["what"]]
    finally:
        OneTruth.session.close()
        observers.stop()
        engine.stop()
