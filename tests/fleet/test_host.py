"""A device's sockets follow what the device is: ports, policy, phase and address."""

from __future__ import annotations

import asyncio

import pytest
from engine_bench import WORKER, EngineBench, answers, connects, module, refused, silent

from simulator.fleet.bench import Bench
from simulator.fleet.specification import FleetSpecification
from simulator.journal import Kind

READY = "/axis-cgi/systemready.cgi"
LIST = "/axis-cgi/param.cgi?action=list&group=Brand.Brand"


def policy(bench: EngineBench, value: str) -> None:
    for role in ("admin", "operator", "viewer"):
        bench.act("set", {"device": "io-1", "parameter": f"System.BoaGroupPolicy.{role}", "value": value})


def update(bench: EngineBench, name: str, value: str) -> None:
    answer = bench.get(f"/axis-cgi/param.cgi?action=update&{name}={value}")
    assert answer.text.strip() == "OK", answer


def test_both_ports_are_open_by_default(bench: EngineBench) -> None:
    bench.fleet()
    assert bench.get(LIST).status == 200
    assert bench.get(LIST, service="https").status == 200


def test_policy_http_closes_the_tls_port_only(bench: EngineBench) -> None:
    bench.fleet()
    secure, standing = bench.endpoint(service="https"), bench.connect()
    update(bench, "System.BoaGroupPolicy.admin", "http")
    with refused():
        connects(secure)
    assert answers(standing)
    assert bench.get(LIST).status == 200
    update(bench, "System.BoaGroupPolicy.admin", "both")
    assert bench.get(LIST, service="https").status == 200


def test_policy_https_sends_a_client_to_the_port_that_serves_tls(bench: EngineBench) -> None:
    bench.fleet()
    policy(bench, "https")
    answer = bench.get(LIST)
    assert answer.status == 301
    assert answer.headers["Location"].startswith(bench.description()["https_url"])
    assert bench.fetch(answer.headers["Location"]).status == 200


def test_policy_https_names_the_wire_port_behind_one_address(bench: EngineBench) -> None:
    bench.fleet(mode="ephemeral")
    policy(bench, "https")
    answer = bench.get(LIST)
    assert answer.status == 301
    assert bench.fetch(answer.headers["Location"]).status == 200


def test_https_can_be_switched_off(bench: EngineBench) -> None:
    bench.fleet()
    secure = bench.endpoint(service="https")
    bench.act("set", {"device": "io-1", "parameter": "HTTPS.Enabled", "value": "no"})
    with refused():
        connects(secure)
    assert bench.description()["https_url"] is None


def test_the_web_server_moves_with_its_port(bench: EngineBench) -> None:
    bench.fleet()
    old = bench.endpoint()
    bench.act("set", {"device": "io-1", "parameter": "System.BoaPort", "value": "8123"})
    assert bench.endpoint()[1] == 8123
    with refused():
        connects(old)
    assert bench.ready()


def test_two_services_on_one_port_leave_the_second_shut(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("set", {"device": "io-1", "parameter": "HTTPS.Port", "value": "8123"})
    bench.act("set", {"device": "io-1", "parameter": "System.BoaPort", "value": "8123"})
    assert set(bench.description()["ports"]) == {"https"}
    assert bench.records("state", "io-1", what="port taken")[0]["data"]["service"] == "http"
    bench.act("set", {"device": "io-1", "parameter": "System.BoaPort", "value": "8124"})
    assert bench.endpoint()[1] == 8124
    assert bench.ready()


def test_a_new_static_address_moves_the_sockets(bench: EngineBench) -> None:
    bench.fleet()
    old = bench.endpoint()
    address = old[0].rpartition(".")[0] + ".77"
    bench.act("set", {"device": "io-1", "parameter": "Network.BootProto", "value": "none"})
    bench.act("set", {"device": "io-1", "parameter": "Network.IPAddress", "value": address})
    bench.advance(5)
    assert bench.endpoint() == (address, old[1])
    assert bench.ready()
    with refused():
        connects(old)
    assert [r["what"] for r in bench.records("datagram", "io-1")] == ["dhcp release"]


def test_a_device_with_an_address_of_its_own_from_the_start(bench: EngineBench) -> None:
    bench.fleet(module(network={"address": "192.168.3.4"}))
    assert bench.state()["real_address"] == "192.168.3.4"
    assert bench.state()["origin"] == "static"
    assert bench.ready()


def test_a_factory_device_asks_for_its_first_account(bench: EngineBench) -> None:
    bench.fleet(module(state="factory"))
    assert bench.description()["needs_setup"]
    assert bench.get(LIST).status == 401


@pytest.mark.parametrize("state", ["running", "factory"])
def test_a_restart_brings_the_same_ports_back(bench: EngineBench, state: str) -> None:
    bench.fleet(module(state=state))
    ports = bench.description()["ports"]
    bench.act("reboot", "io-1")
    bench.advance_until(lambda: bench.state()["phase"] == "booting", 20)
    assert bench.description()["ports"] == {}
    bench.boot()
    assert bench.description()["ports"] == ports


def test_while_it_starts_a_device_is_there_and_not_ready(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("reboot", "io-1")
    bench.advance_until(lambda: bench.state()["phase"] == "starting", 60)
    bench.advance_until(lambda: bench.state()["address"], 20, step=0.2)
    assert not bench.ready()
    assert (
        bench.fetch(bench.description()["url"] + READY, {"apiVersion": "1.1", "method": "systemready"}).status
        == 200
    )


def test_one_device_s_power_is_nothing_to_its_neighbour(bench: EngineBench) -> None:
    bench.fleet(module("io-1"), module("io-2"))
    standing = bench.connect("io-2")
    bench.act("power", "cut", device="io-1")
    assert answers(standing)
    assert silent(bench.connect("io-2"))


@pytest.mark.asyncio
async def test_a_hung_device_says_nothing_to_anybody_until_it_recovers() -> None:
    specification = FleetSpecification.model_validate(
        {
            "block": WORKER,
            "clock": {"mode": "stepped"},
            "site": {"dhcp": {"lease": 240}},
            "devices": [module(mqtt={"qos": 1})],
        }
    )
    bench = await Bench.build(specification)
    try:
        host = bench.hosts["io-1"]
        port = host.ports["http"]
        reader, writer = await asyncio.open_connection(str(host.device.network.primary), port)
        await bench.advance(1)
        host.device.lifecycle.hang()
        mark = bench.journal.last_number
        await bench.advance(600)
        told = [record for record in bench.journal.since(mark) if record.device == "io-1"]
        assert {record.kind for record in told} & {Kind.DATAGRAM, Kind.MESSAGE} == set()
        assert not reader.at_eof()
        host.device.lifecycle.recover()
        await bench.advance(120)
        assert host.device.lifecycle.ready
        assert host.device.mqtt.connection_status == "connected"
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
    finally:
        await bench.close()
