"""The SOAP services, asked with envelopes as clients write them; answers read with an XML library of its own."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vapix_desk import ROOT, Desk

from simulator.device.parameter import Level
from simulator.face.exchange import Request
from simulator.face.vapix.call import Call
from simulator.face.vapix.services import ROUTES

NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "aa": "http://www.axis.com/vapix/ws/action1",
    "aev": "http://www.axis.com/vapix/ws/event1",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "ter": "http://www.onvif.org/ver10/error",
}
TOPIC = "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete"
SET = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
CONTENT = "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"
READY = 'boolean(//SimpleItem[@Name="ready" and @Value="1"])'
LED = '<Parameter Name="led" Value="status"/><Parameter Name="color" Value="red"/>'
SIREN = "com.axis.action.unlimited.siren_and_light"
PROFILE = '<Parameter Name="profile" Value="SIP"/>'


def envelope(inner):
    return f'<soap:Envelope xmlns:soap="{NAMES["s"]}"><soap:Body>{inner}</soap:Body></soap:Envelope>'


def asked(name, inner="", service="aa"):
    topics = 'xmlns:tns1="http://www.onvif.org/ver10/topics" xmlns:tnsaxis="http://www.axis.com/2009/event/topics"'
    return envelope(f'<{name} xmlns="{NAMES[service]}" {topics}>{inner}</{name}>')


@pytest.fixture
def desk():
    return Desk("C1410")


def post(desk, body, **more):
    headers = {"content-type": "application/soap+xml; charset=utf-8"}
    return desk.ask("POST", "/vapix/services", body, headers=headers, **more)


def ask(desk, name, inner="", service="aa"):
    """The response element."""
    answer = post(desk, asked(name, inner, service))
    assert answer.status == 200, answer.body
    assert answer.content_type == "application/soap+xml; charset=utf-8"
    return ElementTree.fromstring(answer.body).find(f"s:Body/{service}:{name}Response", NAMES)


def fault(desk, name, inner="", service="aa"):
    """Reason, subcode, and the first element of the detail with its prefix as written."""
    answer = post(desk, asked(name, inner, service))
    assert answer.status == 400
    return read_fault(answer)


def read_fault(answer):
    assert answer.status == 400
    found = ElementTree.fromstring(answer.body).find("s:Body/s:Fault", NAMES)
    assert found.findtext("s:Code/s:Value", namespaces=NAMES) in ("SOAP-ENV:Sender", "SOAP-ENV:VersionMismatch")
    detail = answer.body.decode().partition("<SOAP-ENV:Detail><")[2].partition(">")[0]
    subcode = found.findtext("s:Code/s:Subcode/s:Value", "", NAMES)
    return found.findtext("s:Reason/s:Text", "", NAMES), subcode, detail


def configuration(template="com.axis.action.fixed.stop.audioclip", parameters="", name="cfg"):
    inner = f"<Name>{name}</Name><TemplateToken>{template}</TemplateToken><Parameters>{parameters}</Parameters>"
    return f"<NewActionConfiguration>{inner}</NewActionConfiguration>"


def add_configuration(desk, *arguments):
    response = ask(desk, "AddActionConfiguration", configuration(*arguments))
    return response.findtext("aa:ConfigurationID", namespaces=NAMES)


def condition(topic="tns1:Device/tnsaxis:Status/SystemReady", content=READY, dialect=TOPIC):
    return (
        f'<TopicExpression Dialect="{dialect}" xmlns="{NAMES["wsnt"]}">{topic}</TopicExpression>'
        f'<MessageContent Dialect="{CONTENT}" xmlns="{NAMES["wsnt"]}">{content}</MessageContent>'
    )


def rule(action, conditions=None, start="", more="", name="cassette test rule"):
    rows = "".join(
        f"<Condition>{one}</Condition>" for one in ([condition()] if conditions is None else conditions)
    )
    held = f"<Conditions>{rows}</Conditions>" if rows else ""
    begun = f"<StartEvent>{start}</StartEvent>" if start else ""
    inner = f"<Name>{name}</Name><Enabled>true</Enabled>{begun}{held}{more}<PrimaryAction>{action}</PrimaryAction>"
    return f"<NewActionRule>{inner}</NewActionRule>"


# ---- templates


def test_templates_name_their_parameters_and_their_recipient(desk):
    found = {
        one.findtext("aa:TemplateToken", namespaces=NAMES): one
        for one in ask(desk, "GetActionTemplates").iterfind("aa:ActionTemplates/aa:ActionTemplate", NAMES)
    }
    mail = found["com.axis.action.fixed.notification.smtp"]
    assert mail.findtext("aa:RecipientTemplate", namespaces=NAMES) == "com.axis.recipient.smtp"
    assert [one.get("Name") for one in mail.iterfind("aa:Parameters/aa:Parameter", NAMES)] == [
        "subject",
        "message",
    ]
    recipients = ask(desk, "GetRecipientTemplates")
    tokens = [one.text.rpartition(".")[2] for one in recipients.iterfind(".//aa:TemplateToken", NAMES)]
    assert {"http", "https", "smtp", "tcp"} < set(tokens)


def test_each_product_has_its_own_templates():
    speaker, module = (post(Desk(model), asked("GetActionTemplates")).body for model in ("C1410", "A9210"))
    assert b"play.audioclip" in speaker
    assert b"io.toggle" not in speaker
    assert b"io.toggle" in module
    assert b"play.audioclip" not in module


# ---- the recorded walk through a rule's life


def test_a_rule_is_made_listed_and_removed_as_recorded(desk):
    action = add_configuration(desk)
    number = ask(desk, "AddActionRule", rule(action)).findtext("aa:RuleID", namespaces=NAMES)
    text = post(desk, asked("GetActionRules")).body.decode()
    assert (
        f"<aa:ActionRule><aa:RuleID>{number}</aa:RuleID><aa:Name>cassette test rule</aa:Name><aa:Enabled>true</aa:Enabled>"
        f'<aa:Conditions><aa:Condition><wsnt:TopicExpression Dialect="{TOPIC}">tns1:Device/tnsaxis:Status/SystemReady'
        f'</wsnt:TopicExpression><wsnt:MessageContent Dialect="{CONTENT}">{READY}</wsnt:MessageContent></aa:Condition>'
        f"</aa:Conditions><aa:PrimaryAction>{action}</aa:PrimaryAction></aa:ActionRule>"
    ) in text
    reason, _, detail = fault(desk, "RemoveActionConfiguration", f"<ConfigurationID>{action}</ConfigurationID>")
    assert (reason, detail) == ("action configuration is in use", "aa:ActionConfigurationIsInUseFault")
    ask(desk, "RemoveActionRule", f"<RuleID>{number}</RuleID>")
    ask(desk, "RemoveActionConfiguration", f"<ConfigurationID>{action}</ConfigurationID>")
    assert f"<aa:RuleID>{number}<" not in post(desk, asked("GetActionRules")).body.decode()


def test_the_fault_names_the_rules_that_use_a_configuration(desk):
    action = add_configuration(desk)
    number = ask(desk, "AddActionRule", rule(action)).findtext("aa:RuleID", namespaces=NAMES)
    body = post(
        desk, asked("RemoveActionConfiguration", f"<ConfigurationID>{action}</ConfigurationID>")
    ).body.decode()
    assert (
        "<aa:ActionConfigurationIsInUseFault><aa:UsedByActionRules><aa:ActionRule>"
        f"<aa:ActionRuleID>{number}</aa:ActionRuleID><aa:ActionRuleName>cassette test rule</aa:ActionRuleName>"
    ) in body


def test_numbers_increase_and_factory_rules_have_the_low_ones(desk):
    first, second = add_configuration(desk), add_configuration(desk)
    assert int(second) == int(first) + 1
    ask(desk, "RemoveActionConfiguration", f"<ConfigurationID>{second}</ConfigurationID>")
    assert int(add_configuration(desk)) == int(second) + 1
    names = [one.text for one in ask(desk, "GetActionRules").iterfind(".//aa:Name", NAMES)]
    assert names[0] == "Loud ringer"


def test_other_prefixes_and_dialects_are_understood(desk):
    topic = (
        f'<TopicExpression xmlns="{NAMES["wsnt"]}" xmlns:a="http://www.onvif.org/ver10/topics" '
        f'xmlns:b="http://www.axis.com/2009/event/topics" Dialect="{SET}">a:Device/b:Status/b:SystemReady</TopicExpression>'
    )
    ask(desk, "AddActionRule", rule(add_configuration(desk), [topic]))
    listed = post(desk, asked("GetActionRules")).body.decode()
    assert f'Dialect="{TOPIC}">tns1:Device/tnsaxis:Status/tnsaxis:SystemReady<' in listed
    assert SET not in listed


def test_the_waiting_time_and_the_start_event_come_back(desk):
    more = "<ActivationTimeout>PT1H0M30S</ActivationTimeout>"
    ask(desk, "AddActionRule", rule(add_configuration(desk), [], condition(), more))
    text = post(desk, asked("GetActionRules")).body.decode()
    assert "<aa:StartEvent><wsnt:TopicExpression" in text
    assert "<aa:ActivationTimeout>PT3630S</aa:ActivationTimeout>" in text
    assert desk.device.rules.store.content.rules[7].wait == 3630


def test_recipients_are_kept_and_removed(desk):
    inner = (
        "<NewRecipientConfiguration><TemplateToken>com.axis.recipient.tcp</TemplateToken><Name>Test &amp; co</Name>"
        '<Parameters><Parameter Name="host" Value="172.25.200.100"/><Parameter Name="port" Value="50000"/>'
        '<Parameter Name="qos" Value="0"/></Parameters></NewRecipientConfiguration>'
    )
    number = ask(desk, "AddRecipientConfiguration", inner).findtext("aa:ConfigurationID", namespaces=NAMES)
    kept = ask(desk, "GetRecipientConfigurations").find(
        "aa:RecipientConfigurations/aa:RecipientConfiguration", NAMES
    )
    assert kept.findtext("aa:Name", namespaces=NAMES) == "Test & co"
    assert {one.get("Name"): one.get("Value") for one in kept.iterfind("aa:Parameters/aa:Parameter", NAMES)}[
        "port"
    ] == "50000"
    ask(desk, "RemoveRecipientConfiguration", f"<ConfigurationID>{number}</ConfigurationID>")
    assert ask(desk, "GetRecipientConfigurations").find(".//aa:RecipientConfiguration", NAMES) is None
    assert (
        fault(desk, "RemoveRecipientConfiguration", f"<ConfigurationID>{number}</ConfigurationID>")[2]
        == "aa:RecipientConfigurationNotFoundFault"
    )


# ---- recorded faults


RECORDED = {
    "unknown template": (
        ("AddActionConfiguration", configuration("com.bogus.nonexistent")),
        "action template with id 'com.bogus.nonexistent' not found",
        "aa:ActionTemplateNotFoundFault",
    ),
    "missing parameter": (
        ("AddActionConfiguration", configuration("com.axis.action.fixed.ledcontrol")),
        "Configuration parameter missing: led",
        "aa:ParametersMissmatchFault",
    ),
    "unknown action": (
        ("AddActionRule", rule(9999)),
        "Unknown action configuration '9999' specified for primary action",
        "aa:ActionConfigurationNotFoundFault",
    ),
    "unknown configuration": (
        ("RemoveActionConfiguration", "<ConfigurationID>9999</ConfigurationID>"),
        "",
        "aa:ActionConfigurationNotFoundFault",
    ),
    "unknown rule": (
        ("RemoveActionRule", "<RuleID>9999</RuleID>"),
        "No action rule with id '9999' exists",
        "aa:ActionRuleNotFoundFault",
    ),
    "no topic": (
        ("AddActionRule", rule(1, [condition("definitely not a topic !@#$")])),
        "failed to parse topic expression 'definitely not a topic !@#$'",
        "wsnt:InvalidTopicExpressionFault",
    ),
    "no content": (
        ("AddActionRule", rule(1, [condition(content="not[valid[xpath")])),
        "around character 1: syntax error, unexpected [, expecting (",
        "wsnt:InvalidMessageContentExpressionFault",
    ),
    "stateless condition": (
        ("AddActionRule", rule(1, [condition("tns1:Device/tnsaxis:Network/BlockedIP", "")])),
        "could not match any property events",
        "aa:InvalidConditionFilterFault",
    ),
    "unknown condition": (
        ("AddActionRule", rule(1, [condition("tns1:Device/tnsaxis:No/Such", "")])),
        "could not match any property events",
        "aa:InvalidConditionFilterFault",
    ),
}


@pytest.mark.parametrize(("call", "reason", "detail"), RECORDED.values(), ids=RECORDED)
def test_recorded_faults(desk, call, reason, detail):
    assert fault(desk, *call) == (reason, "", detail)


def test_a_rule_without_start_event_and_conditions_is_no_argument(desk):
    body = post(desk, asked("AddActionRule", rule(1, []))).body.decode()
    assert fault(desk, "AddActionRule", rule(1, []))[:2] == ("Invalid argument", "ter:InvalidArgs")
    assert "Validation constraint violation: occurrence violation in element Conditions" in body


# ---- who may


@pytest.mark.parametrize(
    ("groups", "statuses"),
    [
        (("viewer",), (403, 403)),
        (("operator", "viewer"), (200, 403)),
        (("admin", "operator", "viewer"), (200, 200)),
    ],
)
def test_operators_read_and_administrators_write(desk, groups, statuses):
    desk.device.accounts.add("someone", "secret", groups)
    bodies = asked("GetActionRules"), asked("AddActionConfiguration", configuration())
    assert tuple(post(desk, body, login=("someone", "secret")).status for body in bodies) == statuses
    assert post(desk, bodies[0], login=None).status == 401


# ---- schedules and virtual inputs


ICALENDAR = "DTSTART:19700101T080000 DTEND:19700101T150000 RRULE:FREQ=WEEKLY;BYDAY=TU,WE,TH"


def schedule(text=ICALENDAR, token=""):
    chosen = f"<EventID>{token}</EventID>" if token else ""
    calendar = f'<Schedule><ICalendar Dialect="http://www.axis.com/vapix/ws/ical1">{text}</ICalendar></Schedule>'
    return f"<NewScheduledEvent><Name>Mine</Name>{chosen}{calendar}</NewScheduledEvent>"


def test_a_schedule_is_added_listed_and_removed(desk):
    token = ask(desk, "AddScheduledEvent", schedule(), "aev").findtext("aev:EventID", namespaces=NAMES)
    assert token.startswith("com.axis.schedules.genid.")
    listed = ask(desk, "GetScheduledEvents", service="aev")
    kept = {
        one.findtext("aev:EventID", namespaces=NAMES): one.findtext("aev:Schedule/aev:ICalendar", namespaces=NAMES)
        for one in listed.iterfind("aev:ScheduledEvents/aev:ScheduledEvent", NAMES)
    }
    assert kept[token] == ICALENDAR
    assert "com.axis.schedules.office_hours" in kept
    ask(desk, "RemoveScheduledEvent", f"<EventID>{token}</EventID>", "aev")
    assert (
        fault(desk, "RemoveScheduledEvent", f"<EventID>{token}</EventID>", "aev")[2]
        == "aev:ScheduledEventNotFoundFault"
    )


def test_tools_replace_a_schedule_under_its_old_id(desk):
    ask(desk, "AddScheduledEvent", schedule(token="com.axis.schedules.genid.mine"), "aev")
    assert fault(desk, "AddScheduledEvent", schedule(token="com.axis.schedules.genid.mine"), "aev")[2].startswith(
        "aev:"
    )
    ask(desk, "RemoveScheduledEvent", "<EventID>com.axis.schedules.genid.mine</EventID>", "aev")
    ask(desk, "AddScheduledEvent", schedule("DTSTART:20260301T000000", "com.axis.schedules.genid.mine"), "aev")
    assert fault(desk, "AddScheduledEvent", schedule("yesterday"), "aev")[2] == "aev:InvalidScheduleFault"


@pytest.mark.parametrize(("word", "active"), [("1", True), ("true", True), ("0", False)])
def test_a_virtual_input_is_switched(desk, word, active):
    ask(desk, "ChangeVirtualInputState", f"<port>5</port><active>{word}</active>", "aev")
    assert desk.device.virtual_inputs.is_active(5) is active


@pytest.mark.parametrize(("port", "active"), [("99", "1"), ("x", "1"), ("1", "on"), ("", "")])
def test_a_wrong_virtual_input_is_no_argument(desk, port, active):
    inner = f"<port>{port}</port><active>{active}</active>" if port else ""
    assert fault(desk, "ChangeVirtualInputState", inner, "aev")[1] == "ter:InvalidArgs"


# ---- hostile envelopes


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "lol" * 10}">' for n in range(9))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<",
        "<a/>",
        envelope(""),
        envelope("<a/><b/>"),
        f"<!DOCTYPE x [{BOMB}]>" + envelope("<GetActionRules>&a8;</GetActionRules>"),
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>'
        + envelope("<GetActionRules>&f;</GetActionRules>"),
        '<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd">' + envelope("<GetActionRules/>"),
        envelope("<GetActionRules>&f;</GetActionRules>"),
        asked("NoSuchOperation"),
        asked("GetActionRules", service="wsnt"),
        asked("AddActionRule"),
        "<x>" * 5000,
        envelope("<a>" * 5000),
        asked("GetActionRules").replace(NAMES["s"], "http://schemas.xmlsoap.org/soap/envelope/"),
        '<?xml version="1.0" encoding="UTF-16"?>' + envelope("<a/>"),
    ],
)
def test_hostile_envelopes_are_faults(desk, body):
    reason, _, _ = read_fault(post(desk, body))
    assert reason


def test_a_document_type_in_another_encoding_is_a_fault_too(desk):
    body = (
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]>' + envelope("<a>&a;</a>")
    ).encode("utf-16")
    assert read_fault(post(desk, body))[0]


def test_ten_megabytes_are_too_much(desk):
    assert post(desk, asked("GetActionRules", "x" * 10_000_000)).status == 413


def test_what_fits_is_answered_quickly_however_it_is_made(desk):
    many = "".join(f'<Parameter Name="p{n}" Value="v"/>' for n in range(20_000))
    reason, _, detail = fault(desk, "AddActionConfiguration", configuration(SIREN, PROFILE + many))
    assert (reason, detail) == ("too many configuration parameters", "aa:ParametersMissmatchFault")


PARTS = ["<a>", "</a>", "<aa:x>", "&lt;", "&x;", "<![CDATA[", "]]>", "<!DOCTYPE a>", 'a="b"', "<a b='c'/>"]
WHOLE = [envelope("<a/>"), asked("AddActionRule", rule(1))]


@pytest.mark.fuzz
@given(st.text(max_size=200) | st.lists(st.sampled_from(PARTS + WHOLE), max_size=20).map("".join))
def test_any_body_is_answered(body):
    request = Request(SHARED.head("POST", "/vapix/services"), body.encode("utf-8", "surrogatepass"))
    call = Call(SHARED.device, request, SHARED.face, ROUTES[0], ROOT[0], Level.ADMINISTRATOR)
    answer = ROUTES[0].handler(call)
    assert answer.status in (200, 400)
    ElementTree.fromstring(answer.body)


SHARED = Desk("C1410")
"""One for all fuzzed requests: rules are bounded."""
