"""The embedded broker under orders, as a subscriber and the devices see it."""

from __future__ import annotations

import contextlib
import socket

import pytest
from engine_bench import (
    PATIENCE,
    WORKER,
    EngineBench,
    Subscriber,
    module,
    read_all,
    refused,
    speaker,
)

from simulator.errors import FleetError

ENROLLED = module(mqtt={"qos": 1, "retain": "property"})


def connected(bench: EngineBench, name: str = "io-1") -> bool:
    return bool(bench.state(name)["mqtt_connected"])


def broker(bench: EngineBench) -> tuple[str, int]:
    told = bench.call("GET", "/v1/fleet")["site"]["broker"]
    return told["host"], told["port"]


def retained(bench: EngineBench) -> list[str]:
    """Topics that a newcomer is told at once."""
    subscriber = bench.subscriber()
    return [topic for topic, _ in subscriber.heard()]


def test_a_stopped_broker_refuses_and_devices_come_back_after_start(bench: EngineBench) -> None:
    bench.fleet(ENROLLED)
    subscriber = bench.subscriber()
    bench.act("broker", "stop")
    subscriber.until(lambda: not subscriber.connected)
    with refused():
        Subscriber(*broker(bench))
    bench.advance(5)
    assert not connected(bench)
    bench.act("broker", "start")
    bench.advance(80)
    assert connected(bench)


def test_a_stop_ends_by_itself_on_the_device_clock(bench: EngineBench) -> None:
    bench.fleet(ENROLLED)
    bench.act("broker", "stop", for_="30s")
    bench.advance(29)
    with refused():
        Subscriber(*broker(bench))
    bench.advance(2)
    assert bench.subscriber().connected


def test_a_later_order_takes_the_place_of_a_timed_one(bench: EngineBench) -> None:
    bench.fleet(ENROLLED)
    bench.act("broker", "stop", for_="30s")
    bench.act("broker", "start")
    bench.act("broker", "stop")
    bench.advance(60)
    with refused():
        Subscriber(*broker(bench))


@pytest.mark.parametrize("do", ["restart", "stop"])
@pytest.mark.parametrize("forget", [False, True])
def test_what_a_broker_forgets(bench: EngineBench, do: str, forget: bool) -> None:
    bench.fleet(module(mqtt={"qos": 1, "retain": "property"}))
    bench.advance(1)
    before = retained(bench)
    assert before
    bench.act("unplug", "io-1")
    bench.act("broker", do, **({"forget": True} if forget else {}))
    if do == "stop":
        bench.act("broker", "start")
    assert bool(retained(bench)) is not forget


def test_devices_return_after_a_restart_and_tell_their_state(bench: EngineBench) -> None:
    bench.fleet(ENROLLED)
    bench.act("broker", "restart", forget=True)
    subscriber = bench.subscriber()
    bench.advance(80)
    assert connected(bench)
    subscriber.wait_for("SupervisedPort")


@pytest.mark.parametrize("code", [None, 1, 2, 3, 4, 5])
def test_connections_are_refused_with_a_code(bench: EngineBench, code: int | None) -> None:
    bench.fleet(ENROLLED)
    bench.act("broker", "refuse", **({} if code is None else {"code": code}))
    sock = bench.keep(socket.create_connection(broker(bench), timeout=PATIENCE))
    sock.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04test")
    assert read_all(sock) == bytes([0x20, 2, 0, code or 3])
    assert connected(bench), "connections that stand are not touched"
    bench.act("broker", "accept")
    assert bench.subscriber().connected


def test_one_device_is_refused_for_a_while(bench: EngineBench) -> None:
    bench.fleet(ENROLLED, speaker(mqtt=True))
    bench.act("broker", {"do": "refuse", "device": "io-1", "code": 5, "for": "3m"})
    bench.act("broker", "drop")
    bench.advance(100)
    assert (connected(bench), connected(bench, "speaker-1")) == (False, True)
    bench.advance(200)
    assert connected(bench)


def test_a_dropped_client_leaves_its_will_and_returns(bench: EngineBench) -> None:
    bench.fleet(ENROLLED, speaker(mqtt=True))
    subscriber = bench.subscriber()
    subscriber.forget()
    bench.act("broker", {"do": "drop", "device": "io-1"})
    subscriber.wait_for('"connected": false')
    assert len(subscriber.heard('"connected": false')) == 1
    bench.advance(60)
    subscriber.wait_for('"connected": true')


def test_a_drop_that_hits_nobody_is_no_silent_success(bench: EngineBench) -> None:
    bench.fleet()
    with pytest.raises(FleetError, match="no client"):
        bench.act("broker", {"do": "drop", "device": "io-1"})


@pytest.mark.parametrize("device", [{}, {"device": "io-1"}])
def test_a_stalled_broker_delivers_after_resume(bench: EngineBench, device: dict[str, str]) -> None:
    bench.fleet(ENROLLED)
    subscriber = bench.subscriber()
    subscriber.forget()
    bench.act("broker", {"do": "stall", **device})
    bench.act("cut", "io-1/input/2")
    bench.advance(1)
    assert subscriber.heard() == []
    bench.act("broker", {"do": "resume", **device})
    bench.advance(1)
    subscriber.wait_for('"cut"')


def test_a_stall_ends_by_itself(bench: EngineBench) -> None:
    bench.fleet(ENROLLED)
    subscriber = bench.subscriber()
    subscriber.forget()
    bench.act("broker", "stall", for_="20s")
    bench.act("cut", "io-1/input/2")
    bench.advance(21)
    subscriber.wait_for('"cut"')


def test_somebody_else_s_broker_takes_no_orders(bench: EngineBench) -> None:
    bench.fleet(ENROLLED, site={"broker": {"address": "127.0.0.1:1"}})
    with pytest.raises(FleetError, match="another program") as refusal:
        bench.act("broker", "stop")
    assert "embedded" in refusal.value.hint
    assert bench.records("action")[-1]["what"] == "broker"


def test_the_broker_of_another_fleet_works_by_address(bench: EngineBench) -> None:
    from simulator.fleet.child import Child

    bench.fleet(module())
    host, port = broker(bench)
    with contextlib.closing(_Closing(Child("simulator.fleet.engine"))) as other:
        device = module("io-9", number=9, mqtt={"qos": 1})
        other.bench.fleet(device, site={"broker": {"address": f"{host}:{port}"}}, block=WORKER + 7, clock="real")
        subscriber = bench.subscriber()
        other.bench.act("cut", "io-9/input/2")
        subscriber.wait_for('"cut"')


class _Closing:
    def __init__(self, child: object) -> None:
        self.bench = EngineBench(child)  # type: ignore[arg-type]

    def close(self) -> None:
        self.bench.close()
        self.bench.child.stop()


@pytest.mark.parametrize(
    "order",
    [{"do": "stop", "code": 3}, {"do": "drop", "for": "3s"}, {"do": "start", "forget": True}, {"do": "halt"}],
)
def test_fields_that_say_nothing_are_refused(bench: EngineBench, order: dict[str, object]) -> None:
    bench.fleet(ENROLLED)
    with pytest.raises(FleetError):
        bench.act("broker", order)
    assert connected(bench)
