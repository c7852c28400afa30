"""A device event as an MQTT message (io-events sheet 3.2 and 3.3, measured on 12.11.77)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from simulator.face.event_moment import milliseconds
from simulator.face.event_naming import TopicFilter, mqtt_form, plain_form
from simulator.wire.mqtt.packet import Publish
from simulator.wire.mqtt.topic import valid_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.device.device import Device
    from simulator.device.event import Event, Items
    from simulator.device.mqtt_setting import PublicationFilter

RECEIVED = "tnsaxis:MQTT/Message/"
"""Events made of messages that came in by MQTT. They do not go out again, or a device that subscribes to what it
publishes would talk to itself for ever."""


_quoted = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class _Rule:
    """One publication filter, ready for use."""

    topics: TopicFilter
    qos: int
    retain: str


@lru_cache(maxsize=1024)
def _rules(filters: tuple[PublicationFilter, ...]) -> tuple[_Rule, ...]:
    """Shared by all devices with the same settings."""
    return tuple(_Rule(TopicFilter(entry.topic_filter), entry.qos, entry.retain) for entry in filters)


@lru_cache(maxsize=4096)
def _chosen(rules: tuple[_Rule, ...], topic: str) -> tuple[_Rule, ...]:
    """The rules an event of this topic goes out by."""
    if topic.startswith(RECEIVED):
        return ()
    return tuple(rule for rule in rules if rule.topics.matches(topic))


@lru_cache(maxsize=8192)
def _below(topic: str, source: Items, *, namespaces: bool) -> str:
    """What follows the prefix: the same on all devices."""
    parts = [mqtt_form(topic, namespaces=namespaces)]
    if source:
        parts.append("$source")
        parts += [part for item in source for part in item]
    return "/".join(parts)


@lru_cache(maxsize=8192)
def _message(source: Items, data: Items) -> str:
    """The `message` of a payload: the same on all devices in the same state."""
    return f'{{"source":{_object(source)},"key":{{}},"data":{_object(data)}}}'


def _object(items: Items) -> str:
    return f"{{{','.join(f'{_quoted(name)}:{_quoted(value)}' for name, value in dict(items).items())}}}"


class Publisher:
    """Renders events by the publication settings that were in force when it was made."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._settings = device.mqtt.publication
        self._prefix = device.mqtt.client.device_topic_prefix
        self._rules = _rules(self._settings.event_filter_list)
        self.only_live = all(rule.qos == 0 for rule in self._rules)
        """Nothing that is published is kept for a connection to come."""

    def messages(self, event: Event) -> Iterator[Publish]:
        """One message per filter that matches; none for an event whose topic MQTT cannot carry."""
        rules = _chosen(self._rules, event.topic)
        if not rules:
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
        below = _below(event.topic, event.source, namespaces=self._settings.include_topic_namespaces)
        return f"{prefix}/{below}"

    def payload(self, event: Event) -> bytes:
        """One JSON object; every value is text, the time stamp is a number of milliseconds of the device's clock."""
        topic, stamp = _quoted(plain_form(event.topic)), milliseconds(self._device, event)
        told = f'{{"topic":{topic},"timestamp":{stamp},"message":{_message(event.source, event.data)}'
        if self._settings.include_serial_number_in_payload:
            told += f',"serial":{_quoted(self._device.identity.serial)}'
        return f"{told}}}".encode(errors="replace")
