"""Upgrades from outside: what is refused and how, what survives which failure, and when there is a way back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.device import Device
from simulator.device.firmware import Firmware, FirmwareRefused, ImageOffer, Signature, Stage
from simulator.device.lifecycle import Activity, Phase
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.journal import Journal, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

OLD, NEW = "12.9.57", "12.10.68"
PROFILE = load_profile("A9210", OLD)
QUIRKS = PROFILE.quirks
PRODUCT = (PROFILE.product.prod_nbr, PROFILE.product.hardware_id)
GOOD = ImageOffer(NEW, "0123456", (PRODUCT,), Signature.VALID, complete=True)
LONG = 3600.0
TEN_MINUTES = 600.0


class Bench:
    """An I/O module in service on a stepped clock."""

    def __init__(self, version: str = OLD) -> None:
        self.clock = SimClock(stepped=True)
        self.world = World(self.clock, Chance(1), Journal(self.clock))
        profile = load_profile("A9210", version)
        self.device = Device("io-1", 1, profile, self.world, lambda address: address)
        self.device.lifecycle.running_from_the_start()
        self.device.accounts.add("root", "pass", ("admin", "ptz"))
        self.firmware: Firmware = self.device.firmware
        self.answers: list[str | FirmwareRefused] = []

    @property
    def phase(self) -> Phase:
        return self.device.lifecycle.phase

    @property
    def version(self) -> str:
        return self.device.parameters["Properties.Firmware.Version"]

    def advance(self, seconds: float) -> None:
        target = self.clock.now() + seconds
        while (due := self.clock.next_due()) is not None and due <= target:
            self.clock.step_to(due)
            self.clock.run_due()
        self.clock.step_to(target)

    def advance_to(self, reached: Callable[[], bool]) -> None:
        while not reached():
            due = self.clock.next_due()
            assert due is not None, f"still {self.phase}, and nothing is due"
            self.advance(due - self.clock.now())

    def upgrade(self, offer: ImageOffer = GOOD, **wishes: str) -> Bench:
        self.firmware.upgrade(offer, done=self.answers.append, **wishes)
        return self

    def upgraded(self, offer: ImageOffer = GOOD, **wishes: str) -> Bench:
        """Until the new image runs."""
        self.upgrade(offer, **wishes)
        self.advance_to(lambda: self.phase is Phase.BOOTING)
        self.advance_to(lambda: self.phase is Phase.RUNNING)
        return self

    def power_cycle(self) -> None:
        self.device.lifecycle.power_cut()
        self.device.lifecycle.power_on()
        self.advance_to(lambda: self.phase is Phase.RUNNING)

    def refusal(self, offer: ImageOffer, **wishes: str) -> tuple[int, str]:
        self.upgrade(offer, **wishes)
        self.advance_to(lambda: not self.firmware.uploading)
        (answer,) = self.answers
        assert isinstance(answer, FirmwareRefused)
        return answer.code, answer.text


def code_of(call: Callable[[], object]) -> int:
    with pytest.raises(FirmwareRefused) as caught:
        call()
    return caught.value.code


# ---- a good upgrade, as a VMS sees it (core sheet 4.4)


def test_the_request_stays_open_until_the_image_is_written_and_the_old_system_still_answers() -> None:
    bench = Bench().upgrade()
    bench.advance(QUIRKS.upgrade_verify_seconds + QUIRKS.upgrade_write_seconds - 0.1)
    assert (bench.answers, bench.phase, bench.device.lifecycle.ready) == ([], Phase.RUNNING, True)
    assert bench.firmware.stage is Stage.WRITE
    assert bench.device.lifecycle.activity is Activity.UPGRADING
    bench.advance(0.1)
    assert bench.answers == [NEW]
    assert (bench.phase, bench.device.lifecycle.ready) == (Phase.STOPPING, True)
    assert bench.firmware.status()["activeFirmwareVersion"] == OLD
    bench.advance(QUIRKS.stopping_seconds)
    assert (bench.phase, bench.firmware.stage) == (Phase.BOOTING, Stage.BOOT)
    bench.advance(QUIRKS.upgrade_boot_seconds + QUIRKS.boot_jitter_seconds)
    assert bench.phase is Phase.STARTING
    bench.advance(QUIRKS.starting_seconds)
    assert (bench.phase, bench.version) == (Phase.RUNNING, NEW)


def test_a_plain_upgrade_commits_by_itself_once_it_has_started() -> None:
    bench = Bench().upgrade()
    bench.advance_to(lambda: bench.phase is Phase.STARTING)
    status = bench.firmware.status()
    assert (status["isCommited"], status["pendingCommit"]) == (False, "started")
    bench.advance_to(lambda: bench.phase is Phase.RUNNING)
    status = bench.firmware.status()
    assert list(status) == [
        "activeFirmwareVersion",
        "activeFirmwarePart",
        "inactiveFirmwareVersion",
        "isCommited",
        "lastUpgradeAt",
    ]
    assert (status["activeFirmwareVersion"], status["activeFirmwarePart"]) == (NEW, "0123456")
    assert (status["inactiveFirmwareVersion"], status["isCommited"]) == (OLD, True)
    bench.power_cycle()
    assert bench.version == NEW


def test_a_device_that_was_never_upgraded_has_no_inactive_image() -> None:
    status = Bench().firmware.status()
    assert status == {"activeFirmwareVersion": OLD, "activeFirmwarePart": PROFILE.product.part_number}


def test_settings_and_accounts_come_along() -> None:
    bench = Bench()
    bench.device.parameters.write("Network.DomainName", "example.com")
    bench.upgraded()
    assert bench.device.parameters["Network.DomainName"] == "example.com"
    assert not bench.device.needs_setup
    assert bench.device.parameters["Properties.System.SerialNumber"] == bench.device.identity.serial


def test_another_track_brings_its_own_parameters_apis_and_events() -> None:
    offer = replace(GOOD, version="11.11.192")
    bench = Bench("10.12.130").upgraded(offer)
    expected = load_profile("A9210", "11.11.192")
    assert bench.device.profile is expected
    assert bench.device.events.catalogue is expected.catalogue
    assert set(expected.parameters) <= set(bench.device.parameters.names())


def test_a_firmware_without_data_behaves_as_the_track_below_it_and_shows_its_own_version() -> None:
    bench = Bench("11.11.192").upgraded(replace(GOOD, version="12.4.1"))
    assert bench.version == "12.4.1"
    assert bench.device.profile.apis == load_profile("A9210", "11.11.192").apis


# ---- refusals


def test_a_refused_image_leaves_the_device_as_it_is() -> None:
    bench = Bench()
    code, text = bench.refusal(replace(GOOD, products=(("C1410 Mk II", ""),)))
    assert (code, text) == (421, "Firmware image does not match this device.")
    assert (bench.phase, bench.version) == (Phase.RUNNING, OLD)
    assert bench.device.lifecycle.activity is Activity.NONE
    assert bench.firmware.last_upgrade_failed, "the status LED flashes red"
    assert not bench.firmware.uploading


def test_a_file_that_is_no_image_is_answered_like_one_of_another_product() -> None:
    assert Bench().refusal(ImageOffer()) == (421, "Firmware image does not match this device.")


def test_a_revoked_version_is_refused() -> None:
    bench = Bench()
    bench.firmware.revoked = frozenset({NEW})
    assert bench.refusal(GOOD)[0] == 410


@pytest.mark.parametrize("mode", ["none", "soft"])
def test_a_downgrade_needs_a_hard_default(mode: str) -> None:
    offer = replace(GOOD, version="11.11.192")
    assert Bench().refusal(offer, factory_default=mode)[0] == 409
    bench = Bench().upgraded(offer, factory_default="hard")
    assert bench.version == "11.11.192"
    assert bench.device.needs_setup


@pytest.mark.parametrize(
    "wishes",
    [
        {"factory_default": "sot"},
        {"auto_commit": "soon"},
        {"auto_rollback": "0"},
        {"auto_rollback": "-1"},
        {"auto_rollback": "٣"},
        {"auto_rollback": "soon"},
        {"auto_rollback": "9" * 9},
    ],
)
def test_unknown_values_are_400_and_nothing_begins(wishes: dict[str, str]) -> None:
    bench = Bench()
    assert code_of(lambda: bench.upgrade(**wishes)) == 400
    assert not bench.firmware.uploading
    assert bench.answers == []


def test_everything_is_busy_while_an_image_is_written() -> None:
    bench = Bench().upgrade()
    firmware = bench.firmware
    calls = [
        bench.upgrade,
        firmware.commit,
        firmware.rollback,
        firmware.purge,
        firmware.stop_auto,
        firmware.reboot,
    ]
    assert {code_of(call) for call in (*calls, firmware.factory_default)} == {423}
    bench.advance_to(lambda: bench.phase is not Phase.RUNNING)
    assert code_of(firmware.reboot) == 423
    assert bench.answers == [NEW]


def test_an_uncommitted_firmware_takes_no_upgrade_and_is_not_purged() -> None:
    bench = Bench().upgraded(auto_commit="never")
    assert code_of(lambda: bench.upgrade(replace(GOOD, version="12.10.69"))) == 412
    with pytest.raises(FirmwareRefused, match=r"Current firmware is not active\."):
        bench.firmware.purge()


def test_the_previous_image_is_gone_once_an_upgrade_begins_even_if_it_fails() -> None:
    bench = Bench().upgraded()
    bench.answers.clear()
    assert bench.refusal(ImageOffer())[0] == 421
    with pytest.raises(FirmwareRefused, match=r"No old firmware exists\."):
        bench.firmware.rollback()


# ---- commit, rollback, purge


def test_an_unconfirmed_upgrade_goes_back_after_its_time_with_its_old_settings() -> None:
    bench = Bench()
    bench.device.parameters.write("Network.DomainName", "before")
    bench.upgraded(auto_commit="never", auto_rollback="30")
    status = bench.firmware.status()
    assert (status["isCommited"], status["timeToRollback"]) == (False, 1800)
    assert "pendingCommit" not in status
    bench.device.parameters.write("Network.DomainName", "after")
    bench.device.accounts.add("joe", "pass", ("viewer",))
    bench.advance(1799)
    assert bench.firmware.status()["timeToRollback"] == 1
    bench.advance(1)
    assert (bench.phase, bench.device.lifecycle.activity) == (Phase.STOPPING, Activity.ROLLING_BACK)
    bench.advance_to(lambda: bench.phase is Phase.RUNNING)
    assert (bench.version, bench.device.parameters["Network.DomainName"]) == (OLD, "before")
    assert [account.name for account in bench.device.accounts.all()] == ["root"]
    assert bench.firmware.status()["activeFirmwareVersion"] == OLD
    assert "inactiveFirmwareVersion" not in bench.firmware.status()
    assert bench.firmware.last_upgrade_failed


def test_a_commit_in_time_stops_the_timer() -> None:
    bench = Bench().upgraded(auto_commit="never", auto_rollback="30")
    bench.firmware.commit()
    bench.firmware.commit()
    assert "timeToRollback" not in bench.firmware.status()
    bench.advance(LONG)
    assert (bench.phase, bench.version) == (Phase.RUNNING, NEW)
    bench.power_cycle()
    assert bench.version == NEW


@pytest.mark.parametrize(
    ("wishes", "committed", "minutes"),
    [
        ({}, True, None),
        ({"auto_rollback": "30"}, False, 30),
        ({"auto_rollback": "never"}, False, None),
        ({"auto_commit": "never"}, False, None),
        ({"auto_commit": "boot"}, True, None),
        ({"auto_commit": "started", "auto_rollback": "5"}, True, None),
        ({"auto_commit": "never", "auto_rollback": "5"}, False, 5),
    ],
)
def test_the_defaults_of_commit_and_rollback_depend_on_each_other(
    wishes: dict[str, str], committed: bool, minutes: int | None
) -> None:
    bench = Bench().upgraded(**wishes)
    status = bench.firmware.status()
    assert status["isCommited"] is committed
    assert status.get("timeToRollback") == (None if minutes is None else minutes * 60)


def test_a_reboot_neither_rolls_back_nor_stops_nor_lengthens_the_timer() -> None:
    bench = Bench().upgraded(auto_rollback="30")
    running_since = bench.clock.now()
    bench.advance(TEN_MINUTES)
    bench.firmware.reboot()
    bench.advance_to(lambda: bench.phase is Phase.BOOTING)
    bench.advance_to(lambda: bench.phase is Phase.RUNNING)
    assert bench.version == NEW
    bench.advance_to(lambda: bench.phase is Phase.STOPPING)
    assert bench.clock.now() == running_since + 1800


def test_a_timer_that_ends_during_a_reboot_strikes_after_it() -> None:
    bench = Bench().upgraded(auto_rollback="1")
    bench.advance(59)
    bench.firmware.reboot()
    bench.advance_to(lambda: bench.phase is Phase.BOOTING)
    bench.advance(LONG)
    assert bench.version == OLD


def test_stop_auto_stops_the_timer_and_commits_nothing() -> None:
    bench = Bench().upgraded(auto_rollback="1")
    bench.firmware.stop_auto()
    bench.advance(LONG)
    assert bench.version == NEW
    assert bench.firmware.status()["isCommited"] is False
    bench.power_cycle()
    assert bench.version == OLD


def test_a_rollback_by_request_is_one_step_and_no_failure() -> None:
    bench = Bench().upgraded()
    bench.firmware.rollback()
    bench.advance_to(lambda: bench.phase is Phase.BOOTING)
    bench.advance_to(lambda: bench.phase is Phase.RUNNING)
    assert bench.version == OLD
    assert not bench.firmware.last_upgrade_failed
    assert code_of(bench.firmware.rollback) == 404


def test_after_a_purge_there_is_no_way_back() -> None:
    bench = Bench().upgraded()
    bench.firmware.purge()
    assert "isCommited" not in bench.firmware.status()
    assert code_of(bench.firmware.rollback) == 404


@pytest.mark.parametrize(
    ("wishes", "way_back"),
    [({}, False), ({"auto_commit": "never"}, False), ({"auto_rollback": "30"}, True)],
)
def test_a_default_closes_the_way_back_unless_a_rollback_is_pending(
    wishes: dict[str, str], way_back: bool
) -> None:
    bench = Bench().upgraded(**wishes)
    bench.firmware.factory_default("hard")
    bench.advance_to(lambda: bench.phase is Phase.BOOTING)
    bench.advance_to(lambda: bench.phase is Phase.RUNNING)
    assert bench.device.needs_setup
    assert bench.version == NEW
    assert ("inactiveFirmwareVersion" in bench.firmware.status()) is way_back


def test_a_default_of_no_known_kind_is_400() -> None:
    assert code_of(lambda: Bench().firmware.factory_default("none")) == 400


def test_an_upgrade_with_default_starts_in_factory_state_and_cannot_be_rolled_back() -> None:
    bench = Bench()
    bench.device.parameters.write("Network.IPAddress", "10.0.0.7")
    bench.upgraded(factory_default="soft")
    assert bench.device.needs_setup
    assert bench.device.parameters["Network.IPAddress"] == "10.0.0.7"
    assert code_of(bench.firmware.rollback) == 404


# ---- failures


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
