"""A device event as an MQTT message (io-events sheet 3.2 and 3.3, measured on 12.11.77)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.face.event_moment import milliseconds
from simulator.face.event_naming import TopicFilter, mqtt_form, plain_form
from simulator.wire.mqtt.packet import Publish
from simulator.wire.mqtt.topic import valid_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.device.device import Device
    from simulator.device.event import Event

RECEIVED = "tnsaxis:MQTT/Message/"
"""Events made of messages that came in by MQTT. They do not go out again, or a device that subscribes to what it
publishes would talk to itself for ever."""


_encoded = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class _Rule:
    """One publication filter, ready for use."""

    topics: TopicFilter
    qos: int
    retain: str


class Publisher:
    """Renders events by the publication settings that were in force when it was made."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._settings = device.mqtt.publication
        self._prefix = device.mqtt.client.device_topic_prefix
        self._rules = [
            _Rule(TopicFilter(entry.topic_filter), entry.qos, entry.retain)
            for entry in self._settings.event_filter_list
        ]

    def messages(self, event: Event) -> Iterator[Publish]:
        """One message per filter that matches; none for an event whose topic MQTT cannot carry."""
        rules = [rule for rule in self._rules if rule.topics.matches(event.topic)]
        if not rules or event.topic.startswith(RECEIVED):
            return
        topic, payload = self.topic(event), self.payload(event)
        if not valid_name(topic):
            self._device.logs.system("mqtt-client", "ERR", f"Event cannot be published on topic {topic[:200]!r}")
            return
        for rule in rules:
            retain = rule.retain == "all" or (rule.retain == "property" and event.stateful)
            yield Publish(topic, payload, rule.qos, retain)

    def topic(self, event: Event) -> str:
        """`axis/B8A44F123456/event/tns:onvif/Device/tns:axis/IO/Port/$source/port/1`, or as settings have it."""
        custom = self._settings.topic_prefix == "custom"
        prefix = self._settings.custom_topic_prefix if custom else f"{self._prefix}/event"
        if not self._settings.append_event_topic:
            return prefix
        parts = [prefix, mqtt_form(event.topic, namespaces=self._settings.include_topic_namespaces)]
        if event.source:
            parts.append("$source")
            parts += [part for item in event.source for part in item]
        return "/".join(parts)

    def payload(self, event: Event) -> bytes:
        """One JSON object; every value is text, the time stamp is a number of milliseconds of the device's clock."""
        told: dict[str, object] = {
            "topic": plain_form(event.topic),
            "timestamp": milliseconds(self._device, event),
            "message": {"source": dict(event.source), "key": {}, "data": dict(event.data)},
        }
        if self._settings.include_serial_number_in_payload:
            told["serial"] = self._device.identity.serial
        return _encoded(told).encode(errors="replace")
