"""/vapix/axast: the auto speaker test, as JSON and in the simple form (audio sheet 5)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vapix_desk import Desk

PATH = "/vapix/axast"
REPORT = "axast:GetSpeakerTestReport"


@pytest.fixture
def desk() -> Desk:
    return Desk("C1410")


def command(desk: Desk, name: str) -> tuple[int, Any]:
    answer = desk.ask("POST", PATH, json.dumps({name: {}}))
    assert answer.content_type == "application/json"
    return answer.status, json.loads(answer.body)


def report(desk: Desk) -> dict[str, str]:
    status, content = command(desk, REPORT)
    assert status == 200
    told: dict[str, str] = content["SpeakerTestReport"]
    return told


def test_the_documented_way(desk: Desk) -> None:
    assert report(desk) == {"SpeakerTestStatus": "Uncalibrated", "TestTimestamp": "", "CalibrationTimestamp": ""}
    assert command(desk, "axast:CalibrateSpeakerTest") == (200, {})
    assert report(desk) == {"SpeakerTestStatus": "Pending", "TestTimestamp": "", "CalibrationTimestamp": ""}
    desk.advance(10)
    calibrated = report(desk)
    assert calibrated["SpeakerTestStatus"] == "Calibrated"
    assert calibrated["CalibrationTimestamp"] == f"{desk.clock.wall():%Y-%m-%dT%H:%M:%SZ}"
    assert command(desk, "axast:PerformSpeakerTest") == (200, {})
    desk.advance(10)
    tested = report(desk)
    assert tested["SpeakerTestStatus"] == "OK"
    assert tested["TestTimestamp"] > tested["CalibrationTimestamp"] == calibrated["CalibrationTimestamp"]


def test_the_simple_form(desk: Desk) -> None:
    asked = f"{PATH}?format=simple&action={REPORT}"
    lines = ["SpeakerTestReport_SpeakerTestStatus=Uncalibrated", "SpeakerTestReport_TestTimestamp="]
    text = "\n".join([*lines, "SpeakerTestReport_CalibrationTimestamp=", ""])
    assert desk.get(asked) == text
    assert desk.form(PATH, f"format=simple&action={REPORT}") == text
    assert desk.get(f"{PATH}?format=simple&action=axast:CalibrateSpeakerTest") == ""


@pytest.mark.parametrize(
    ("prepare", "name", "subcode"),
    [
        ("", "axast:PerformSpeakerTest", "axast:DeviceNotCalibrated"),
        ("mic", "axast:PerformSpeakerTest", "axast:DisabledInHardware"),
        ("mic", "axast:CalibrateSpeakerTest", "axast:DisabledInHardware"),
        ("busy", "axast:CalibrateSpeakerTest", "ter:Failure"),
    ],
)
def test_faults_of_the_device(desk: Desk, prepare: str, name: str, subcode: str) -> None:
    if prepare == "mic":
        desk.device.audio.switch_microphone(False)
    elif prepare == "busy":
        desk.device.speaker_test.calibrate()
    status, fault = command(desk, name)
    assert status == 400
    assert list(fault) == ["Fault", "FaultCode", "FaultSubCode", "FaultReason", "FaultMsg"]
    assert (fault["Fault"], fault["FaultCode"], fault["FaultSubCode"]) == ("env:Receiver", "ter:Action", subcode)
    assert fault["FaultMsg"] is None
    answer = desk.ask("GET", f"{PATH}?format=simple&action={name}")
    lines = dict(line.split("=", 1) for line in answer.body.decode().splitlines())
    assert (answer.status, lines["FaultSubCode"], lines["FaultMsg"]) == (400, subcode, "null")


def test_a_microphone_switched_off_shows(desk: Desk) -> None:
    desk.device.audio.switch_microphone(False)
    assert report(desk)["SpeakerTestStatus"] == "DisabledInHardware"


def test_only_administrators(desk: Desk) -> None:
    desk.device.accounts.add("op", "secret", ("operator", "viewer"))
    assert desk.ask("POST", PATH, json.dumps({REPORT: {}}), login=("op", "secret")).status == 403


def test_an_io_module_has_none() -> None:
    assert Desk("A9210").ask("POST", PATH, b"{}").status == 404


SHARED = Desk("C1410")


@pytest.mark.fuzz
@given(st.one_of(st.binary(max_size=40), st.text(max_size=20).map(lambda text: json.dumps({text: {}}).encode())))
def test_whatever_is_sent_is_a_fault(body: bytes) -> None:
    answer = SHARED.ask("POST", PATH, body)
    assert answer.status == 400
    assert b"FaultSubCode" in answer.body
