"""What an agent answers and what it told, against what was expected; traps as a face of `everywhere`."""

from __future__ import annotations

from typing import Any

import pytest
from canned_eyes import CannedEyes, find, matches
from test_everywhere_face import told_everywhere, wrong

from simulator.errors import FleetError
from simulator.expect.mark import Mark
from simulator.expect.observer.trap import name_of, read_notification
from simulator.wire.snmp.notification import Notification, trap_v1, trap_v2c
from simulator.wire.snmp.value import Tag, VarBind

UPTIME = "1.3.6.1.2.1.1.3.0"
VIDEO = (1, 3, 6, 1, 4, 1, 368, 4, 2)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"oid": UPTIME}, ()),
        ({"oid": UPTIME, "value": "36*"}, ()),
        ({"oid": UPTIME, "value": "5"}, ("value=360, not 5",)),
        ({"oid": UPTIME, "type": "TimeTicks"}, ()),
        ({"oid": UPTIME, "type": "Gauge32"}, ("type=TimeTicks, not Gauge32",)),
        ({"oid": UPTIME, "answers": False}, ("answers: yes",)),
        ({"oid": "1.3.6.1.9"}, ("NoSuchObject",)),
        ({"oid": "1.3.6.1.9", "answers": False}, ()),
        ({"oid": "1.3.6.1.9", "answers": True}, ("answers: NoSuchObject",)),
    ],
)
def test_the_value_of_an_object(query: dict[str, Any], told: tuple[str, ...]) -> None:
    eyes = CannedEyes()
    eyes.objects[UPTIME] = {"value": "360", "type": "TimeTicks"}
    (finding,) = find(eyes, "snmp", query)
    assert finding.differs == told


def test_an_oid_is_an_oid() -> None:
    with pytest.raises(FleetError, match="OID"):
        find(CannedEyes(), "snmp", {"oid": "sysUpTime"})


def test_notifications_of_the_device_since_the_moment() -> None:
    eyes = CannedEyes()
    eyes.trap("coldStart")
    eyes.trap("alarmNew", name="Casing Open", text="Check the casing", id="1", bindings={"1.3.6.1": "x"})
    eyes.trap("alarmNew", source="127.16.0.9", name="Casing Open")
    assert len(matches(find(eyes, "trap", {"trap": "alarmNew"}))) == 1
    assert len(matches(find(eyes, "trap", {"trap": "alarmNew"}, device=""))) == 2
    assert matches(find(eyes, "trap", {"trap": "coldStart"}, since=Mark(trap=1))) == []
    assert matches(find(eyes, "trap", {"name": "Casing*", "id": "1", "bindings": {"1.3.6.1": "x"}}))
    (finding,) = find(eyes, "trap", {"trap": "alarmNew", "name": "Temperature", "version": "v1"})
    assert finding.differs == ("name=Casing Open, not Temperature", "version=v2c, not v1")


def test_traps_of_ports_are_a_face_of_everywhere() -> None:
    eyes = told_everywhere("cut")
    eyes.snapshots["io-1"]["snmp_port_traps"] = True
    assert wrong(eyes, "cut") == (), "nothing was told of the port yet"
    eyes.trap("alarmSingle", name="Supervised I/O", text="Port 2 cut")
    assert wrong(eyes, "cut") == ()
    eyes.trap("alarmSingle", name="Supervised I/O", text="Port 2 open")
    eyes.trap("alarmSingle", name="Supervised I/O", text="Port 2 shorted", source="127.16.0.9")
    assert wrong(eyes, "cut") == ("trap shows open, not cut",)
    assert wrong(eyes, "cut", without=["trap"]) == ()


@pytest.mark.parametrize("version", ["v1", "v2c"])
def test_pysnmp_reads_what_we_send(version: str) -> None:
    words = (VarBind.of((*VIDEO, 2), Tag.OCTETS, b"Fan"), VarBind.of((*VIDEO, 1), Tag.GAUGE32, 7))
    note = Notification(VIDEO, 6, 2, words)
    data = (
        trap_v1(note, b"secret", bytes((10, 0, 0, 5)), 100)
        if version == "v1"
        else trap_v2c(note, b"secret", 100, 1, inform=True)
    )
    told, answer = read_notification(data)
    assert (told["version"], told["community"], told["trap"], told["ticks"]) == (
        version,
        "secret",
        "alarmCleared",
        100,
    )
    assert (told["name"], told["id"], told["oid"]) == ("Fan", "7", "1.3.6.1.4.1.368.4.2.0.2")
    assert (answer is not None) == (version == "v2c")


@pytest.mark.parametrize(
    ("oid", "name"),
    [
        ("1.3.6.1.6.3.1.1.5.4", "linkUp"),
        ("1.3.6.1.6.3.1.1.5.9", "1.3.6.1.6.3.1.1.5.9"),
        ("1.3.6.1.4.1.368.4.2.0.1", "alarmNew"),
        ("1.2", "1.2"),
        ("", ""),
    ],
)
def test_names_of_notifications(oid: str, name: str) -> None:
    assert name_of(oid) == name
