"""Firmware upgrades by hand: every kind of image, every way to fail, and power cut in every phase."""

from __future__ import annotations

from typing import Any

import pytest
from engine_bench import EngineBench, module, speaker

from simulator.errors import FleetError

NEW, OLD = "12.10.33", "12.9.57"
PHASES = ("verify", "write", "boot", "start")


def refusals(bench: EngineBench, name: str = "io-1") -> list[Any]:
    return [r["data"]["code"] for r in bench.records("state", name, what="upgrade refused")]


def firmware(bench: EngineBench, name: str = "io-1") -> dict[str, Any]:
    """What a client is told."""
    return bench.api("firmwaremanagement", "status", name)


def settled(bench: EngineBench, name: str = "io-1") -> None:
    """Upgraded, refused or gone back: in service, and nothing is going on."""
    bench.advance(1)
    bench.advance_until(
        lambda: (bench.state(name)["phase"], bench.state(name)["activity"]) == ("running", "none"), 400, step=5
    )
    bench.boot(name)


@pytest.mark.parametrize("name", ["io-1", "speaker-1"])
def test_the_right_image_is_installed(bench: EngineBench, name: str) -> None:
    bench.fleet(module(), speaker())
    bench.act("upgrade", name, version=NEW)
    assert bench.ready(name), "it answers while the image is checked and written"
    settled(bench, name)
    assert firmware(bench, name)["activeFirmwareVersion"] == NEW
    assert bench.state(name)["committed"]
    assert refusals(bench, name) == []
    assert bench.get("/axis-cgi/param.cgi?action=list&group=Brand", name).status == 200, "settings are kept"


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ("wrong-model", 421),
        ("bad-signature", 415),
        ("unsigned", 422),
        ("unknown-certificate", 424),
        ("truncated", 415),
        ("garbage", 421),
        ("downgrade", 409),
        ("lts-step-missing", 409),
    ],
)
def test_a_wrong_image_is_refused_with_its_code(bench: EngineBench, image: str, code: int) -> None:
    bench.fleet()
    boot = bench.state()["bootid"]
    bench.act("upgrade", "io-1", image=image)
    bench.advance(120)
    assert refusals(bench) == [code]
    assert firmware(bench)["activeFirmwareVersion"] == OLD
    assert bench.state()["bootid"] == boot
    assert bench.state()["last_upgrade_failed"]


@pytest.mark.parametrize("phase", PHASES)
def test_an_upgrade_that_fails_leaves_the_old_firmware(bench: EngineBench, phase: str) -> None:
    bench.fleet()
    bench.act("upgrade", "io-1", version=NEW, fail_at=phase)
    settled(bench)
    assert firmware(bench)["activeFirmwareVersion"] == OLD
    assert bench.state()["last_upgrade_failed"]
    assert len(refusals(bench)) == (1 if phase in ("verify", "write") else 0)
    bench.act("upgrade", "io-1", version=NEW)
    settled(bench)
    assert firmware(bench)["activeFirmwareVersion"] == NEW, "the next one goes through"


@pytest.mark.parametrize("phase", PHASES)
def test_an_upgrade_is_held_until_it_is_released(bench: EngineBench, phase: str) -> None:
    bench.fleet()
    bench.act("upgrade", "io-1", version=NEW, hold_at=phase)
    bench.advance(1000)
    assert bench.state()["activity"] == "upgrading"
    assert bench.ready() is (phase in ("verify", "write"))
    bench.act("release", "io-1")
    settled(bench)
    assert firmware(bench)["activeFirmwareVersion"] == NEW


@pytest.mark.parametrize("phase", PHASES)
def test_power_lost_in_a_phase(bench: EngineBench, phase: str) -> None:
    bench.fleet()
    bench.act("upgrade", "io-1", version=NEW, hold_at=phase, auto_commit="started")
    bench.advance(200)
    bench.act("power", "cut", device="io-1")
    bench.act("release", "io-1")
    bench.advance(10)
    bench.act("power", "restore", device="io-1")
    settled(bench)
    assert firmware(bench)["activeFirmwareVersion"] == OLD
    assert bench.state()["committed"]


