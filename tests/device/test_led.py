"""LED tables of the two manuals, row by row."""

from __future__ import annotations

from dataclasses import replace

import pytest
from device_bench import Bench

from simulator.device.led import IO_MODULE_STATUS, SPEAKER_STATUS, leds
from simulator.device.lifecycle import Activity, Phase
from simulator.device.network import Lease
from simulator.device.profile import firmwares, load_profile


def lamps(bench: Bench) -> dict[str, str]:
    return {led.name: str(led) for led in leds(bench.device)}


def connect(bench: Bench) -> None:
    bench.device.network.settled(Lease("192.168.0.5"))


def speaker() -> Bench:
    bench = Bench("C1410")
    connect(bench)
    bench.advance(60)
    return bench


# ---- speaker: one lamp


def test_speaker_is_unlit_in_normal_operation() -> None:
    assert lamps(speaker()) == {"status": "unlit"}


def test_speaker_is_green_for_ten_seconds_after_a_start() -> None:
    bench = speaker()
    bench.device.lifecycle.restart("test")
    while bench.device.lifecycle.phase is not Phase.STARTING:
        bench.advance(0.25)
    while bench.device.lifecycle.phase is not Phase.RUNNING:
        bench.advance(0.25)
    connect(bench)
    started = bench.device.lifecycle.phase_since
    bench.advance(started + 9.9 - bench.clock.now())
    assert lamps(bench) == {"status": "green steady"}
    bench.advance(0.1)
    assert lamps(bench) == {"status": "unlit"}


@pytest.mark.parametrize("phase", [Phase.BOOTING, Phase.STARTING])
def test_speaker_is_amber_during_startup(phase: Phase) -> None:
    bench = Bench("C1410", running=False)
    assert lamps(bench) == {"status": "unlit"}
    bench.device.lifecycle.power_on()
    while bench.device.lifecycle.phase is not phase:
        bench.advance(0.5)
    assert lamps(bench) == {"status": "amber steady"}


def test_speaker_flashes_amber_while_it_is_reset() -> None:
    bench = speaker()
    bench.device.lifecycle.factory_default(hard=True)
    while bench.device.lifecycle.phase is not Phase.RUNNING:
        assert lamps(bench) == {"status": "amber flashing"}
        bench.advance(0.5)


def test_speaker_flashes_amber_while_software_is_upgraded() -> None:
    bench = speaker()
    bench.device.lifecycle.activity = Activity.UPGRADING
    assert lamps(bench) == {"status": "amber flashing"}


def test_speaker_flashes_amber_and_red_without_network() -> None:
    bench = speaker()
    bench.device.network.unplug()
    assert lamps(bench) == {"status": "amber/red flashing"}
    bench.device.network.plug()
    assert lamps(bench) == {"status": "unlit"}
    bench.device.network.drop_lease("expired")
    assert lamps(bench) == {"status": "amber/red flashing"}


def test_speaker_flashes_red_slowly_after_a_failed_upgrade() -> None:
    bench = speaker()
    bench.device.firmware.last_upgrade_failed = True
    assert lamps(bench) == {"status": "red slow flash"}


def test_speaker_flashes_red_and_green_fast_while_it_is_located() -> None:
    bench = speaker()
    bench.device.audio.locate(30)
    assert lamps(bench) == {"status": "red/green fast flash"}
    bench.advance(30)
    assert lamps(bench) == {"status": "unlit"}


# ---- I/O module: four lamps


def test_module_in_normal_operation() -> None:
    assert lamps(Bench("A9210")) == {
        "status": "green steady", "network": "green steady", "power": "green steady", "relay": "unlit",
    }  # fmt: skip


def test_module_without_power_is_dark() -> None:
    bench = Bench("A9210")
    bench.device.ports[0].set_active(True)
    bench.device.lifecycle.power_cut()
    assert set(lamps(bench).values()) == {"unlit"}


@pytest.mark.parametrize("deed", ["restart", "default"])
def test_module_is_amber_during_startup_and_restoring(deed: str) -> None:
    bench = Bench("A9210")
    if deed == "restart":
        bench.device.lifecycle.restart("test")
        assert lamps(bench)["status"] == "green steady"
    else:
        bench.device.lifecycle.factory_default()
        assert lamps(bench)["status"] == "amber steady"
    while bench.device.lifecycle.phase is not Phase.BOOTING:
        bench.advance(0.5)
    while bench.device.lifecycle.phase is not Phase.RUNNING:
        assert lamps(bench)["status"] == "amber steady"
        bench.advance(0.5)
    assert lamps(bench)["status"] == "green steady"


def test_module_flashes_red_slowly_after_a_failed_upgrade() -> None:
    bench = Bench("A9210")
    bench.device.firmware.last_upgrade_failed = True
    assert lamps(bench)["status"] == "red slow flash"


def test_power_lamp_alternates_during_an_upgrade() -> None:
    bench = Bench("A9210")
    bench.device.lifecycle.activity = Activity.UPGRADING
    assert lamps(bench)["power"] == "green/amber flashing"


@pytest.mark.parametrize(
    ("media", "lamp"), [("auto", "green steady"), ("100baseTX-HD", "green steady"), ("10baseT-FD", "amber steady")]
)
def test_network_lamp_shows_the_speed_of_the_link(media: str, lamp: str) -> None:
    bench = Bench("A9210")
    bench.device.parameters.write("Network.Media", media)
    assert lamps(bench)["network"] == lamp
    bench.device.network.unplug()
    assert lamps(bench)["network"] == "unlit"


def test_relay_lamp_is_green_while_com_is_connected_to_no() -> None:
    bench = Bench("A9210")
    bench.device.ports[3].set_active(True)
    assert lamps(bench)["relay"] == "unlit"
    bench.device.ports[0].set_active(True)
    assert lamps(bench)["relay"] == "green steady"
    bench.device.ports[0].set_normal_state("closed")
    assert lamps(bench)["relay"] == "green steady"


@pytest.mark.parametrize(("model", "rows"), [("C1410", SPEAKER_STATUS), ("A9210", IO_MODULE_STATUS)])
def test_every_profile_ranks_every_row_of_the_status_led_once(model, rows) -> None:
    for firmware in firmwares(model):
        assert sorted(load_profile(model, firmware).quirks.status_led_order) == sorted(rows)


def test_the_profile_decides_which_row_of_the_table_wins() -> None:
    bench = speaker()
    bench.device.network.unplug()
    bench.device.audio.locate(60)
    assert lamps(bench) == {"status": "red/green fast flash"}
    order = ("network_missing", *(row for row in SPEAKER_STATUS if row != "network_missing"))
    quirks = bench.device.profile.quirks.model_copy(update={"status_led_order": order})
    bench.device.profile = replace(bench.device.profile, quirks=quirks)
    assert lamps(bench) == {"status": "amber/red flashing"}
