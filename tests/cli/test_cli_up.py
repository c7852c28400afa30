"""`axsim up`: a fleet that stays, its description, and its end."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections import Counter
from pathlib import Path
from urllib.request import urlopen

import pytest
from command_line import Running, alive, axsim

from simulator.cli.up_command import Request, specification_of

READY = "Ctrl-C"


def wanted(**changes: object) -> Request:
    usual = {
        "file": None, "speakers": 0, "io": 0, "firmware": None, "factory": False, "clock": "real", "seed": None,
        "block": None, "control": "127.0.0.1:0", "out": Path("fleet.json"),
    }  # fmt: skip
    return Request(**{**usual, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_it_stays_until_it_is_stopped_and_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    running = Running(tmp_path, "up", "--speakers", "1", "--io", "2")
    running.wait_for(READY)
    fleet = json.loads((tmp_path / "fleet.json").read_text())
    with urlopen(f"{fleet['control']['url']}/v1/fleet", timeout=10) as answer:
        assert json.load(answer)["devices"] == fleet["devices"]
    for device in fleet["devices"]:
        with urlopen(f"{device['url']}/axis-cgi/prod_brand_info/getbrand.cgi", timeout=10) as answer:
            assert json.load(answer)["Brand"]["ProdNbr"] == device["model"]
    children = running.children()
    ended = running.end(number)
    assert (ended.code, ended.err) == (0, "")
    assert not [pid for pid in children if alive(pid)]
    assert list(tmp_path.iterdir()) == []


def test_it_prints_addresses_credentials_broker_and_control(tmp_path: Path) -> None:
    running = Running(tmp_path, "up", "--io", "1", "--out", "bench.json")
    running.wait_for(READY)
    fleet = json.loads((tmp_path / "bench.json").read_text())
    told = running.end(signal.SIGTERM).out
    device, broker = fleet["devices"][0], fleet["site"]["broker"]
    for text in (device["url"], device["https_url"], device["serial"], "root", "pass", fleet["control"]["url"]):
        assert text in told
    assert f"mqtt://{broker['host']}:{broker['port']}" in told
    assert "bench.json" in told


def test_an_engine_that_ends_is_told_and_ends_with_3(tmp_path: Path) -> None:
    running = Running(tmp_path, "up", "--io", "1")
    running.wait_for(READY)
    (engine,) = running.children()
    os.kill(engine, signal.SIGKILL)
    ended = running.end()
    assert ended.code == 3
    assert ended.err == "axsim: the engine ended with code -9\n"
    assert list(tmp_path.iterdir()) == []


def test_a_control_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "{}:{}".format(*taken.getsockname())
        ended = Running(tmp_path, "up", "--io", "1", "--control", address).end()
    assert ended.code == 3
    assert f"the control API cannot listen on {address}: " in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nowhere.yaml",), "no file or shipped fleet 'nowhere.yaml'"),
        (("fleets/mixedd",), "did you mean 'fleets/mixed'"),
        (("fleets/mixed", "--io", "1"), "leave out --speakers, --io and the like"),
        (("--clock", "x40"), "x2 to x20"),
        (("--clock", "fast"), "no clock 'fast'"),
        (("--control", "8090"), "write for example 127.0.0.1:8090"),
        (("--control", "127.0.0.1:99999"), "no address to listen on"),
        (("--io", "-1"), "--io"),
        (("--block", "60"), "--block"),
    ],
)
def test_a_wrong_argument_ends_with_2(words: tuple[str, ...], told: str) -> None:
    ended = axsim("up", *words)
    assert ended.code == 2
    assert told in ended.err


def test_a_description_that_cannot_be_written_ends_with_2(tmp_path: Path) -> None:
    ended = axsim("up", "--io", "1", "--out", tmp_path / "nowhere" / "fleet.json")
    assert ended.code == 2
    assert "cannot be written" in ended.err


def test_what_is_there_without_saying_anything() -> None:
    devices = specification_of(wanted())["devices"]
    assert Counter(device["model"] for device in devices) == {"A9210": 2, "C1410": 2}


def test_the_fleet_of_a_scenario_with_another_clock_and_seed() -> None:
    specification = specification_of(wanted(file="wiring/cut-supervised-input", clock="x10", seed=5))
    assert specification["clock"] == {"mode": "scaled", "rate": 10.0}
    assert specification["seed"] == 5
    assert [device["name"] for device in specification["devices"]] == ["io-1", "io-2", "speaker-1", "speaker-2"]


def test_devices_out_of_the_box_on_another_firmware() -> None:
    devices = specification_of(wanted(io=1, speakers=1, firmware="11.11", factory=True))["devices"]
    assert {(device["firmware"], device["state"], device["mqtt"]) for device in devices} == {
        ("11.11", "factory", False)
    }


def test_a_device_out_of_the_box_waits_for_its_first_account(tmp_path: Path) -> None:
    running = Running(tmp_path, "up", "--io", "1", "--factory")
    running.wait_for(READY)
    fleet = json.loads((tmp_path / "fleet.json").read_text())
    told = running.end(signal.SIGTERM).out
    assert fleet["devices"][0]["needs_setup"] is True
    assert "none yet" in told
