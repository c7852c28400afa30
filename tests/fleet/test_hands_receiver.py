"""Notifications of rules, from a SOAP client that makes the rule to the receivers of the site, and hands on these."""

from __future__ import annotations

import re
import urllib.request
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from engine_bench import PATIENCE, EngineBench, eventually, speaker

ACTION = "http://www.axis.com/vapix/ws/action1"
RECEIVERS = {"site": {"receivers": True}}
LOCKED = {"site": {"receivers": {"user": "bench", "password": "pass word"}}}
INPUT = (
    'boolean(//SimpleItem[@Name="port" and @Value="1"]) and boolean(//SimpleItem[@Name="active" and @Value="1"])'
)


def soap(bench: EngineBench, operation: str, inner: str, name: str = "speaker-1") -> str:
    """The number that the service answers with."""
    told = bench.description(name)
    body = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
        f'<{operation} xmlns="{ACTION}">{inner}</{operation}></s:Body></s:Envelope>'
    )
    url = f"{told['url']}/vapix/services"
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "application/soap+xml"})
    with bench._opener(url).open(request, timeout=PATIENCE) as answer:
        found = re.search(r"<aa:(?:ConfigurationID|RuleID)>(\d+)<", answer.read().decode())
    assert found is not None
    return found[1]


def rule(bench: EngineBench, template: str, **parameters: object) -> None:
    """A rule that acts when virtual input 1 is switched on."""
    rows = "".join(
        f"<Parameter Name={quoteattr(name)} Value={quoteattr(str(value))}/>" for name, value in parameters.items()
    )
    inner = f"<TemplateToken>com.axis.action.{template}</TemplateToken><Parameters>{rows}</Parameters>"
    action = soap(bench, "AddActionConfiguration", f"<NewActionConfiguration>{inner}</NewActionConfiguration>")
    topic = "<TopicExpression>tns1:Device/tnsaxis:IO/VirtualInput</TopicExpression>"
    condition = f"<Condition>{topic}<MessageContent>{INPUT}</MessageContent></Condition>"
    named = "<Name>told</Name><Enabled>true</Enabled>"
    inner = f"{named}<Conditions>{condition}</Conditions><PrimaryAction>{action}</PrimaryAction>"
    soap(bench, "AddActionRule", f"<NewActionRule>{inner}</NewActionRule>")


def switch(bench: EngineBench, active: bool = True) -> None:
    word = "activate" if active else "deactivate"
    assert bench.get(f"/axis-cgi/virtualinput/{word}.cgi?schemaversion=1&port=1", "speaker-1").status == 200
    bench.advance(0.2)


def taken(bench: EngineBench, what: str) -> list[dict[str, Any]]:
    return [record["data"] for record in bench.records("site", what=what) if record["what"] == what]


def failures(bench: EngineBench) -> list[str]:
    return [record["data"]["data"]["description"] for record in bench.records("event", what="ActionFailed")]


def place(bench: EngineBench) -> tuple[str, dict[str, int]]:
    told = bench.call("GET", "/v1/fleet")["site"]["receivers"]
    return told["host"], told["ports"]


def mail_rule(bench: EngineBench, door: str = "submission", **more: object) -> None:
    host, ports = place(bench)
    settings = {"email_to": "ops@example.com, guard@example.com", "email_from": "speaker@example.com"}
    message = {"subject": "Speaker %F", "message": "Speaker test failed on #M"}
    rule(bench, "fixed.notification.smtp", **settings, host=host, port=ports[door], **message, **more)


