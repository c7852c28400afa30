"""The bench as a whole: who may come onto it, two of them on one host, and what one shared address can do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from engine_bench import EngineBench, eventually, module, speaker

from simulator.errors import FleetError
from simulator.fleet.child import Child


@contextlib.contextmanager
def another() -> Iterator[EngineBench]:
    """A second engine beside the first."""
    child = Child("simulator.fleet.engine")
    bench = EngineBench(child)
    try:
        yield bench
        bench.close()
    finally:
        child.stop()


@pytest.mark.parametrize(
    ("devices", "what"),
    [
        ((module("io-1"), speaker("io-1")), "name used twice: io-1"),
        ((module("io-1", number=7), module("io-2", number=7)), "number used twice: 7"),
        ((module("io-1", number=2), module("io-2")), "number used twice: 2"),
    ],
)
def test_doubled_names_and_numbers_are_refused(bench: EngineBench, devices: Any, what: str) -> None:
    with pytest.raises(FleetError, match=what):
        bench.fleet(*devices)
    assert not bench.call("GET", "/v1/health")["populated"]


def test_a_device_that_comes_later_needs_a_name_and_number_of_its_own(bench: EngineBench) -> None:
    bench.fleet(module("io-1", number=3))
    with pytest.raises(FleetError, match="named io-1 already"):
        bench.call("POST", "/v1/devices", speaker("io-1"))
    with pytest.raises(FleetError, match="number 3 is taken"):
        bench.call("POST", "/v1/devices", speaker(number=3))
    added = bench.call("POST", "/v1/devices", speaker())
    assert added["address"].endswith(".0.4")
    assert bench.ready("speaker-1")
    assert [one["name"] for one in bench.call("GET", "/v1/fleet")["devices"]] == ["io-1", "speaker-1"]


@pytest.mark.parametrize(
    "device",
    [
        module(model="C9999"),
        module(firmware="twelve"),
        module(supervised={3: "SerialFirst1k"}),
        module(supervised={99: "SerialFirst1k"}),
        module(supervised={1: "SerialFirst3k"}),
        module(parameters={"Network.NoSuchThing": "1"}),
        module(network={"address": "300.1.1.1"}),
        module(mqtt={"no_such_key": 1}),
    ],
)
def test_a_device_that_cannot_be_made_leaves_nothing_behind(bench: EngineBench, device: Any) -> None:
    with pytest.raises(FleetError) as refusal:
        bench.fleet(module("io-0"), device)
    assert "simulator bug" not in str(refusal.value)
    assert not bench.call("GET", "/v1/health")["populated"]
    bench.fleet()
    with pytest.raises(FleetError) as refusal:
        bench.call("POST", "/v1/devices", device | {"name": "late"})
    assert "simulator bug" not in str(refusal.value)
    assert bench.ready()
    bench.call("POST", "/v1/devices", speaker("late"))
    assert bench.ready("late")


def test_populate_is_idempotent_and_reset_begins_anew(bench: EngineBench) -> None:
    first = bench.fleet()
    bench.advance(5)
    assert bench.fleet()["devices"] == first["devices"]
    assert bench.now == 5, "nothing was made anew"
    bench.act("cut", "io-1/input/2")
    again = bench.call("POST", "/v1/fleet/reset")
    assert again["devices"][0]["serial"] == first["devices"][0]["serial"]
    assert bench.now == 0
    assert bench.port(2)["ohms"] == 22_000


def test_two_fleets_on_one_host_do_not_meet(bench: EngineBench) -> None:
    bench.fleet(module(mqtt=True))
    with another() as other:
        other.fleet(module(mqtt=True))
        mine, theirs = bench.endpoint()[0], other.endpoint()[0]
        assert mine.split(".")[1] != theirs.split(".")[1]
        other.act("power", "cut", device="io-1")
        assert bench.ready()
        assert bench.state()["mqtt_connected"]
    assert bench.ready()


def test_one_device_number_gives_one_identity_everywhere(bench: EngineBench) -> None:
    bench.fleet()
    serial = bench.description()["serial"]
    assert bench.parameter("Properties.System.SerialNumber") == serial
    assert bench.api("basicdeviceinfo", "getAllProperties")["propertyList"]["SerialNumber"] == serial


# One address for all: mode ephemeral


def shared(bench: EngineBench, *devices: Any, **fields: Any) -> None:
    bench.fleet(*(devices or (module("io-1", mqtt=True), speaker(mqtt=True))), mode="ephemeral", **fields)


def test_devices_behind_one_address_are_told_apart_by_ports(bench: EngineBench) -> None:
    shared(bench)
    one, other = bench.endpoint(), bench.endpoint("speaker-1")
    assert one[0] == other[0] == "127.0.0.1"
    assert one[1] != other[1]
    assert bench.ready()
    assert bench.ready("speaker-1")
    assert bench.get("/axis-cgi/param.cgi?action=list&group=Brand", service="https").status == 200


@pytest.mark.parametrize(
    "action",
    [
        {"cut": "io-1/input/2"},
        {"press": "io-1"},
        {"set": {"device": "io-1", "fact": "relay/0", "value": "yes"}},
        {"fault": {"on": "io-1/http", "kind": "syn_drop"}},
        {"fault": {"on": "io-1/http", "kind": "refused"}},
        {"fault": {"on": "io-1/mqtt", "kind": "latency", "delay": "1ms"}},
        {"broker": "restart"},
        {"upgrade": "io-1"},
        {"clock": {"do": "advance", "by": "1s"}},
        {"note": "hello"},
    ],
)
def test_what_needs_no_own_address_works_behind_one(bench: EngineBench, action: dict[str, Any]) -> None:
    shared(bench)
    assert bench.call("POST", "/v1/actions", action)["number"]
    assert bench.ready("speaker-1")


@pytest.mark.parametrize("action", [{"dhcp": "lose"}, {"unplug": "io-1"}])
def test_what_needs_own_addresses_says_so(bench: EngineBench, action: dict[str, Any]) -> None:
    shared(bench)
    with pytest.raises(FleetError, match="one address per device") as refusal:
        bench.call("POST", "/v1/actions", action)
    assert "loopback" in refusal.value.hint
    assert bench.records("action")[-1]["what"] in action
    assert bench.state()["link"]


def test_a_cut_wire_is_told_behind_one_address(bench: EngineBench) -> None:
    shared(bench)
    subscriber = bench.subscriber()
    bench.act("cut", "io-1/input/2")
    bench.advance(1)
    subscriber.wait_for('"cut"')


def test_a_device_comes_back_on_its_ports_behind_one_address(bench: EngineBench) -> None:
    shared(bench)
    place = bench.endpoint()
    bench.act("power", "cut", device="io-1")
    assert bench.ready("speaker-1")
    bench.act("power", "restore", device="io-1")
    bench.boot()
    assert bench.endpoint() == place
    bench.advance(100)
    eventually(lambda: bench.state()["mqtt_connected"])
