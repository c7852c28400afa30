"""What a device answers, against what was expected."""

from __future__ import annotations

from typing import Any

import pytest
from canned_eyes import CannedEyes, find

PORTS, SUPERVISION = "/axis-cgi/io/portmanagement.cgi", "/axis-cgi/supervisedio.cgi"


def eyes_on_ports() -> CannedEyes:
    eyes = CannedEyes()
    eyes.answer(PORTS, data={"items": [{"port": "2", "state": "closed", "normalState": "open"},
                                       {"port": "3", "state": "open", "normalState": "open"}]})  # fmt: skip
    eyes.answer(SUPERVISION, data={"items": [{"port": 2, "supervised": True, "state": "short"},
                                             {"port": 3, "supervised": False, "state": "open"}]})  # fmt: skip
    return eyes


def differs(eyes: CannedEyes, query: dict[str, Any]) -> tuple[str, ...]:
    (finding,) = find(eyes, "vapix", query)
    return finding.differs


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"event": "tampering", "state": "shorted", "port": "2"}, ()),
        ({"event": "tampering", "port": "2"}, ()),
        ({"event": "supervised", "state": "cut", "port": "2"}, ("supervised=shorted, not cut",)),
        ({"event": "input", "state": "active", "port": "2"}, ()),
        ({"event": "relay", "state": "inactive", "port": "3"}, ()),
        ({"event": "supervised", "state": "open", "port": "3"}, ("supervised=no answer, not open",)),
        ({"event": "input", "state": "active", "port": "9"}, ("input=no answer, not active",)),
        ({"event": "input", "state": "active", "port": "*"}, ("input 3=0, not active",)),
    ],
)
def test_the_present_state_of_an_event(query: dict[str, Any], told: tuple[str, ...]) -> None:
    assert differs(eyes_on_ports(), query) == told


def test_an_event_that_no_call_shows_is_told_so() -> None:
    (problem,) = differs(CannedEyes(), {"event": "clip", "state": "yes"})
    assert problem.startswith("no VAPIX call shows clip; ask by path")


def test_whether_it_answers() -> None:
    eyes, brand = CannedEyes(), "/axis-cgi/prod_brand_info/getbrand.cgi"
    assert differs(eyes, {"answers": False}) == ()
    assert differs(eyes, {"answers": True}) == ("answers: TimeoutError: ",)
    eyes.answer(brand, status=503)
    assert differs(eyes, {"answers": True}) == ()


def test_readiness_and_firmware() -> None:
    eyes = CannedEyes()
    eyes.answer("/axis-cgi/systemready.cgi", data={"systemready": "no"})
    eyes.answer("/axis-cgi/basicdeviceinfo.cgi", data={"propertyList": {"Version": "12.9.58"}})
    assert differs(eyes, {"ready": True, "firmware": "12.9.57"}) == (
        "systemready=no, not yes", "firmware=12.9.58, not 12.9.57",
    )  # fmt: skip
    assert differs(eyes, {"ready": False, "firmware": "12.9.58"}) == ()


def test_a_device_that_says_nothing_differs_and_does_not_crash() -> None:
    assert differs(CannedEyes(), {"ready": True, "firmware": "12.9.57"}) == (
        "systemready=no answer, not yes", "firmware=no answer, not 12.9.57",
    )  # fmt: skip


def test_a_parameter() -> None:
    eyes = CannedEyes()
    eyes.answer(
        "/axis-cgi/param.cgi?action=list&group=root.IOPort.I2.Usage",
        status=200,
        text="root.IOPort.I2.Usage=Door\n",
    )
    asked = {"parameter": "IOPort.I2.Usage", "value": "Door"}
    assert differs(eyes, asked) == ()
    assert differs(eyes, {**asked, "parameter": "root.IOPort.I2.Usage"}) == ()
    assert differs(eyes, {**asked, "value": "Gate"}) == ("IOPort.I2.Usage=Door, not Gate",)


def test_a_path_with_status_and_content() -> None:
    eyes = CannedEyes()
    eyes.answer("/x", status=404, text="Not Found")
    assert differs(eyes, {"path": "/x", "status": "4xx", "contains": "Found"}) == ()
    assert differs(eyes, {"path": "/x", "status": "200", "contains": "yes"}) == (
        "status=404, not 200", "without 'yes': Not Found",
    )  # fmt: skip
    assert differs(eyes, {"path": "/y", "status": "200"}) == ("/y: TimeoutError: ",)
    assert eyes.asked[-1] == ("io-1", "/y", "GET", None)


def test_the_body_is_sent_as_it_is_written() -> None:
    eyes = CannedEyes()
    eyes.answer("/x", status=200)
    differs(eyes, {"path": "/x", "method": "POST", "body": "a=1", "status": "200"})
    assert eyes.asked[-1] == ("io-1", "/x", "POST", "a=1")


@pytest.mark.parametrize("answer", ["connected", "disconnected"])
def test_the_state_of_the_mqtt_client(answer: str) -> None:
    eyes = CannedEyes()
    eyes.answer("/axis-cgi/mqtt/client.cgi", data={"status": {"connectionStatus": answer}})
    told = differs(eyes, {"event": "mqtt-client", "state": "yes"})
    assert told == (() if answer == "connected" else ("mqtt-client=0, not yes",))
