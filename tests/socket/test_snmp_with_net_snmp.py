"""net-snmp's tools against the agents of both products, and net-snmp's own agent beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from snmp_fleet import (
    CIPHERS,
    CONTACT,
    DIGESTS,
    ENGINE_BOOTS,
    LOCATION,
    NAME,
    PASSWORD,
    SYSTEM,
    UPTIME,
    Outcome,
    Place,
    agent_of,
    secured,
    snmpd,
)
from vapix_fleet import WORKER, fleet

from simulator.fleet.session import Session
from simulator.wire.snmp.ber import parse_oid

pytestmark = pytest.mark.peer("snmpget", "snmpwalk", "snmpbulkwalk", "snmpset", "snmpgetnext", "snmpbulkget")

AXIS = "1.3.6.1.4.1.368.4.1"
CONNECTIONS = "1.3.6.1.2.1.6.13.1."
SYSTEM_BRANCH = f"{AXIS}.100"


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    devices = (
        {"name": "io-1", "model": "A9210", "snmp": True, "mqtt": True},
        {"name": "io-2", "model": "A9210", "snmp": True, "firmware": "12.10.68"},
        {"name": "spk-1", "model": "C1410", "snmp": True},
        {"name": "tcp-1", "model": "C1410", "snmp": {"transport": "tcp"}},
        {"name": "off-1", "model": "A9210"},
        {"name": "boot-1", "model": "A9210", "snmp": True},
        {"name": "set-1", "model": "C1410", "snmp": True},
        {"name": "written-1", "model": "C1410", "snmp": True},
        {"name": "plain-1", "model": "A9210", "snmp": {"versions": ["v1"], "password": None}},
    )
    with fleet(*devices, block=WORKER) as made:
        yield made


@pytest.fixture(scope="module")
def peer() -> Iterator[Place]:
    with snmpd() as place:
        yield place


def agent(session: Session, name: str) -> Place:
    return agent_of(session.device(name))


def _names(outcome: Outcome) -> list[str]:
    """Of what was walked, without the connections of the walk itself over TCP."""
    return [
        name
        for name, _, value in outcome.pairs
        if "No more variables" not in value and not (name.startswith(CONNECTIONS) and ".161." in name)
    ]


@pytest.mark.parametrize("name", ["io-1", "io-2", "spk-1", "tcp-1"])
def test_a_walk_is_ordered_typed_and_the_same_in_every_version(session: Session, name: str) -> None:
    place = agent(session, name)
    walk = place.run("snmpwalk", "-v2c", "-cpublic", "--", ".1")
    assert walk.code == 0
    assert "Wrong Type" not in walk.text
    assert "not increasing" not in walk.text
    names = _names(walk)
    assert len(names) > 230
    assert all(parse_oid(one) < parse_oid(after) for one, after in pairwise(names))
    bulk = place.run("snmpbulkwalk", "-v2c", "-cpublic", "-Cr25", "--", ".1")
    assert _names(bulk) == names
    secure = place.run("snmpbulkwalk", "-v3", "-u", "initial", *secured("SHA", "AES"), "--", ".1")
    assert _names(secure) == names
    first = place.run("snmpwalk", "-v1", "-cpublic", "--", ".1")
    counter64 = {one for one, kind, _ in walk.pairs if kind == "Counter64"}
    assert _names(first) == [one for one in names if one not in counter64], "v1 does not know Counter64"


def test_what_the_system_group_says_is_the_truth(session: Session) -> None:
    for name, product in (("io-1", "AXIS A9210; Network I/O Relay Module"), ("spk-1", "AXIS C1410 Mk II")):
        device = session.device(name)
        told = agent(session, name).run("snmpwalk", "-v2c", "-cpublic", "--", SYSTEM).values
        assert told[f"{SYSTEM}.1.0"].startswith(f"; {product}")
        assert f"; {device['firmware']}; " in told[f"{SYSTEM}.1.0"]
        assert told[f"{SYSTEM}.2.0"] == ".1.3.6.1.4.1.368.1.1"
        assert told[f"{SYSTEM}.7.0"] == "64"
        assert told[NAME] == f"axis-{device['serial'].lower()}"
        mac = agent(session, name).get("1.3.6.1.2.1.2.2.1.6.2").values["1.3.6.1.2.1.2.2.1.6.2"]
        assert mac.replace(" ", "") == device["serial"], "monitoring systems take the serial number from here"


def test_addresses_and_open_ports_are_those_of_the_device(session: Session) -> None:
    place, device = agent(session, "io-1"), session.device("io-1")
    addresses = place.run("snmpwalk", "-v2c", "-cpublic", "--", "1.3.6.1.2.1.4.20.1.1").values
    assert set(addresses.values()) == {"127.0.0.1", device["address"]}
    listening = place.run("snmpwalk", "-v2c", "-cpublic", "--", "1.3.6.1.2.1.6.13.1.1").values
    states = {name.split("6.13.1.1.")[1]: value for name, value in listening.items()}
    assert states[f"{device['address']}.80.0.0.0.0.0"] == "2"
    assert states[f"{device['address']}.443.0.0.0.0.0"] == "2"
    assert "5" in states.values(), "the connection to the broker stands"
    udp = place.run("snmpwalk", "-v2c", "-cpublic", "--", "1.3.6.1.2.1.7.5.1.2").values
    assert f"1.3.6.1.2.1.7.5.1.2.{device['address']}.161" in udp


def test_counters_count(session: Session) -> None:
    place = agent(session, "io-1")
    octets, requests = "1.3.6.1.2.1.2.2.1.10.2", "1.3.6.1.2.1.11.15.0"
    before = place.get(octets, requests).values
    session.ask("io-1", "/axis-cgi/param.cgi?action=list&group=Brand")
    after = place.get(octets, requests).values
    assert int(after[octets]) > int(before[octets]) + 200
    assert int(after[requests]) == int(before[requests]) + 1


def test_the_enterprise_objects_follow_product_and_firmware(session: Session) -> None:
    for name in ("io-1", "spk-1"):
        told = agent(session, name).run("snmpwalk", "-v2c", "-cpublic", "--", AXIS).values
        assert told[f"{AXIS}.3.1.3.1.1"] == "1"
        assert told[f"{AXIS}.3.1.4.1.1"] == "52"
        assert told[f"{AXIS}.8.1.2.1"] == "NetworkShare"
        assert told[f"{AXIS}.8.1.3.1"] == "2"
        assert (f"{AXIS}.6.1.3.1" in told) == (name == "io-1")
        assert not [one for one in told if one.startswith(SYSTEM_BRANCH)], "the branch came with 12.10"
    told = agent(session, "io-2").run("snmpwalk", "-v2c", "-cpublic", "--", SYSTEM_BRANCH).values
    assert (told[f"{SYSTEM_BRANCH}.5.0"], told[f"{SYSTEM_BRANCH}.8.0"]) == ("12.10.68", "A9210")
    assert told[f"{SYSTEM_BRANCH}.6.0"] == session.device("io-2")["serial"]


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize("cipher", ["", *CIPHERS])
def test_every_authentication_and_privacy_protocol(session: Session, digest: str, cipher: str) -> None:
    got = agent(session, "io-1").secure_get(*secured(digest, cipher), quick=False)
    assert [name for name, kind, _ in got.pairs if kind == "Timeticks"] == [UPTIME], got.text


def test_settings_are_written_and_stay(session: Session) -> None:
    place = agent(session, "written-1")
    assert place.run("snmpset", "-v2c", "-cwrite", "--", LOCATION, "s", "cellar").code == 0
    assert place.run("snmpset", "-v1", "-cwrite", "--", CONTACT, "s", "me").code == 0
    assert (
        place.run("snmpset", "-v3", "-u", "initial", *secured("SHA-256", "AES"), "--", NAME, "s", "door").code == 0
    )
    assert set(place.get(LOCATION, CONTACT, NAME).values.values()) == {"cellar", "me", "door"}
    serial = "1.3.6.1.6.3.1.1.6.1.0"
    assert place.run("snmpset", "-v2c", "-cwrite", "--", serial, "i", "0").code == 0
    assert "inconsistentValue" in place.run("snmpset", "-v2c", "-cwrite", "--", serial, "i", "0").text
    assert place.get(serial).values[serial] == "1"
    status = "1.3.6.1.2.1.2.2.1.7.2"
    assert "notWritable" in place.run("snmpset", "-v2c", "-cwrite", "--", status, "i", "2").text


SIDE_BY_SIDE = [
    ("wrong community", "snmpget", ("-v2c", "-csecret", "--", UPTIME)),
    ("wrong community, v1", "snmpget", ("-v1", "-csecret", "--", UPTIME)),
    ("an instance that is not there", "snmpget", ("-v2c", "-cpublic", "--", f"{SYSTEM}.3.7")),
    ("an object that is not there", "snmpget", ("-v2c", "-cpublic", "--", "1.3.6.1.4.1.9.9.9.0")),
    ("an object that is not there, v1", "snmpget", ("-v1", "-cpublic", "--", UPTIME, "1.3.6.1.4.1.9.9.9.0")),
    ("past the end", "snmpgetnext", ("-v2c", "-cpublic", "--", "2.1")),
    ("past the end, v1", "snmpgetnext", ("-v1", "-cpublic", "--", "2.1")),
    ("set with the read community", "snmpset", ("-v2c", "-cpublic", "--", LOCATION, "s", "x")),
    ("set with the read community, v1", "snmpset", ("-v1", "-cpublic", "--", LOCATION, "s", "x")),
    ("set of a read-only object", "snmpset", ("-v2c", "-cwrite", "--", UPTIME, "t", "1")),
    ("set of a read-only object, v1", "snmpset", ("-v1", "-cwrite", "--", UPTIME, "t", "1")),
    ("set of an object that is not there", "snmpset", ("-v2c", "-cwrite", "--", "1.3.6.1.4.1.9.9.9.0", "i", "1")),
    ("set of a wrong type", "snmpset", ("-v2c", "-cwrite", "--", LOCATION, "i", "1")),
    ("set of a wrong type, v1", "snmpset", ("-v1", "-cwrite", "--", LOCATION, "i", "1")),
    ("set of a text that is too long", "snmpset", ("-v2c", "-cwrite", "--", LOCATION, "s", "x" * 256)),
    ("wrong user", "snmpget", ("-v3", "-u", "admin", *secured("SHA", "AES"), "--", UPTIME)),
    ("wrong password", "snmpget", ("-v3", "-u", "initial", *secured("SHA", "AES", "wrong-pass"), "--", UPTIME)),
    ("too low a level", "snmpget", ("-v3", "-u", "initial", "-l", "noAuthNoPriv", "--", UPTIME)),
    (
        "another engine",
        "snmpget",
        ("-v3", "-u", "initial", "-e", "8000000001020304", *secured("SHA", "AES"), "--", UPTIME),
    ),
    ("GETBULK without repetitions", "snmpbulkget", ("-v2c", "-cpublic", "-Cn0", "-Cr0", "--", UPTIME)),
]


@pytest.mark.peer("snmpd")
@pytest.mark.parametrize(("what", "tool", "arguments"), SIDE_BY_SIDE, ids=[one[0] for one in SIDE_BY_SIDE])
def test_a_mistake_is_met_as_net_snmp_meets_it(
    session: Session, peer: Place, what: str, tool: str, arguments: tuple[str, ...]
) -> None:
    ours = agent(session, "io-1").run(tool, *arguments, quick=True)
    theirs = peer.run(tool, *arguments, quick=True)
    assert (ours.code, _without_place(ours.text)) == (theirs.code, _without_place(theirs.text))


def _without_place(text: str) -> str:
    """What a tool says, without the address it asked and the time it got."""
    return re.sub(r"Timeticks: .*", "Timeticks", "\n".join(line.split("udp:")[0] for line in text.splitlines()))


def test_net_snmp_is_silent_where_we_say_why(session: Session) -> None:
    """Garbage under AES and an unknown context: the standards ask for a report (SNMP sheet 2.5)."""
    place = agent(session, "io-1")
    wrong = ("-l", "authPriv", "-a", "SHA", "-A", PASSWORD, "-x", "AES", "-X", "wrong-pass")
    assert "Decryption error" in place.secure_get(*wrong).text
    assert "Bad context" in place.secure_get("-n", "other", *secured("SHA", "AES")).text


@pytest.mark.peer("snmpd")
def test_a_clock_that_is_off_is_set_right_as_with_net_snmp(session: Session, peer: Place) -> None:
    """`-Z boots,time` makes the tool begin with a wrong idea of the engine's time."""
    for place in (agent(session, "io-1"), peer):
        got = place.secure_get("-Z", "1,1", *secured("SHA", "AES"), quick=False)
        assert [kind for _, kind, _ in got.pairs] == ["Timeticks"], "a report tells the right time"


