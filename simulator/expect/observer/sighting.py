"""What an observer saw, numbered, bounded, in order of arrival."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

CAPACITY = 100_000


@dataclass(frozen=True, slots=True)
class Sighting:
    """One message or notification as it arrived. `data` is plain JSON."""

    number: int
    face: str
    device: str
    data: dict[str, Any]


class Sightings:
    """The bounded list of what one observer saw."""

    def __init__(self, face: str) -> None:
        self._face = face
        self._seen: deque[Sighting] = deque(maxlen=CAPACITY)
        self.last_number = 0

    def add(self, device: str, data: dict[str, Any]) -> None:
        self.last_number += 1
        self._seen.append(Sighting(self.last_number, self._face, device, data))

    def after(self, number: int) -> list[dict[str, Any]]:
        """All with a higher number, oldest first."""
        return [asdict(sighting) for sighting in self._seen if sighting.number > number]
