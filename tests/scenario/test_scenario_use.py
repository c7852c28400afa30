"""Parts from other files: what wins, and where errors are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.scenario.compile import compile_file
from simulator.scenario.plan import Plan
from simulator.scenario.problem import ScenarioErrors


def compiled(folder: Path, **files: str) -> Plan:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (plan,) = compile_file(folder / "main.yaml")
    return plan


def test_later_files_win_by_device_and_key(tmp_path: Path) -> None:
    plan = compiled(
        tmp_path,
        one="fleet:\n  io-{1..2}: {model: A9210, state: factory}\nlet: {name: one}\n",
        two="fleet:\n  io-2: {state: 'off'}\nsite: {dhcp: {lease: 1m}}\nlet: {name: two}\n",
        main="use: [one.yaml, two.yaml]\nscenario: By ${name}\nfleet:\n  io-2: {firmware: 11.11.192}\n"
        "site: {dhcp: {lease: 2m}}\n",
    )
    assert [(d.name, d.state, d.firmware) for d in plan.fleet] == [
        ("io-1", "factory", "12.9.57"),
        ("io-2", "off", "11.11.192"),
    ]
    assert plan.site.dhcp.lease == 120.0
    assert plan.title == "By two"


def test_invariants_add_up_and_the_client_is_replaced(tmp_path: Path) -> None:
    plan = compiled(
        tmp_path,
        part="client: first\nalways:\n  - never: {violation: yes}\nfleet: {io-1: {model: A9210}}\n",
        main="use: part.yaml\nscenario: x\nclient: second\nalways:\n  - never: {status: 5xx}\n",
    )
    assert [e.text for e in plan.always] == ["never: {violation: yes}", "never: {status: 5xx}"]
    assert plan.client is not None
    assert plan.client.command == ("second",)


def test_a_chain_is_resolved_beside_each_file_and_told_from_the_inside(tmp_path: Path) -> None:
    with pytest.raises(ScenarioErrors) as raised:
        compiled(
            tmp_path,
            parts__inner="fleet:\n  io-1: {model: A9210, stat: off}\n",
            parts__outer="use: inner.yaml\n",
            main="scenario: x\nuse:\n  - parts/outer.yaml\n",
        )
    (error,) = raised.value.errors
    assert str(error).endswith("inner.yaml:2:24: unknown key 'stat'; did you mean 'state'?")
    chain = [line.strip() for line in raised.value.render().splitlines() if "used by" in line]
    assert [line.rpartition("/")[2] for line in chain] == ["outer.yaml:1:6", "main.yaml:3:5"]


def test_shipped_fleets_are_found_from_anywhere(tmp_path: Path) -> None:
    plan = compiled(tmp_path, main="scenario: x\nuse: [fleets/mixed.yaml]\n")
    assert [device.name for device in plan.fleet] == ["io-1", "io-2", "speaker-1", "speaker-2"]


def test_a_file_may_be_used_twice_but_not_by_itself(tmp_path: Path) -> None:
    compiled(
        tmp_path,
        base="fleet: {io-1: {model: A9210}}\n",
        left="use: base.yaml\n",
        right="use: base.yaml\n",
        main="scenario: x\nuse: [left.yaml, right.yaml]\n",
    )
    with pytest.raises(ScenarioErrors, match="uses itself"):
        compiled(tmp_path, main="scenario: x\nuse: main.yaml\n")


def test_a_tree_of_files_that_doubles_at_each_level_is_stopped(tmp_path: Path) -> None:
    levels = {f"level{n}": f"use: [level{n + 1}.yaml, ./level{n + 1}.yaml]\n" for n in range(12)}
    with pytest.raises(ScenarioErrors, match="more than 50 files"):
        compiled(
            tmp_path, level12="fleet: {io-1: {model: A9210}}\n", **levels, main="scenario: x\nuse: level0.yaml\n"
        )
