"""A moment from which an expectation looks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """Device time, and the numbers of the last record and of the observers' last sightings before it."""

    at: float = 0.0
    journal: int = 0
    mqtt: int = 0
    stream: int = 0
    trap: int = 0
    printed: int = 0
    """Lines that the client under test had printed."""
