"""What a subscriber saw on the broker, and what a client of the event stream was notified of."""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from simulator.expect.finding import Finding, Look, differences, wanted_event

CONNECTION = "connection"
"""The one event that is no topic of the catalogue: connect, disconnect and will message."""


def find_mqtt(look: Look) -> list[Finding]:
    """Messages on the site's broker since the moment, from aiomqtt."""
    query: Any = look.expectation.query
    found = []
    for sighting in look.eyes.seen("mqtt", look.since.mqtt):
        message = sighting["data"]
        if look.device and sighting["device"] != look.device:
            continue
        if query.topic and not topic_matches(query.topic, message["topic"]):
            continue
        differs = _event_differs(query, message) if query.event else ()
        if differs is None:
            continue
        differs += differences(_text(dict(query.payload)), message.get("json") or {})
        differs += differences(_asked(retain=query.retain, qos=query.qos), message)
        found.append(
            Finding(
                f"{message['topic']} {message['payload'][:200]}",
                differs,
                _device_time(look, message),
                sighting["number"],
            )
        )
    return found


def find_stream(look: Look) -> list[Finding]:
    """Notifications of the device's event stream since the moment, from aiohttp's WebSocket client."""
    query: Any = look.expectation.query
    wanted = wanted_event(query)
    found = []
    for sighting in look.eyes.seen("stream", look.since.stream):
        note = sighting["data"]
        if (look.device and sighting["device"] != look.device) or (wanted.topic and note["topic"] != wanted.topic):
            continue
        content = note["message"]
        text = f"{note['topic']} {_flat(content)}"
        differs = wanted.differs(content["source"], content["data"])
        found.append(Finding(text, differs, device_seconds(look, note["timestamp"]), sighting["number"]))
    return found


def _event_differs(query: Any, message: dict[str, Any]) -> tuple[str, ...] | None:
    """None when the message is about something else."""
    payload = message.get("json")
    if query.event == CONNECTION:
        if not message["topic"].endswith("event/connection"):
            return None
        wanted = wanted_event(query)
        return wanted.differs({}, payload if isinstance(payload, dict) else {})
    if not isinstance(payload, dict) or not isinstance(payload.get("message"), dict):
        return None
    wanted = wanted_event(query)
    if axis_topic(str(payload.get("topic", ""))) != wanted.topic:
        return None
    content = payload["message"]
    return wanted.differs(content.get("source") or {}, content.get("data") or {})


def axis_topic(topic: str) -> str:
    """`onvif:Device/axis:IO/Port` of a payload as the catalogue writes it: `tns1:Device/tnsaxis:IO/Port`."""
    return topic.replace("onvif:", "tns1:").replace("axis:", "tnsaxis:")


def topic_matches(pattern: str, topic: str) -> bool:
    """MQTT filter rules, plus `*` inside a level."""
    wanted, levels = pattern.split("/"), topic.split("/")
    for position, part in enumerate(wanted):
        if part == "#":
            return True
        if position >= len(levels) or not (part == "+" or fnmatchcase(levels[position], part)):
            return False
    return len(wanted) == len(levels)


def _asked(**values: object) -> dict[str, str]:
    return _text({key: value for key, value in values.items() if value is not None})


def _text(values: dict[str, Any]) -> dict[str, str]:
    return {
        key: ("true" if value is True else "false" if value is False else str(value))
        for key, value in values.items()
    }


def _device_time(look: Look, message: dict[str, Any]) -> float | None:
    payload = message.get("json")
    stamp = payload.get("timestamp") if isinstance(payload, dict) else None
    return device_seconds(look, stamp) if isinstance(stamp, int | float) else None


def device_seconds(look: Look, milliseconds: float) -> float:
    """Device time of a stamp in milliseconds since 1970, which is the device's own date and time."""
    epoch = datetime.fromisoformat(look.eyes.clock()["epoch"]).timestamp()
    return round(milliseconds / 1000 - epoch, 3)


def _flat(content: dict[str, Any]) -> str:
    return " ".join(f"{key}={value}" for part in ("source", "data") for key, value in content[part].items())
