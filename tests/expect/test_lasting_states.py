"""Everywhere beyond ports: casing, doors, sensors, and every lasting state at once."""

from __future__ import annotations

from typing import Any

import pytest
from canned_eyes import CannedEyes, find, snapshot

from simulator.errors import FleetError
from simulator.expect.expectation import from_mapping

CASING = "tns1:Device/tnsaxis:Casing/Open"
DOOR = "tns1:Door/State/DoorAlarm"


def told_everywhere(opened: str = "1", **facts: Any) -> CannedEyes:
    """A device whose event system, stream and broker tell the same of its casing and of two doors."""
    eyes = CannedEyes()
    eyes.snapshots["io-1"] = {
        **snapshot(),
        "description": {"snmp": None, "modbus": []},
        "sensors": [],
        "casing_name": "NetworkCamera",
        "snmp_traps": False,
        **facts,
    }
    for topic, source, data in (
        (CASING, {"Name": "NetworkCamera"}, {"Open": opened}),
        (DOOR, {"DoorToken": "Door1"}, {"State": "Normal"}),
        (DOOR, {"DoorToken": "Door2"}, {"State": "DoorForcedOpen"}),
    ):
        eyes.lasting.append({"topic": topic, "source": source, "data": data})
        eyes.published(topic, source, data)
        eyes.notified(topic, source, data)
    return eyes


def wrong(eyes: CannedEyes, **query: Any) -> tuple[str, ...]:
    (finding,) = find(eyes, "everywhere", query)
    return finding.differs


def test_a_state_that_all_tell() -> None:
    (finding,) = find(told_everywhere(), "everywhere", {"event": "casing", "state": "open"})
    assert finding.matches
    assert finding.text == "truth Open=1 | stream Open=1 | mqtt Open=1"


def test_a_truth_that_is_not_so_is_named_first() -> None:
    assert wrong(told_everywhere("0"), event="casing", state="open") == (
        "Casing/Open Name=NetworkCamera: truth shows Open=0, not open",
    )


@pytest.mark.parametrize("face", ["stream", "mqtt"])
def test_a_face_that_tells_otherwise_is_named_with_the_state(face: str) -> None:
    eyes = told_everywhere()
    tell = eyes.notified if face == "stream" else eyes.published
    tell(DOOR, {"DoorToken": "Door2"}, {"State": "Normal"})
    told = f"Door/State/DoorAlarm DoorToken=Door2: {face} shows State=Normal, not State=DoorForcedOpen"
    assert wrong(eyes, condition="agree")[0].endswith(told.rpartition(":")[2])
    assert "Door2" in wrong(eyes, condition="agree")[0]
    assert wrong(eyes, condition="agree", without=[face]) == ()
    assert wrong(eyes, event="door-alarm", source={"DoorToken": "Door1"}) == ()


def test_what_a_broker_was_not_told_counts_when_it_has_changed() -> None:
    eyes = told_everywhere()
    eyes.sightings["mqtt"].clear()
    assert wrong(eyes, condition="agree") == ()
    eyes.record("event", CASING, source={"Name": "NetworkCamera"}, data={"Open": "1"})
    eyes.record("log", "system", line="Casing open")
    assert wrong(eyes, condition="agree") == ("Casing/Open Name=NetworkCamera: mqtt shows nothing, not Open=1",)


def test_a_casing_that_opens_must_be_in_the_log() -> None:
    eyes = told_everywhere()
    eyes.record("event", CASING, source={"Name": "NetworkCamera"}, data={"Open": "1"})
    assert "no line in the log" in wrong(eyes, event="casing")[0]
    eyes.record("log", "system", line="Casing open")
    assert wrong(eyes, event="casing") == ()


def test_a_lost_connection_shows_nothing_old() -> None:
    eyes = told_everywhere()
    eyes.streams.clear()
    assert wrong(eyes, event="casing")[0].endswith("stream shows not connected, not Open=1")


def test_an_event_that_the_device_does_not_have() -> None:
    assert wrong(told_everywhere(), event="external-tamper") == ("io-1 has no state of external-tamper",)


@pytest.mark.parametrize(
    "query",
    [{}, {"condition": "agree", "event": "casing"}, {"condition": "cut", "state": "open"},
     {"event": "casing", "state": "half-open"}],
)  # fmt: skip
def test_a_question_that_says_too_little_or_too_much(query: dict[str, Any]) -> None:
    with pytest.raises(FleetError):
        from_mapping("everywhere", query)
