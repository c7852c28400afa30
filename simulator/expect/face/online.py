"""Whether a device can be reached on its faces."""

from __future__ import annotations

from typing import Any

from simulator.expect.finding import Finding, Look


def find(look: Look) -> list[Finding]:
    """One finding: the faces on which it is not there are the differences."""
    query: Any = look.expectation.query
    absent = tuple(face for face in query.on if not _there(look, face))
    return [Finding(f"{look.device} on {', '.join(query.on)}", tuple(f"not on {face}" for face in absent))]


def _there(look: Look, face: str) -> bool:
    if face == "vapix":
        if look.eyes.snapshot(look.device)["address"] is None:
            return False  # nobody to ask: a client would wait for its time-out
        answer = look.eyes.ask(look.device, "/axis-cgi/basicdeviceinfo.cgi", method="POST", body=_IDENTITY)
        return answer.get("status") == 200
    if face == "mqtt":
        return bool(look.eyes.snapshot(look.device)["mqtt_connected"])
    return look.eyes.streaming(look.device)


_IDENTITY = {"apiVersion": "1.0", "method": "getAllUnrestrictedProperties"}
