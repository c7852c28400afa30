"""Hands on expansion modules: seen over HTTP, in the true state, and told to nobody whom it does not concern."""

from __future__ import annotations

from typing import Any

import pytest
from engine_bench import EngineBench, module, speaker

from simulator.errors import FleetError

LOST, FOUND, UPGRADE = 2.5, 5.5, 61.0
TWO = [{"address": 1, "name": "North"}, {"address": 2}]


def fleet(bench: EngineBench, modules: list[dict[str, Any]] = TWO) -> None:
    supervised = {11: "SerialFirst1k"} if modules else {}
    bench.fleet(module("io-1", modules=modules, supervised=supervised), speaker("speaker-1"))


def modules(bench: EngineBench) -> dict[str, Any]:
    return bench.state("io-1")["modules"]  # type: ignore[no-any-return]


def do(bench: EngineBench, what: str, address: object = 1, **fields: object) -> None:
    bench.call("POST", "/v1/actions", {"module": {"do": what, "target": f"io-1/module/{address}", **fields}})


def shown(bench: EngineBench) -> list[str]:
    return [item["port"] for item in bench.api("io/portmanagement", "getPorts", "io-1")["items"]]


def test_modules_of_the_specification_are_there_with_their_ports(bench: EngineBench) -> None:
    fleet(bench)
    assert shown(bench) == [str(number) for number in range(35)]
    assert {one["name"]: one["online"] for one in modules(bench).values()} == {"North": True, "AXIS A9910 2": True}
    assert modules(bench)["2"]["ports"] == list(range(23, 35))


def test_a_lost_module_shows_in_supervisedio_and_comes_back(bench: EngineBench) -> None:
    fleet(bench)
    do(bench, "lose")
    bench.advance(LOST)
    told = {one["port"]: one for one in bench.api("supervisedio", "getSupervised", "io-1")["items"]}
    assert (told[11]["state"], told[11]["level"]) == ("undefined", 4294967295)
    assert told[1]["level"] < 4096
    assert told[23]["level"] < 4096
    do(bench, "return")
    bench.advance(FOUND)
    told = {one["port"]: one for one in bench.api("supervisedio", "getSupervised", "io-1")["items"]}
    assert told[11]["state"] == "open"


@pytest.mark.parametrize(
    ("what", "fields", "reason"),
    [
        ("power-cut", {}, "no answer"),
        ("take-over", {}, "wrong encryption key"),
        ("move", {"metres": 1200}, "no answer"),
        ("readdress", {"to": 2}, "no answer"),
    ],
)
def test_why_a_module_is_offline(bench: EngineBench, what: str, fields: dict[str, object], reason: str) -> None:
    fleet(bench)
    do(bench, what, **fields)
    bench.advance(LOST)
    assert (modules(bench)["1"]["online"], modules(bench)["1"]["reason"]) == (False, reason)
    assert modules(bench)["2"]["online"] is (what != "readdress")


def test_added_and_removed_while_the_fleet_runs(bench: EngineBench) -> None:
    fleet(bench, [])
    do(bench, "add", 4, name="Gate")
    assert modules(bench)["4"]["name"] == "Gate"
    assert "47" in shown(bench)
    bench.act("cut", "io-1/input/47")
    do(bench, "remove", 4)
    assert modules(bench) == {}
    assert shown(bench)[-1] == "10"
    with pytest.raises(FleetError, match="no input named '47'"):
        bench.act("cut", "io-1/input/47")


def test_an_upgrade_and_one_that_fails(bench: EngineBench) -> None:
    fleet(bench)
    do(bench, "upgrade", firmware="13.0.1")
    do(bench, "upgrade", 2, firmware="13.0.1", fails=True)
    bench.advance(1)
    assert [one["reason"] for one in modules(bench).values()] == ["upgrading"] * 2
    bench.advance(UPGRADE + FOUND)
    assert [one["firmware"] for one in modules(bench).values()] == ["13.0.1", "12.9.57"]


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ({"do": "lose", "target": "io-1/module/9"}, "no module named '9'"),
        ({"do": "lose", "target": "speaker-1/module/1"}, "speaker-1 takes no expansion modules"),
        ({"do": "add", "target": "io-1/module/17"}, "no module named '17'"),
        ({"do": "add", "target": "io-1/module/1"}, "there is a module at address 1 already"),
        ({"do": "readdress", "target": "io-1/module/1"}, "needs 'to'"),
        ({"do": "lose", "target": "io-1/module/1", "to": 3}, "says nothing"),
        ({"do": "upgrade", "target": "io-1/module/1", "firmware": "new"}, "no firmware version"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_happens(
    bench: EngineBench, action: dict[str, object], told: str
) -> None:
    fleet(bench)
    before = modules(bench)
    with pytest.raises(FleetError, match=told.replace("(", r"\(")):
        bench.call("POST", "/v1/actions", {"module": action})
    assert modules(bench) == before


def test_a_speaker_with_modules_is_no_fleet(bench: EngineBench) -> None:
    with pytest.raises(FleetError, match="takes no expansion modules"):
        bench.fleet(speaker("speaker-1", modules=TWO))