def test_a_device_without_a_password_has_no_user_and_off_is_off(session: Session) -> None:
    place = agent(session, "plain-1")
    assert place.get(UPTIME, version="1").code == 0
    assert "Timeout" in place.get(UPTIME, quick=True).text, "v2c is off"
    assert session.device("off-1")["snmp"] is None
    silent = Place(session.device("off-1")["address"], place.port).get(UPTIME, quick=True)
    assert silent.code == 1, "nothing listens"


def test_a_restart_raises_the_boots_and_begins_the_uptime_anew(session: Session) -> None:
    place = agent(session, "boot-1")
    before = place.get(ENGINE_BOOTS).values[ENGINE_BOOTS]
    session.ask("boot-1", "/axis-cgi/restart.cgi")
    session.advance(20)
    assert place.get(UPTIME, quick=True).code == 1
    session.advance(70)
    after = place.get(ENGINE_BOOTS, UPTIME).values
    assert int(after[ENGINE_BOOTS]) == int(before) + 1
    assert int(after[UPTIME].split(")")[0].strip("(")) < 7000


def test_a_change_of_settings_restarts_the_agent_once(session: Session) -> None:
    place = agent(session, "set-1")
    before = int(place.get(ENGINE_BOOTS).values[ENGINE_BOOTS])
    session.ask(
        "set-1", "/axis-cgi/param.cgi?action=update&SNMP.V1ReadCommunity=secret&SNMP.V1WriteCommunity=secret2"
    )
    session.advance(2)
    assert place.get(UPTIME, quick=True).code == 1
    got = place.get(ENGINE_BOOTS, UPTIME, community="secret").values
    assert int(got[ENGINE_BOOTS]) == before + 1
    assert int(got[UPTIME].split(")")[0].strip("(")) <= 200
