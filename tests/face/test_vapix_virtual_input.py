"""Virtual inputs and the manual trigger over HTTP (io-events sheet 1.5)."""

from __future__ import annotations

import pytest
from lxml import etree
from vapix_desk import Desk

FOLDER = "/axis-cgi/virtualinput"
TRIGGER = "/axis-cgi/io/virtualinput.cgi"
NAMESPACE = "{http://www.axis.com/vapix/http_cgi/virtualinput1}"
INPUT_EVENT, TRIGGER_EVENT = "tns1:Device/tnsaxis:IO/VirtualInput", "tns1:Device/tnsaxis:IO/VirtualPort"


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.events.clear()
    return made


def ask(desk: Desk, target: str) -> etree._Element:
    answer = desk.ask("GET", target)
    assert (answer.status, answer.content_type) == (200, "text/xml")
    root = etree.fromstring(answer.body)
    assert root.tag == NAMESPACE + "VirtualInputResponse"
    assert root.get("SchemaVersion") == "1.1"
    return root


def changed(desk: Desk, what: str, query: str) -> str:
    root = ask(desk, f"{FOLDER}/{what.lower()}.cgi?{query}")
    path = "/".join(NAMESPACE + name for name in ("Success", f"{what}Success", "StateChanged"))
    return root.findtext(path)


def error(desk: Desk, query: str, name: str = "activate") -> int:
    root = ask(desk, f"{FOLDER}/{name}.cgi?{query}")
    general = root.find(f"{NAMESPACE}Error/{NAMESPACE}GeneralError")
    assert general.findtext(NAMESPACE + "ErrorDescription")
    return int(general.findtext(NAMESPACE + "ErrorCode"))


def test_what_changed_is_told(desk: Desk) -> None:
    asked = "schemaversion=1&port=10"
    assert [changed(desk, "Activate", asked), changed(desk, "Activate", asked)] == ["true", "false"]
    assert desk.device.virtual_inputs.active == (10,)
    assert [changed(desk, "Deactivate", asked), changed(desk, "Deactivate", asked)] == ["true", "false"]
    told = [data for topic, data in desk.events if topic == INPUT_EVENT]
    assert told == [{"active": "1"}, {"active": "0"}]


def test_a_duration_ends_by_itself(desk: Desk) -> None:
    assert changed(desk, "Activate", "schemaversion=1&port=3&duration=5") == "true"
    desk.advance(4.9)
    assert desk.device.virtual_inputs.active == (3,)
    desk.advance(0.2)
    assert desk.device.virtual_inputs.active == ()


def test_a_duration_is_counted_from_the_last_activation(desk: Desk) -> None:
    changed(desk, "Activate", "schemaversion=1&port=3")
    assert changed(desk, "Activate", "schemaversion=1&port=3&duration=5") == "false"
    desk.advance(5)
    assert desk.device.virtual_inputs.active == ()


def test_a_duration_of_nothing_is_on_and_off(desk: Desk) -> None:
    assert changed(desk, "Activate", "schemaversion=1&port=64&duration=0") == "true"
    assert [data["active"] for topic, data in desk.events if topic == INPUT_EVENT] == ["1", "0"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", 10),
        ("port=1", 10),
        ("schemaversion=1", 10),
        ("schemaversion=1&port=0", 20),
        ("schemaversion=1&port=65", 20),
        ("schemaversion=1&port=one", 20),
        ("schemaversion=1&port=%00%3C", 20),
        ("schemaversion=2&port=1", 30),
        ("schemaversion=1x&port=1", 30),
        ("schemaversion=1&port=1&duration=soon", 50),
        ("schemaversion=1&port=1&duration=-1", 50),
        ("schemaversion=1&port=1&duration=9999999999", 50),
    ],
)
def test_errors_are_answers(desk: Desk, query: str, code: int) -> None:
    assert error(desk, query) == code
    assert desk.device.virtual_inputs.active == ()


def test_old_firmware_has_fewer() -> None:
    assert error(Desk(firmware="10.12"), "schemaversion=1&port=33") == 20


def test_the_schema_is_told_in_parts(desk: Desk) -> None:
    (version,) = ask(desk, f"{FOLDER}/getschemaversions.cgi").iter(NAMESPACE + "SchemaVersion")
    told = [version.findtext(NAMESPACE + name) for name in ("MajorVersion", "MinorVersion", "Deprecated")]
    assert told == ["1", "1", "false"]


def test_operators_switch_and_viewers_do_not(desk: Desk) -> None:
    desk.device.accounts.add("vera", "v", ("viewer",))
    desk.device.accounts.add("olga", "o", ("operator",))
    target = f"{FOLDER}/activate.cgi?schemaversion=1&port=1"
    assert desk.ask("GET", target, login=("vera", "v")).status == 403
    assert desk.ask("GET", target, login=("olga", "o")).status == 200
    assert desk.ask("GET", f"{TRIGGER}?action=6:/", login=("vera", "v")).status == 200


def test_the_manual_trigger_answers_at_once_and_is_port_one_of_its_event(desk: Desk) -> None:
    number = desk.device.parameters["Properties.IO.ManualTriggerNbr"]
    answer = desk.ask("GET", f"{TRIGGER}?action={number}%3A%2F2000%5C")
    assert (answer.status, answer.body, desk.waited) == (200, b"", 0)
    assert desk.device.virtual_inputs.triggered
    desk.advance(2)
    assert not desk.device.virtual_inputs.triggered
    assert [data["state"] for topic, data in desk.events if topic == TRIGGER_EVENT] == ["1", "0"]


@pytest.mark.parametrize("action", ["", "7:/", "6:", "6", ":/", "6:/1" + "\\1/1" * 600])
def test_other_numbers_and_no_actions_are_refused(desk: Desk, action: str) -> None:
    answer = desk.ask("GET", f"{TRIGGER}?action={action}")
    assert answer.status == desk.device.profile.quirks.port_error_status
    assert answer.body.startswith(b"Error: ")
    assert not desk.device.virtual_inputs.triggered
