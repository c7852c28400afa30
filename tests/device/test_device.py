"""A device as a whole: what it is made of, what another firmware changes, and how two devices differ."""

from __future__ import annotations

import pytest

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.device import Device
from simulator.device.image_offer import version_numbers
from simulator.device.model import EQUIP, profile_of
from simulator.device.profile import firmwares, load_profile, models
from simulator.device.world import World
from simulator.journal import Journal, Kind

KINDS = [(model, firmware) for model in models() for firmware in firmwares(model)]


def world(seed: int = 1) -> World:
    clock = SimClock(stepped=True)
    return World(clock, Chance(seed), Journal(clock))


def device_of(model: str, firmware: str, *, name: str = "one", number: int = 1, seed: int = 1) -> Device:
    return Device(name, number, load_profile(model, firmware), world(seed), lambda address: address)


@pytest.mark.parametrize(("model", "firmware"), KINDS)
def test_every_shipped_kind_boots_into_factory_state(model: str, firmware: str) -> None:
    device = device_of(model, firmware)
    clock = device.world.clock
    device.lifecycle.power_on()
    while (due := clock.next_due()) is not None and not device.lifecycle.ready:
        clock.step_to(due)
        clock.run_due()
    assert device.lifecycle.ready
    assert device.needs_setup
    assert device.product.prod_nbr == device.parameters["Brand.ProdNbr"]
    assert device.parameters["Properties.Firmware.Version"] == firmware
    assert all(event.topic in device.events.catalogue for event in device.events.states())


def test_every_model_with_data_can_be_built_and_every_model_that_can_be_built_has_data() -> None:
    assert set(EQUIP) == set(models())


def test_only_the_module_has_ports_and_only_the_speaker_has_sound() -> None:
    module, speaker = device_of("A9210", "12.9.57"), device_of("C1410", "12.9.57")
    assert (len(module.ports.items), module.audio, module.clips, module.speaker_test) == (11, None, None, None)
    assert len(speaker.ports.items) == 0
    assert None not in (speaker.audio, speaker.clips, speaker.speaker_test)


def test_the_serial_number_is_in_every_place_and_the_same() -> None:
    device = device_of("C1410", "12.9.57")
    serial, mac = device.identity.serial, device.identity.mac
    assert device.parameters["Properties.System.SerialNumber"] == serial
    assert device.parameters["Network.eth0.MACAddress"] == mac
    assert device.parameters["Network.HostName"] == f"axis-{serial.lower()}"
    assert device.accounts.realm == f"AXIS_{serial}"


def test_two_devices_share_a_profile_and_no_state() -> None:
    shared = world()
    first, second = (
        Device(name, number, load_profile("A9210", "12.9.57"), shared, lambda address: address)
        for number, name in enumerate(("one", "two"))
    )
    first.parameters.write("Network.DomainName", "example.com")
    first.accounts.add("root", "pass", ("admin", "ptz"))
    assert second.parameters["Network.DomainName"] == ""
    assert second.needs_setup
    assert first.identity.serial != second.identity.serial


def test_the_same_seed_gives_the_same_device() -> None:
    def journal(seed: int) -> list[tuple[object, ...]]:
        device = device_of("C1410", "12.9.57", seed=seed)
        device.lifecycle.running_from_the_start()
        return [(r.at, r.kind, r.what, r.data) for r in device.world.journal.since(0)]

    assert journal(1) == journal(1)


def test_a_note_is_a_record_of_this_device() -> None:
    device = device_of("A9210", "12.9.57", name="io-7")
    record = device.note(Kind.STATE, "remark", value=1)
    assert (record.device, record.what, record.data) == ("io-7", "remark", {"value": 1})


def test_another_firmware_keeps_settings_that_it_has_and_identity_everywhere() -> None:
    device = device_of("C1410", "10.12.130")
    device.parameters.write("Network.HostName", "door-speaker")
    old = device.save_settings()
    device.install(load_profile("C1410", "12.9.57"))
    assert device.parameters["Network.HostName"] == "door-speaker"
    assert device.parameters["Properties.System.SerialNumber"] == device.identity.serial
    fresh = device_of("C1410", "12.9.57")
    assert set(device.parameters.names()) == set(fresh.parameters.names())
    device.install(load_profile("C1410", "10.12.130"))
    device.restore_settings(old)
    assert device.save_settings() == old


@pytest.mark.parametrize(
    ("version", "data_of"),
    [("12.9.57", "12.9.57"), ("12.10.68", "12.9.57"), ("12.4.1", "11.11.192"), ("8.40.1", "10.12.130")],
)
def test_a_version_without_data_behaves_as_the_newest_below_it(version: str, data_of: str) -> None:
    profile, source = profile_of("A9210", version), load_profile("A9210", data_of)
    assert (profile.firmware, profile.apis, profile.quirks) == (version, source.apis, source.quirks)
    assert profile.parameters["Properties.Firmware.Version"].default == version
    assert profile_of("A9210", version) is profile


def test_shipped_firmwares_are_versions() -> None:
    assert all(version_numbers(firmware) for _, firmware in KINDS)
