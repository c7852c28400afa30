"""Power, button and cable, as plain sockets, an HTTP client and an MQTT subscriber see them."""

from __future__ import annotations

import socket
import ssl

import pytest
from engine_bench import (
    EngineBench,
    answers,
    connects,
    eventually,
    module,
    refused,
    silent,
    speaker,
    was_reset,
)

from simulator.errors import FleetError

KEEP_ALIVE = 60.0
"""Device seconds, the default of the firmware's MQTT client."""


# Power


def test_a_power_cut_leaves_connections_silent_and_resets_them_at_boot(bench: EngineBench) -> None:
    bench.fleet()
    idle, asking = bench.connect(), bench.connect()
    assert answers(asking)
    place = bench.endpoint()
    bench.act("power", "cut", device="io-1")
    asking.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert silent(idle)
    assert silent(asking)
    assert not connects(place)
    bench.act("power", "restore", device="io-1")
    bench.advance(5)
    assert silent(idle), "the kernel is not up yet"
    assert not connects(place)
    bench.boot()
    assert was_reset(idle)
    assert was_reset(asking)


def test_tls_connections_fall_silent_too(bench: EngineBench) -> None:
    bench.fleet()
    place = bench.endpoint(service="https")
    context = ssl.create_default_context(cadata=bench.call("GET", "/v1/authority.pem"))
    standing = bench.keep(context.wrap_socket(bench.connect(service="https"), server_hostname=place[0]))
    assert answers(standing), "and what belongs to the handshake is read"
    bench.act("power", "cut", device="io-1")
    assert silent(standing)
    assert not connects(place)


def test_the_broker_publishes_the_will_after_one_and_a_half_keep_alives(bench: EngineBench) -> None:
    bench.fleet(module(mqtt=True))
    subscriber = bench.subscriber()
    bench.act("power", "cut", device="io-1")
    bench.advance(1.5 * KEEP_ALIVE - 1)
    assert subscriber.heard('"connected": false') == []
    bench.advance(2)
    topic, will = subscriber.wait_for('"connected": false')[0]
    assert topic.endswith("/event/connection")
    assert will["serialNumber"] == bench.description()["serial"]


def test_a_restart_within_the_keep_alive_takes_the_session_over(bench: EngineBench) -> None:
    bench.fleet(module(mqtt=True))
    subscriber = bench.subscriber()
    subscriber.forget()
    bench.act("power", "cut", device="io-1")
    bench.advance(1)
    bench.act("power", "restore", device="io-1")
    bench.boot()
    subscriber.wait_for('"connected": true')
    bench.advance(200)
    assert bench.state()["mqtt_connected"]


def test_power_cut_and_restore_twice_change_nothing(bench: EngineBench) -> None:
    bench.fleet()
    for _ in range(2):
        bench.act("power", "cut", device="io-1")
    assert bench.state()["phase"] == "off"
    for _ in range(2):
        bench.act("power", "restore", device="io-1")
    assert bench.state()["phase"] == "booting"


