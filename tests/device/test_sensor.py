"""The sensor list through a firmware change, and limits as a property."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.device import Device
from simulator.device.profile import load_profile
from simulator.device.sensor import LIMIT, SensorSettings, Threshold
from simulator.device.sensor_model import sensor_model
from simulator.device.world import World
from simulator.journal import Journal

VALUES = st.lists(st.floats(-100, 100), max_size=30)


def device() -> Device:
    clock = SimClock(stepped=True)
    return Device("io-1", 1, load_profile("A9210", "12.9.57"), World(clock, Chance(1), Journal(clock)), str)


def settings(name: str = "one", address: int = 1, **limits: Threshold) -> SensorSettings:
    return SensorSettings(name, address, sensor_model("generic"), thresholds=tuple(limits.items()))


def test_the_list_goes_back_with_a_rollback():
    module = device()
    module.sensors.add(settings())
    saved = module.save_settings()
    module.sensors.remove("one")
    module.sensors.add(settings("two", 2))
    module.restore_settings(saved)
    assert [sensor.name for sensor in module.sensors] == ["one"]


def test_who_polls_hears_of_every_change():
    module, heard = device(), []
    module.sensors.on_change(lambda: heard.append([sensor.name for sensor in module.sensors]))
    module.sensors.add(settings())
    module.sensors.change("one", settings("first", 3))
    module.sensors.upload(1, sensor_model("hugo"))
    module.sensors.remove(1)
    assert heard == [["one"], ["first"], ["first"], []]


def test_a_state_goes_with_its_sensor():
    module = device()
    sensor = module.sensors.add(settings(temperature=Threshold(high=1)))
    module.sensors.measured(sensor, {"temperature": 5})
    assert any(event.topic == LIMIT for event in module.events.states())
    module.sensors.remove("one")
    assert not any("Modbus" in event.topic for event in module.events.states())


@given(VALUES, st.floats(-50, 0), st.floats(1, 50), st.floats(0, 20))
def test_one_event_per_edge_and_the_last_one_tells_the_truth(
    values: list[float], low: float, high: float, back: float
):
    module, told = device(), []
    module.events.listen(lambda event: told.append(dict(event.data)["limit"]) if event.topic == LIMIT else None)
    limits = Threshold(low, high, back)
    sensor = module.sensors.add(settings(temperature=limits))
    for value in values:
        module.sensors.measured(sensor, {"temperature": value})
    assert all(one != other for one, other in zip(["normal", *told], told, strict=False))
    assert sensor.readings["temperature"].side == (told[-1] if told else "normal")
    if values and values[-1] > high:
        assert told[-1] == "above"
    if values and values[-1] < low:
        assert told[-1] == "below"


@given(VALUES.map(lambda values: [None if value > 50 else value for value in values]))
def test_no_value_moves_nothing(values: list[float | None]):
    module = device()
    sensor = module.sensors.add(settings(temperature=Threshold(high=200)))
    for value in values:
        module.sensors.measured(sensor, {"temperature": value})
    good = [value for value in values if value is not None]
    reading = sensor.readings["temperature"]
    assert reading.value == (good[-1] if good else None)
    assert reading.quality == ("good" if values and values[-1] is not None else "invalid")
