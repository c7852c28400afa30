"""When the client was told of an event: by MQTT, on the event stream, by the port monitor, or because it asked."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.expect.face.message import axis_topic
from simulator.report.compat.story import EVENT_STREAM, PORT_MONITOR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.report.compat.story import Line, Story

SUPERVISED = "tns1:Device/tnsaxis:IO/SupervisedPort"
INPUT = "tns1:Device/tnsaxis:IO/Port"
_FACES = {EVENT_STREAM: "stream", PORT_MONITOR: "monitor"}
MOMENT = 0.1
"""Wire seconds within which two records tell of the same change."""
ANY_PORT = "-1"
"""Port id of the event that stands for all inputs together."""
_CIRCUIT_CALLS = ("/axis-cgi/io/port.cgi", "/axis-cgi/io/input.cgi", "/axis-cgi/io/portmanagement.cgi")
_CALLS = {
    INPUT: (*_CIRCUIT_CALLS, "/axis-cgi/supervisedio.cgi"),
    SUPERVISED: ("/axis-cgi/supervisedio.cgi",),
}
"""Calls that show the state of which the event tells."""


@dataclass(frozen=True, slots=True)
class Told:
    """One way in which the client learned of an event."""

    face: str
    seconds: float
    """Wire seconds after the event."""


def told_of(story: Story, event: Line) -> list[Told]:
    """How the client learned of an event, the soonest first; empty when it never did."""
    until = _next_of_same_source(story, event)
    found = [*_by_mqtt(story, event, until), *_by_notification(story, event), *_by_asking(story, event, until)]
    return sorted(found, key=lambda told: told.seconds)


def delays(story: Story, events: list[Line]) -> tuple[dict[str, list[float]], list[Line]]:
    """Delays in order of size, by the face that was soonest; and the events that the client never learned of."""
    by_face: dict[str, list[float]] = defaultdict(list)
    missed = []
    for event in events:
        told = told_of(story, event)
        if told:
            by_face[told[0].face].append(told[0].seconds)
        else:
            missed.append(event)
    return {face: sorted(seconds) for face, seconds in sorted(by_face.items())}, missed


def _by_mqtt(story: Story, event: Line, until: float) -> Iterator[Told]:
    stamp = round((story.epoch + event["at"]) * 1000)
    for delivery, publication in story.deliveries:
        if delivery["wire"] < event["wire"]:
            continue
        payload = _payload(publication)
        content = payload.get("message")
        if axis_topic(str(payload.get("topic"))) != event["what"] or not isinstance(content, dict):
            continue
        same = content.get("source") == event["data"]["source"] and content.get("data") == event["data"]["data"]
        if same and (payload.get("timestamp") == stamp or delivery["wire"] < until):
            yield Told("mqtt", _since(event, delivery))


def _payload(publication: Line) -> dict[str, Any]:
    try:
        payload = json.loads(publication["data"]["payload"])
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}


def _by_notification(story: Story, event: Line) -> Iterator[Told]:
    port = event["data"]["source"].get("port")
    for note in story.notifications:
        data = note["data"]
        if note["what"] == EVENT_STREAM:
            hit = note["cause"] == event["number"]
        else:
            hit = event["what"] == INPUT and data["port"] == port and _together(note, event)
        if hit:
            yield Told(_FACES[note["what"]], max(0.0, _since(event, note)))


def _together(note: Line, event: Line) -> bool:
    """The monitor tells of the port's change in the moment of the event, a little before or after it."""
    return bool(abs(note["wire"] - event["wire"]) < MOMENT)


def _by_asking(story: Story, event: Line, until: float) -> Iterator[Told]:
    """A question shows the present state: it tells of the event until the next one of the same source."""
    calls = _CALLS.get(event["what"], ())
    for request in story.answered:
        if request["what"].partition(" ")[2] in calls and event["wire"] <= request["wire"] < until:
            yield Told("vapix", _since(event, request))


def _next_of_same_source(story: Story, event: Line) -> float:
    later = (
        other["wire"]
        for other in story.events
        if other["number"] > event["number"]
        and other["what"] == event["what"]
        and other["data"]["source"] == event["data"]["source"]
    )
    return next(later, float("inf"))


def _since(event: Line, record: Line) -> float:
    return float(record["wire"]) - float(event["wire"])