def test_settings_survive_a_power_cut(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("set", {"device": "io-1", "parameter": "root.Network.Bonjour.FriendlyName", "value": "Back door"})
    bench.act("power", "cut", device="io-1")
    bench.act("power", "restore", device="io-1")
    bench.boot()
    assert bench.parameter("Network.Bonjour.FriendlyName") == "Back door"


def test_a_power_cut_during_an_answer_sends_no_more_of_it(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("fault", {"on": "io-1/http", "kind": "latency", "delay": "200ms", "direction": "to-client"})
    sock = bench.connect()
    sock.sendall(b"GET /axis-cgi/systemready.cgi HTTP/1.1\r\nHost: x\r\n\r\n")
    eventually(lambda: bench.records("request", "io-1"))
    bench.act("power", "cut", device="io-1")
    assert silent(sock, 0.6)


def test_a_device_that_was_off_from_the_start_comes_up(bench: EngineBench) -> None:
    bench.fleet(module(state="off"))
    assert bench.description()["url"] is None
    bench.act("power", "restore", device="io-1")
    assert 25 <= bench.boot() <= 60


# Reboot


def test_a_reboot_says_good_bye(bench: EngineBench) -> None:
    bench.fleet(module(mqtt=True))
    subscriber, standing, place = bench.subscriber(), bench.connect(), bench.endpoint()
    before = bench.state()["bootid"]
    bench.act("reboot", "io-1")
    assert bench.ready(), "it answers for some seconds more"
    subscriber.wait_for('"connected": false')
    bench.advance_until(lambda: bench.state()["phase"] == "booting", 20)
    assert standing.recv(1) == b"", "closed in order"
    with refused():
        connects(place)
    bench.boot()
    assert bench.state()["bootid"] != before
    assert bench.state()["uptime"] < 60


def test_a_device_without_power_cannot_reboot_and_then_none_does(bench: EngineBench) -> None:
    bench.fleet(module("io-1"), module("io-2"))
    bench.act("power", "cut", device="io-2")
    with pytest.raises(FleetError, match="io-2 is not running"):
        bench.act("reboot", "io-*")
    assert bench.state("io-1")["phase"] == "running"
    assert bench.records("action")[-1]["what"] == "reboot"


# The cable


def test_a_pulled_cable_is_silence_both_ways(bench: EngineBench) -> None:
    bench.fleet(module(mqtt={"qos": 1}))
    subscriber, standing, place = bench.subscriber(), bench.connect(), bench.endpoint()
    subscriber.forget()
    bench.act("unplug", "io-1")
    standing.sendall(b"GET /axis-cgi/systemready.cgi HTTP/1.1\r\nHost: x\r\n\r\n")
    assert silent(standing)
    assert not connects(place)
    bench.act("cut", "io-1/input/2")
    bench.advance(1)
    assert subscriber.heard() == []
    assert bench.state()["link"] is False
    assert bench.state()["phase"] == "running"


def test_what_was_asked_and_told_meanwhile_comes_after_the_plug(bench: EngineBench) -> None:
    bench.fleet(module(mqtt={"qos": 1}))
    subscriber, standing = bench.subscriber(), bench.connect()
    bench.act("unplug", "io-1")
    bench.act("cut", "io-1/input/2")
    standing.sendall(b"GET /axis-cgi/systemready.cgi HTTP/1.1\r\nHost: x\r\n\r\n")
    bench.advance(10)
    assert silent(standing)
    bench.act("plug", "io-1")
    assert standing.recv(4096).startswith(b"HTTP/1.1")
    bench.advance(1)
    subscriber.wait_for('"cut"')
    assert bench.ready()


def test_events_of_a_long_silence_come_over_the_next_connection(bench: EngineBench) -> None:
    bench.fleet(module(mqtt={"qos": 1}))
    subscriber = bench.subscriber()
    bench.act("unplug", "io-1")
    bench.advance(2.5 * KEEP_ALIVE)
    subscriber.wait_for('"connected": false')
    assert not bench.state()["mqtt_connected"]
    bench.act("cut", "io-1/input/2")
    bench.advance(10)
    bench.act("plug", "io-1")
    bench.advance(120)
    subscriber.wait_for('"cut"')
    assert bench.state()["mqtt_connected"]


def test_a_plugged_device_asks_at_once_for_the_address_it_had(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("unplug", "io-1")
    bench.advance(60)
    mark = bench.records()[-1]["number"]
    bench.act("plug", "io-1")
    bench.advance(0)
    sent = bench.records("datagram", "io-1", mark)
    assert [(r["what"], r["data"]["direction"]) for r in sent] == [("dhcp request", "out"), ("dhcp ack", "in")]
    assert sent[0]["data"]["requested"] == bench.description()["address"]
    assert "server" not in sent[0]["data"], "INIT-REBOOT names no server (RFC 2131, 4.3.2)"


def test_a_lease_runs_out_behind_a_pulled_cable(bench: EngineBench) -> None:
    bench.fleet(site={"dhcp": {"lease": 600}})
    place = bench.endpoint()
    bench.act("unplug", "io-1")
    bench.advance(700)
    assert bench.records("datagram", "io-1") == [], "nothing leaves a device without a cable"
    bench.act("plug", "io-1")
    bench.advance_until(lambda: bench.state()["address"] == place[0], 60)
    assert bench.ready()


def test_a_device_that_boots_without_a_cable_resets_its_old_connections_when_it_is_plugged(
    bench: EngineBench,
) -> None:
    bench.fleet()
    standing = bench.connect()
    bench.act("power", "cut", device="io-1")
    bench.act("unplug", "io-1")
    bench.act("power", "restore", device="io-1")
    bench.advance(120)
    assert bench.state()["phase"] == "running"
    assert silent(standing)
    bench.act("plug", "io-1")
    assert was_reset(standing)
    bench.advance(30)
    assert bench.ready()


def test_plugging_twice_does_nothing(bench: EngineBench) -> None:
    bench.fleet()
    mark = bench.records()[-1]["number"]
    bench.act("plug", "io-1")
    assert [r["what"] for r in bench.records(after=mark)] == ["plug"]


# The button


@pytest.mark.parametrize(("name", "threshold"), [("io-1", 25.0), ("speaker-1", 10.0)])
def test_a_press_below_the_threshold_resets_nothing(bench: EngineBench, name: str, threshold: float) -> None:
    bench.fleet(module(), speaker())
    bench.act("press", name, for_=f"{threshold - 0.5}s")
    bench.advance(120)
    assert bench.state(name)["phase"] == "running"
    assert not bench.description(name)["needs_setup"]
    assert bench.get("/axis-cgi/param.cgi?action=list&group=Brand", name).status == 200


@pytest.mark.parametrize(("name", "threshold"), [("io-1", 25.0), ("speaker-1", 10.0)])
def test_a_press_at_the_threshold_is_a_factory_default(bench: EngineBench, name: str, threshold: float) -> None:
    bench.fleet(module(), speaker())
    bench.act("set", {"device": name, "parameter": "Network.Bonjour.FriendlyName", "value": "Hall"})
    bench.act("press", name, for_=f"{threshold}s")
    bench.advance(threshold - 0.1)
    assert bench.state(name)["phase"] == "running"
    bench.advance(0.2)
    assert bench.state(name)["activity"] == "defaulting"
    bench.advance_until(lambda: bench.state(name)["phase"] == "booting", 20)
    bench.boot(name)
    assert bench.description(name)["needs_setup"]
    assert bench.get("/axis-cgi/param.cgi?action=list&group=Brand", name).status == 401


def test_the_button_held_while_power_returns(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("power", "cut", device="io-1")
    bench.act("press", "io-1", for_="40s")
    bench.act("power", "restore", device="io-1")
    bench.boot()
    assert bench.description()["needs_setup"]


def test_a_default_gives_the_lease_back(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("press", "io-1", for_="25s")
    bench.advance_until(lambda: bench.state()["phase"] == "booting", 60)
    sent = [r["what"] for r in bench.records("datagram", "io-1")]
    assert sent == ["dhcp release"]
    bench.boot()
    after = [r["what"] for r in bench.records("datagram", "io-1")]
    assert after == ["dhcp release", "dhcp discover", "dhcp offer", "dhcp request", "dhcp ack"]


def test_a_restart_keeps_the_lease(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("reboot", "io-1")
    bench.advance_until(lambda: bench.state()["phase"] == "booting", 60)
    bench.boot()
    assert [r["what"] for r in bench.records("datagram", "io-1")] == ["dhcp request", "dhcp ack"]


@pytest.mark.parametrize("press", ["0s", "2h"])
def test_a_press_that_is_none_is_refused(bench: EngineBench, press: str) -> None:
    bench.fleet()
    with pytest.raises(FleetError):
        bench.act("press", "io-1", for_=press)
    assert bench.records("state", "io-1", what="button") == []


@pytest.mark.parametrize("verb", ["press", "reboot", "unplug", "plug", "release", "hold", "upgrade"])
def test_an_unknown_device_lists_near_names(bench: EngineBench, verb: str) -> None:
    bench.fleet()
    with pytest.raises(FleetError) as refusal:
        bench.act(verb, "io-2")
    assert "'io-1'" in refusal.value.hint
    assert bench.records("action")[-1]["what"] == verb


def test_a_foreign_broker_hears_nothing_of_a_power_cut_before_the_boot(bench: EngineBench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as broker:
        broker.settimeout(10)
        address = f"127.0.0.1:{broker.getsockname()[1]}"
        bench.fleet(module(mqtt=True), site={"broker": {"address": address}})
        connection = bench.keep(broker.accept()[0])
        assert connection.recv(4096)[:1] == b"\x10", "CONNECT"
        connection.sendall(b"\x20\x02\x00\x00")
        eventually(lambda: bench.state()["mqtt_connected"])
        while not silent(connection, 0.1):
            connection.recv(65536)
        bench.act("power", "cut", device="io-1")
        bench.advance(1)
        assert silent(connection), "neither FIN nor RST leaves a device without power"
        bench.act("power", "restore", device="io-1")
        bench.advance_until(lambda: bench.state()["phase"] == "starting", 60)
        assert was_reset(connection)


# Two sources (A9210 manual, Power priority)


def test_poe_lost_with_dc_present_is_no_interruption(bench: EngineBench) -> None:
    bench.fleet(module(power=["poe", "dc"]))
    standing, bootid = bench.connect(), bench.state()["bootid"]
    bench.act("power", "cut", device="io-1", source="poe")
    assert answers(standing)
    assert bench.state()["power"] == {"source": "dc", "live": ["dc"]}
    assert bench.state()["bootid"] == bootid
    bench.act("power", "restore", device="io-1", source="poe")
    bench.act("power", "cut", device="io-1", source="dc")
    assert bench.state()["phase"] == "booting"
    assert silent(standing)
    bench.boot()
    assert bench.state()["power"] == {"source": "poe", "live": ["poe"]}


def test_poe_lost_without_dc_is_a_power_cut(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("power", "cut", device="io-1", source="poe")
    assert bench.state()["phase"] == "off"


def test_a_source_that_one_device_lacks_touches_none(bench: EngineBench) -> None:
    bench.fleet(module(power=["poe", "dc"]), speaker())
    with pytest.raises(FleetError, match="no dc input"):
        bench.act("power", "cut", device="*", source="dc")
    assert bench.state()["power"]["live"] == ["poe", "dc"]
