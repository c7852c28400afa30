"""Keep alive in a stepped fleet: devices live by the fleet's clock at both ends, other clients by wire time."""

from __future__ import annotations

import socket

import pytest
from engine_bench import PATIENCE, EngineBench, module, read_all

WILL = "Connection Lost"


def foreign_client(bench: EngineBench, keep_alive: int) -> socket.socket:
    """A client that connects and never says another word."""
    broker = bench.call("GET", "/v1/fleet")["site"]["broker"]
    sock = bench.keep(socket.create_connection((broker["host"], broker["port"]), timeout=PATIENCE))
    sock.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00" + bytes([keep_alive]) + b"\x00\x04test")
    assert sock.recv(4) == b"\x20\x02\x00\x00"
    return sock


@pytest.mark.parametrize("mode", ["loopback", "ephemeral"])
def test_a_clock_that_stands_still_costs_no_device_its_connection(bench: EngineBench, mode: str) -> None:
    bench.fleet(module(mqtt={"keepAliveInterval": 1}), mode=mode)
    bench.advance(1)
    subscriber = bench.subscriber()
    assert read_all(foreign_client(bench, keep_alive=2)) == b"", "3 s of wire time have passed"
    assert bench.state()["mqtt_connected"]
    assert subscriber.heard(WILL) == []
    bench.advance(30)
    assert bench.state()["mqtt_connected"]
    assert subscriber.heard(WILL) == []


def test_the_will_counts_from_the_last_packet(bench: EngineBench) -> None:
    """The device last spoke at about 0 s; it would have pinged at 60 s."""
    bench.fleet(module(mqtt={"keepAliveInterval": 60}))
    subscriber = bench.subscriber()
    bench.advance(50)
    bench.act("unplug", "io-1")
    bench.advance(38)
    assert subscriber.heard(WILL) == []
    bench.advance(3)
    assert len(subscriber.heard(WILL)) == 1


def test_a_device_that_comes_back_in_time_leaves_no_will(bench: EngineBench) -> None:
    bench.fleet(module(mqtt={"keepAliveInterval": 60}))
    subscriber = bench.subscriber()
    bench.advance(50)
    bench.act("unplug", "io-1")
    bench.advance(30)
    bench.act("plug", "io-1")
    bench.advance(100)
    assert subscriber.heard(WILL) == []
    assert bench.state()["mqtt_connected"]
