"""mqtt/client.cgi: the device's MQTT client (io-events sheet 3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.mqtt_setting import SettingRefused
from simulator.device.parameter import Level
from simulator.face.vapix.call import Route
from simulator.face.vapix.envelope import Invocation, Json, JsonService, Method
from simulator.face.vapix.fault import FAMILY_B, ApiError

if TYPE_CHECKING:
    from collections.abc import Callable


def configure_client(asked: Invocation) -> Json:
    return carried_out(asked, lambda: asked.call.device.mqtt.configure_client(asked.params))


def activate_client(asked: Invocation) -> Json:
    return carried_out(asked, asked.call.device.mqtt.activate)


def deactivate_client(asked: Invocation) -> Json:
    return carried_out(asked, asked.call.device.mqtt.deactivate)


def get_client_status(asked: Invocation) -> Json:
    """State and settings, the password as stars."""
    mqtt = asked.call.device.mqtt
    status = {"state": "active" if mqtt.active else "inactive", "connectionStatus": mqtt.connection_status}
    return {"status": status, "config": mqtt.shown()}


def carried_out(asked: Invocation, act: Callable[[], None]) -> Json:
    """Do it; a refusal of the settings becomes the API's error, naming the property."""
    try:
        act()
    except SettingRefused as refused:
        family = asked.service.family
        make = family.missing if refused.code == family.absent[0] else family.invalid
        error = make(refused.property)
        raise ApiError(refused.code, error.message, details={"propertyName": refused.property}) from None
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
        ("/axis-cgi/mqtt/client.cgi",), SERVICE, methods=("POST",), level=Level.ADMINISTRATOR, api="mqtt-client"
    ),
)
