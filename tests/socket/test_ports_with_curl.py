"""Pulses, directions and alarms over real sockets with curl, and a meter at the terminals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count

import pytest
from vapix_fleet import curl, fleet, running_curl, until

from simulator.fleet.handle import IoModule
from simulator.fleet.session import Session

pytestmark = pytest.mark.peer("curl")

PORT, PORTS, PARAM = "/axis-cgi/io/port.cgi", "/axis-cgi/io/portmanagement.cgi", "/axis-cgi/param.cgi"
SHOCK = "/axis-cgi/shockdetection"
JSON = ("-H", "Content-Type: application/json")
NUMBERS = count(1)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with fleet({"name": "first", "model": "A9210"}) as made:
        yield made


@pytest.fixture
def io(session: Session) -> IoModule:
    made = session.add(f"io-{next(NUMBERS)}", model="A9210", relay_jumpers={0: 12}, power=["poe", "dc"])
    assert isinstance(made, IoModule)
    return made


def test_a_double_pulse_is_answered_at_its_end_and_read_at_the_contacts(session: Session, io: IoModule) -> None:
    seen = []
    with running_curl(f"{io.url}{PORT}?action=1:/300\\500/300\\") as client:
        until(lambda: io.relay.contacts["com_no"])
        for seconds in (0.1, 0.3, 0.5, 0.1):
            session.advance(seconds)
            seen.append((io.relay.contacts["com_no"], io.relay.contacts["no_volts"]))
        assert client.running
        session.advance(0.2)
        assert client.answer().status == 200
    assert seen == [(True, 12), (False, 0), (True, 12), (True, 12)]
    assert io.relay.contacts["com_nc"]


def test_a_changed_direction_answers_a_pulse_early(session: Session, io: IoModule) -> None:
    update = f"{io.url}{PARAM}?action=update&root.IOPort.I7.Direction"
    assert curl(f"{update}=output").body == "OK"
    with running_curl(f"{io.url}{PORT}?action=8:/15000\\") as client:
        until(lambda: io.output(7).active)
        session.advance(1)
        asked = {
            "apiVersion": "1.0",
            "method": "setPorts",
            "params": {"ports": [{"port": "7", "direction": "input"}]},
        }
        assert json.loads(curl(*JSON, "-d", json.dumps(asked), io.url + PORTS).body)["data"] == {"ports": ["7"]}
        assert client.answer().status == 200
    assert curl(f"{io.url}{PORT}?checkdirection=8").body == "port8=input\r\n"


def test_a_sequence_is_answered_at_once_and_runs_on_another_source_of_power(
    session: Session, io: IoModule
) -> None:
    steps = [{"state": "closed", "time": 10_000}, {"state": "open", "time": 0}]
    asked = {"apiVersion": "1.1", "method": "setStateSequence", "params": {"port": "0", "sequence": steps}}
    assert json.loads(curl(*JSON, "-d", json.dumps(asked), io.url + PORTS).body)["data"] == {"port": "0"}
    refused = json.loads(curl(*JSON, "-d", json.dumps(asked), io.url + PORTS).body)
    assert refused["error"]["code"] == 2200
    io.power_cut("poe")
    session.advance(9)
    assert io.relay.contacts["com_no"], "DC has taken over"
    session.advance(2)
    assert io.relay.contacts["com_nc"]


def test_a_power_cut_ends_a_pulse_at_the_contacts(session: Session, io: IoModule) -> None:
    with running_curl(f"{io.url}{PORT}?action=1:/15000\\") as client:
        until(lambda: io.relay.contacts["com_no"])
        io.power_cut()
        assert io.relay.contacts == {"com_no": False, "com_nc": True, "no_volts": 0, "nc_volts": 0}
        client.kill()


def test_device_motion_is_switched_on_and_felt(session: Session, io: IoModule) -> None:
    last = session.journal()["last"]
    io.shake()
    assert "<Enabled>false</Enabled>" in curl(f"{io.url}{SHOCK}/getenabled.cgi?schemaversion=1").body
    assert curl(f"{io.url}{SHOCK}/setenabled.cgi?schemaversion=1&enabled=true").status == 200
    io.shake()
    events = session.journal(last, kinds="event", device=io.name)["records"]
    assert [event["what"] for event in events if "Tampering" in event["what"]] == [
        "tns1:Device/tnsaxis:Tampering/ShockDetected"
    ]


def test_a_leaking_cable_and_a_wrong_resistor_by_hand(session: Session, io: IoModule) -> None:
    ports = f"{io.url}/axis-cgi/supervisedio.cgi"
    asked = {"apiVersion": "2.0", "method": "setSupervised", "params": [{"port": 1, "supervised": True}]}
    io.input(1).fit("ParallellFirst22k4k7", cable=100)
    assert json.loads(curl(*JSON, "-d", json.dumps(asked), ports).body)["data"]["items"][0]["code"] == 1
    session.advance(0.2)

    def state() -> str:
        body = {"apiVersion": "2.0", "method": "getSupervised", "params": [{"port": 1}]}
        (item,) = json.loads(curl(*JSON, "-d", json.dumps(body), ports).body)["data"]["items"]
        return str(item["state"])

    seen = [state()]
    for deed in (
        lambda: io.input(1).leak("5k"),
        lambda: io.input(1).restore(),
        lambda: io.input(1).corrode("40k"),
        lambda: io.input(1).corrode("0"),
        lambda: io.input(1).fit("SerialFirst1k"),
    ):
        deed()
        session.advance(0.2)
        seen.append(state())
    assert seen == ["open", "closed", "open", "cut", "open", "closed"]
