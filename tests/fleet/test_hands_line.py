"""Link faults by hand: on each service they can be on, with chance, count, after and for."""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any

import pytest
from engine_bench import EngineBench, answers, connects, eventually, module, read_all, refused, silent

from simulator.action.link_fault import FAULT_USES
from simulator.errors import FleetError

ASK = b"GET /axis-cgi/systemready.cgi HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
ELSEWHERE = [kind for kind in FAULT_USES if list(FAULT_USES).index(kind) >= list(FAULT_USES).index("silent")]
WEB = ["http", "https"]


def spoken(bench: EngineBench, service: str) -> socket.socket:
    """A connection to a web service, through the TLS handshake where there is one."""
    sock = bench.connect(service=service)
    if service == "https":
        context = ssl.create_default_context(cadata=bench.call("GET", "/v1/authority.pem"))
        wrapped = context.wrap_socket(sock, server_hostname=bench.endpoint()[0], suppress_ragged_eofs=False)
        return bench.keep(wrapped)
    return sock


def asked(bench: EngineBench, service: str = "http") -> bytes:
    """Everything a whole exchange brings."""
    sock = spoken(bench, service)
    sock.sendall(ASK)
    return read_all(sock)


def fault(bench: EngineBench, kind: str, on: str = "http", **fields: Any) -> None:
    bench.act("fault", {"on": f"io-1/{on}", "kind": kind, **{key.rstrip("_"): v for key, v in fields.items()}})


def strikes(bench: EngineBench) -> int:
    return len([r for r in bench.records("fault", "io-1") if r["what"].endswith("strikes")])


@pytest.mark.parametrize("service", WEB)
def test_refused(bench: EngineBench, service: str) -> None:
    bench.fleet()
    standing = spoken(bench, service)
    fault(bench, "refused", service)
    with refused():
        bench.connect(service=service)
    assert answers(standing), "a connection that stands is not touched"
    bench.act("clear", f"io-1/{service}")
    assert asked(bench, service)


@pytest.mark.parametrize("service", WEB)
def test_syn_drop(bench: EngineBench, service: str) -> None:
    bench.fleet()
    place = bench.endpoint(service=service)
    fault(bench, "syn_drop", service)
    assert not connects(place)
    bench.act("clear", f"io-1/{service}")
    assert asked(bench, service)


@pytest.mark.parametrize("service", WEB)
def test_reset(bench: EngineBench, service: str) -> None:
    bench.fleet()
    fault(bench, "reset", service, bytes=20)
    sock = spoken(bench, service)
    sock.sendall(ASK)
    with pytest.raises(OSError):
        read_all(sock)


@pytest.mark.parametrize("service", WEB)
def test_hang(bench: EngineBench, service: str) -> None:
    bench.fleet()
    fault(bench, "hang", service)
    sock = spoken(bench, service)
    sock.sendall(ASK)
    while service == "https" and not silent(sock, 0.1):
        sock.setblocking(False)
        with pytest.raises(ssl.SSLWantReadError):  # what belongs to the handshake
            sock.recv(1)
    assert silent(sock)


