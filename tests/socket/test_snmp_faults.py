"""What net-snmp's tools and trap receiver make of an agent that errs."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from snmp_fleet import CONTACT, ENGINE_BOOTS, NAME, SYSTEM, UPTIME, Place, TrapDaemon, agent_of, secured, snmptrapd
from vapix_fleet import WORKER, fleet

from simulator.errors import FleetError
from simulator.fleet.session import Session
from simulator.wire.snmp.ber import parse_oid
from simulator.wire.snmp.message import CommunityMessage, Version, read_message
from simulator.wire.snmp.pdu import Kind, Pdu
from simulator.wire.snmp.value import VarBind

pytestmark = pytest.mark.peer("snmpget", "snmpwalk", "snmpbulkwalk", "snmptrapd")

OCTETS_IN = "1.3.6.1.2.1.2.2.1.10.2"
SPEED = "1.3.6.1.2.1.2.2.1.5.2"
DESCRIPTION = f"{SYSTEM}.1.0"
PATIENCE = 5.0
SILENCE = 0.3


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    devices = (
        {"name": "io-1", "model": "A9210", "snmp": True},
        {"name": "io-2", "model": "A9210", "snmp": True},
        {"name": "tcp-1", "model": "C1410", "snmp": {"transport": "tcp"}},
        {"name": "off-1", "model": "A9210"},
    )
    with fleet(*devices, block=WORKER) as made:
        yield made


@pytest.fixture
def place(session: Session) -> Iterator[Place]:
    """The agent of io-1, on which nothing acts before and after."""
    yield agent_of(session.device("io-1"))
    if any(fault["on"] == "io-1/snmp" for fault in faults(session)):
        session.act({"clear": "io-1"})


def err(session: Session, what: str, device: str = "io-1", **fields: Any) -> None:
    session.act({"snmp": {"device": device, "do": what, **fields}})


def faults(session: Session) -> list[dict[str, Any]]:
    """Those in force."""
    found: list[dict[str, Any]] = session.caller.call("GET", "/v1/faults")
    return found


def answers(place: Place, name: str = UPTIME) -> list[tuple[bytes, bool]]:
    """All that comes to one GET of v2c, and whether it came from where it was asked."""
    request = CommunityMessage(Version.V2C, b"public", Pdu(Kind.GET, 77, 0, 0, [VarBind.of(parse_oid(name))]))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(request.encoded(), (place.address, place.port))
        client.settimeout(PATIENCE)
        found = []
        try:
            while True:
                data, source = client.recvfrom(65536)
                found.append((data, source == (place.address, place.port)))
                client.settimeout(SILENCE)
        except TimeoutError:
            return found


def test_silence_for_some_requests_is_mended_by_asking_again(session: Session, place: Place) -> None:
    err(session, "silent", count=2)
    assert "Timeout" in place.get(NAME, quick=True).text
    assert place.run("snmpget", "-v2c", "-cpublic", "-t", "0.4", "-r", "2", "--", NAME).code == 0
    assert faults(session) == []


def test_silence_about_one_object_leaves_the_others(session: Session, place: Place) -> None:
    err(session, "silent", oid=CONTACT)
    assert place.get(CONTACT, quick=True).code != 0
    assert place.get(NAME, quick=True).code == 0
    assert place.secure_get(*secured("SHA", "AES"), name=CONTACT).code != 0
    session.act({"clear": "io-1/snmp"})
    assert place.get(CONTACT, quick=True).code == 0


def test_a_late_answer_is_no_answer_for_the_impatient(session: Session, place: Place) -> None:
    err(session, "slow", delay="700ms", count=1)
    assert "Timeout" in place.get(NAME, quick=True).text
    err(session, "slow", delay="700ms", count=1)
    assert place.run("snmpget", "-v2c", "-cpublic", "-t", "5", "-r", "0", "--", NAME).code == 0


def test_an_answer_to_another_request_is_not_taken(session: Session, place: Place) -> None:
    err(session, "wrong-id", count=2)
    assert place.get(NAME, quick=True).code != 0
    told = read_message(answers(place)[0][0])
    assert isinstance(told, CommunityMessage)
    assert isinstance(told.pdu, Pdu)
    assert told.pdu.request_id == 78


def test_an_answer_comes_twice_or_half_or_from_elsewhere(session: Session, place: Place) -> None:
    err(session, "duplicate", count=1)
    (first, _), (second, _) = answers(place)
    assert first == second
    err(session, "truncated", size=9, count=1)
    [(half, _)] = answers(place)
    assert half == first[:9]
    err(session, "other-port", count=1)
    [(_, from_where_it_was_asked)] = answers(place)
    assert not from_where_it_was_asked
    assert [from_there for _, from_there in answers(place)] == [True]


def test_refusals_have_their_names(session: Session, place: Place) -> None:
    err(session, "too-big", count=2)
    assert "tooBig" in place.get(NAME, version="1").text
    assert "tooBig" in place.get(NAME).text
    err(session, "gen-err", oid=CONTACT)
    assert "genError" in place.get(NAME, CONTACT).text
    assert place.get(NAME).code == 0


def test_an_object_vanishes_for_a_while(session: Session, place: Place) -> None:
    err(session, "vanish", oid=CONTACT, **{"for": "10s"})
    assert "No Such Instance" in place.get(CONTACT).text
    assert CONTACT not in place.run("snmpwalk", "-v2c", "-cpublic", "--", SYSTEM).values
    session.advance(10)
    assert CONTACT in place.run("snmpbulkwalk", "-v2c", "-cpublic", "--", SYSTEM).values


def test_an_object_has_another_type(session: Session, place: Place) -> None:
    assert place.get(SPEED).pairs[0][1] == "Gauge32"
    assert place.get(DESCRIPTION).pairs[0][1] == "STRING"
    err(session, "retype", oid=SPEED)
    err(session, "retype", oid=DESCRIPTION)
    assert place.get(SPEED).pairs[0][1] == "INTEGER"
    assert place.get(DESCRIPTION).pairs[0][1] == "OPAQUE"


@pytest.mark.parametrize("tool", ["snmpwalk", "snmpbulkwalk"])
def test_a_walk_does_not_get_past_a_loop(session: Session, place: Place, tool: str) -> None:
    err(session, "loop", oid=CONTACT)
    walked = place.run(tool, "-v2c", "-cpublic", "--", SYSTEM)
    assert "OID not increasing" in walked.text
    assert UPTIME in walked.text
    assert CONTACT not in walked.values


def test_a_counter_wraps_after_a_jump_and_begins_anew_with_the_agent(session: Session, place: Place) -> None:
    err(session, "jump", oid=OCTETS_IN, to=2**32 - 10)
    assert int(place.get(OCTETS_IN).values[OCTETS_IN]) == 2**32 - 10
    assert int(place.get(OCTETS_IN).values[OCTETS_IN]) < 1000
    session.act({"power": "cut", "device": "io-1"})
    session.act({"power": "restore", "device": "io-1"})
    session.advance(120)
    assert faults(session) == []


def test_uptime_goes_back_and_wraps(session: Session, place: Place) -> None:
    err(session, "uptime", to=2**32 - 100)
    assert place.run("snmpget", "-v2c", "-cpublic", "-Ot", "--", UPTIME).text.split()[-1] == str(2**32 - 100)
    session.advance(2)
    assert place.run("snmpget", "-v2c", "-cpublic", "-Ot", "--", UPTIME).text.split()[-1] == "100"


def test_boots_that_were_lost_count_on_from_there(session: Session, place: Place) -> None:
    boots = int(place.get(ENGINE_BOOTS).values[ENGINE_BOOTS])
    err(session, "engine", boots=boots - 1)
    session.act({"power": "cut", "device": "io-1"})
    session.act({"power": "restore", "device": "io-1"})
    session.advance(120)
    assert int(place.get(ENGINE_BOOTS).values[ENGINE_BOOTS]) == boots


def test_an_engine_in_another_time_is_asked_again(session: Session, place: Place) -> None:
    """net-snmp follows the Report of a time that it did not expect."""
    err(session, "engine", boots=9, time=100_000)
    told = place.secure_get(*secured("SHA", "AES"), name=ENGINE_BOOTS)
    assert told.values[ENGINE_BOOTS] == "9"


def test_two_devices_with_one_engine_id(session: Session, place: Place) -> None:
    engine_id = "1.3.6.1.6.3.10.2.1.1.0"
    other = agent_of(session.device("io-2"))
    assert place.get(engine_id).values != other.get(engine_id).values
    err(session, "engine", clone="io-2")
    assert place.get(engine_id).values == other.get(engine_id).values
    assert place.secure_get(*secured("SHA", "AES")).code == 0


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"do": "vanish"}, "needs 'oid'"),
        ({"do": "vanish", "oid": "1.99"}, "no object identifier"),
        ({"do": "engine"}, "needs one of"),
        ({"do": "engine", "clone": "io-3"}, "no device named 'io-3'"),
        ({"do": "silent", "device": "off-1"}, "no SNMP agent runs on off-1"),
        ({"do": "other-port", "device": "tcp-1"}, "answers over TCP"),
        ({"do": "trap-lost"}, "sends no traps"),
    ],
)
def test_what_cannot_be_done_is_refused(session: Session, fields: dict[str, Any], told: str) -> None:
    with pytest.raises(FleetError, match=told):
        session.act({"snmp": {"device": "io-1", **fields}})


def test_an_agent_over_tcp_errs_too(session: Session) -> None:
    place = agent_of(session.device("tcp-1"))
    err(session, "gen-err", device="tcp-1", count=1)
    err(session, "slow", device="tcp-1", delay="100ms", count=1)
    assert "genError" in place.get(NAME).text
    assert place.get(NAME).code == 0


@pytest.fixture
def daemon() -> Iterator[TrapDaemon]:
    with snmptrapd() as made:
        yield made


def test_traps_are_lost_doubled_and_come_in_a_storm(daemon: TrapDaemon) -> None:
    traps = {"to": f"127.0.0.1:{daemon.port}", "ports": True}
    module = {"name": "io-1", "model": "A9210", "snmp": {"trap": traps}, "supervised": {"1": "SerialFirst4k7"}}
    with fleet(module, block=WORKER) as session:
        err(session, "trap-lost", count=1)
        session.act({"cut": "io-1/input/1"})
        session.advance(1)
        err(session, "trap-doubled", count=1)
        session.act({"restore": "io-1/input/1"})
        session.advance(1)
        err(session, "trap-storm", count=30, every="10ms")
        session.advance(1)
        first, second, *storm = (daemon.next() for _ in range(32))
        assert first[1:4] == second[1:4]
        assert "|".join(first[4:]) == "|".join(second[4:])
        assert [f'"{number}"' in "|".join(one) for number, one in enumerate(storm, 1)] == [True] * 30
        assert faults(session) == []
        noted = [record["what"] for record in session.journal(kinds="fault")["records"]]
        assert noted[:3] == ["snmp trap-lost begins", "snmp trap-lost strikes", "snmp trap-lost ends"]
