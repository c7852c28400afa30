"""The one-truth check: a face that lies, or is late, or is gone, is named."""

from __future__ import annotations

from typing import Any

import pytest
from canned_eyes import INPUT, SUPERVISED, CannedEyes, find, port, snapshot

DIGITAL = "tns1:Device/Trigger/DigitalInput"


def told_everywhere(state: str = "cut", active: bool = False, **facts: Any) -> CannedEyes:
    """A device whose faces all tell the same of port 2."""
    eyes = CannedEyes()
    eyes.snapshots["io-1"] = snapshot(ports={"2": port(supervised=state, active=active, **facts)})
    say_on_vapix(eyes, state, active)
    bit = "1" if active else "0"
    for tell in (eyes.published, eyes.notified):
        tell(SUPERVISED, {"port": "2"}, {"state": state})
        tell(INPUT, {"port": "2"}, {"state": bit})
        tell(INPUT, {"port": "-1"}, {"state": "1"})
        tell(DIGITAL, {"InputToken": "2"}, {"LogicalState": bit})
    return eyes


def say_on_vapix(eyes: CannedEyes, state: str, active: bool = False) -> None:
    word = {"shorted": "short"}.get(state, state)
    circuit = "closed" if active else "open"
    eyes.answer("/axis-cgi/io/portmanagement.cgi",
                data={"items": [{"port": "2", "state": circuit, "normalState": "open"}]})  # fmt: skip
    eyes.answer("/axis-cgi/supervisedio.cgi", data={"items": [{"port": 2, "supervised": True, "state": word}]})


def wrong(eyes: CannedEyes, condition: str, **query: Any) -> tuple[str, ...]:
    (finding,) = find(eyes, "everywhere", {"condition": condition, "port": "2", **query})
    return finding.differs


@pytest.mark.parametrize("condition", ["tampering", "cut", "agree", "inactive"])
def test_all_faces_agree(condition: str) -> None:
    assert wrong(told_everywhere(), condition) == ()


def test_the_finding_shows_what_each_face_shows() -> None:
    (finding,) = find(told_everywhere(), "everywhere", {"condition": "cut", "port": "2"})
    assert finding.text == "truth cut | vapix cut | stream cut | mqtt cut"


def lie_on_vapix(eyes: CannedEyes) -> None:
    say_on_vapix(eyes, "open")


def lie_on_stream(eyes: CannedEyes) -> None:
    eyes.notified(SUPERVISED, {"port": "2"}, {"state": "open"})


def lie_on_mqtt(eyes: CannedEyes) -> None:
    eyes.published(SUPERVISED, {"port": "2"}, {"state": "open"})


LIES = {"vapix": lie_on_vapix, "stream": lie_on_stream, "mqtt": lie_on_mqtt}


@pytest.mark.parametrize("face", LIES)
def test_a_face_that_lies_is_named(face: str) -> None:
    eyes = told_everywhere()
    LIES[face](eyes)
    assert wrong(eyes, "tampering") == (f"{face} shows open, not cut",)
    assert wrong(eyes, "agree") == (f"{face} shows open, not cut",)
    assert wrong(eyes, "tampering", without=[face]) == ()


def test_of_several_liars_the_first_is_named() -> None:
    eyes = told_everywhere()
    for lie in LIES.values():
        lie(eyes)
    assert wrong(eyes, "tampering") == ("vapix shows open, not cut",)


def test_faces_that_tell_different_kinds_of_tampering_do_not_agree() -> None:
    eyes = told_everywhere("cut")
    eyes.published(SUPERVISED, {"port": "2"}, {"state": "shorted"})
    assert wrong(eyes, "tampering") == ("mqtt shows shorted, not cut",)


def test_when_the_truth_is_not_so_the_truth_is_named_first() -> None:
    assert wrong(told_everywhere("open"), "tampering") == ("truth shows open, not tampering",)


@pytest.mark.parametrize("topic", [INPUT, DIGITAL])
def test_agreement_covers_the_contact_and_its_onvif_twin(topic: str) -> None:
    eyes = told_everywhere("closed", active=True)
    assert wrong(eyes, "agree") == ()
    if topic == INPUT:
        eyes.notified(INPUT, {"port": "2"}, {"state": "0"})
        assert wrong(eyes, "agree") == ("stream (contact) shows 0, not 1",)
    else:
        eyes.published(DIGITAL, {"InputToken": "2"}, {"LogicalState": "0"})
        assert wrong(eyes, "agree") == ("mqtt (ONVIF) shows 0, not 1",)


