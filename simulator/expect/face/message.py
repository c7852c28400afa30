"""What a subscriber saw on the broker, and what a client of the event stream was notified of."""

from __future__ import annotations

import re
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from simulator.expect.finding import Finding, Look, differences, mapping, shown, wanted_event

CONNECTION = "connection"
"""The one event that is no topic of the catalogue: connect, disconnect and will message."""
PAYLOAD_SHOWN = 200
"""Characters of a payload in the text of a finding."""
LATEST_STAMP = 1e15
"""Milliseconds since 1970 beyond which a stamp is nonsense."""
_PREFIX = re.compile(r"\b(?:onvif|axis):")
_CATALOGUE_PREFIXES = {"onvif:": "tns1:", "axis:": "tnsaxis:"}


def find_mqtt(look: Look) -> list[Finding]:
    """Messages on the site's broker since the moment, from aiomqtt."""
    query: Any = look.expectation.query
    epoch = epoch_of(look)
    found = []
    for sighting in look.eyes.seen("mqtt", look.since.mqtt, look.device):
        message = sighting["data"]
        if query.topic and not topic_matches(query.topic, message["topic"]):
            continue
        differs = _event_differs(query, message) if query.event else ()
        if differs is None:
            continue
        payload = mapping(message.get("json"))
        differs += differences(dict(query.payload), payload)
        differs += differences(_asked(retain=query.retain, qos=query.qos), message)
        at = device_seconds(epoch, payload.get("timestamp"))
        text = f"{message['topic']} {message['payload'][:PAYLOAD_SHOWN]}"
        found.append(Finding(text, differs, at, sighting["number"]))
    return found


def find_stream(look: Look) -> list[Finding]:
    """Notifications of the device's event stream since the moment, from aiohttp's WebSocket client."""
    query: Any = look.expectation.query
    wanted, epoch = wanted_event(query), epoch_of(look)
    found = []
    for sighting in look.eyes.seen("stream", look.since.stream, look.device):
        note = sighting["data"]
        if wanted.topic and note["topic"] != wanted.topic:
            continue
        content = note["message"]
        differs = wanted.differs(content["source"], content["data"])
        at = device_seconds(epoch, note["timestamp"])
        found.append(Finding(f"{note['topic']} {_flat(content)}", differs, at, sighting["number"]))
    return found


def _event_differs(query: Any, message: dict[str, Any]) -> tuple[str, ...] | None:
    """None when the message is about something else."""
    payload, wanted = mapping(message.get("json")), wanted_event(query)
    if query.event == CONNECTION:
        return wanted.differs({}, payload) if message["topic"].endswith("event/connection") else None
    content = payload.get("message")
    if axis_topic(str(payload.get("topic", ""))) != wanted.topic or not isinstance(content, dict):
        return None
    return wanted.differs(mapping(content.get("source")), mapping(content.get("data")))


def axis_topic(topic: str) -> str:
    """`onvif:Device/axis:IO/Port` of a payload as the catalogue writes it: `tns1:Device/tnsaxis:IO/Port`."""
    return _PREFIX.sub(lambda found: _CATALOGUE_PREFIXES[found[0]], topic)


def topic_matches(pattern: str, topic: str) -> bool:
    """MQTT filter rules, plus `*` inside a level."""
    wanted, levels = pattern.split("/"), topic.split("/")
    for position, part in enumerate(wanted):
        if part == "#":
            return True
        if position >= len(levels) or not (part == "+" or fnmatchcase(levels[position], part)):
            return False
    return len(wanted) == len(levels)


def epoch_of(look: Look) -> float:
    """Seconds since 1970 at device time 0."""
    return datetime.fromisoformat(look.eyes.clock()["epoch"]).timestamp()


def device_seconds(epoch: float, stamp: object) -> float | None:
    """Device time of a stamp in milliseconds since 1970, which is the device's own date and time; None for others."""
    if isinstance(stamp, bool) or not isinstance(stamp, int | float) or not abs(stamp) < LATEST_STAMP:
        return None
    return round(stamp / 1000 - epoch, 3)


def _asked(**values: object) -> dict[str, str]:
    return {key: shown(value) for key, value in values.items() if value is not None}


def _flat(content: dict[str, Any]) -> str:
    return " ".join(f"{key}={value}" for part in ("source", "data") for key, value in content[part].items())
