"""The MQTT client of a device as a setting: where to connect, what to publish and subscribe, active or not.

One state behind `mqtt/client.cgi`, `mqtt/event.cgi` and the web page; the MQTT face acts on it. Settings and
activation outlive a restart and go with a restore or factory default (io-events sheet 3.1 and 3.2).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from simulator.device.mqtt_setting import (
    DEFAULT_MESSAGE,
    INVALID_VALUE,
    MISSING_OR_INVALID,
    ClientSettings,
    Message,
    PublicationSettings,
    Server,
    SettingRefused,
    SubscriptionSettings,
    read,
)
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.device.device import Device

CLIENT_STATUS = "tns1:Device/tnsaxis:MQTT/ClientStatus"

Part = Literal["client", "active", "publication", "subscription"]
"""What a change was about."""

ConnectionStatus = Literal["connected", "disconnected"]
Occasion = Literal["will", "connect", "disconnect"]

_SAID = {
    "will": (False, "Connection Lost"),
    "connect": (True, "Connected"),
    "disconnect": (False, "Disconnected"),
}


@dataclass(frozen=True, slots=True)
class Publication:
    """A message as it goes to the broker."""

    topic: str
    payload: str
    qos: int
    retain: bool


@dataclass(frozen=True, slots=True)
class _Settings:
    client: ClientSettings
    active: bool
    publication: PublicationSettings
    subscription: SubscriptionSettings


class MqttConfiguration:
    """Settings and status of one device's MQTT client."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._listeners: list[Callable[[Part], None]] = []
        self._outlet: Callable[[Publication], None] | None = None
        self._connected = False
        factory = self._factory()
        self.client: ClientSettings = factory.client
        self.active: bool = factory.active
        self.publication: PublicationSettings = factory.publication
        self.subscription: SubscriptionSettings = factory.subscription

    def _factory(self) -> _Settings:
        return _Settings(self._factory_client(), False, PublicationSettings(), SubscriptionSettings())

    def _factory_client(self) -> ClientSettings:
        """Nothing configured: no broker, the default messages, the device's own topics."""
        nowhere = Server.model_construct(protocol="tcp", host="", port=1883, basepath="", alpn_protocol="")
        names = ("lastWillTestament", "connectMessage", "disconnectMessage")
        return ClientSettings.model_validate(
            {
                "server": nowhere,
                "clientId": self._default_client_id,
                "deviceTopicPrefix": self._default_prefix,
                **dict.fromkeys(names, DEFAULT_MESSAGE),
            }
        )

    @property
    def _default_client_id(self) -> str:
        return self._device.profile.quirks.mqtt_client_id.replace("{serial}", self._device.identity.serial)

    @property
    def _default_prefix(self) -> str:
        return f"axis/{self._device.identity.serial}"

    def configure_client(self, sent: Mapping[str, Any]) -> None:
        """Replace the client's settings by `sent`, the `params` of `configureClient`. Raises SettingRefused.

        What is absent gets its default; `keepExistingPassword` keeps the stored password. An active client takes
        the new settings at once and reconnects.
        """
        wanted = read(ClientSettings, sent)
        changes: dict[str, Any] = {}
        if sent.get("keepExistingPassword") is True:
            changes["password"] = self.client.password
        if not wanted.client_id:
            changes["client_id"] = self._default_client_id
        if not wanted.device_topic_prefix:
            changes["device_topic_prefix"] = self._default_prefix
        self.client = wanted.model_copy(update=changes)
        self._changed("client")

    def configure_publication(self, sent: Mapping[str, Any]) -> None:
        """Replace what is published, the `params` of `configureEventPublication`. Raises SettingRefused."""
        wanted = read(PublicationSettings, sent)
        self._check_count("eventFilterList", len(wanted.event_filter_list))
        self.publication = wanted
        self._changed("publication")

    def configure_subscription(self, sent: Mapping[str, Any]) -> None:
        """Replace what is subscribed to, the `params` of `configureMqttSubscription`. Raises SettingRefused."""
        wanted = read(SubscriptionSettings, sent)
        self._check_count("mqttFilterList", len(wanted.mqtt_filter_list))
        self.subscription = wanted
        self._changed("subscription")

    def activate(self) -> None:
        """`activateClient`: connect now and after every start. Raises SettingRefused without a broker's host."""
        if not self.client.server.host:
            raise SettingRefused(MISSING_OR_INVALID, "server.host", "no broker is configured")
        self._set_active(True)

    def deactivate(self) -> None:
        """`deactivateClient`: disconnect in order and stay so."""
        self._set_active(False)

    @property
    def connection_status(self) -> ConnectionStatus:
        """`connected` only after CONNACK 0. The MQTT face sets it."""
        return "connected" if self._connected else "disconnected"

    @connection_status.setter
    def connection_status(self, status: ConnectionStatus) -> None:
        connected = status == "connected"
        if connected != self._connected:
            self._connected = connected
            self._device.note(Kind.STATE, "mqtt", connection=status)
            self.publish_states()

    def forget_connection(self) -> None:
        """Power is gone, and the connection with it: nobody is told, and the next start publishes the state."""
        self._connected = False

    def publish_states(self) -> None:
        """Publish the state of `MQTT/ClientStatus`: at the end of a start, and after each change."""
        self._device.events.publish(CLIENT_STATUS, {}, connected=self._connected, active=self.active)

    def message(self, occasion: Occasion, client: ClientSettings | None = None) -> Publication | None:
        """The last will, connect or disconnect message as it is sent now; None where it is switched off.

        `client` is for a connection that was opened with earlier settings.
        """
        client = client or self.client
        setting = _setting(client, occasion)
        if not setting.sent:
            return None
        if not setting.use_default:
            return Publication(setting.topic, setting.message, setting.qos, setting.retain)
        topic = f"{client.device_topic_prefix}/event/connection"
        return Publication(topic, self._default_payload(occasion), qos=1, retain=True)

    def shown(self) -> dict[str, Any]:
        """The settings as `getClientStatus` shows them: never with the password, `ssl` for ssl and wss only."""
        shown = {**self.client.as_json(), "password": "*****"}
        if not self.client.encrypted:
            del shown["ssl"]
        return shown

    def publish(self, message: Publication) -> bool:
        """Send a message of an action rule; False while the client is not connected."""
        if self._outlet is None or not self._connected:
            return False
        self._outlet(message)
        return True

    def on_publish(self, outlet: Callable[[Publication], None]) -> None:
        """Give such messages to `outlet`, which sends them."""
        self._outlet = outlet

    def reset(self) -> None:
        """Restore or factory default: nothing configured, not active."""
        self._take(self._factory())
        self._all_changed()

    def snapshot(self) -> _Settings:
        """All settings, as a firmware rollback restores them."""
        return _Settings(self.client, self.active, self.publication, self.subscription)

    def restore(self, snapshot: _Settings) -> None:
        """Make the settings those of `snapshot`."""
        self._take(snapshot)
        self._all_changed()

    def on_change(self, listener: Callable[[Part], None]) -> None:
        """Call `listener(part)` after each change of settings or activation."""
        self._listeners.append(listener)

    def _take(self, settings: _Settings) -> None:
        self.client = settings.client
        self.active = settings.active
        self.publication = settings.publication
        self.subscription = settings.subscription

    def _default_payload(self, occasion: Occasion) -> str:
        """As documented, down to the lower-case z; the will cannot know when it will be sent."""
        connected, description = _SAID[occasion]
        stamp = None if occasion == "will" else self._device.time.utc().strftime("%Y-%m-%dT%H:%M:%Sz")
        told = {
            "serialNumber": self._device.identity.serial,
            "connected": connected,
            "description": description,
            "timestamp": stamp,
        }
        return json.dumps(told, separators=(",", ":"))

    def _check_count(self, name: str, count: int) -> None:
        limit = self._device.profile.quirks.mqtt_filter_limit
        if count > limit:
            raise SettingRefused(INVALID_VALUE, name, f"takes at most {limit} filters")

    def _set_active(self, active: bool) -> None:
        if active != self.active:
            self.active = active
            self._changed("active")
            self.publish_states()

    def _all_changed(self) -> None:
        parts: tuple[Part, ...] = ("client", "publication", "subscription", "active")
        for part in parts:
            self._changed(part)

    def _changed(self, part: Part) -> None:
        self._device.note(Kind.STATE, "mqtt", changed=part, active=self.active)
        for listener in tuple(self._listeners):
            listener(part)


def _setting(client: ClientSettings, occasion: Occasion) -> Message:
    if occasion == "will":
        return client.last_will_testament
    return client.connect_message if occasion == "connect" else client.disconnect_message
