"""What an observer saw, numbered, bounded, in order of arrival; and of each event what was told last."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import Any

CAPACITY = 100_000
MOST_STATES = 8_192
"""Different events of one device that are kept; the one told longest ago goes first."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One message or notification as it arrived. `data` is plain JSON."""

    number: int
    face: str
    device: str
    data: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {"number": self.number, "face": self.face, "device": self.device, "data": self.data}


class Sightings:
    """The bounded list of what one observer saw."""

    def __init__(self, face: str) -> None:
        self._face = face
        self._seen: deque[Sighting] = deque(maxlen=CAPACITY)
        self._told: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
        self.last_number = 0

    def add(self, device: str, data: dict[str, Any], note: object = None) -> None:
        """`note` is the event in it, if there is one: an object with `topic` and `message`, as all carriers write it."""
        self.last_number += 1
        self._seen.append(Sighting(self.last_number, self._face, device, data))
        if isinstance(note, dict) and isinstance(note.get("topic"), str) and isinstance(note.get("message"), dict):
            self._remember(device, note["topic"], note["message"])

    def _remember(self, device: str, topic: str, message: dict[str, Any]) -> None:
        told = self._told.setdefault(device, {})
        key = topic, json.dumps(message.get("source"))
        told.pop(key, None)
        told[key] = message
        if len(told) > MOST_STATES:
            del told[next(iter(told))]

    def told(self, device: str) -> list[dict[str, Any]]:
        """Of each topic and source of one device, the message that came last."""
        return [{"topic": topic, "message": message} for (topic, _), message in self._told.get(device, {}).items()]

    def after(self, number: int, device: str = "") -> list[dict[str, Any]]:
        """All with a higher number, oldest first; of one device if it is named."""
        newer: list[dict[str, Any]] = []
        for sighting in reversed(self._seen):
            if sighting.number <= number:
                break
            if device in ("", sighting.device):
                newer.append(sighting.as_json())
        newer.reverse()
        return newer
