"""Maintenance mode of the light as a device configuration API: what a D4200-VE answers (audio sheet 6.4)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.device.light.pattern import LightRefused
from simulator.face.exchange import Answer
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.siren_and_light import has_light

if TYPE_CHECKING:
    from simulator.face.exchange import Reply

ROOT = "/config/rest/siren-and-light/v2alpha/maintenanceMode"


def maintenance_mode(call: Call) -> Reply:
    """Whether it runs, and whether there is one."""
    light = call.device.light
    assert light is not None, "the path exists where there is a light"
    shown = {"running": light.maintenance, "supported": light.quirks.maintenance_mode}
    return _body(200, {"status": "success", "data": shown})


def switch(call: Call) -> Reply:
    """Start or stop it. A device without one answers with an internal error, as recorded."""
    light = call.device.light
    assert light is not None, "the path exists where there is a light"
    try:
        light.set_maintenance(call.request.head.path.endswith("/start"))
    except LightRefused:
        return _body(500, {"status": "error", "error": {"code": 0, "message": "Internal error"}})
    return _body(200, {"status": "success"})


def _body(status: int, content: dict[str, Any]) -> Answer:
    return Answer(status, (json.dumps(content, indent=2) + "\n").encode(), "application/json")


ROUTES = (
    Route((ROOT,), maintenance_mode, methods=("GET",), served=has_light),
    Route((f"{ROOT}/start", f"{ROOT}/stop"), switch, methods=("POST",), served=has_light),
)
