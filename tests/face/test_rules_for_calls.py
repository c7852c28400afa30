"""The manual's walk-throughs about calls, by the APIs behind the web page; a caller stands in for SIP on the wire.

C1410 manual, Set up rules for events: "Stop audio with DTMF" and "Set up audio for incoming SIP calls".
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from vapix_desk import Desk

from simulator.device.call import Call

RULES = "/config/rest/action-rules/v2beta/rules"
ALICE, SPEAKER, ACCOUNT = "sip:alice@192.0.2.9", "sip:speaker@192.0.2.1", "sip_account_0"
CLIP_SECONDS = 3


class Station(Desk):
    """A speaker with SIP on, its web page, and somebody who calls it."""

    def __init__(self) -> None:
        super().__init__("C1410")
        service = self.device.call_service
        assert service is not None
        self.service = service
        service.calls.on_answer(lambda call: call.answered("PCMU"))
        self.command("SetSIPConfiguration", SIPConfiguration={"SIPEnabled": True, "AllowIncomingCalls": True})

    def command(self, name: str, **values: Any) -> Any:
        answer = self.ask("POST", "/vapix/call", json.dumps({f"axcall:{name}": values}))
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def answer_automatically(self, automatically: bool) -> None:
        self.command("SetSIPAccount", SIPAccount={"Id": ACCOUNT, "AutoAnswerEnabled": automatically})

    def rule(self, name: str, action: str, *conditions: Any, start: Any = None, **parameters: str) -> str:
        activation = {"condition": list(conditions), **({} if start is None else {"startEvent": start})}
        rows = [{"name": key, "value": value} for key, value in parameters.items()]
        configured = {"template": f"com.axis.action.{action}", "actionParameters": rows}
        data = {"name": name, "activationConfig": activation, "actionConfig": configured}
        answer = self.ask("POST", RULES, json.dumps({"data": data}))
        assert answer.status == 201, answer.body
        made: str = json.loads(answer.body)["data"]["id"]
        return made

    def switch_rule(self, number: str, *, on: bool) -> None:
        assert self.ask("PATCH", f"{RULES}/{number}/enabled", json.dumps({"data": on})).status == 200

    def call(self) -> Call:
        """Alice calls."""
        decision = self.service.calls.incoming(ALICE, SPEAKER, ACCOUNT)
        assert decision.call is not None
        if decision.verdict == "answer":
            decision.call.answered("PCMU")
        self.advance(0.1)
        return decision.call

    @property
    def playing(self) -> str:
        clips = self.device.clips
        assert clips is not None
        return "" if clips.playing is None else clips.playing.clip.file_name


def condition(topic: str, **items: str) -> dict[str, str]:
    clauses = [f'boolean(//SimpleItem[@Name="{name}" and @Value="{value}"])' for name, value in items.items()]
    return {"topicExpression": topic, "messageContent": " and ".join(clauses)}


RINGING = condition("tnsaxis:Call/State", CallState="Ringing")
ENDED = condition("tnsaxis:MediaClip/Playing", Playing="0")
"""Audio clip playing, inverted."""


@pytest.fixture
def station() -> Station:
    return Station()


def test_stop_audio_with_dtmf(station: Station) -> None:
    """Sequence 1 is described as "stop audio"; the rule's condition is that DTMF event."""
    station.answer_automatically(True)
    event = station.command("SetDTMFEvent", DTMFEvent={"Name": "stop audio"})
    trigger = station.command("SetDTMFTrigger", DTMFTrigger={"DTMFSequence": "1", **event})
    sent = {"Id": "dtmf_config_default", "DTMFTriggerId": [trigger["DTMFTriggerId"]]}
    station.command("SetDTMFConfiguration", DTMFConfiguration=sent)
    listed = station.ask(
        "POST",
        "/vapix/services",
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
        '<GetEventInstances xmlns="http://www.axis.com/vapix/ws/event1"/></s:Body></s:Envelope>',
    ).body.decode()
    assert f'<aev:Value aev:NiceName="stop audio">{event["DTMFEventId"]}</aev:Value>' in listed, (
        "the page offers it"
    )
    dtmf = condition("tnsaxis:Call/DTMF", DTMFEventId=event["DTMFEventId"])
    station.rule("DTMF stop audio", "fixed.stop.audioclip", start=dtmf)

    station.get("/axis-cgi/playclip.cgi?location=alarm.mp3&repeat=-1")
    call = station.call()
    assert station.playing == "alarm.mp3"
    station.service.calls.digit(call, "2", "rtp", 0.0)
    station.advance(0.1)
    assert station.playing == "alarm.mp3"
    station.service.calls.digit(call, "1", "rtp", 1.0)
    station.advance(0.1)
    assert station.playing == ""


