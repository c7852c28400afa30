"""Rules, recipients and schedules as device configuration APIs, beside the SOAP services that show the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vapix_desk import ALL, ROOT, Desk

from simulator.device.parameter import Level
from simulator.face.exchange import Answer, Request
from simulator.face.vapix.call import Call
from simulator.face.vapix.rules_rest import ROUTES

RULES = "/config/rest/action-rules/v2beta"
SCHEDULES = "/config/rest/event-schedules/v2beta"
VIRTUAL = {
    "topicExpression": "tns1:Device/tnsaxis:IO/VirtualInput",
    "messageContent": 'boolean(//SimpleItem[@Name="port" and @Value="1"]) and '
    'boolean(//SimpleItem[@Name="active" and @Value="1"])',
}
CLIP = {
    "template": "com.axis.action.fixed.play.audioclip",
    "actionParameters": [{"name": "location", "value": "alarm.mp3"}, {"name": "volume", "value": "20"}],
}
RULE = {"name": "mine", "enabled": True, "activationConfig": {"condition": [VIRTUAL]}, "actionConfig": CLIP}
MAIL = {
    "name": "ops",
    "template": "com.axis.recipient.smtp",
    "parameters": [
        {"name": "email_to", "value": "ops@example.com"},
        {"name": "host", "value": "192.0.2.1"},
        {"name": "password", "value": "secret"},
    ],
}


@pytest.fixture
def desk() -> Desk:
    return Desk("C1410")


def ask(desk: Desk, method: str, path: str, data: Any = None, **more: Any) -> tuple[int, Any]:
    body = "" if data is None else json.dumps({"data": data})
    answer = desk.ask(method, path, body, headers={"content-type": "application/json"}, **more)
    return answer.status, json.loads(answer.body)


def read(desk: Desk, path: str) -> Any:
    status, told = ask(desk, "GET", path)
    assert status == 200, told
    return told["data"]


def add(desk: Desk, path: str, data: Any) -> Any:
    status, told = ask(desk, "POST", path, data)
    assert status == 201, told
    return told["data"]


def error(desk: Desk, method: str, path: str, data: Any = None) -> tuple[int, int, str]:
    status, told = ask(desk, method, path, data)
    assert told["status"] == "error"
    return status, told["error"]["code"], told["error"]["message"]


def test_factory_rules_and_schedules_are_there(desk: Desk) -> None:
    rules = read(desk, RULES)
    assert rules["recipients"] == []
    assert rules["rules"][0] == {
        "id": "1",
        "name": "Loud ringer",
        "enabled": False,
        "activationConfig": {
            "condition": [
                {
                    "topicExpression": "tnsaxis:Call/State",
                    "messageContent": 'boolean(//SimpleItem[@Name="CallState" and @Value="Ringing"]) and '
                    'boolean(//SimpleItem[@Name="Source" and @Value="NetworkSpeaker"])',
                }
            ]
        },
        "actionConfig": {
            "template": "com.axis.action.unlimited.play.audioclip",
            "actionParameters": [{"name": "location", "value": "%2Fetc%2Faudioclips%2Falarm.mp3"}],
        },
    }
    ids = [one["id"] for one in read(desk, SCHEDULES)["schedules"]]
    assert "com.axis.schedules.office_hours" in ids
    assert read(desk, f"{RULES}/$export") == rules


def test_a_rule_is_added_acts_is_changed_and_removed(desk: Desk) -> None:
    made = add(desk, f"{RULES}/rules", RULE)
    assert made == {"id": "7", **RULE}
    desk.device.virtual_inputs.activate(1)
    desk.advance(0.1)
    playing = desk.device.clips.playing
    assert (playing.clip.file_name, playing.volume) == ("alarm.mp3", 20)
    assert ask(desk, "PATCH", f"{RULES}/rules/7/enabled", False)[0] == 200
    assert read(desk, f"{RULES}/rules/7/enabled") is False
    assert ask(desk, "PATCH", f"{RULES}/rules/7", {"name": "other"})[0] == 200
    assert read(desk, f"{RULES}/rules/7") == {"id": "7", **RULE, "name": "other", "enabled": False}
    configurations = len(desk.device.rules.store.content.configurations)
    assert ask(desk, "DELETE", f"{RULES}/rules/7")[0] == 200
    assert len(desk.device.rules.store.content.configurations) == configurations - 1
    assert error(desk, "GET", f"{RULES}/rules/7")[:2] == (404, 2)


def test_the_soap_service_shows_the_same_rule(desk: Desk) -> None:
    add(desk, f"{RULES}/rules", {**RULE, "activationConfig": {"startEvent": VIRTUAL, "timeout": 90}})
    body = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
        '<GetActionRules xmlns="http://www.axis.com/vapix/ws/action1"/></s:Body></s:Envelope>'
    )
    told = desk.ask("POST", "/vapix/services", body).body.decode()
    assert "<aa:Name>mine</aa:Name>" in told
    assert "<aa:ActivationTimeout>PT90S</aa:ActivationTimeout>" in told
    assert read(desk, f"{RULES}/rules/7/activationConfig/timeout") == 90


def test_a_rule_may_name_a_stored_recipient(desk: Desk) -> None:
    recipient = add(desk, f"{RULES}/recipients", MAIL)["id"]
    action = {
        "template": "com.axis.action.fixed.notification.smtp",
        "recipientId": recipient,
        "recipientParameters": [{"name": "port", "value": "2525"}],
        "actionParameters": [{"name": "subject", "value": "hello"}],
    }
    made = add(desk, f"{RULES}/rules", {**RULE, "actionConfig": action})
    assert made["actionConfig"] == action
    orders = []
    desk.device.rules.notifier = lambda order: orders.append(dict(order.parameters))
    desk.device.virtual_inputs.activate(1)
    desk.advance(0.1)
    (given_,) = orders
    assert given_["email_to"] == "ops@example.com"
    assert (given_["port"], given_["subject"], given_["password"]) == ("2525", "hello", "secret")
    assert error(desk, "DELETE", f"{RULES}/recipients/{recipient}")[:2] == (400, 5)
    assert ask(desk, "DELETE", f"{RULES}/rules/{made['id']}")[0] == 200
    assert ask(desk, "DELETE", f"{RULES}/recipients/{recipient}")[0] == 200


def test_passwords_are_stars_and_stars_leave_them(desk: Desk) -> None:
    add(desk, f"{RULES}/recipients", MAIL)
    shown = read(desk, f"{RULES}/recipients/1")
    assert {one["name"]: one["value"] for one in shown["parameters"]}["password"] == "*****"
    shown["parameters"][0]["value"] = "new@example.com"
    del shown["id"]
    assert ask(desk, "PATCH", f"{RULES}/recipients/1", shown)[0] == 200
    assert dict(desk.device.rules.store.recipient(1).parameters) == {
        "email_to": "new@example.com",
        "host": "192.0.2.1",
        "password": "secret",
    }


def test_an_action_that_two_rules_share_is_changed_for_one(desk: Desk) -> None:
    add(desk, f"{RULES}/rules", RULE)
    store = desk.device.rules.store
    rule = store.rule(7)
    other = store.add_rule("other", rule.action, conditions=rule.conditions)
    assert (
        ask(
            desk,
            "PATCH",
            f"{RULES}/rules/7",
            {"actionConfig": {"actionParameters": [{"name": "location", "value": "logo.mp3"}]}},
        )[0]
        == 200
    )
    assert read(desk, f"{RULES}/rules/{other}/actionConfig") == CLIP
    assert read(desk, f"{RULES}/rules/7/actionConfig/actionParameters") == [
        {"name": "location", "value": "logo.mp3"}
    ]


def test_schedules_are_added_changed_and_removed(desk: Desk) -> None:
    text = "DTSTART:20260301T060000 DTEND:20260301T090000 RRULE:FREQ=DAILY"
    made = add(desk, f"{SCHEDULES}/schedules", {"name": "mornings", "schedule": text})
    assert made == {
        "id": "com.axis.schedules.genid.id-1",
        "name": "mornings",
        "schedule": text,
        "scheduleType": "interval",
    }
    path = f"{SCHEDULES}/schedules/{made['id']}"
    assert ask(desk, "PATCH", path, {"schedule": "DTSTART:20260301T060000", "scheduleType": "pulse"})[0] == 200
    assert read(desk, path)["scheduleType"] == "pulse"
    assert error(desk, "PATCH", path, {"scheduleType": "interval"})[:2] == (400, 5)
    assert ask(desk, "DELETE", path)[0] == 200
    assert error(desk, "DELETE", path)[:2] == (404, 2)


@pytest.mark.parametrize(
    ("method", "path", "data", "expected"),
    [
        ("POST", f"{RULES}/rules", {**RULE, "color": "red"}, (400, 5)),
        ("POST", f"{RULES}/rules", {"name": "x"}, (400, 5)),
        ("POST", f"{RULES}/rules", {**RULE, "activationConfig": {}}, (400, 5)),
        (
            "POST",
            f"{RULES}/rules",
            {**RULE, "activationConfig": {"condition": [{"topicExpression": "!"}]}},
            (400, 5),
        ),
        ("POST", f"{RULES}/rules", {**RULE, "actionConfig": {"template": "none"}}, (400, 5)),
        ("POST", f"{RULES}/rules", {**RULE, "actionConfig": {**CLIP, "recipientId": "1"}}, (400, 5)),
        ("POST", f"{RULES}/rules", {**RULE, "name": "\ud800"}, (400, 5)),
        ("POST", f"{RULES}/rules", [], (400, 5)),
        ("POST", f"{RULES}/others", {}, (404, 1)),
        ("POST", RULES, {}, (404, 1)),
        ("PATCH", f"{RULES}/rules/99", {}, (404, 2)),
        ("PATCH", f"{RULES}/rules/x", {}, (404, 2)),
        ("PATCH", f"{RULES}/recipients/9", {}, (404, 2)),
        ("PATCH", f"{RULES}/rules/1/id", "9", (400, 5)),
        ("PATCH", f"{RULES}/rules/1/enabled", "no", (400, 5)),
        ("PATCH", f"{RULES}/rules", {}, (405, 10)),
        ("DELETE", f"{RULES}/rules", None, (405, 10)),
        ("GET", f"{RULES}/rules/1/none", None, (404, 1)),
        ("POST", f"{SCHEDULES}/schedules", {"name": "x", "schedule": "always"}, (400, 5)),
        ("POST", f"{SCHEDULES}/schedules", {"name": "x"}, (400, 5)),
        ("POST", f"{SCHEDULES}/others", {}, (404, 1)),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_of_it_stays(
    desk: Desk, method: str, path: str, data: Any, expected: tuple[int, int]
) -> None:
    before = desk.device.rules.store.content
    assert error(desk, method, path, data)[:2] == expected
    assert desk.device.rules.store.content == before


@pytest.mark.parametrize(
    ("groups", "statuses"), [(("viewer",), (403, 403)), (("operator", "viewer"), (200, 403)), (ALL, (200, 201))]
)
def test_operators_read_and_administrators_write(
    desk: Desk, groups: tuple[str, ...], statuses: tuple[int, int]
) -> None:
    desk.device.accounts.add("someone", "secret", groups)
    login = ("someone", "secret")
    body = json.dumps({"data": RULE})
    reading, writing = desk.ask("GET", RULES, login=login), desk.ask("POST", f"{RULES}/rules", body, login=login)
    assert (reading.status, writing.status) == statuses


def test_older_firmware_does_not_have_them() -> None:
    desk = Desk("C1410", "11.11.192")
    assert desk.ask("GET", RULES).status == 404
    assert desk.ask("GET", SCHEDULES).status == 404


SHARED = Desk("C1410")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["1", "*****", CLIP["template"]]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [*RULE, *CLIP, *MAIL, "condition", "startEvent", "timeout", "name", "value", "topicExpression"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@pytest.mark.fuzz
@given(
    st.sampled_from(["POST", "PATCH", "DELETE", "GET"]),
    st.lists(st.sampled_from(["rules", "recipients", "1", "7", "$export"]) | st.text(max_size=5), max_size=4),
    JSON | st.just(RULE),
)
def test_any_request_is_answered(method: str, path: list[str], data: Any) -> None:
    target = "/".join((RULES, *path))
    body = json.dumps({"data": data}).encode()
    request = Request(SHARED.head(method, target), body)
    answer = ROUTES[0].handler(Call(SHARED.device, request, SHARED.face, ROUTES[0], ROOT[0], Level.ADMINISTRATOR))
    assert isinstance(answer, Answer)
    assert answer.status in (200, 201, 400, 404, 405)
    json.loads(answer.body)