@pytest.mark.parametrize(
    ("door", "encryption", "tls"),
    [("submission", "none", False), ("submission", "tls", True), ("smtps", "ssl", True)],
)
def test_a_mail_arrives_with_and_without_tls(bench: EngineBench, door: str, encryption: str, tls: bool) -> None:
    bench.fleet(speaker(), **RECEIVERS)
    mail_rule(bench, door, encryption=encryption, validate_server_cert="1")
    switch(bench)
    assert failures(bench) == []
    (mail,) = taken(bench, "mail")
    assert (mail["from"], mail["to"]) == ("speaker@example.com", ["ops@example.com", "guard@example.com"])
    assert mail["subject"] == "Speaker 2026-03-01"
    assert bench.description("speaker-1")["mac"] in mail["text"]
    assert (mail["tls"], mail["device"]) == (tls, "speaker-1")


def test_mail_server_and_web_server_ask_for_the_password(bench: EngineBench) -> None:
    bench.fleet(speaker(), **LOCKED)
    host, ports = place(bench)
    mail_rule(bench, encryption="tls", login="bench", password="pass word")
    rule(
        bench,
        "fixed.notification.http",
        upload_url=f"http://{host}:{ports['http']}/a",
        login="bench",
        password="pass word",
        message="hello",
    )
    switch(bench)
    assert failures(bench) == []
    assert [mail["user"] for mail in taken(bench, "mail")] == ["bench"]
    assert [(one["path"], one["arguments"]["Message"]) for one in taken(bench, "notification")] == [
        ("/a", "hello")
    ]


def test_a_wrong_password_is_a_failed_action(bench: EngineBench) -> None:
    bench.fleet(speaker(), **LOCKED)
    host, ports = place(bench)
    mail_rule(bench, login="bench", password="wrong")
    rule(
        bench,
        "fixed.notification.http",
        upload_url=f"http://{host}:{ports['http']}/",
        login="bench",
        password="wrong",
    )
    switch(bench)
    told = failures(bench)
    assert any("the server answered 535" in one for one in told)
    assert any("the server answered 401" in one for one in told)
    assert taken(bench, "mail") == taken(bench, "notification") == []


def test_requests_are_made_as_configured(bench: EngineBench) -> None:
    bench.fleet(speaker(), **RECEIVERS)
    host, ports = place(bench)
    rule(
        bench,
        "fixed.notification.https",
        upload_url=f"https://{host}:{ports['https']}/hook?x=1",
        validate_server_cert="1",
        method="POST",
        message="two words & more",
        parameters="y=2&z=%C3%A5",
        http_headers="Content-Type: application/json\nX-Device: #n\nHost: elsewhere\nno header",
        body='{"at": "%T"}',
    )
    switch(bench)
    assert failures(bench) == []
    (told,) = taken(bench, "notification")
    assert (told["way"], told["method"], told["path"]) == ("https", "POST", "/hook")
    assert told["arguments"] == {"x": "1", "Message": "two words & more", "y": "2", "z": "å"}
    assert told["headers"]["Content-Type"] == "application/json"
    assert told["headers"]["X-Device"].startswith("axis-")
    assert told["headers"]["Host"].partition(":")[0] == host
    assert told["text"] == '{"at": "08:00:00"}'


def test_a_message_by_tcp_and_again_while_the_rule_is_active(bench: EngineBench) -> None:
    bench.fleet(speaker(), **RECEIVERS)
    host, ports = place(bench)
    rule(bench, "fixed.notification.tcp", host=host, port=ports["tcp"], message="once")
    rule(bench, "unlimited.notification.tcp", host=host, port=ports["tcp"], message="again", period="10")
    switch(bench)
    bench.advance(25)
    switch(bench, active=False)
    bench.advance(25)
    said = [
        one["text"]
        for one in eventually(lambda: len(taken(bench, "notification")) >= 4 and taken(bench, "notification"))
    ]
    assert sorted(said) == ["again", "again", "again", "once"]


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"do": "stop"}, "connection refused"),
        ({"do": "refuse", "code": 552}, "the server takes mail for none of the recipients"),
        ({"do": "certificate", "flaw": "expired"}, "certificate not accepted: certificate has expired"),
        ({"do": "certificate", "flaw": "wrong-name"}, "certificate not accepted: IP address mismatch"),
        (
            {"do": "certificate", "flaw": "unknown-authority"},
            "certificate not accepted: unable to get local issuer",
        ),
    ],
)
def test_what_is_wrong_at_the_receiver_is_told_as_a_failed_action(
    bench: EngineBench, order: dict[str, Any], reason: str
) -> None:
    bench.fleet(speaker(), **RECEIVERS)
    mail_rule(bench, encryption="tls", validate_server_cert="1")
    bench.act("receiver", {**order, "for": "60s"})
    switch(bench)
    (told,) = failures(bench)
    assert "Action rule 'told' failed: " in told
    assert reason in told
    assert taken(bench, "mail") == []
    bench.advance(60)
    switch(bench, active=False)
    switch(bench)
    assert len(taken(bench, "mail")) == 1, "it ended by itself"


