"""What the state machines of one truth share: an engine, observers that we did not write, and what must always hold.

`AXSIM_TRUTH_STEPS=100000 AXSIM_TRUTH_SHARDS=4 pytest -sn 4 tests/journey/test_faces_agree.py` is the nightly run; CI does
2,000 steps. The shards are independent: each has an engine, observers and stories of its own.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, run_state_machine_as_test
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
from simulator.scenario.run import ENGINE_MODULE

STEPS = int(os.environ.get("AXSIM_TRUTH_STEPS", "200"))
SHARDS = int(os.environ.get("AXSIM_TRUTH_SHARDS", "1"))
STEPS_OF_AN_EXAMPLE = 40 if STEPS <= 10_000 else 200
"""Longer stories in a long run: each begins with a new fleet, which costs as much as thirty steps."""
PATIENCE = 10.0
PROGRESS = 1_000
"""Steps after which a long run tells how far it is."""
SELDOM = 25
OWN_DOINGS = "tns1:Device/tnsaxis:MQTT/ClientStatus"
"""Told by each subscriber's own connection at its own time."""
LOSSY = ("trap",)
"""Nobody repeats a trap that an outage has swallowed; of each deed, that every one came is told at once."""
ASKED_SELDOM = ("snmp", "modbus")
"""Faces that are asked now and then: a question to a unit that is not there costs more than many steps."""
_PAUSE = threading.Event()

Told = tuple[str, Any, Any]


class OneTruth(RuleBasedStateMachine):
    """`session` is given by the test: starting an engine for each example would cost more than the example."""

    FLEET: ClassVar[str]
    """The fleet in the words of a scenario: one device."""
    DEVICE: ClassVar[str]
    session: Session
    steps = 0
    disagreements: ClassVar[list[str]] = []
    """As they were found: hypothesis repeats a failing story, and what depends on time may then go another way."""

    @initialize(seed=st.integers(1, 50))
    def begin(self, seed: int) -> None:
        self.story = Story(seed, self.FLEET, self.DEVICE)
        self.session.look_away()
        self.session.populate({**self.story.specification(seed), "block": WORKER})
        self.session.observe((self.DEVICE,))
        self.settle()

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

    def snapshot(self) -> dict[str, Any]:
        return self.session.snapshot(self.DEVICE)

    def settle(self) -> None:
        """Time passes until the device runs and both subscribers listen."""
        self.until(self._heard, lambda: f"the device is back and both subscribers listen: {self._state()}")

    def _state(self) -> dict[str, Any]:
        state = self.snapshot()
        return {name: state[name] for name in ("ready", "phase", "mqtt_connected", "power", "address")}

    def _heard(self) -> bool:
        self.session.advance(5)
        state = self.snapshot()
        if not state["ready"] or not state["mqtt_connected"]:
            return False
        self.session.catch_up()
        return self.session.streaming(self.DEVICE)

    def act(self, action: dict[str, Any]) -> None:
        self.story.tell(self.now(), action)
        self.session.act(action)

    # What may happen to every device

    def go_and_come(self, what: str, seconds: int, meanwhile: dict[str, Any]) -> None:
        """Something goes away, something happens meanwhile, and it comes back. A new address comes with a renewal."""
        device, address = self.DEVICE, self.snapshot()["address"]
        go, come = {
            "reboot": ({"reboot": device}, None),
            "power": ({"power": {"do": "cut", "device": device}}, {"power": {"do": "restore", "device": device}}),
            "cable": ({"unplug": device}, {"plug": device}),
            "broker": ({"broker": {"do": "stop"}}, {"broker": {"do": "start"}}),
            "address": ({"dhcp": {"do": "readdress", "device": device}}, None),
        }[what]
        self.act(go)
        self.act(meanwhile)
        self.session.advance(seconds)
        if come is not None:
            self.act(come)
        if what == "address":
            self.until(lambda: self._moved_from(address), lambda: f"away from {address}: {self._state()}")
        self.settle()

    def _moved_from(self, address: str) -> bool:
        self.session.advance(60)
        return bool(self.snapshot()["address"] not in (None, address))

    # What must hold

    @invariant()
    def every_face_shows_the_truth(self) -> None:
        OneTruth.steps += 1
        if OneTruth.steps % PROGRESS == 0:
            print(f"{OneTruth.steps} steps of {STEPS // SHARDS}", file=sys.__stderr__, flush=True)
        self.until(lambda: not self.disagreement(), self.disagreement)

    def disagreement(self) -> tuple[str, ...]:
        self.session.catch_up()
        without = LOSSY if OneTruth.steps % SELDOM == 0 else (*LOSSY, *ASKED_SELDOM)
        return self.look("", without).differs

    def look(self, port: str, without: tuple[str, ...] = ()) -> Finding:
        query = {"condition": "agree", "without": list(without), **({"port": port} if port else {})}
        agree = from_mapping(Face.EVERYWHERE.value, query)
        (finding,) = FINDERS[Face.EVERYWHERE](Look(self.session, agree, self.DEVICE, Mark()))
        return finding

    def told_once(self, action: dict[str, Any], *, seconds: float = 5) -> list[Told]:
        """Do it; each subscriber is told of what the device published, each event once, in the same order."""
        before = self.session.mark()
        self.act(action)
        self.session.advance(seconds)
        self.session.catch_up()
        published = [
            (record["what"], record["data"]["source"], record["data"]["data"])
            for record in self.session.journal(before.journal, "event", self.DEVICE)["records"]
            if record["what"] != OWN_DOINGS
        ]
        self.came_once("mqtt", list(self.on_mqtt(before.mqtt)), published)
        self.came_once("stream", list(self.on_stream(before.stream)), published)
        return published

    def came_once(self, face: str, told: list[Any], wanted: list[Any]) -> None:
        self.must(told == wanted, f"{face}: told {told}, not {wanted}")

    def on_mqtt(self, after: int) -> Iterator[Told]:
        for sighting in self.session.seen("mqtt", after, self.DEVICE):
            payload = sighting["data"]["json"]
            topic = axis_topic(payload.get("topic", ""))
            if topic and topic != OWN_DOINGS:
                yield topic, payload["message"]["source"], payload["message"]["data"]

    def on_stream(self, after: int) -> Iterator[Told]:
        for sighting in self.session.seen("stream", after, self.DEVICE):
            note = sighting["data"]
            if note["topic"] != OWN_DOINGS:
                yield note["topic"], note["message"]["source"], note["message"]["data"]


def run(machine: type[OneTruth], steps: int) -> None:
    """Stories of the machine until they have so many steps in all."""
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
        while OneTruth.steps < steps:
            try:
                run_state_machine_as_test(machine, settings=some)
            finally:
                assert not OneTruth.disagreements, OneTruth.disagreements[0]
            assert not [r for r in OneTruth.session.journal(kinds="note")["records"] if "bug" in r["what"]]
    finally:
        OneTruth.session.close()
        observers.stop()
        engine.stop()