@pytest.mark.parametrize("service", WEB)
def test_slow_answer(bench: EngineBench, service: str) -> None:
    bench.fleet()
    whole = len(asked(bench, service))
    fault(bench, "slow_answer", service, size=50, pause="20ms")
    begun = time.monotonic()
    assert abs(len(asked(bench, service)) - whole) < 20
    assert time.monotonic() - begun > 0.02 * (whole // 50 - 1)


@pytest.mark.parametrize("service", WEB)
def test_half_answer(bench: EngineBench, service: str) -> None:
    bench.fleet()
    whole = len(asked(bench, service))
    fault(bench, "half_answer", service)
    assert 0 < len(asked(bench, service)) < whole


@pytest.mark.parametrize("service", WEB)
@pytest.mark.parametrize("direction", ["both", "to-client", "to-device"])
def test_latency(bench: EngineBench, service: str, direction: str) -> None:
    bench.fleet()
    fault(bench, "latency", service, delay="100ms", jitter="1ms", direction=direction)
    sock = spoken(bench, service)
    begun = time.monotonic()
    assert answers(sock)
    assert time.monotonic() - begun >= (0.2 if direction == "both" else 0.1)


@pytest.mark.parametrize("service", WEB)
def test_bandwidth(bench: EngineBench, service: str) -> None:
    bench.fleet()
    fault(bench, "bandwidth", service, rate=2000, direction="to-client")
    begun = time.monotonic()
    size = len(asked(bench, service))
    assert time.monotonic() - begun > size / 2000 * 0.5


@pytest.mark.parametrize("service", WEB)
def test_limit_data(bench: EngineBench, service: str) -> None:
    bench.fleet()
    fault(bench, "limit_data", service, bytes=30, direction="to-client")
    assert len(asked(bench, service)) == 30


@pytest.mark.parametrize("service", WEB)
def test_slicer(bench: EngineBench, service: str) -> None:
    bench.fleet()
    whole = len(asked(bench, service))
    fault(bench, "slicer", service, size=20, pause="1ms")
    assert abs(len(asked(bench, service)) - whole) < 20


# The MQTT connection, which the device dials


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "reset", "bytes": 0},
        {"kind": "limit_data", "bytes": 0},
    ],
)
def test_a_broken_mqtt_connection_is_lost(bench: EngineBench, fields: dict[str, Any]) -> None:
    bench.fleet(module(mqtt={"qos": 1}))
    fault(bench, on="mqtt", **fields)
    bench.act("cut", "io-1/input/2")
    bench.advance(0.2)
    eventually(lambda: not bench.state()["mqtt_connected"])
    bench.act("clear", "io-1/mqtt")
    subscriber = bench.subscriber()
    bench.advance(120)
    subscriber.wait_for('"cut"')


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "latency", "delay": "100ms"},
        {"kind": "bandwidth", "rate": 20_000},
        {"kind": "slicer", "size": 100},
    ],
)
def test_a_slow_mqtt_connection_delivers_all_the_same(bench: EngineBench, fields: dict[str, Any]) -> None:
    bench.fleet(module(mqtt={"qos": 1}))
    subscriber = bench.subscriber()
    fault(bench, on="mqtt", **fields)
    bench.act("cut", "io-1/input/2")
    bench.advance(0.2)
    subscriber.wait_for('"cut"')


def test_a_hanging_mqtt_connection_delivers_nothing(bench: EngineBench) -> None:
    bench.fleet(module(mqtt={"qos": 1}))
    subscriber = bench.subscriber()
    subscriber.forget()
    fault(bench, "hang", "mqtt")
    bench.act("cut", "io-1/input/2")
    bench.advance(1)
    assert subscriber.heard('"cut"') == []


# Datagrams


def test_lost_datagrams(bench: EngineBench) -> None:
    bench.fleet(site={"dhcp": {"lease": 240}})
    fault(bench, "udp_loss", "dhcp")
    bench.advance(600)
    assert bench.state()["origin"] == "linkLocal"
    assert all(r["data"]["direction"] == "out" for r in bench.records("datagram", "io-1"))


def test_doubled_datagrams(bench: EngineBench) -> None:
    bench.fleet(site={"dhcp": {"lease": 240}})
    fault(bench, "udp_duplicate", "dhcp", direction="to-device")
    bench.advance(130)
    told = [r["what"] for r in bench.records("datagram", "io-1")]
    assert told[:3] == ["dhcp request", "dhcp ack", "dhcp ack"]


def test_reordered_datagrams(bench: EngineBench) -> None:
    bench.fleet(site={"dhcp": {"lease": 240}})
    fault(bench, "udp_reorder", "dhcp", delay="10ms")
    bench.advance(600)
    eventually(lambda: strikes(bench))


# How often, and how long


