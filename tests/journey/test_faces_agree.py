"""One truth: whatever hands, the network and clients do to a module, every face shows its true state, and every event
comes to each subscriber exactly once, in order and in time. A real engine, real sockets, observers that we did not write.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule
from journey_bench import WORKER
from one_truth import LOSSY, SHARDS, STEPS, OneTruth, Told, run
from story import Story

from simulator.report.result import Verdict
from simulator.report.text import failure_text
from simulator.scenario.compile import compile_text
from simulator.scenario.run import run_case

SUPERVISED, INPUTS, AUXILIARY, OUTPUTS = (
    (1, 2, 9, 11, 24),
    (1, 2, 5, 9, 10, 11, 12, 24),
    (7, 8, 18),
    (0, 3, 4, 6, 19, 34),
)
RELAYS = (0, 19, 34)
SENSORS = ("freezer", "loft")
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


class ModuleTruth(OneTruth):
    """A module with two A9910, doors, sensors, two power sources and SNMP traps."""

    FLEET: ClassVar[str] = FLEET
    DEVICE: ClassVar[str] = "io-1"

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
        if not self.snapshot()["power"]["live"]:
            self.act({"power": {"do": "restore", "device": "io-1", "source": source}})
        self.settle()

    def configure(self, parameter: str, value: str, *, traps: bool = True) -> None:
        self.told_once({"set": {"device": "io-1", "parameter": parameter, "value": value}}, traps=traps)

    @rule(
        what=st.sampled_from(("reboot", "power", "cable", "broker", "address")), port=st.sampled_from(INPUTS),
        verb=st.sampled_from(("cut", "short", "restore")), seconds=st.integers(1, 40), spared=st.integers(0, 7),
    )  # fmt: skip
    def outage(self, what: str, port: int, verb: str, seconds: int, spared: int) -> None:
        """Now and then something goes away, a wire is touched meanwhile, and it comes back."""
        wire = {verb: f"io-1/input/{port}"}
        if spared:  # an outage takes as long as twenty other steps
            self.told_once(wire)
        else:
            self.go_and_come(what, seconds, wire)

    # What must hold

    def disagreement(self) -> tuple[str, ...]:
        ports = self.look("*", LOSSY)
        assert ports.differs or ports.text == f"all of {len(self.snapshot()['ports'])} ports"
        return ports.differs or super().disagreement()

    def told_once(self, action: dict[str, Any], *, seconds: float = 5, traps: bool = True) -> list[Told]:
        """Each trap comes once too."""
        before = self.session.mark()
        published = super().told_once(action, seconds=seconds)
        if traps:
            self.came_once("traps", list(self.in_traps(before.trap)), list(alarms(published)))
        return published

    def in_traps(self, after: int) -> Iterator[tuple[str, str]]:
        for sighting in self.session.seen("trap", after):
            if sighting["data"]["trap"] == "alarmSingle":
                yield sighting["data"]["name"], sighting["data"]["text"]


def alarms(published: list[Told]) -> Iterator[tuple[str, str]]:
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
    run(ModuleTruth, STEPS // SHARDS)


def test_what_a_disagreement_prints_is_a_scenario_that_runs(tmp_path: Path) -> None:
    story = Story(7, FLEET, "io-1")
    story.tell(5.0, {"cut": "io-1/input/1"})
    story.tell(6.5, {"drift": {"target": "io-1/input/2", "to": 300, "over": "2s"}})
    story.tell(10.0, {"set": {"device": "io-1", "fact": "relay/0", "value": "yes"}})
    (plan,) = compile_text(story.scenario(15.0), "story.scenario.yaml")
    result = run_case(plan, evidence=tmp_path, block=WORKER)
    assert result.verdict is Verdict.PASSED, failure_text(result)
    assert [step.at for step in result.steps] == [5.0, 6.5, 10.0, 15.0, 15.0]
