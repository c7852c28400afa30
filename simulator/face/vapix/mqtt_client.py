"""mqtt/client.cgi: the device's MQTT client (io-events sheet 3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.mqtt_setting import MISSING_OR_INVALID, SettingRefused
from simulator.device.parameter import Level
from simulator.face.vapix.call import Route
from simulator.face.vapix.envelope import Invocation, Json, JsonService, Method
from simulator.face.vapix.fault import FAMILY_B, ApiError
from simulator.face.vapix.request_size import Bounded

if TYPE_CHECKING:
    from collections.abc import Callable

_MISSING, _INVALID = "Required parameter missing or invalid", "Invalid parameter value specified"


def configure_client(asked: Invocation) -> Json:
    """Replaces all settings; an active client reconnects with them."""
    return carried_out(lambda: asked.call.device.mqtt.configure_client(asked.params))


def activate_client(asked: Invocation) -> Json:
    """Connects now and after every start."""
    return carried_out(asked.call.device.mqtt.activate)


def deactivate_client(asked: Invocation) -> Json:
    """Disconnects in order."""
    return carried_out(asked.call.device.mqtt.deactivate)


def get_client_status(asked: Invocation) -> Json:
    """State and settings, the password as stars."""
    mqtt = asked.call.device.mqtt
    status = {"state": "active" if mqtt.active else "inactive", "connectionStatus": mqtt.connection_status}
    return {"status": status, "config": mqtt.shown()}


def carried_out(act: Callable[[], None]) -> Json:
    """Do it; a refusal of the settings becomes the API's error, naming the property."""
    try:
        act()
    except SettingRefused as refused:
        text = _MISSING if refused.code == MISSING_OR_INVALID else _INVALID
        details = {"propertyName": refused.property}
        raise ApiError(refused.code, f"{text}: '{refused.property}'", details=details) from None
    return {}


SERVICE = JsonService(
    "mqtt-client",
    FAMILY_B,
    {
        "configureClient": Method(configure_client),
        "activateClient": Method(activate_client),
        "deactivateClient": Method(deactivate_client),
        "getClientStatus": Method(get_client_status),
    },
)

ROUTES = (
    Route(
        ("/axis-cgi/mqtt/client.cgi",),
        Bounded(SERVICE),
        service=SERVICE,
        methods=("POST",),
        level=Level.ADMINISTRATOR,
        api="mqtt-client",
    ),
)
