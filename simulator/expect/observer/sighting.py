"""What an observer saw, numbered, bounded, in order of arrival."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

CAPACITY = 100_000


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
        self.last_number = 0

    def add(self, device: str, data: dict[str, Any]) -> None:
        self.last_number += 1
        self._seen.append(Sighting(self.last_number, self._face, device, data))

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
