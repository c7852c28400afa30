"""Device motion, an open casing and an external tamper: three alarms, each with a switch (A9210 manual, Alarms)."""

from __future__ import annotations

import pytest
from device_bench import Bench

from simulator.device.alarm import TAMPER_ENABLED, TAMPER_PORT, Alarms
from simulator.device.enclosure import CASING_ALARM
from simulator.device.loop import EndOfLine
from simulator.device.parameter import Refused
from simulator.errors import FleetError


def alarms(bench: Bench) -> Alarms:
    assert bench.device.alarms is not None
    return bench.device.alarms


def felt(bench: Bench) -> int:
    return len(bench.heard("Tampering/ShockDetected"))


# Device motion


def test_motion_is_felt_once_it_is_switched_on() -> None:
    bench = Bench("A9210")
    alarms(bench).shake(100)
    assert felt(bench) == 0
    alarms(bench).set_shock_detection(True)
    alarms(bench).shake(100)
    assert bench.heard("Tampering/ShockDetected") == [{"channel": "1"}]
    assert bench.device.logs.system_lines("Shock detected")


def test_no_second_shock_within_five_seconds() -> None:
    bench = Bench("A9210")
    alarms(bench).set_shock_detection(True)
    for wait, count in ((0, 1), (4.9, 1), (0.2, 2), (0, 2)):
        bench.advance(wait)
        alarms(bench).shake(100)
        assert felt(bench) == count


@pytest.mark.parametrize(
    ("sensitivity", "strength", "is_felt"),
    [
        (0, 99, False),
        (0, 100, True),
        (50, 49, False),
        (50, 50, True),
        (100, 1, True),
        (99, 1, True),
        (98, 1, False),
    ],
)
def test_strength_and_sensitivity_add_up(sensitivity: int, strength: int, is_felt: bool) -> None:
    bench = Bench("A9210")
    alarms(bench).set_shock_detection(True)
    alarms(bench).set_shock_sensitivity(sensitivity)
    alarms(bench).shake(strength)
    assert felt(bench) == is_felt


def test_without_power_nothing_is_felt() -> None:
    bench = Bench("A9210")
    alarms(bench).set_shock_detection(True)
    bench.device.lifecycle.power_cut()
    alarms(bench).shake(100)
    assert felt(bench) == 0


def test_what_is_no_shake_and_no_sensitivity() -> None:
    bench = Bench("A9210")
    for strength in (0, 101):
        with pytest.raises(FleetError):
            alarms(bench).shake(strength)
    for level in (-1, 101):
        with pytest.raises(Refused):
            alarms(bench).set_shock_sensitivity(level)


# Casing


def test_an_open_casing_is_told_and_survives_a_restart() -> None:
    bench = Bench("A9210")
    enclosure = bench.device.enclosure
    enclosure.set_casing(True)
    enclosure.set_casing(True)
    assert bench.heard("Casing/Open") == [{"Name": "NetworkCamera", "Open": "1"}]
    assert bench.device.logs.system_lines("Casing open")
    bench.device.lifecycle.power_cut()
    bench.device.lifecycle.power_on()
    bench.boot()
    assert bench.states("Casing/Open") == [{"Name": "NetworkCamera", "Open": "1"}]
    enclosure.set_casing(False)
    assert bench.states("Casing/Open") == [{"Name": "NetworkCamera", "Open": "0"}]


def test_a_bare_board_has_the_casing_alarm_off() -> None:
    bench = Bench("A9210")
    bench.device.parameters.write(CASING_ALARM, "no")
    bench.device.enclosure.set_casing(True)
    assert bench.heard("Casing/Open") == []
    bench.device.parameters.write(CASING_ALARM, "yes")
    assert bench.states("Casing/Open") == [{"Name": "NetworkCamera", "Open": "1"}]


# External tamper


def test_an_external_tamper_follows_its_input() -> None:
    bench = Bench("A9210")
    assert bench.states("Tampering/External") == []
    bench.device.parameters.write(TAMPER_ENABLED, "yes")
    assert bench.states("Tampering/External") == [{"port": "10", "active": "0"}]
    loop = bench.device.ports[10].loop
    assert loop is not None
    loop.close_switch()
    bench.advance(0.1)
    assert bench.heard("Tampering/External")[-1] == {"port": "10", "active": "1"}
    assert bench.device.logs.system_lines("External tamper")
    bench.device.parameters.write(TAMPER_ENABLED, "no")
    assert bench.states("Tampering/External") == []


@pytest.mark.parametrize("deed", ["cut", "short"])
def test_a_supervised_tamper_input_tells_of_its_own_cable_too(deed: str) -> None:
    bench = Bench("A9210")
    bench.device.ports[10].install(EndOfLine.SERIAL_1K)
    bench.device.parameters.write(TAMPER_ENABLED, "yes")
    loop = bench.device.ports[10].loop
    assert loop is not None
    getattr(loop, deed)()
    bench.advance(0.1)
    assert bench.states("Tampering/External") == [{"port": "10", "active": "1"}]
    assert bench.states("SupervisedPort")[0]["tampered"] == "1"
    loop.restore()
    bench.advance(0.1)
    assert bench.states("Tampering/External") == [{"port": "10", "active": "0"}]


def test_another_input_may_be_the_tamper_input() -> None:
    bench = Bench("A9210")
    bench.device.parameters.write(TAMPER_ENABLED, "yes")
    bench.device.parameters.write(TAMPER_PORT, "9")
    assert bench.states("Tampering/External") == [{"port": "9", "active": "0"}]
    with pytest.raises(Refused):
        bench.device.parameters.write(TAMPER_PORT, "0")


def test_a_factory_default_switches_them_as_they_were() -> None:
    bench = Bench("A9210")
    alarms(bench).set_shock_detection(True)
    bench.device.parameters.write(CASING_ALARM, "no")
    bench.device.lifecycle.factory_default()
    bench.advance(120)
    assert not alarms(bench).shock_detection
    assert bench.device.parameters.enabled(CASING_ALARM)


def test_a_speaker_has_no_alarms() -> None:
    bench = Bench("C1410")
    assert bench.device.alarms is None
    bench.device.enclosure.set_casing(True)
    assert bench.states("Casing/Open") == [{"Name": "NetworkCamera", "Open": "0"}]