def test_play_audio_when_a_call_comes_and_answer_it_after_the_clip(station: Station) -> None:
    station.answer_automatically(False)
    station.rule("Play on call", "fixed.play.audioclip", RINGING, location="ding_dong.mp3", repeat="1")
    station.rule("Answer after clip", "fixed.sip.answer", RINGING, start=ENDED)

    call = station.call()
    assert (call.state, station.playing) == ("Ringing", "ding_dong.mp3")
    station.advance(2 * CLIP_SECONDS - 0.5)
    assert (call.state, station.playing) == ("Ringing", "ding_dong.mp3")
    station.advance(1)
    assert (call.state, station.playing) == ("Active", "")
    states = [data["CallState"] for topic, data in station.events if topic == "tnsaxis:Call/State"]
    assert states[-2:] == ["Ringing", "Active"]


def test_the_factory_rules_for_it_only_have_to_be_turned_on(station: Station) -> None:
    station.answer_automatically(False)
    rules = {one.name: str(one.id) for one in station.device.rules.store.content.rules.values()}
    for name, number in rules.items():
        if name.startswith("Pre-announcement"):
            station.switch_rule(number, on=True)
    call = station.call()
    assert (call.state, station.playing) == ("Ringing", "ding_dong.mp3")
    station.advance(CLIP_SECONDS + 0.5)
    assert call.state == "Active"
    assert station.device.light is not None
    assert station.device.light.shown is not None, "the LED of an active call"
    call.ended()
    station.advance(0.1)
    assert station.device.light.shown is None


def test_a_clip_that_ends_without_a_call_answers_nothing(station: Station) -> None:
    station.rule("Answer after clip", "fixed.sip.answer", RINGING, start=ENDED)
    station.get("/axis-cgi/playclip.cgi?location=alarm.mp3")
    station.advance(CLIP_SECONDS + 1)
    assert not [data for topic, data in station.events if topic.endswith("ActionFailed")]


def test_the_loud_ringer_is_heard_for_as_long_as_it_rings(station: Station) -> None:
    station.answer_automatically(False)
    station.switch_rule("1", on=True)
    call = station.call()
    station.advance(20)
    assert station.playing == "alarm.mp3"
    call.ended()
    station.advance(0.1)
    assert station.playing == ""


def test_a_rule_makes_a_call(station: Station) -> None:
    placed: list[Call] = []
    station.service.calls.on_place(placed.append)
    pressed = condition("tns1:Device/tnsaxis:IO/VirtualPort", state="1")
    station.rule("Call the guard", "fixed.sip", pressed, recipient="sip:guard@192.0.2.77", account=ACCOUNT)
    station.get("/axis-cgi/io/virtualinput.cgi?action=6:/")
    station.advance(0.1)
    assert [(call.remote, call.account_id) for call in placed] == [("sip:guard@192.0.2.77", ACCOUNT)]


@pytest.mark.parametrize(
    ("action", "parameters", "reason"),
    [
        ("fixed.sip.answer", {}, "There is no call to answer"),
        ("fixed.sip", {"recipient": "nobody"}, "'nobody' is no SIP address"),
    ],
)
def test_a_call_that_cannot_be_made_or_answered_is_a_failed_action(
    station: Station, action: str, parameters: dict[str, str], reason: str
) -> None:
    station.rule("x", action, condition("tns1:Device/tnsaxis:IO/VirtualPort", state="1"), **parameters)
    station.get("/axis-cgi/io/virtualinput.cgi?action=6:/")
    station.advance(0.1)
    told = [data["description"] for topic, data in station.events if topic.endswith("ActionFailed")]
    assert told == [f"Action rule 'x' failed: {reason}"]
