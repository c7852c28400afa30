"""Upgrades from outside: what a client sees, what is refused, and when there is a way back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from firmware_bench import GOOD, LONG, NEW, OLD, PROFILE, QUIRKS, TEN_MINUTES, Bench, code_of

from simulator.device.firmware import FirmwareRefused, ImageOffer, Stage
from simulator.device.lifecycle import Activity, Phase
from simulator.device.profile import load_profile

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
