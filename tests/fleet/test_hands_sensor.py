"""Hands on sensors and buses, seen over TCP, in the device's list and in its events."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from engine_bench import EngineBench, module, speaker

from simulator.errors import FleetError
from simulator.wire.modbus.crc import is_sealed, sealed

FREEZER = {
    "name": "freezer", "type": "tibbo-bp01", "interval": 1.0, "values": {"temperature": -18},
    "thresholds": {"temperature": {"high": -10}},
}  # fmt: skip
ROOF = {"name": "roof", "type": "hugo", "interval": 1.0}
ASK = sealed(bytes.fromhex("4004012C0001"))
ANSWER = sealed(bytes.fromhex("400402F8F8"))


def fleet(bench: EngineBench, *sensors: dict[str, Any], **bus: Any) -> dict[str, Any]:
    wired = {"0": {"mode": "listen", **bus}}
    bench.fleet(module(sensors=list(sensors or (FREEZER, ROOF)), modbus=wired))
    found: dict[str, Any] = bench.description()["modbus"][0]["listen"]
    return found


def row(bench: EngineBench, position: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = bench.state()["sensors"][position]
    return told


def value(bench: EngineBench, position: int = 0, quantity: str = "temperature") -> Any:
    return row(bench, position)["values"][quantity]["value"]


def asked(place: dict[str, Any], frame: bytes, size: int = 256, patience: float = 0.3) -> bytes:
    """What comes back within a moment."""
    with socket.create_connection((place["host"], place["port"]), timeout=5) as line:
        line.sendall(frame)
        line.settimeout(patience)
        got = b""
        try:
            while len(got) < size and (portion := line.recv(size)):
                got += portion
        except TimeoutError:
            pass
        return got


@pytest.mark.parametrize(
    ("deed", "seconds", "expected"),
    [
        ({"do": "set", "to": 4.25}, 1, 4.25),
        ({"do": "ramp", "to": -8, "over": "10s"}, 5, -13.0),
        ({"do": "step", "values": [1, 2, 3], "every": "2s"}, 3, 2.0),
        ({"do": "sine", "to": 0, "amplitude": 10, "period": "4s"}, 1, 10.0),
        ({"do": "spike", "to": 50, "for": "3s"}, 2, 50.0),
        ({"do": "spike", "to": 50, "for": "3s"}, 4, -18.0),
        ({"do": "out-of-range"}, 1, 142.0),
        ({"do": "below-range"}, 1, -57.0),
    ],
)
def test_what_a_sensor_measures_follows_the_hand(
    bench: EngineBench, deed: dict[str, Any], seconds: float, expected: float
):
    fleet(bench)
    bench.act("sensor", {"on": "io-1/sensor/freezer", "quantity": "temperature", **deed})
    bench.advance(seconds)
    assert value(bench) == pytest.approx(expected, abs=0.02)


def test_a_random_walk_is_the_same_for_the_same_seed(bench: EngineBench):
    courses = []
    for _ in range(2):
        bench.call("DELETE", "/v1/fleet")
        fleet(bench)
        bench.act("sensor", {"on": "io-1/sensor/1", "do": "walk", "stride": 2, "every": "1s"})
        courses.append([])
        for _ in range(10):
            bench.advance(1)
            courses[-1].append(value(bench))
    assert courses[0] == courses[1]
    assert len(set(courses[0])) > 5


@pytest.mark.parametrize("do", ["nan", "sentinel"])
def test_no_value_is_invalid_and_the_last_one_stays(bench: EngineBench, do: str):
    fleet(bench)
    bench.advance(1)
    bench.act("sensor", {"on": "io-1/sensor/roof", "do": do, "for": "3s"})
    bench.advance(1)
    assert row(bench, 1)["values"]["pressure"] == {
        "value": 1013.2,
        "quality": "invalid",
        "limit": "normal",
        "at": 2.0,
    }
    assert row(bench, 1)["online"] is True
    bench.advance(3)
    assert row(bench, 1)["values"]["pressure"]["quality"] == "good"


def test_a_limit_names_the_hand_as_its_cause(bench: EngineBench):
    fleet(bench)
    bench.advance(2)
    cause = bench.act("sensor", {"on": "io-1/sensor/freezer", "do": "set", "to": 0})
    bench.advance(2)
    [state] = bench.records("state", "io-1", what="sensor limit")
    assert state["cause"] == cause
    [event] = bench.records("event", "io-1", what="tnsaxis:CameraApplicationPlatform/ModbusSensor/Limit")
    assert event["data"]["data"] == {"limit": "above", "value": "0.000000"}


def test_the_truth_is_told_beside_what_the_device_knows(bench: EngineBench):
    place = fleet(bench)
    bench.act("sensor", {"on": "io-1/sensor/freezer", "do": "stick"})
    bench.act("sensor", {"on": "io-1/sensor/freezer", "do": "set", "to": 7})
    bench.advance(2)
    assert value(bench) == -18
    asked(place, b"\xff\xff\xff" + ASK, len(ANSWER))
    bus = bench.state()["buses"][0]
    assert bus["sensors"][0] == {
        "number": 1, "name": "freezer", "address": 64, "plugged": True, "measures": {"temperature": 7},
    }  # fmt: skip
    assert bus["violations"] == 1


def test_unplug_and_plug(bench: EngineBench):
    place = fleet(bench)
    assert asked(place, ASK, len(ANSWER)) == ANSWER
    cause = bench.act("sensor", {"on": "io-1/sensor/freezer", "do": "unplug", "for": "20s"})
    assert asked(place, ASK) == b""
    bench.advance(10)
    assert row(bench)["online"] is False
    assert row(bench, 1)["online"] is True
    assert bench.records("state", "io-1", what="sensor status")[-1]["cause"] == cause
    bench.advance(12)
    assert row(bench)["online"] is True


def test_a_sensor_that_restarts_is_silent_for_a_while(bench: EngineBench):
    place = fleet(bench)
    bench.act("sensor", {"on": "io-1/sensor/freezer", "do": "reset", "for": "1s"})
    assert asked(place, ASK) == b""
    bench.advance(1.5)
    assert asked(place, ASK, len(ANSWER)) == ANSWER


def test_the_address_of_a_probe_can_be_written_while_its_button_is_held(bench: EngineBench):
    place = fleet(bench)
    write = sealed(bytes.fromhex("400600C80021"))
    assert asked(place, write, 5) == sealed(bytes.fromhex("408602"))
    bench.act("sensor", {"on": "io-1/sensor/freezer", "do": "hold-button"})
    assert asked(place, write, 8) == write
    assert asked(place, ASK) == b""
    block = sealed(bytes.fromhex("210300C80004"))
    assert asked(place, block, 13) == sealed(bytes.fromhex("21030800210001000" + "5AA55"))
    with pytest.raises(FleetError, match="no MD button"):
        bench.act("sensor", {"on": "io-1/sensor/roof", "do": "hold-button"})


def test_a_probe_of_another_rate_than_its_port_is_silent(bench: EngineBench):
    place = fleet(bench, FREEZER, ROOF, baud=9600)
    assert asked(place, ASK) == b""
    assert len(asked(place, sealed(bytes.fromhex("010300000001")), 7)) == 7


@pytest.mark.parametrize(
    ("sensor", "message"),
    [
        ({"on": "io-1/sensor/cellar", "do": "unplug"}, "freezer"),
        ({"on": "io-1/sensor/freezer", "do": "set", "quantity": "humidity", "to": 1}, "temperature"),
        ({"on": "io-1/sensor/roof", "do": "set", "to": 1}, "one of temperature"),
        ({"on": "io-1/sensor/roof", "do": "ramp", "to": 1}, "needs 'over'"),
    ],
)
def test_a_hand_that_reaches_for_nothing(bench: EngineBench, sensor: dict[str, Any], message: str):
    fleet(bench)
    with pytest.raises(FleetError, match=message):
        bench.act("sensor", sensor)


def test_a_bus_fault_by_count_unit_and_chance(bench: EngineBench):
    place = fleet(bench)
    bench.act("bus", {"on": "io-1/bus/0", "do": "crc", "units": [64], "count": 1})
    assert not is_sealed(asked(place, ASK, len(ANSWER)))
    assert asked(place, ASK, len(ANSWER)) == ANSWER
    bench.act("bus", {"on": "io-1/bus/0", "do": "exception", "code": 6, "functions": [4], "registers": [300, 301]})
    assert asked(place, ASK, 5) == sealed(bytes.fromhex("408406"))
    assert asked(place, sealed(bytes.fromhex("4003012C0001")), 7) == sealed(bytes.fromhex("400302F8F8"))
    assert bench.call("GET", "/v1/faults")[0]["on"] == "io-1/bus/0"
    bench.act("bus", {"on": "io-1/bus/0", "do": "mend"})
    assert asked(place, ASK, len(ANSWER)) == ANSWER
    with pytest.raises(FleetError, match="no fault acts"):
        bench.act("bus", {"on": "io-1/bus/0", "do": "mend"})


def test_a_dead_bus_takes_all_sensors_with_it_until_its_time_is_over(bench: EngineBench):
    fleet(bench)
    bench.advance(2)
    bench.act("bus", {"on": "io-1/bus/0", "do": "dead", "for": "30s"})
    bench.advance(25)
    assert [one["online"] for one in bench.state()["sensors"]] == [False, False]
    bench.advance(15)
    assert [one["online"] for one in bench.state()["sensors"]] == [True, True]


def test_a_babbling_bus_is_heard_by_all_who_listen(bench: EngineBench):
    place = fleet(bench)
    bench.act("bus", {"on": "io-1/bus/0", "do": "babble"})
    assert len(asked(place, b"", patience=0.5)) > 4
    assert ANSWER not in asked(place, ASK)


def test_a_slow_answer_comes_on_the_clock_of_who_asks(bench: EngineBench):
    place = fleet(bench)
    bench.act("bus", {"on": "io-1/bus/0", "do": "slow", "delay": "100ms"})
    assert asked(place, ASK, len(ANSWER), patience=2) == ANSWER


@pytest.mark.parametrize("kind", ["refused", "reset"])
def test_the_line_to_a_bus_can_break(bench: EngineBench, kind: str):
    place = fleet(bench)
    bench.act("fault", {"on": "io-1/modbus", "kind": kind})
    with pytest.raises(ConnectionError):
        asked(place, ASK, len(ANSWER))
    bench.act("clear", "io-1/modbus")
    assert asked(place, ASK, len(ANSWER)) == ANSWER


def test_the_buses_of_a_module_survive_a_pulled_network_cable_but_not_a_lost_supply(bench: EngineBench):
    place = fleet(bench)
    bench.act("unplug", {"device": "io-1"})
    assert asked(place, ASK, len(ANSWER)) == ANSWER
    bench.act("power", {"do": "cut", "device": "io-1"})
    assert asked(place, ASK) == b""
    bench.act("power", {"do": "restore", "device": "io-1"})
    assert asked(place, ASK, len(ANSWER)) == ANSWER
    bench.act("plug", {"device": "io-1"})
    bench.boot()
    bench.advance(2)
    assert row(bench)["online"] is True


def test_settings_survive_a_restart_and_not_a_factory_default(bench: EngineBench):
    fleet(bench)
    bench.act("reboot", "io-1")
    bench.advance(90)
    assert row(bench)["online"] is True
    bench.act("press", {"device": "io-1", "for": "25s"})
    bench.advance(150)
    assert bench.state()["sensors"] == []


# The list


def test_templates_are_exported_edited_and_uploaded(bench: EngineBench):
    fleet(bench)
    path = "/v1/devices/io-1/sensors/roof/template"
    template = bench.call("GET", path)
    assert template["points"][0]["name"] == "temperature"
    template["points"] = [{"name": "hot", "type": "temperature", "register": 0, "dataType": "i16", "scale": 1}]
    assert bench.call("PUT", path, template) == {"number": 2, "name": "roof"}
    bench.advance(2)
    assert value(bench, 1, "hot") == 215
    with pytest.raises(FleetError, match=r"points\[0\]\.register"):
        bench.call("PUT", path, {"name": "x", "points": [{"name": "y", "register": -1}]})
    assert value(bench, 1, "hot") == 215
    assert bench.call("GET", "/v1/sensor-templates/tibbo-bp02")["baud"] == 38400


def test_rows_are_added_and_removed(bench: EngineBench):
    fleet(bench)
    made = bench.call("POST", "/v1/devices/io-1/sensors", {"name": "late", "type": "generic", "address": 20})
    assert made == {"number": 3, "name": "late"}
    with pytest.raises(FleetError, match="address 20 is taken"):
        bench.call("POST", "/v1/devices/io-1/sensors", {"name": "later", "address": 20})
    bench.advance(30)
    assert row(bench, 2)["online"] is False
    bench.call("DELETE", "/v1/devices/io-1/sensors/late")
    assert len(bench.call("GET", "/v1/devices/io-1/sensors")) == 2


def test_a_row_is_changed_and_judged_by_its_new_limits(bench: EngineBench):
    fleet(bench)
    bench.advance(2)
    changed = FREEZER | {"thresholds": {"temperature": {"low": -10}}, "interval": 2.0}
    assert bench.call("PUT", "/v1/devices/io-1/sensors/freezer", changed) == {"number": 1, "name": "freezer"}
    bench.advance(1)
    assert row(bench)["last_event"] == "temperature below limit"
    with pytest.raises(FleetError, match="no sensor named"):
        bench.call("PUT", "/v1/devices/io-1/sensors/cellar", changed)


def test_a_speaker_has_no_sensors(bench: EngineBench):
    with pytest.raises(FleetError, match="no RS-485 port"):
        bench.fleet(speaker(sensors=[ROOF]))
    bench.fleet(speaker())
    with pytest.raises(FleetError, match="no RS-485 port"):
        bench.call("GET", "/v1/devices/speaker-1/sensors")


@pytest.mark.parametrize(
    ("sensor", "message"),
    [
        ({"type": "hogo"}, "hugo"),
        ({"type": "custom"}, "a template belongs to type custom"),
        ({"type": "custom", "template": '{"name": "x", "points": [{"name": "y"}]}'}, r"points\[0\]\.register"),
        ({"type": "hugo", "thresholds": {"flood": {"high": 1}}}, "does not measure 'flood'"),
        ({"thresholds": {"temperature": {"low": 3, "high": 1}}}, "low 3 is not below high 1"),
        ({"address": 248}, "247"),
    ],
)
def test_sensors_that_cannot_be(bench: EngineBench, sensor: dict[str, Any], message: str):
    with pytest.raises(FleetError, match=message):
        fleet(bench, sensor)


def test_a_module_that_goes_offline_takes_its_sensors_along(bench: EngineBench):
    sensor = {"name": "far", "type": "generic", "box": 3, "interval": 1.0}
    bench.fleet(module(modules=[{"address": 3}], sensors=[sensor], modbus={"3": {"mode": "listen"}}))
    bench.advance(30)
    assert row(bench)["online"] is True
    bench.act("module", {"target": "io-1/module/3", "do": "lose"})
    bench.advance_until(lambda: row(bench)["online"] is False, 60)
    assert row(bench)["reason"] == "the box is offline"
