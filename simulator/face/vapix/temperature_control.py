"""temperaturecontrol.cgi: the sensors of the housing as text (core sheet 2.7). These products have no heater or fan.

Which role it takes is public for none of the recorded devices; an operator's is a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.parameter import Level
from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route

if TYPE_CHECKING:
    from simulator.device.enclosure import Sensor


def temperature_control(call: Call) -> Reply:
    """`action=statusall` lists everything, `device=sensor&id=<n>&action=query` reads one sensor.

    Anything else is a 400 with one line of text [guess].
    """
    fields, sensors = call.fields, call.device.enclosure.sensors()
    action = fields.get("action", "")
    if action == "statusall":
        return Answer(body="".join(map(_lines, sensors)).encode())
    if action == "query" and fields.get("device") == "sensor":
        return _query(sensors, fields.get("id", ""), fields.get("temperatureunit", "celsius"))
    return _error("action")


def _lines(sensor: Sensor) -> str:
    prefix = f"Sensor.S{sensor.number}"
    return (
        f"{prefix}.Name={sensor.name}\n"
        f"{prefix}.Celsius={sensor.celsius:.2f}\n"
        f"{prefix}.Fahrenheit={sensor.fahrenheit:.2f}\n"
    )


def _query(sensors: tuple[Sensor, ...], number: str, unit: str) -> Reply:
    sensor = next((sensor for sensor in sensors if str(sensor.number) == number), None)
    if sensor is None:
        return _error("id")
    if unit not in ("celsius", "fahrenheit"):
        return _error("temperatureunit")
    value = sensor.celsius if unit == "celsius" else sensor.fahrenheit
    return Answer(body=f"{value:.2f}\n".encode())


def _error(argument: str) -> Answer:
    return Answer(400, f"Error: invalid argument {argument}\n".encode())


ROUTES = (
    Route(
        ("/axis-cgi/temperaturecontrol.cgi",), temperature_control, level=Level.OPERATOR, api="temperaturecontrol"
    ),
)
