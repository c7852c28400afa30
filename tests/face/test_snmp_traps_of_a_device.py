"""What a device tells by itself: which event, in which version, under which number (SNMP sheet 2.7)."""

from __future__ import annotations

import pytest
from snmp_bench import PEER, TRAPS, SnmpBench

from simulator.device.alarm import EXTERNAL_TAMPER, SHOCK
from simulator.device.enclosure import CASING, TEMPERATURE
from simulator.device.storage import DISRUPTION
from simulator.face.snmp.alarm import AlarmBook
from simulator.wire.snmp.message import CommunityMessage
from simulator.wire.snmp.pdu import Kind, Pdu

GENERIC = "1.3.6.1.6.3.1.1.5"
VIDEO = "1.3.6.1.4.1.368.4.2.0"
ENTERPRISE = (1, 3, 6, 1, 4, 1, 368, 1, 1)


def bench(**parameters: str) -> SnmpBench:
    return SnmpBench(**{**TRAPS, **parameters})


def test_a_start_is_told_and_the_link_with_it() -> None:
    desk = bench()
    assert desk.traps() == [], "it was up before"
    desk.face.stop()
    desk.device.lifecycle.bootid = "another"
    desk.face.start()
    assert [(kind, name) for kind, name, _ in desk.traps()] == [("v2c", f"{GENERIC}.1"), ("v2c", f"{GENERIC}.4")]


def test_a_restart_of_the_agent_alone_is_a_cold_start_as_with_net_snmp() -> None:
    desk = bench()
    desk.device.parameters.write("SNMP.V1ReadCommunity", "other")
    desk.desk.advance(1)
    assert [name for _, name, _ in desk.traps()] == [f"{GENERIC}.1"]


@pytest.mark.parametrize(
    ("off", "kind"), [("SNMP.V2c", "v1"), ("SNMP.V1", "v2c"), ("", "v2c")], ids=["v1 alone", "v2c alone", "both"]
)
def test_the_version_follows_from_what_is_on(off: str, kind: str) -> None:
    desk = bench(**({off: "no"} if off else {}))
    desk.device.network.unplug()
    desk.device.network.plug()
    ((version, name, values),) = desk.traps()
    assert version == kind
    assert name == ("3/0" if kind == "v1" else f"{GENERIC}.4")
    assert values[:3] == (2, 1, 1)
    assert values[3:] == (() if kind == "v1" else (ENTERPRISE,))


@pytest.mark.parametrize("off", ["SNMP.Trap.Enabled", "SNMP.Enabled", "SNMP.Trap.T0.LinkUp.Enabled"])
def test_what_is_off_is_not_told(off: str) -> None:
    desk = bench(**{off: "no"})
    desk.device.network.unplug()
    desk.device.network.plug()
    assert desk.traps() == []


def test_v3_alone_sends_no_traps() -> None:
    desk = bench(**{"SNMP.V1": "no", "SNMP.V2c": "no"})
    assert not desk.device.snmp.traps


def test_refused_communities_are_told_once_in_a_while() -> None:
    desk = bench()
    for _ in range(50):
        desk.ask(Kind.GET, "1.3.6.1.2.1.1.3.0", community="wrong")
    assert [name for _, name, _ in desk.traps()] == [f"{GENERIC}.5"]
    desk.desk.advance(10)
    desk.ask(Kind.GET, "1.3.6.1.2.1.1.3.0", community="wrong")
    assert len(desk.traps()) == 1


def test_a_casing_that_opens_and_closes_is_one_alarm() -> None:
    desk = bench()
    desk.device.start()
    desk.traps()
    publish = desk.device.events.publish
    for opened in (True, False, True, False):
        publish(CASING, {"Name": desk.device.profile.quirks.casing_name}, Open=opened)
    assert desk.traps() == [
        ("v2c", f"{VIDEO}.1", (1, b"Casing Open", b"Check the casing")),
        ("v2c", f"{VIDEO}.2", (1, b"Casing Open", b"Check the casing")),
        ("v2c", f"{VIDEO}.1", (2, b"Casing Open", b"Check the casing")),
        ("v2c", f"{VIDEO}.2", (2, b"Casing Open", b"Check the casing")),
    ]


def test_an_external_tamper_is_an_alarm_and_a_blow_is_one_that_is_not_cleared() -> None:
    desk = bench()
    desk.device.start()
    for active in (False, True, False):
        desk.device.events.publish(EXTERNAL_TAMPER, {"port": 9}, active=active)
    for _ in range(2):
        desk.device.events.publish(SHOCK, {"channel": 1})
    told = [(name[-1], *values) for _, name, values in desk.traps()]
    tamper, blow = (b"External Tamper", b"Check the cabinet at port 9"), (b"Device Motion", b"Shock detected")
    assert told == [("1", 1, *tamper), ("2", 1, *tamper), ("3", 2, *blow), ("3", 3, *blow)]


def test_heat_and_storage() -> None:
    desk = bench()
    desk.device.start()
    assert desk.traps() == [], "a share that is not set up is no news"
    desk.device.parameters.write("TemperatureControl.Sensor.S0.TriggerHigh", "40")
    assert [(name, values[1]) for _, name, values in desk.traps()] == [(f"{VIDEO}.1", b"Temperature")]
    assert f"{TEMPERATURE}Above_or_below" in desk.device.events.catalogue
    for disrupted in (False, True, False):
        desk.device.events.publish(DISRUPTION, {"disk_id": "NetworkShare"}, disruption=disrupted)
    told = [(name, values[1:]) for _, name, values in desk.traps()]
    words = (b"Edge Storage Operation", b"Check the NetworkShare storage device")
    assert told == [(f"{VIDEO}.1", words), (f"{VIDEO}.2", words)]


def test_a_rule_tells_of_ports() -> None:
    desk = bench()
    desk.device.snmp.port_alarms = True
    desk.device.start()
    assert desk.traps() == []
    desk.device.ports[0].set_active(True)
    ((_, name, values),) = desk.traps()
    assert (name, values[1:]) == (f"{VIDEO}.3", (b"I/O Port", b"Port 0 active"))
    desk.face.send_alarm("Hello", "typed by hand")
    assert desk.traps()[0][2] == (2, b"Hello", b"typed by hand")


def test_informs_are_repeated_until_they_are_answered() -> None:
    desk = bench()
    desk.device.snmp.informs = True
    desk.device.network.unplug()
    desk.device.network.plug()
    first = desk.sent[0]
    assert [kind for kind, _, _ in desk.traps()] == ["inform"]
    desk.pass_wire_time(5)
    assert desk.sent == [first]
    desk.face.notified(CommunityMessage(1, b"public", Pdu(Kind.RESPONSE, 1)).encoded())
    desk.pass_wire_time(60)
    assert desk.sent == [first]
    desk.face.notified(b"rubbish")
    whats = [record.what for record in desk.desk.world.journal.since(0)]
    assert whats.count("snmp inform answered") == 1
    assert "snmp" in whats, "rubbish is a breach"


def test_a_device_without_address_tells_nothing() -> None:
    desk = bench()
    desk.device.network.take_down()
    desk.ask(Kind.GET, "1.3.6.1.2.1.1.3.0", community="wrong")
    assert desk.sent == []


def test_a_book_that_forgets_begins_again() -> None:
    book = AlarmBook()
    assert (book.single("a", "b").number, book.single("a", "b").number) == (1, 2)
    book.forget()
    assert book.single("a", "b").number == 1
    assert PEER
