"""The one-truth check: every enabled face shows the same state of a port, and the first that does not is named.

Each face is read as its users read it: VAPIX by asking, the event stream and MQTT by what they were told last.
"""

from __future__ import annotations

from typing import Any

from simulator.expect.event_name import BY_NAME
from simulator.expect.face.message import axis_topic
from simulator.expect.face.vapix import UNREADABLE, port_states
from simulator.expect.finding import Finding, Look

SUPERVISED = BY_NAME["supervised"].topic
INPUT = BY_NAME["input"].topic
OUTPUT = BY_NAME["output"].topic
NOTHING = "nothing"
_SUPERVISED_ONLY = frozenset({"tampering", "normal", "cut", "shorted"})
"""Conditions that an input without supervision cannot tell."""


def find(look: Look) -> list[Finding]:
    """One finding per look: what each face shows."""
    query: Any = look.expectation.query
    port = look.eyes.snapshot(look.device)["ports"].get(query.port)
    if port is None:
        return [Finding(f"port {query.port}", (f"{look.device} has no port {query.port}",))]
    if port["supervised"] is None and query.condition in _SUPERVISED_ONLY:
        told = f"port {query.port} is not supervised and cannot be {query.condition}"
        return [Finding(f"port {query.port}", (told,))]
    aspect = _aspect(query.condition, port)
    truth = str(port["supervised"]) if aspect == "supervised" else "1" if port["active"] else "0"
    wanted = _wanted(query.condition, port, truth)
    shown = {"truth": truth, **_shown(look, query, aspect, port)}
    wrong = [
        f"{face} shows {value}, not {query.condition}" for face, value in shown.items() if value not in wanted
    ]
    return [Finding(" | ".join(f"{face} {value}" for face, value in shown.items()), tuple(wrong[:1]))]


def _aspect(condition: str, port: dict[str, Any]) -> str:
    """Which of a port's two states the condition speaks of."""
    if condition in ("active", "inactive") or port["supervised"] is None:
        return "active"
    return "supervised"


def _wanted(condition: str, port: dict[str, Any], truth: str) -> tuple[str, ...]:
    if condition == "agree":
        return (truth,)
    if condition in ("active", "inactive"):
        return ("1",) if condition == "active" else ("0",)
    if port["supervised"] is None:
        active_circuit = "open" if port["normal_state"] == "closed" else "closed"
        return ("1",) if condition == active_circuit else ("0",)
    return BY_NAME["supervised"].values("tampered" if condition == "tampering" else condition)


def _shown(look: Look, query: Any, aspect: str, port: dict[str, Any]) -> dict[str, str]:
    topic = SUPERVISED if aspect == "supervised" else INPUT if port["direction"] == "input" else OUTPUT
    shown = {}
    if "vapix" not in query.without:
        shown["vapix"] = port_states(look).get(query.port, {}).get(aspect, UNREADABLE)
    if "stream" not in query.without and look.eyes.watches_stream(look.device):
        shown["stream"] = _last(_notifications(look), topic, query.port)
    if "mqtt" not in query.without and look.eyes.snapshot(look.device)["mqtt_active"]:
        shown["mqtt"] = _last(_messages(look), topic, query.port)
    return shown


def _last(contents: list[tuple[str, dict[str, Any]]], topic: str, port: str) -> str:
    """The last state a face told of this port."""
    for told, content in reversed(contents):
        if told == topic and content["source"].get("port") == port:
            return str(content["data"].get("state"))
    return NOTHING


def _notifications(look: Look) -> list[tuple[str, dict[str, Any]]]:
    seen = look.eyes.seen("stream", 0)
    return [(one["data"]["topic"], one["data"]["message"]) for one in seen if one["device"] == look.device]


def _messages(look: Look) -> list[tuple[str, dict[str, Any]]]:
    contents = []
    for sighting in look.eyes.seen("mqtt", 0):
        payload = sighting["data"].get("json")
        if (
            sighting["device"] == look.device
            and isinstance(payload, dict)
            and isinstance(payload.get("message"), dict)
        ):
            contents.append((axis_topic(str(payload.get("topic"))), payload["message"]))
    return contents
