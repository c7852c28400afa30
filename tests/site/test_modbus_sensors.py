"""What sensors measure: courses over time, the dew point, and a probe's own registers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance
from simulator.device.sensor_model import SENSOR_MODELS, sensor_model
from simulator.device.sensor_template import template_from
from simulator.site.modbus.curve import Constant, Ramp, Sine, Spike, Steps, Walk, dew_point
from simulator.site.modbus.probe import Probe
from simulator.site.modbus.tibbo import TibboProbe
from simulator.wire.modbus.frame import Refusal


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        (Constant(7), [7, 7, 7]),
        (Ramp(0, 10, 100, 10), [0, 5, 10]),
        (Steps((1, 2, 3), 100, 5), [1, 2, 3]),
        (Sine(20, 4, 20, 100), [20, 24, 20]),
        (Spike(99, 102, 5, Constant(1)), [1, 99, 1]),
    ],
)
def test_courses_at_their_beginning_middle_and_end(curve, expected: list[float]):
    assert [round(curve.at(now), 6) for now in (100, 105, 110)] == expected


@given(st.integers(0, 10**6), st.lists(st.floats(0, 1000), min_size=1, max_size=20))
def test_a_walk_stays_within_bounds_and_goes_the_same_way_however_often_it_is_looked_at(
    seed: int, looks: list[float]
):
    made = [Walk(0, 3, 1, 0, Chance(seed).stream("walk"), -10, 10) for _ in range(2)]
    told = [made[0].at(now) for now in sorted(looks)]
    assert all(-10 <= value <= 10 for value in told)
    assert made[1].at(max(looks)) == told[-1]


def test_the_dew_point_of_the_textbook():
    assert round(dew_point(20, 50), 1) == 9.3
    assert round(dew_point(30, 100), 6) == 30


@given(st.floats(-40, 80), st.floats(1, 100))
def test_the_dew_point_is_never_above_the_temperature(celsius: float, humidity: float):
    assert dew_point(celsius, humidity) <= celsius + 1e-9


def probe(kind: str = "hugo", **values: float) -> Probe:
    return (TibboProbe if kind.startswith("tibbo") else Probe)(1, "p", 9, sensor_model(kind), lambda: 0.0, values)


def test_the_dew_point_follows_temperature_and_humidity_unless_it_has_a_course_of_its_own():
    hugo = probe(temperature=20, humidity=50)
    assert hugo.read("inputs", 2, 1) == [93]
    hugo.follow("humidity", Constant(100))
    assert hugo.read("inputs", 2, 1) == [200]
    hugo.follow("dewPoint", Constant(-1))
    assert hugo.read("holding", 2, 1) == [0xFFF6]


def test_a_custom_float_tells_nan():
    point = {"name": "p", "type": "pressure", "register": 5, "dataType": "float32", "wordOrder": "CDAB"}
    custom = Probe(1, "p", 9, template_from({"name": "c", "points": [point]}), lambda: 0.0, {"p": 123456})
    assert custom.read("holding", 5, 2) == [0x2000, 0x47F1]
    custom.spoil("p", "nan")
    assert custom.read("holding", 5, 2) == [0, 0x7FC0]
    assert custom.read("holding", 6, 1) == [0x7FC0]


@pytest.mark.parametrize("kind", SENSOR_MODELS)
def test_outside_its_map_a_sensor_refuses(kind: str):
    for start, count in ((60000, 1), (65535, 1)):
        with pytest.raises(Refusal):
            probe(kind).read("inputs", start, count)


def test_user_words_of_a_probe_can_be_written_and_protected_ones_need_the_button():
    tibbo = probe("tibbo-bp02")
    tibbo.write("holding", 207, [1, 2, 3, 4])
    assert tibbo.read("holding", 207, 4) == [1, 2, 3, 4]
    for start, values in ((200, [5]), (202, [6]), (204, [2]), (203, [1]), (206, [1, 2]), (211, [1])):
        with pytest.raises(Refusal):
            tibbo.write("holding", start, values)
    assert isinstance(tibbo, TibboProbe)
    tibbo.button_held = True
    tibbo.write("holding", 202, [6])
    tibbo.write("holding", 200, [300])  # out of range: ignored
    assert tibbo.read("holding", 200, 5) == [9, 2, 6, 0xAA55, 0]
    assert tibbo.baud == 57600
    assert math.isclose(tibbo.truth("temperature"), 21.5)