def test_an_order_can_be_for_one_receiver(bench: EngineBench) -> None:
    bench.fleet(speaker(), **RECEIVERS)
    host, ports = place(bench)
    mail_rule(bench)
    rule(bench, "fixed.notification.http", upload_url=f"http://{host}:{ports['http']}/")
    bench.act("receiver", "refuse", which="web", code=404)
    switch(bench)
    assert len(taken(bench, "mail")) == 1
    assert any("the server answered 404" in one for one in failures(bench))
    bench.act("receiver", "accept")
    switch(bench, active=False)
    switch(bench)
    assert len(taken(bench, "notification")) == 1


def test_a_late_answer_comes_in_device_time(bench: EngineBench) -> None:
    bench.fleet(speaker(), **RECEIVERS)
    mail_rule(bench)
    bench.act("receiver", "slow", which="mail", delay="20s")
    switch(bench)
    assert taken(bench, "mail") == []
    bench.advance(20)
    eventually(lambda: taken(bench, "mail"))
    assert failures(bench) == []


def test_a_site_without_receivers_takes_no_orders(bench: EngineBench) -> None:
    bench.fleet(speaker())
    with pytest.raises(Exception, match="the site has no receivers"):
        bench.act("receiver", "stop")


TRIGGERED = {"topic": "tns1:Device/tnsaxis:IO/VirtualInput", "content": INPUT}


def test_a_device_may_come_with_rules_and_schedules(bench: EngineBench) -> None:
    rules = [
        {
            "name": "told",
            "start": TRIGGERED,
            "action": f"fixed.notification.{way}",
            "parameters": {"message": way, "subject": way},
            "to": "site",
        }
        for way in ("http", "https", "smtp", "tcp")
    ]
    schedules = {"com.axis.schedules.genid.mine": {"schedule": "DTSTART:20260301T080100 RRULE:FREQ=HOURLY"}}
    bench.fleet(speaker(rules=rules, schedules=schedules), **LOCKED)
    switch(bench)
    assert failures(bench) == []
    assert [mail["subject"] for mail in taken(bench, "mail")] == ["smtp"]
    ways = eventually(lambda: len(told := taken(bench, "notification")) == 3 and {one["way"] for one in told})
    assert ways == {"http", "https", "tcp"}
    bench.advance(70)
    assert bench.records("event", what="Recurring/Pulse")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"start": TRIGGERED, "action": "fixed.play.audioclips"}, "did you mean 'fixed.play.audioclip'"),
        ({"start": {"topic": "!"}, "action": "fixed.stop.audioclip"}, "failed to parse topic expression"),
        ({"action": "fixed.stop.audioclip"}, "occurrence violation in element Conditions"),
        ({"start": TRIGGERED, "action": "fixed.stop.audioclip", "to": "site"}, "no recipient at the site"),
    ],
)
def test_rules_that_make_no_sense_are_refused_with_their_device(
    bench: EngineBench, rule: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Exception, match=f"speaker-1: .*{reason}"):
        bench.fleet(speaker(rules=[rule]), **RECEIVERS)
