"""A door of AXIS Door Monitoring, as the device holds it."""

from __future__ import annotations

from typing import Any

from simulator.expect.finding import Finding, Look

_WORDS = {
    "state": {"open": "Open", "closed": "Closed", "fault": "Fault", "unknown": "Unknown"},
    "alarm": {"normal": "Normal", "forced-open": "DoorForcedOpen", "open-too-long": "DoorOpenTooLong"},
    "mode": {"accessed": "Accessed", "locked": "Locked"},
}
"""Words of the query, and those of the device."""


def find(look: Look) -> list[Finding]:
    """One finding: the door now."""
    query: Any = look.expectation.query
    snapshot = look.eyes.snapshot(look.device)
    door = (snapshot.get("doors") or {}).get(str(query.door))
    if door is None:
        return [Finding(f"{look.device} monitors no door {query.door}", (f"no door {query.door}",))]
    differs = tuple(
        f"{key}={door[key]}, not {getattr(query, key)}"
        for key, words in _WORDS.items()
        if getattr(query, key) and door[key] != words[getattr(query, key)]
    )
    told = " ".join(f"{key}={door[key]}" for key in _WORDS)
    return [Finding(f"door {query.door}: {told}", differs, snapshot["at"])]