@pytest.mark.parametrize(
    ("kind", "on", "fields"),
    [
        ("refused", "http", {}),
        ("syn_drop", "http", {}),
        ("reset", "http", {"bytes": 0}),
        ("hang", "http", {}),
        ("slow_answer", "http", {"pause": "1s"}),
        ("half_answer", "http", {}),
        ("latency", "http", {"delay": "5s"}),
        ("bandwidth", "http", {"rate": 1}),
        ("limit_data", "http", {"bytes": 0}),
        ("slicer", "http", {"size": 1, "pause": "1s"}),
    ],
)
def test_chance_0_changes_no_byte(bench: EngineBench, kind: str, on: str, fields: dict[str, Any]) -> None:
    bench.fleet()
    before = asked(bench)
    fault(bench, kind, on, chance=0, **fields)
    begun = time.monotonic()
    assert len(asked(bench)) == len(before)
    assert time.monotonic() - begun < 1
    assert strikes(bench) == 0


def test_a_count_ends_the_fault(bench: EngineBench) -> None:
    bench.fleet()
    fault(bench, "half_answer", count=2)
    sizes = [len(asked(bench)) for _ in range(4)]
    assert sizes[0] < sizes[2]
    assert sizes[1] < sizes[3]
    assert strikes(bench) == 2


def test_after_spares_the_first_connections(bench: EngineBench) -> None:
    bench.fleet()
    fault(bench, "half_answer", after=2)
    sizes = [len(asked(bench)) for _ in range(4)]
    assert sizes[2] < sizes[0]
    assert sizes[3] < sizes[1]


def test_a_fault_ends_by_itself_on_the_device_clock(bench: EngineBench) -> None:
    bench.fleet()
    fault(bench, "refused", for_="30s")
    bench.advance(29)
    with refused():
        bench.connect()
    bench.advance(2)
    assert asked(bench)
    assert bench.call("GET", "/v1/faults") == []


def test_clear_ends_all_faults_of_a_device_or_those_of_a_service(bench: EngineBench) -> None:
    bench.fleet(module("io-1"), module("io-2"))
    for on in ("io-1/http", "io-1/https", "io-2/http"):
        bench.act("fault", {"on": on, "kind": "hang"})
    bench.act("clear", "io-1/http")
    assert [one["on"] for one in bench.call("GET", "/v1/faults")] == ["io-1/https", "io-2/http"]
    bench.act("clear", "io-1")
    assert [one["on"] for one in bench.call("GET", "/v1/faults")] == ["io-2/http"]
    bench.act("clear", "*")
    assert bench.call("GET", "/v1/faults") == []
    with pytest.raises(FleetError, match="no fault acts on io-1"):
        bench.act("clear", "io-1")


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_what_this_mode_cannot_do_fails_and_names_what_is_missing(bench: EngineBench, kind: str) -> None:
    bench.fleet()
    with pytest.raises(FleetError, match=r"needs mode (netns|lan)"):
        fault(bench, kind)
    assert bench.records("action")[-1]["data"]["kind"] == kind
    assert bench.call("GET", "/v1/faults") == []


def test_a_fault_that_has_nothing_to_act_on_somewhere_acts_nowhere(bench: EngineBench) -> None:
    bench.fleet(module("io-1"), module("io-2", state="off"))
    with pytest.raises(FleetError, match="io-2/http does not listen"):
        bench.act("fault", {"on": "io-*/http", "kind": "refused"})
    assert bench.call("GET", "/v1/faults") == []
    assert asked(bench)


@pytest.mark.parametrize(
    "fields",
    [
        {"on": "io-1/http", "kind": "latancy", "delay": "1s"},
        {"on": "io-1/http", "kind": "latency"},
        {"on": "io-1/http", "kind": "udp_loss"},
        {"on": "io-1/dhcp", "kind": "hang"},
        {"on": "io-1/mqtt", "kind": "refused"},
        {"on": "io-1/http", "kind": "hang", "chance": 2},
        {"on": "io-1/ftp", "kind": "hang"},
        {"on": "io-2/http", "kind": "hang"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(bench: EngineBench, fields: dict[str, Any]) -> None:
    bench.fleet()
    with pytest.raises(FleetError):
        bench.act("fault", fields)
    assert bench.call("GET", "/v1/faults") == []
