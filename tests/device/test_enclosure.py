"""Casing, temperatures and disks: what an event client finds declared and true from the start."""

from __future__ import annotations

import pytest
from device_bench import Bench

from simulator.device.profile import firmwares

TEMPERATURE = "Status/Temperature/"


def temperature(bench: Bench) -> dict[str, str]:
    levels = ("Above", "Above_or_below", "Below", "Inside")
    return {level: bench.states(f"{TEMPERATURE}{level}")[0]["sensor_level"] for level in levels}


@pytest.mark.parametrize("firmware", firmwares("A9210"))
@pytest.mark.parametrize("model", ["A9210", "C1410"])
def test_casing_temperature_and_storage_have_a_state_on_every_track(model, firmware) -> None:
    bench = Bench(model, firmware=firmware)
    assert bench.states("Casing/Open") == [{"Name": "NetworkCamera", "Open": "0"}]
    assert temperature(bench) == {"Above": "0", "Above_or_below": "0", "Below": "0", "Inside": "1"}
    assert bench.states("Storage/Recording") == [{"recording": "0"}]
    assert [state["disk_id"] for state in bench.states("Storage/Alert")] == ["NetworkShare"]
    disruption = [{"disk_id": "NetworkShare", "disruption": "1"}]
    assert bench.states("Storage/Disruption") == bench.states("StorageFailure") == disruption


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("S1.TriggerHigh", "40", {"Above": "1", "Above_or_below": "1", "Below": "0", "Inside": "0"}),
        ("S0.TriggerLow", "60", {"Above": "0", "Above_or_below": "1", "Below": "1", "Inside": "0"}),
    ],
)
def test_what_is_too_hot_is_a_setting(setting, value, expected) -> None:
    bench = Bench("A9210")
    bench.device.parameters.write(f"TemperatureControl.Sensor.{setting}", value)
    assert temperature(bench) == expected
    assert len(bench.heard("Temperature/Inside")) == 1


def test_a_device_without_power_tells_nothing_and_knows_at_boot() -> None:
    bench = Bench("A9210")
    bench.device.lifecycle.power_cut()
    bench.device.parameters.write("TemperatureControl.Sensor.S1.TriggerHigh", "40")
    assert bench.states(f"{TEMPERATURE}Above") == []
    bench.device.lifecycle.power_on()
    bench.boot()
    assert temperature(bench)["Above"] == "1"
