"""The tree of events, read by an XML library of its own and by the library of Home Assistant."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from axis.models.event_instance import ListEventInstancesRequest, ListEventInstancesResponse
from vapix_desk import Desk

TOP, EVENT = "{http://docs.oasis-open.org/wsn/t-1}", "{http://www.axis.com/vapix/ws/event1}"
PREFIXES = {"http://www.onvif.org/ver10/topics": "tns1:", "http://www.axis.com/2009/event/topics": "tnsaxis:"}


def asked(desk: Desk) -> bytes:
    request = ListEventInstancesRequest()
    headers = {"content-type": request.headers["Content-Type"]}
    answer = desk.ask("POST", request.path, request.content, headers=headers)
    assert answer.status == 200, answer.body
    return answer.body


def leaves(element, above=()):
    """Topic and leaf element of every declared event, with prefixes where they stand."""
    for child in element:
        if child.tag.startswith((TOP, EVENT)):
            continue
        namespace, _, name = child.tag.rpartition("}")
        path = (*above, PREFIXES.get(namespace[1:], "") + name)
        if child.get(f"{TOP}topic") == "true":
            yield "/".join(path), child
        yield from leaves(child, path)


def declared(desk: Desk):
    (tree,) = ElementTree.fromstring(asked(desk)).iter(f"{TOP}TopicSet")
    return dict(leaves(tree))


def items(leaf, part):
    """Type and values of each item; the state item's name is marked."""
    found = {}
    for one in leaf.iterfind(f".//{EVENT}{part}Instance/{EVENT}SimpleItemInstance"):
        mark = "!" if one.get("isPropertyState") == "true" else ""
        found[one.get("Name") + mark] = (one.get("Type"), [value.text for value in one.iterfind(f"{EVENT}Value")])
    return found


@pytest.mark.parametrize("model", ["A9210", "C1410"])
def test_every_state_of_the_device_is_declared_with_its_source(model: str) -> None:
    desk = Desk(model)
    told = declared(desk)
    for state in desk.device.events.states():
        leaf = told[state.topic]
        assert leaf.find(f"{EVENT}MessageInstance").get(f"{EVENT}isProperty") == "true"
        for name, value in state.source:
            assert value in items(leaf, "Source")[name][1]
        assert {name.rstrip("!") for name in items(leaf, "Data")} >= {name for name, _ in state.data}


def test_a_port_is_declared_by_its_direction_and_name() -> None:
    desk = Desk("A9210")
    told = declared(desk)
    inputs = items(told["tns1:Device/tnsaxis:IO/Port"], "Source")["port"]
    assert inputs[0] == "xsd:int"
    assert "-1" in inputs[1]
    assert "7" in inputs[1]
    assert items(told["tns1:Device/tnsaxis:IO/Port"], "Data") == {"state!": ("xsd:boolean", [])}
    names = [one.get(f"{EVENT}NiceName") for one in told["tns1:Device/tnsaxis:IO/Port"].iter(f"{EVENT}Value")]
    assert "Port 2" in names
    assert told["tns1:Device/Trigger/DigitalInput"].get("isApplicationData") == "true"
    desk.device.ports[7].set_direction("output")
    told = declared(desk)
    assert "7" not in items(told["tns1:Device/tnsaxis:IO/Port"], "Source")["port"][1]
    assert "7" in items(told["tns1:Device/tnsaxis:IO/OutputPort"], "Source")["port"][1]


def test_some_are_declared_only_while_there_is_something_to_tell() -> None:
    desk = Desk("A9210")
    supervised, pulse = "tns1:Device/tnsaxis:IO/SupervisedPort", "tns1:UserAlarm/tnsaxis:Recurring/Pulse"
    assert not {supervised, pulse, "tnsaxis:MQTT/Message/Stateless"} & set(declared(desk))
    desk.device.ports[1].install(preset())
    desk.device.rules.store.add_schedule("tick", "DTSTART:20260301T000000 RRULE:FREQ=HOURLY")
    told = declared(desk)
    assert items(told[supervised], "Data")["state!"] == (
        "xsd:string",
        ["open", "closed", "cut", "shorted", "undefined"],
    )
    assert items(told[pulse], "Source")["id"] == ("xsd:string", ["com.axis.schedules.genid.id-1"])
    assert told[pulse].find(f"{EVENT}MessageInstance").get(f"{EVENT}isProperty") is None
    office = told["tns1:UserAlarm/tnsaxis:Recurring/Interval"]
    assert "Office Hours" in [one.get(f"{EVENT}NiceName") for one in office.iter(f"{EVENT}Value")]


def preset():
    from simulator.device.loop import EndOfLine

    return EndOfLine("SerialFirst4k7")


def test_prefixes_are_literal_and_stand_where_the_namespace_changes() -> None:
    text = asked(Desk("C1410")).decode()
    assert (
        '<tns1:Device aev:NiceName="Device"><tnsaxis:IO aev:NiceName="IO"><VirtualInput wstop:topic="true"' in text
    )
    assert "<SOAP-ENV:Body><aev:GetEventInstancesResponse><wstop:TopicSet><tns1:Device " in text
    assert '<ActionFailed wstop:topic="true" aev:NiceName="Action failed" client-event="true">' in text


def test_the_library_of_home_assistant_reads_it() -> None:
    desk = Desk("A9210")
    found = ListEventInstancesResponse.decode(asked(desk)).data
    port = found["tns1:Device/tnsaxis:IO/Port"]
    assert (port.stateful, port.name, port.is_available) == (True, "Digital input port", True)
    assert {str(one["#text"]) for one in port.source["Value"]} >= {"1", "9"}
    assert set(found) == set(declared(desk))
