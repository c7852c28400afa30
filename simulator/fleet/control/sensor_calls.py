"""Control calls about the list of Modbus sensors: what the device's own page offers its administrator.

The product's API for it is not public, so that this is the simulator's and stands on no device (io-events sheet 1.11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from simulator.device.sensor_model import sensor_model
from simulator.device.sensor_template import template_from
from simulator.errors import FleetError, UnknownTarget
from simulator.fleet.control.route import ControlRequest, ControlRoute
from simulator.fleet.modbus_specification import SensorSpecification
from simulator.fleet.snapshot import sensor_states

if TYPE_CHECKING:
    from simulator.device.sensor import Sensor, Sensors
    from simulator.device.sensor_template import Template


class UploadedTemplate(BaseModel):
    """The JSON of a template, as it is exported."""

    model_config = ConfigDict(extra="allow")


async def list_sensors(request: ControlRequest) -> list[dict[str, Any]]:
    name = request.path["name"]
    _list_of(request)
    return sensor_states(request.engine.bench.hosts[name].device)


async def add_sensor(request: ControlRequest) -> dict[str, Any]:
    """A row of the list. What stands on the bus is another matter: see populate."""
    wanted: SensorSpecification = request.body
    sensors = _list_of(request)
    number = max((sensor.number for sensor in sensors), default=0) + 1
    return _told(sensors.add(wanted.settings(wanted.name or f"sensor-{number}"), number))


async def change_sensor(request: ControlRequest) -> dict[str, Any]:
    """The whole row anew: address, interval, thresholds. What was read so far is forgotten."""
    wanted: SensorSpecification = request.body
    sensors, key = _list_of(request), request.path["sensor"]
    return _told(sensors.change(key, wanted.settings(wanted.name or sensors.get(key).name)))


async def remove_sensor(request: ControlRequest) -> dict[str, Any]:
    _list_of(request).remove(request.path["sensor"])
    return {}


async def export_template(request: ControlRequest) -> dict[str, Any]:
    return _shown(_list_of(request).get(request.path["sensor"]).settings.template)


async def upload_template(request: ControlRequest) -> dict[str, Any]:
    """Raises FleetError that names every mistake by its place: `points[2].register: ...`."""
    template = template_from(request.body.model_dump())
    return _told(_list_of(request).upload(request.path["sensor"], template))


async def export_type(request: ControlRequest) -> dict[str, Any]:
    return _shown(sensor_model(request.path["type"]))


def _list_of(request: ControlRequest) -> Sensors:
    bench, name = request.engine.bench, request.path["name"]
    if name not in bench.hosts:
        raise UnknownTarget("device", name, bench.hosts)
    sensors = bench.hosts[name].device.sensors
    if sensors is None:
        raise FleetError(f"{name} has no RS-485 port and no sensors")
    return sensors


def _told(sensor: Sensor) -> dict[str, Any]:
    return {"number": sensor.number, "name": sensor.name}


def _shown(template: Template) -> dict[str, Any]:
    return template.model_dump(mode="json", by_alias=True, exclude_none=True)


_TEMPLATE = "/v1/devices/{name}/sensors/{sensor}/template"
SENSOR_ROUTES: tuple[ControlRoute, ...] = (
    ControlRoute("GET", "/v1/devices/{name}/sensors", "The list of Modbus sensors of a device", list_sensors),
    ControlRoute(
        "POST", "/v1/devices/{name}/sensors", "Add a row to the list of sensors", add_sensor, SensorSpecification
    ),
    ControlRoute(
        "PUT",
        "/v1/devices/{name}/sensors/{sensor}",
        "Change a row of the list: address, interval, thresholds",
        change_sensor,
        SensorSpecification,
    ),
    ControlRoute("DELETE", "/v1/devices/{name}/sensors/{sensor}", "Remove a sensor from the list", remove_sensor),
    ControlRoute("GET", _TEMPLATE, "Export the template of a sensor", export_template),
    ControlRoute(
        "PUT", _TEMPLATE, "Upload a template: the sensor is of this type now", upload_template, UploadedTemplate
    ),
    ControlRoute("GET", "/v1/sensor-templates/{type}", "Template of a sensor type that ships", export_type),
)
