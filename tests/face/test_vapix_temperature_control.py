"""temperaturecontrol.cgi: text as the sheet shows it (core sheet 2.7)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vapix_desk import Desk

PATH = "/axis-cgi/temperaturecontrol.cgi"


def test_all_sensors_line_by_line() -> None:
    assert Desk().get(f"{PATH}?action=statusall") == (
        "Sensor.S0.Name=CPU\nSensor.S0.Celsius=52.25\nSensor.S0.Fahrenheit=126.05\n"
        "Sensor.S1.Name=Main\nSensor.S1.Celsius=43.50\nSensor.S1.Fahrenheit=110.30\n"
    )


@pytest.mark.parametrize(
    ("unit", "value"),
    [("", "43.50\n"), ("&temperatureunit=celsius", "43.50\n"), ("&temperatureunit=fahrenheit", "110.30\n")],
)
def test_one_sensor(unit, value) -> None:
    assert Desk("C1410").get(f"{PATH}?device=sensor&id=1&action=query{unit}") == value


@pytest.mark.parametrize(
    "query",
    [
        "",
        "action=start",
        "device=heater&id=0&action=query",
        "device=sensor&id=7&action=query",
        "device=sensor&action=query",
        "device=sensor&id=1&action=query&temperatureunit=kelvin",
    ],
)
def test_what_it_does_not_know_is_a_400(query) -> None:
    answer = Desk().ask("GET", f"{PATH}?{query}")
    assert (answer.status, answer.body[:23]) == (400, b"Error: invalid argument")


def test_a_viewer_may_not() -> None:
    desk = Desk()
    desk.device.accounts.add("view", "secret", ("viewer",))
    assert desk.ask("GET", f"{PATH}?action=statusall", login=("view", "secret")).status == 403


@given(st.text(max_size=60))
def test_any_query_is_answered(query) -> None:
    assert DESK.ask("GET", f"{PATH}?{query}").status in (200, 400, 401)


DESK = Desk()
