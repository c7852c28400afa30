"""Upgrades that fail, are held, or lose power half-way: what runs afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from firmware_bench import GOOD, LONG, NEW, OLD, QUIRKS, Bench, code_of
from hypothesis import given
from hypothesis import strategies as st

from simulator.device.firmware import FirmwareRefused, Stage
from simulator.device.lifecycle import Activity, Phase
from simulator.journal import Kind


@pytest.mark.parametrize(("stage", "code"), [(Stage.VERIFY, 415), (Stage.WRITE, 500)])
def test_a_failure_before_the_answer_is_the_answer(stage: Stage, code: int) -> None:
    bench = Bench()
    bench.firmware.fail_at = stage
    assert bench.refusal(GOOD)[0] == code
    assert bench.firmware.fail_at is None
    bench.answers.clear()
    bench.upgraded()
    assert bench.version == NEW


@pytest.mark.parametrize("stage", [Stage.BOOT, Stage.START])
@pytest.mark.parametrize("wishes", [{}, {"auto_commit": "boot"}, {"factory_default": "hard"}])
def test_an_image_that_does_not_start_gives_way_to_the_previous_one(stage: Stage, wishes: dict[str, str]) -> None:
    bench = Bench()
    bench.firmware.fail_at = stage
    bench.upgrade(**wishes)
    bench.advance_to(lambda: bench.device.lifecycle.activity is Activity.ROLLING_BACK)
    assert bench.answers == [NEW]
    bench.advance_to(lambda: bench.phase is Phase.RUNNING)
    assert bench.version == OLD
    assert not bench.device.needs_setup
    assert bench.firmware.last_upgrade_failed
    bench.power_cycle()
    assert not bench.firmware.last_upgrade_failed


@pytest.mark.parametrize("stage", list(Stage))
def test_a_held_stage_lasts_until_it_is_released(stage: Stage) -> None:
    bench = Bench()
    bench.firmware.hold_at = stage
    bench.upgrade()
    bench.advance(LONG)
    assert bench.firmware.stage is stage
    bench.firmware.release()
    bench.advance(LONG)
    assert (bench.phase, bench.version, bench.answers) == (Phase.RUNNING, NEW, [NEW])


def test_a_boot_that_was_held_before_a_power_cycle_is_not_cut_short_by_the_release() -> None:
    bench = Bench()
    bench.firmware.hold_at = Stage.BOOT
    bench.upgrade()
    bench.advance(LONG)
    bench.device.lifecycle.power_cut()
    bench.device.lifecycle.power_on()
    bench.firmware.release()
    bench.advance(QUIRKS.boot_seconds - 1)
    assert bench.phase is Phase.BOOTING


def test_releasing_what_is_not_held_is_harmless() -> None:
    bench = Bench()
    bench.firmware.hold_at = Stage.WRITE
    bench.firmware.release()
    assert bench.upgraded().version == NEW


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("failure", ["power", "crash"])
def test_power_or_system_lost_at_any_stage_leaves_the_image_that_ran(stage: Stage, failure: str) -> None:
    bench = Bench()
    bench.firmware.hold_at = stage
    bench.upgrade()
    bench.advance(LONG)
    if failure == "power":
        bench.device.lifecycle.power_cut()
        bench.firmware.release()
        bench.device.lifecycle.power_on()
    else:
        bench.device.lifecycle.hang()
        bench.firmware.release()
        bench.device.lifecycle.recover()
    bench.advance(LONG)
    assert (bench.phase, bench.version) == (Phase.RUNNING, OLD)
    assert not bench.device.needs_setup
    assert code_of(bench.firmware.rollback) == 404
    assert not bench.firmware.uploading
    assert bench.answers == ([] if stage in {Stage.VERIFY, Stage.WRITE} else [NEW])
    bench.answers.clear()
    assert bench.upgraded().version == NEW


def test_power_lost_between_the_answer_and_the_restart_leaves_the_image_that_ran() -> None:
    bench = Bench().upgrade()
    bench.advance_to(lambda: bench.phase is Phase.STOPPING)
    bench.power_cycle()
    assert bench.version == OLD
    bench.firmware.reboot()
    bench.advance(LONG)
    assert bench.version == OLD


def test_a_power_cycle_before_the_commit_boots_the_previous_image() -> None:
    bench = Bench().upgraded(auto_commit="never")
    bench.device.lifecycle.power_cut()
    bench.device.lifecycle.power_on()
    assert bench.device.lifecycle.activity is Activity.ROLLING_BACK
    bench.advance(LONG)
    assert bench.version == OLD
    assert bench.firmware.committed


def test_a_restart_in_the_middle_gives_the_upgrade_up() -> None:
    bench = Bench().upgrade()
    bench.device.lifecycle.restart("restart.cgi")
    bench.advance(LONG)
    assert (bench.version, bench.answers) == (OLD, [])


def test_every_step_is_in_the_journal() -> None:
    bench = Bench().upgraded(auto_rollback="1")
    bench.advance(LONG)
    told = [r.what for r in bench.world.journal.since(0) if r.kind is Kind.STATE and r.what != "phase"]
    steps = [what for what in told if what.startswith(("upgrade", "rolled", "committed"))]
    assert steps == ["upgrade", "upgrade", "upgrade written", "rolled back"]


ASKED = ["upgrade", "tentative", "default", "commit", "rollback", "purge", "stop", "reboot", "reset"]
DONE = ["cut", "on", "hang", "recover", "release"]
HANDS = st.one_of(
    st.sampled_from(ASKED + DONE),
    st.sampled_from(list(Stage)).map(lambda stage: ("hold", stage)),
    st.sampled_from(list(Stage)).map(lambda stage: ("fail", stage)),
    st.floats(0, 900),
)


@given(st.lists(HANDS, max_size=40))
def test_whatever_happens_a_device_has_a_firmware_that_runs(hands: list[Any]) -> None:
    bench, newer = Bench(), iter(range(69, 500))
    for hand in hands:
        if isinstance(hand, float):
            bench.advance(hand)
        elif isinstance(hand, tuple):
            setattr(bench.firmware, f"{hand[0]}_at", hand[1])
        else:
            try_to(bench, hand, newer)
        check(bench)
    bench.firmware.release()
    bench.firmware.fail_at = None
    bench.power_cycle()
    check(bench)
    assert bench.device.lifecycle.ready


def try_to(bench: Bench, hand: str, newer: Any) -> None:
    life, firmware = bench.device.lifecycle, bench.firmware
    offer = replace(GOOD, version=f"12.10.{next(newer)}")
    todo = {
        "upgrade": lambda: bench.upgrade(offer),
        "tentative": lambda: bench.upgrade(offer, auto_rollback="5"),
        "default": lambda: bench.upgrade(offer, factory_default="hard"),
        "commit": firmware.commit,
        "rollback": firmware.rollback,
        "purge": firmware.purge,
        "stop": firmware.stop_auto,
        "reboot": firmware.reboot,
        "reset": firmware.factory_default,
        "cut": life.power_cut,
        "on": life.power_on,
        "hang": life.hang,
        "recover": life.recover,
        "release": firmware.release,
    }
    try:
        todo[hand]()
    except FirmwareRefused as refused:
        assert refused.code in {404, 412, 423}


def check(bench: Bench) -> None:
    firmware = bench.firmware
    assert bench.version == firmware.running.version == bench.device.profile.firmware
    assert firmware.committed or firmware.previous is not None, "an uncommitted image has one to go back to"
    assert firmware.time_to_rollback() is None or not firmware.committed
    if firmware.uploading:
        assert (bench.phase, bench.device.lifecycle.activity) == (Phase.RUNNING, Activity.UPGRADING)
