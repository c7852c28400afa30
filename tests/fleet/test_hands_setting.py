"""Parameters set from inside and facts of the world, as a client reads them."""

from __future__ import annotations

import pytest
from engine_bench import EngineBench, module, speaker

from simulator.errors import FleetError


def set_(bench: EngineBench, value: str, device: str = "io-1", **what: str) -> None:
    bench.act("set", {"device": device, "value": value, **what})


@pytest.mark.parametrize("name", ["Network.Bonjour.FriendlyName", "root.Network.Bonjour.FriendlyName"])
def test_a_parameter_reads_back_over_http(bench: EngineBench, name: str) -> None:
    bench.fleet()
    set_(bench, "Back door", parameter=name)
    assert bench.parameter("Network.Bonjour.FriendlyName") == "Back door"


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("Network.NoSuchThing", "x"),
        ("HTTPS.Enabled", "perhaps"),
    ],
)
def test_what_the_device_does_not_take_is_refused(bench: EngineBench, parameter: str, value: str) -> None:
    bench.fleet()
    with pytest.raises(FleetError):
        set_(bench, value, parameter=parameter)
    assert bench.records("action")[-1]["what"] == "set"
    assert bench.parameter("HTTPS.Enabled") == "yes"


def test_one_device_that_does_not_take_it_leaves_the_others_alone(bench: EngineBench) -> None:
    bench.fleet(module("io-1"), speaker())
    with pytest.raises(FleetError):
        set_(bench, "Gate", device="*", parameter="IOPort.I1.Input.Name")
    assert bench.parameter("IOPort.I1.Input.Name") != "Gate"
    with pytest.raises(FleetError):
        set_(bench, "yes", device="*", fact="motion")
    with pytest.raises(FleetError):
        set_(bench, "yes", device="*", fact="relay/0")
    assert not bench.port(0)["active"]


@pytest.mark.parametrize(("fact", "port"), [("relay/0", 0), ("output/3", 3)])
def test_an_output_set_by_hand(bench: EngineBench, fact: str, port: int) -> None:
    bench.fleet()
    set_(bench, "yes", fact=fact)
    assert bench.get(f"/axis-cgi/io/port.cgi?checkactive={port + 1}").text.strip() == f"port{port + 1}=active"
    set_(bench, "off", fact=fact)
    assert bench.get(f"/axis-cgi/io/port.cgi?checkactive={port + 1}").text.strip() == f"port{port + 1}=inactive"


def test_a_virtual_input(bench: EngineBench) -> None:
    bench.fleet(module(mqtt=True))
    subscriber = bench.subscriber()
    subscriber.forget()
    set_(bench, "yes", fact="virtual-input/7")
    assert bench.state()["virtual_inputs"] == [7]
    topic, payload = subscriber.wait_for("VirtualInput")[0]
    assert topic.endswith("/port/7")
    assert payload["message"]["data"] == {"active": "1"}
    set_(bench, "no", fact="virtual-input/7")
    assert bench.state()["virtual_inputs"] == []


def test_motion_before_a_speaker(bench: EngineBench) -> None:
    bench.fleet(speaker(mqtt=True))
    subscriber = bench.subscriber()
    subscriber.forget()
    set_(bench, "yes", device="speaker-1", fact="motion")
    subscriber.wait_for("PIR")
    assert len(subscriber.heard("PIR")) == 1


@pytest.mark.parametrize(
    ("device", "fact"),
    [
        ("io-1", "motion"),
        ("io-1", "relay/99"),
        ("io-1", "relay/3"),
        ("io-1", "output/0"),
        ("io-1", "output/2"),
        ("io-1", "virtual-input/0"),
        ("io-1", "virtual-input/65"),
        ("speaker-1", "relay/0"),
    ],
)
def test_a_fact_that_the_device_does_not_know_is_refused(bench: EngineBench, device: str, fact: str) -> None:
    bench.fleet(module(), speaker())
    with pytest.raises(FleetError):
        set_(bench, "yes", device=device, fact=fact)
    assert bench.records("action")[-1]["what"] == "set"
    assert bench.state()["virtual_inputs"] == []


@pytest.mark.parametrize(
    "fields",
    [
        {"value": "x"},
        {"value": "yes", "fact": "motion", "parameter": "A.B"},
        {"value": "7", "fact": "relay/0"},
        {"value": "yes", "fact": "weather"},
    ],
)
def test_a_set_that_makes_no_sense_is_refused(bench: EngineBench, fields: dict[str, str]) -> None:
    bench.fleet()
    with pytest.raises(FleetError):
        bench.act("set", {"device": "io-1", **fields})


def test_a_device_without_power_cannot_be_driven(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("power", "cut", device="io-1")
    with pytest.raises(FleetError, match="down"):
        set_(bench, "yes", fact="relay/0")


def test_an_unknown_device(bench: EngineBench) -> None:
    bench.fleet()
    with pytest.raises(FleetError) as refusal:
        set_(bench, "yes", device="io-11", fact="motion")
    assert "'io-1'" in refusal.value.hint
