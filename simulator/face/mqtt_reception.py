"""Messages a device subscribed to become events, for its rules (io-events sheet 2.2, MQTT/Message)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.wire.mqtt.packet import Publish, Subscribe
from simulator.wire.mqtt.topic import matches, valid_filter

if TYPE_CHECKING:
    from simulator.device.device import Device

STATELESS = "tnsaxis:MQTT/Message/Stateless"
STATEFUL = "tnsaxis:MQTT/Message/Stateful"
LONGEST_PAYLOAD = 4096
"""Characters of a message that an event carries."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One subscription filter, ready for use."""

    pattern: str
    prefix: str
    """The device topic prefix and its slash, where the filter is relative to it."""
    qos: int
    stateful: bool

    def named(self, topic: str) -> dict[str, bool | int | float | str]:
        """The source of the event: the topic as the filter writes it."""
        return {"device-prefix": bool(self.prefix), "mqtt-topic": topic.removeprefix(self.prefix)}


class Reception:
    """The subscriptions of one device."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._wanted: list[_Wanted] = []

    def configure(self) -> tuple[str, ...]:
        """Take over the present settings; returns the filters that were subscribed to and are no longer."""
        before, self._wanted = self._wanted, list(filter(_possible, self._configured()))
        present = {wanted.pattern for wanted in self._wanted}
        for old in before:
            if old.stateful and old not in self._wanted and STATEFUL in self._device.events.catalogue:
                self._device.events.withdraw(STATEFUL, old.named(old.pattern))
        return tuple({old.pattern: None for old in before if old.pattern not in present})

    def subscription(self) -> Subscribe | None:
        """All filters in one packet, or None without any."""
        if not self._wanted:
            return None
        return Subscribe(tuple((wanted.pattern, wanted.qos) for wanted in self._wanted))

    def received(self, message: Publish) -> None:
        """Publish an event for each filter that covers the message; firmwares without these events publish none."""
        text = message.payload[: LONGEST_PAYLOAD * 4].decode(errors="replace")[:LONGEST_PAYLOAD]
        events = self._device.events
        for wanted in self._wanted:
            if not matches(wanted.pattern, message.topic):
                continue
            if wanted.stateful and STATEFUL in events.catalogue:
                events.publish(STATEFUL, wanted.named(message.topic), value=text)
            elif not wanted.stateful and STATELESS in events.catalogue:
                events.publish(STATELESS, wanted.named(message.topic), **{"mqtt-payload": text})

    def _configured(self) -> list[_Wanted]:
        mqtt = self._device.mqtt
        found = []
        for entry in mqtt.subscription.mqtt_filter_list:
            prefix = f"{mqtt.client.device_topic_prefix}/" if entry.use_device_topic_prefix else ""
            found.append(_Wanted(prefix + entry.topic_filter, prefix, entry.qos, entry.is_state_data))
        return found


def _possible(wanted: _Wanted) -> bool:
    return valid_filter(wanted.pattern)