def test_a_broker_that_told_nothing_of_a_change() -> None:
    eyes = told_everywhere()
    eyes.sightings["mqtt"].clear()
    eyes.record("event", SUPERVISED, source={"port": "2"}, data={"state": "cut"})
    assert wrong(eyes, "cut") == ("mqtt shows nothing, not cut",)


def test_a_broker_need_not_have_told_of_what_has_not_changed() -> None:
    eyes = told_everywhere()
    eyes.sightings["mqtt"].clear()
    eyes.record("event", SUPERVISED, source={"port": "3"}, data={"state": "cut"})
    (finding,) = find(eyes, "everywhere", {"condition": "cut", "port": "2"})
    assert finding.matches
    assert "mqtt" not in finding.text
    eyes.sightings["stream"].clear()
    assert wrong(eyes, "cut") == ("stream shows nothing, not cut",)


def test_a_face_that_lost_its_connection_shows_nothing_old() -> None:
    eyes = told_everywhere()
    eyes.streams.clear()
    assert wrong(eyes, "cut") == ("stream shows not connected, not cut",)
    eyes.watched.clear()
    eyes.snapshots["io-1"]["mqtt_connected"] = False
    assert wrong(eyes, "cut") == ("mqtt shows not connected, not cut",)


def test_faces_that_are_not_enabled_are_left_out() -> None:
    eyes = told_everywhere()
    eyes.watched.clear()
    eyes.snapshots["io-1"]["mqtt_active"] = False
    (finding,) = find(eyes, "everywhere", {"condition": "cut", "port": "2"})
    assert finding.text == "truth cut | vapix cut"


def test_a_device_that_does_not_answer_disagrees() -> None:
    eyes = told_everywhere()
    eyes.answers.clear()
    assert wrong(eyes, "cut") == ("vapix shows no answer, not cut",)


@pytest.mark.parametrize(
    ("condition", "active", "told"),
    [("closed", True, ()), ("open", False, ()), ("active", True, ()),
     ("open", True, ("truth shows 1, not open",)), ("cut", True, ("truth shows 1, not cut",))],
)  # fmt: skip
def test_an_input_without_supervision_is_open_or_closed(
    condition: str, active: bool, told: tuple[str, ...]
) -> None:
    eyes = told_everywhere("open", active)
    eyes.snapshots["io-1"]["ports"]["2"]["supervised"] = None
    assert wrong(eyes, condition) == told


def test_an_output_is_told_by_its_own_topics() -> None:
    eyes = CannedEyes()
    relay = port(kind="relay", direction="output", supervised=None, active=True)
    eyes.snapshots["io-1"] = snapshot(ports={"0": relay})
    eyes.answer("/axis-cgi/io/portmanagement.cgi",
                data={"items": [{"port": "0", "state": "closed", "normalState": "open"}]})  # fmt: skip
    for tell in (eyes.published, eyes.notified):
        tell("tns1:Device/tnsaxis:IO/OutputPort", {"port": "0"}, {"state": "1"})
        tell("tns1:Device/Trigger/Relay", {"RelayToken": "0"}, {"LogicalState": "active"})
    assert wrong(eyes, "agree", port="0") == ()
    eyes.published("tns1:Device/Trigger/Relay", {"RelayToken": "0"}, {"LogicalState": "inactive"})
    assert wrong(eyes, "agree", port="0") == ("mqtt (ONVIF) shows 0, not 1",)


def test_a_pattern_holds_every_port_and_names_the_one_that_differs() -> None:
    eyes = told_everywhere()
    eyes.snapshots["io-1"]["ports"]["3"] = port(supervised="cut")
    assert wrong(eyes, "cut", port="*") == ("port 3: vapix shows no answer, not cut",)


def test_a_port_that_is_not_there() -> None:
    (problem,) = wrong(told_everywhere(), "cut", port="7")
    assert "no port named '7'" in problem
