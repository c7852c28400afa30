"""The bench's own manager and receiver, pysnmp, against agents of a real engine: modes, transports, faults, floods."""

from __future__ import annotations

import socket

import pytest
from vapix_fleet import WORKER, fleet, until

from simulator.errors import FleetError
from simulator.fleet.session import Session
from simulator.wire.snmp.message import CommunityMessage
from simulator.wire.snmp.pdu import Kind, Pdu
from simulator.wire.snmp.value import VarBind

IO = {"name": "io-1", "model": "A9210", "snmp": {"trap": {}}}
NAME = "1.3.6.1.2.1.1.5.0"
IN_PKTS = "1.3.6.1.2.1.11.1.0"
GET = CommunityMessage(1, b"public", Pdu(Kind.GET, 1, 0, 0, [VarBind.of((1, 3, 6, 1, 2, 1, 1, 3, 0))])).encoded()


def place(session: Session, name: str = "io-1") -> tuple[str, int]:
    device = session.device(name)
    return device["address"], device["snmp"]["port"]


@pytest.mark.parametrize("mode", ["loopback", "ephemeral"])
@pytest.mark.parametrize("version", ["v1", "v2c", "v3"])
def test_pysnmp_asks_in_every_version_and_mode(mode: str, version: str) -> None:
    with fleet(IO, mode=mode, block=WORKER) as session:
        told = session.ask_snmp("io-1", NAME, version)
        assert told == {"type": "OctetString", "value": f"axis-{session.device('io-1')['serial'].lower()}"}
        assert "error" in session.ask_snmp("io-1", NAME, version, "wrong-secret")


@pytest.mark.parametrize("mode", ["loopback", "ephemeral"])
def test_the_receiver_of_the_site_takes_traps(mode: str) -> None:
    with fleet(IO, mode=mode, block=WORKER) as session:
        before = session.mark()
        session.ask_snmp("io-1", NAME, "v2c", "wrong")
        session.catch_up()
        (seen,) = session.seen("trap", before.trap)
        assert seen["data"]["trap"] == "authenticationFailure"
        assert seen["data"]["source"] == session.device("io-1")["address"]


def test_a_new_fleet_frees_the_receiver_of_the_old_one() -> None:
    """Its address block may be somebody else's at once."""
    with fleet(IO, block=WORKER) as session:
        session.observe()
        receiver = session.fleet()["site"]["traps"]
        session.populate({"seed": 8, "clock": {"mode": "stepped"}, "devices": [], "block": WORKER + 20})
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind((receiver["host"], receiver["port"]))


def test_nobody_takes_silence_for_an_answer_where_nobody_listens() -> None:
    with fleet(IO, block=WORKER) as session:
        receiver = session.fleet()["site"]["traps"]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind((receiver["host"], receiver["port"]))
            session.observe()
            with pytest.raises(FleetError, match=r"nobody listens for traps.*another address block"):
                session.seen("trap", 0)


def test_what_observers_asked_is_told_from_what_the_client_asked() -> None:
    with fleet(IO, block=WORKER) as session:
        session.ask_snmp("io-1", NAME, "v2c")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(5)
            client.sendto(GET, place(session))
            client.recv(4096)
        asked = [one["data"] for one in session.journal(kinds="datagram")["records"] if one["what"] == "snmp get"]
        assert [one.get("observer", False) for one in asked] == [True, False]


def test_a_flood_of_rubbish_at_one_agent_harms_nobody() -> None:
    other = {"name": "io-2", "model": "A9210", "snmp": True}
    with fleet(IO, other, block=WORKER, capacity=1000) as session:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(5)
            for number in range(3000):
                client.sendto(GET[: number % len(GET)] + b"\xff" * (number % 7), place(session))
                if number % 50 == 0:
                    client.sendto(GET, place(session, "io-2"))
                    assert client.recv(4096)
        assert session.ask_snmp("io-1", NAME, "v2c")["type"] == "OctetString"
        breaches = [one for one in session.journal(kinds="violation")["records"] if one["what"] == "snmp"]
        assert breaches
        assert {one["device"] for one in breaches} == {"io-1"}


def test_over_tcp_messages_come_in_any_portions_and_rubbish_ends_the_connection() -> None:
    device = {"name": "io-1", "model": "A9210", "snmp": {"transport": "tcp"}}
    with fleet(device, block=WORKER) as session:
        with socket.create_connection(place(session), timeout=5) as client:
            for octet in GET:
                client.sendall(bytes((octet,)))
            first = client.recv(4096)
            client.sendall(GET + GET[:10])
            assert len(client.recv(4096)) == len(first)
            client.sendall(GET[10:] + b"rubbish")
            got = b""
            while chunk := client.recv(4096):
                got += chunk
            assert len(got) in (0, len(first))
        assert [one for one in session.journal(kinds="violation")["records"] if one["what"] == "snmp"]


def test_link_faults_strike_the_agent() -> None:
    with fleet(IO, block=WORKER) as session:
        before = int(session.ask_snmp("io-1", IN_PKTS, "v2c")["value"])
        session.act({"fault": {"on": "io-1/snmp", "kind": "udp_loss", "direction": "to-device"}})
        assert "error" in session.ask_snmp("io-1", IN_PKTS, "v2c")
        session.act({"clear": "io-1/snmp"})
        assert int(session.ask_snmp("io-1", IN_PKTS, "v2c")["value"]) == before + 1
        session.act({"fault": {"on": "io-1/snmp", "kind": "refused"}})
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(5)
            client.connect(place(session))
            client.send(GET)
            with pytest.raises(ConnectionRefusedError):
                client.recv(4096)
        session.act({"clear": "io-1/snmp"})
        until(lambda: "value" in session.ask_snmp("io-1", NAME, "v2c"))


def test_a_pulled_cable_is_silence_and_an_agent_that_is_off_is_refused() -> None:
    with fleet(IO, block=WORKER) as session:
        where = place(session)
        session.act({"unplug": "io-1"})
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.3)
            client.connect(where)
            client.send(GET)
            with pytest.raises(TimeoutError):
                client.recv(4096)
            session.act({"plug": "io-1"})
            session.act({"set": {"device": "io-1", "parameter": "SNMP.Enabled", "value": "no"}})
            session.advance(2)
            client.settimeout(5)
            client.send(GET)
            with pytest.raises(ConnectionRefusedError):
                client.recv(4096)
        assert session.device("io-1")["snmp"] is None
        assert session.ask_snmp("io-1", NAME, "v2c") == {"error": "no agent"}
