"""The agent of a device: its objects follow the truth, its settings restart it (SNMP sheet 2.1, 2.8, 2.9)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from snmp_bench import SnmpBench

from simulator.device.enclosure import CASING
from simulator.face.snmp.context import Socket
from simulator.face.snmp.enterprise import shortened
from simulator.journal import Kind as Record
from simulator.wire.snmp.pdu import Kind, Status
from simulator.wire.snmp.value import Tag

SYSTEM = "1.3.6.1.2.1.1"
UPTIME, CONTACT, NAME = f"{SYSTEM}.3.0", f"{SYSTEM}.4.0", f"{SYSTEM}.5.0"
BOOTS, ENGINE_TIME = "1.3.6.1.6.3.10.2.1.2.0", "1.3.6.1.6.3.10.2.1.3.0"
AXIS = "1.3.6.1.4.1.368.4.1"
OPER_STATUS, LAST_CHANGE = "1.3.6.1.2.1.2.2.1.8.2", "1.3.6.1.2.1.2.2.1.9.2"


@pytest.mark.parametrize("model", ["A9210", "C1410"])
@pytest.mark.parametrize("firmware", ["10.12.130", "11.11.192", "12.9.57"])
def test_a_walk_is_in_order_and_every_object_can_be_asked_for(model: str, firmware: str) -> None:
    bench = SnmpBench(model, firmware)
    found = bench.walk()
    counting = ("1.3.6.1.2.1.11.",)
    for name, value in found.items():
        if not name.startswith(counting):
            assert bench.value(name) == value
    groups = {name.split(".")[6] for name in found if name.startswith("1.3.6.1.2.1.")}
    assert groups == {"1", "2", "4", "5", "6", "7", "11", "31"}
    assert b"; AXIS" in found[f"{SYSTEM}.1.0"]


def test_a_device_that_was_up_before_has_an_agent_that_was() -> None:
    bench = SnmpBench()
    uptime = bench.device.lifecycle.uptime()
    assert bench.value(UPTIME) == int(uptime * 100) & 0xFFFFFFFF
    assert bench.value(BOOTS) == bench.device.lifecycle.boots
    bench.desk.advance(1.5)
    assert bench.value(ENGINE_TIME) == int(uptime + 1.5)


def test_uptime_wraps_after_497_days() -> None:
    bench = SnmpBench()
    bench.face._context.started -= 2**32 / 100 + 7  # type: ignore[union-attr]
    assert bench.value(UPTIME) == int((bench.device.lifecycle.uptime() + 7) * 100) & 0xFFFFFFFF


def test_off_by_default_and_after_a_factory_default() -> None:
    bench = SnmpBench(**{"SNMP.Enabled": "no"})
    assert bench.face.transport == ""
    assert bench.ask(Kind.GET, UPTIME) is None


def test_settings_of_one_request_restart_the_agent_once() -> None:
    bench = SnmpBench()
    boots = bench.value(BOOTS)
    bench.device.parameters.write("SNMP.V1ReadCommunity", "one")
    bench.device.parameters.write("SNMP.V1WriteCommunity", "two")
    assert bench.value(BOOTS) == boots, "the request is answered first"
    bench.desk.advance(1)
    assert bench.ask(Kind.GET, UPTIME) is None
    told = bench.ask(Kind.GET, BOOTS, UPTIME, community="one")
    assert [one.value for one in told.bindings] == [boots + 1, 0]  # type: ignore[union-attr, operator]
    bench.device.parameters.write("SNMP.Enabled", "no")
    bench.desk.advance(1)
    assert bench.face.transport == ""
    bench.device.parameters.write("SNMP.TransportProtocol", "tcp")
    bench.device.parameters.write("SNMP.Enabled", "yes")
    bench.desk.advance(1)
    assert bench.face.transport == "tcp"
    assert bench.device.snmp.engine_boots == boots + 2  # type: ignore[operator]


def test_boots_outlive_a_factory_default() -> None:
    bench = SnmpBench()
    boots = bench.device.snmp.engine_boots
    bench.device.lifecycle.clear_settings(hard=True)
    assert not bench.device.snmp.enabled
    assert bench.device.snmp.engine_boots == boots


def test_what_a_manager_sets_is_kept_and_the_agent_goes_on() -> None:
    bench = SnmpBench()
    boots = bench.value(BOOTS)
    assert bench.set(CONTACT, Tag.OCTETS, b"me") == 0
    assert bench.set(NAME, Tag.OCTETS, b"door") == 0
    assert bench.set(NAME, Tag.OCTETS, "tür".encode()) == Status.WRONG_VALUE
    assert bench.set("1.3.6.1.2.1.11.30.0", Tag.INTEGER, 1) == 0
    assert bench.device.parameters["SNMP.Trap.T0.AuthFail.Enabled"] == "yes"
    bench.desk.advance(5)
    assert [bench.value(CONTACT), bench.value(NAME), bench.value(BOOTS)] == [b"me", b"door", boots]


def test_the_name_is_the_host_name_until_it_is_set() -> None:
    bench = SnmpBench()
    assert bench.value(NAME) == bench.device.network.host_name.encode()
    assert bench.value("1.3.6.1.2.1.2.2.1.6.2") == bytes.fromhex(bench.device.identity.serial)


def test_the_link_and_when_it_changed() -> None:
    bench = SnmpBench()
    assert (bench.value(OPER_STATUS), bench.value(LAST_CHANGE)) == (1, 0)
    bench.desk.advance(2)
    bench.device.network.unplug()
    assert bench.value(OPER_STATUS) == 2
    bench.desk.advance(2)
    bench.device.network.plug()
    assert bench.value(OPER_STATUS) == 1
    assert bench.value(LAST_CHANGE) == bench.value(UPTIME)


def test_tables_follow_ports_and_connections() -> None:
    bench = SnmpBench()
    assert bench.walk("1.3.6.1.2.1.6.13") == {}
    bench.open = (
        Socket("tcp", "10.0.0.5", 80),
        Socket("tcp", "10.0.0.5", 80, ("10.0.0.9", 50001)),
        Socket("udp", "10.0.0.5", 161),
    )
    bench.face.sockets_changed()
    states = bench.walk("1.3.6.1.2.1.6.13.1.1")
    assert states == {
        "1.3.6.1.2.1.6.13.1.1.10.0.0.5.80.0.0.0.0.0": 2,
        "1.3.6.1.2.1.6.13.1.1.10.0.0.5.80.10.0.0.9.50001": 5,
    }
    assert list(bench.walk("1.3.6.1.2.1.7.5.1.2").values()) == [161]


def test_counters_are_those_of_the_interface_and_wrap() -> None:
    bench = SnmpBench()
    bench.device.traffic.in_octets = (1 << 32) + 5
    assert bench.value("1.3.6.1.2.1.2.2.1.10.2") == 5
    assert bench.value("1.3.6.1.2.1.31.1.1.1.6.2") == (1 << 32) + 5
    bench.device.traffic.datagram_in(100)
    assert bench.value("1.3.6.1.2.1.7.1.0") == 1
    assert bench.value("1.3.6.1.2.1.31.1.1.1.6.2") == (1 << 32) + 147


def test_the_casing_of_the_module_and_its_sensors() -> None:
    bench = SnmpBench()
    assert bench.value(f"{AXIS}.6.1.3.1") == 1
    bench.device.enclosure.casing_open = True
    assert bench.value(f"{AXIS}.6.1.3.1") == 2
    assert (bench.value(f"{AXIS}.3.1.3.1.1"), bench.value(f"{AXIS}.3.1.4.1.1")) == (1, 52)
    bench.device.parameters.write("TemperatureControl.Sensor.S0.TriggerHigh", "40")
    assert bench.value(f"{AXIS}.3.1.3.1.1") == 3
    assert SnmpBench("C1410").walk(f"{AXIS}.6") == {}


def test_long_names_lose_their_middle() -> None:
    assert shortened("a" * 20 + "b" * 20) == "a" * 15 + ".." + "b" * 15
    assert shortened("x" * 32) == "x" * 32


def test_additional_objects_are_served_where_the_device_has_none(tmp_path: Path) -> None:
    file = tmp_path / "more.json"
    file.write_text(json.dumps({"objects": [[CONTACT, "octets", "00"], ["1.3.6.1.4.1.9.1.0", "integer", 7]]}))
    bench = SnmpBench()
    bench.device.snmp.additional = str(file)
    bench.device.parameters.write("SNMP.DSCP", "4")
    bench.desk.advance(1)
    assert bench.value("1.3.6.1.4.1.9.1.0") == 7
    assert bench.value(CONTACT) == b""


def test_the_journal_tells_of_requests_and_of_breaches() -> None:
    bench = SnmpBench()
    bench.value(UPTIME)
    bench.face.received(b"\x30\x80", "10.0.0.9:5")
    bench.ask(Kind.GET, UPTIME, community="secret")
    records = list(bench.desk.world.journal.since(0))
    (asked,) = [one for one in records if one.what == "snmp get"]
    assert asked.data == {
        "version": "v2c",
        "peer": "10.0.0.9:50000",
        "who": "public",
        "names": [UPTIME],
        "status": "no_error",
    }
    (breach,) = [one for one in records if one.kind is Record.VIOLATION]
    assert "indefinite" in breach.data["reason"]
    assert [one.data["community"] for one in records if one.what == "snmp community refused"] == ["secret"]
    assert CASING in bench.device.events.catalogue
