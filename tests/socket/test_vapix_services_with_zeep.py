"""The SOAP services as zeep speaks to them: a rule is made from a WSDL, acts, and is removed; faults are faults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.auth import HTTPDigestAuth
from vapix_fleet import fleet
from zeep import Client, Transport
from zeep.exceptions import Fault

WSDL = Path(__file__).with_name("services.wsdl")
OPERATIONS = {
    "aa": ("GetActionTemplates", "AddActionConfiguration", "AddActionRule", "GetActionRules", "RemoveActionRule"),
    "aev": ("ChangeVirtualInputState",),
}
TOPIC = "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete"
CONTENT = "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"


def wsdl(folder: Path) -> str:
    """The WSDL with messages, operations and bindings, which all look alike."""
    names = [(prefix, name) for prefix, operations in OPERATIONS.items() for name in operations]
    parts = {
        "{messages}": "".join(
            f'<message name="{name}{kind}"><part name="body" element="{prefix}:{name}{kind}"/></message>'
            for prefix, name in names
            for kind in ("", "Response")
        ),
        "{operations}": "".join(
            f'<operation name="{name}"><input message="tns:{name}"/><output message="tns:{name}Response"/></operation>'
            for _, name in names
        ),
        "{bound}": "".join(
            f'<operation name="{name}"><soap:operation soapAction="{name}"/><input><soap:body use="literal"/></input>'
            '<output><soap:body use="literal"/></output></operation>'
            for _, name in names
        ),
    }
    text = WSDL.read_text()
    for key, part in parts.items():
        text = text.replace(key, part)
    file = folder / "services.wsdl"
    file.write_text(text)
    return str(file)


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    with fleet({"name": "speaker", "model": "C1410"}) as made:
        yield made


@pytest.fixture
def service(session: Any, tmp_path: Path) -> Iterator[Any]:
    with requests.Session() as http:
        http.auth = HTTPDigestAuth("root", "pass")
        client = Client(wsdl(tmp_path), transport=Transport(session=http))
        yield client.create_service("{urn:services}ServicesSoap", f"{session['speaker'].url}/vapix/services")


def item(name: str, value: object) -> str:
    return f'boolean(//SimpleItem[@Name="{name}" and @Value="{value}"])'


def expression(dialect: str, text: str) -> dict[str, str]:
    return {"_value_1": text, "Dialect": dialect}


def parameters(**given: object) -> dict[str, Any]:
    return {"Parameter": [{"Name": name, "Value": str(value)} for name, value in given.items()]}


def rules_of(service: Any) -> list[Any]:
    """zeep unwraps a list that is the only member, and gives None for an empty one."""
    return service.GetActionRules() or []


def test_a_rule_is_made_acts_and_is_removed(session: Any, service: Any) -> None:
    templates = {one.TemplateToken: one for one in service.GetActionTemplates()}
    play = templates["com.axis.action.fixed.play.audioclip"]
    assert {one.Name for one in play.Parameters.Parameter} >= {"location", "repeat", "volume"}
    action = service.AddActionConfiguration(
        {"TemplateToken": play.TemplateToken, "Parameters": parameters(location="logo.mp3", volume=10)}
    )
    topic = expression(TOPIC, "tns1:Device/tnsaxis:IO/VirtualInput")
    content = expression(CONTENT, f"{item('port', 5)} and {item('active', 1)}")
    condition = {"TopicExpression": topic, "MessageContent": content}
    number = service.AddActionRule(
        {"Name": "zeep", "Enabled": True, "Conditions": {"Condition": [condition]}, "PrimaryAction": action}
    )
    listed = {one.RuleID: one for one in rules_of(service)}
    assert listed[number].Name == "zeep"
    assert listed[number].Conditions.Condition[0].MessageContent._value_1 == content["_value_1"]

    playing = session.expect("speaker").event("clip", state="yes", within=5)
    service.ChangeVirtualInputState(port=5, active=True)
    playing.wait()
    service.RemoveActionRule(number)
    assert number not in {one.RuleID for one in rules_of(service)}


def test_faults_are_faults(service: Any) -> None:
    with pytest.raises(Fault, match=r"^No action rule with id '9999' exists$") as caught:
        service.RemoveActionRule("9999")
    assert "ActionRuleNotFoundFault" in caught.value.detail[0].tag
    with pytest.raises(Fault, match=r"^action template with id 'com\.bogus' not found$"):
        service.AddActionConfiguration({"TemplateToken": "com.bogus", "Parameters": parameters()})