def test_hold_stops_an_upgrade_whoever_starts_it(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("hold", {"device": "io-1", "phase": "verify"})
    bench.act("upgrade", "io-1", version=NEW)
    bench.advance(500)
    assert bench.state()["activity"] == "upgrading"
    bench.act("release", "io-1")
    settled(bench)
    assert firmware(bench)["activeFirmwareVersion"] == NEW


def test_release_of_nothing_changes_nothing(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("release", "io-1")
    assert bench.ready()


def test_a_firmware_that_nobody_commits_goes_back(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("upgrade", "io-1", version=NEW, auto_commit="never", auto_rollback="10m")
    settled(bench)
    assert not bench.state()["committed"]
    told = firmware(bench)
    assert (told["activeFirmwareVersion"], told["isCommited"]) == (NEW, False)
    assert 0 < told["timeToRollback"] <= 600
    bench.advance(610)
    settled(bench)
    assert firmware(bench)["activeFirmwareVersion"] == OLD
    assert bench.state()["last_upgrade_failed"]


def test_a_commit_in_time_keeps_the_firmware(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("upgrade", "io-1", version=NEW, auto_commit="never", auto_rollback="10m")
    settled(bench)
    bench.api("firmwaremanagement", "commit")
    bench.advance(1200)
    assert firmware(bench)["activeFirmwareVersion"] == NEW


@pytest.mark.parametrize("commit", ["boot", "started", "default"])
def test_a_firmware_commits_itself(bench: EngineBench, commit: str) -> None:
    bench.fleet()
    bench.act("upgrade", "io-1", version=NEW, auto_commit=commit)
    settled(bench)
    assert bench.state()["committed"]
    bench.advance(1200)
    assert firmware(bench)["activeFirmwareVersion"] == NEW


def test_power_loss_undoes_an_uncommitted_firmware(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("upgrade", "io-1", version=NEW, auto_commit="never")
    settled(bench)
    bench.act("power", "cut", device="io-1")
    bench.act("power", "restore", device="io-1")
    settled(bench)
    assert firmware(bench)["activeFirmwareVersion"] == OLD


@pytest.mark.parametrize("mode", ["soft", "hard"])
def test_an_upgrade_with_a_factory_default(bench: EngineBench, mode: str) -> None:
    bench.fleet()
    bench.act("upgrade", "io-1", version=NEW, factory_default=mode)
    settled(bench)
    assert bench.description()["needs_setup"]
    assert bench.state()["firmware"] == NEW


def test_an_upgrade_onto_an_uncommitted_firmware_is_refused_once(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("upgrade", "io-1", version=NEW, auto_commit="never")
    settled(bench)
    bench.act("upgrade", "io-1", version="12.11.1")
    assert refusals(bench) == [412]


def test_two_upgrades_at_once(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("upgrade", "io-1", version=NEW)
    bench.act("upgrade", "io-1", version="12.11.1")
    assert refusals(bench) == [423]
    settled(bench)
    assert firmware(bench)["activeFirmwareVersion"] == NEW


def test_a_device_that_is_down_takes_no_upgrade_and_then_none_does(bench: EngineBench) -> None:
    bench.fleet(module("io-1"), module("io-2"))
    bench.act("power", "cut", device="io-2")
    with pytest.raises(FleetError, match="io-2 is not running"):
        bench.act("upgrade", "io-*")
    assert bench.state("io-1")["activity"] == "none"
    assert bench.records("action")[-1]["what"] == "upgrade"


@pytest.mark.parametrize(
    "fields", [{"auto_rollback": "90s"}, {"auto_rollback": "10m", "auto_commit": "boot"}, {"image": "wrong"}]
)
def test_options_that_make_no_sense_are_refused(bench: EngineBench, fields: dict[str, str]) -> None:
    bench.fleet()
    with pytest.raises(FleetError):
        bench.act("upgrade", "io-1", **fields)
    assert bench.state()["activity"] == "none"
