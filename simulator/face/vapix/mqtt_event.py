"""mqtt/event.cgi: which events are published and which topics subscribed to (io-events sheet 3.2)."""

from __future__ import annotations

from simulator.device.parameter import Level
from simulator.face.vapix.call import Route
from simulator.face.vapix.envelope import Invocation, Json, JsonService, Method
from simulator.face.vapix.fault import FAMILY_B
from simulator.face.vapix.mqtt_client import carried_out
from simulator.face.vapix.request_size import Bounded


def configure_publication(asked: Invocation) -> Json:
    """Replaces the whole list of filters."""
    return carried_out(lambda: asked.call.device.mqtt.configure_publication(asked.params))


def get_publication(asked: Invocation) -> Json:
    """The whole list: what is read can be changed and written back."""
    return {"eventPublicationConfig": asked.call.device.mqtt.publication.as_json()}


def configure_subscription(asked: Invocation) -> Json:
    """Replaces the whole list of filters."""
    return carried_out(lambda: asked.call.device.mqtt.configure_subscription(asked.params))


def get_subscription(asked: Invocation) -> Json:
    """The whole list."""
    return {"mqttSubscriptionConfig": asked.call.device.mqtt.subscription.as_json()}


SERVICE = JsonService(
    "event-mqtt-bridge",
    FAMILY_B,
    {
        "configureEventPublication": Method(configure_publication),
        "getEventPublicationConfig": Method(get_publication),
        "configureMqttSubscription": Method(configure_subscription),
        "getMqttSubscriptionConfig": Method(get_subscription),
    },
)

ROUTES = (
    Route(
        ("/axis-cgi/mqtt/event.cgi",),
        Bounded(SERVICE),
        service=SERVICE,
        methods=("POST",),
        level=Level.ADMINISTRATOR,
        api="event-mqtt-bridge",
    ),
)
