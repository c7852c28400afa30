"""The one-truth check: every enabled face shows the true state of a port, and the first that does not is named.

Each face is read as its users read it: VAPIX by asking, the event stream and MQTT by what they were told last.
A face is enabled when the device serves it: VAPIX always, the event stream where an observer listens to it,
MQTT while the device's client is active, traps where a rule sends one for every change of a port. One that is
enabled and not connected shows that, and nothing old. A broker and a receiver of traps are told of a state when it
changes: of one that has not changed since the observer listens nobody need have told them, unless it is retained.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from simulator.action.target import matching
from simulator.errors import UnknownTarget
from simulator.expect.event_name import BY_NAME
from simulator.expect.face import lasting
from simulator.expect.face.message import axis_topic
from simulator.expect.face.snmp import PORT_TRAPS, port_traps
from simulator.expect.face.vapix import UNREADABLE, port_states
from simulator.expect.finding import Finding, Look, mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.expect.event_name import EventName

NOTHING, DISCONNECTED = "nothing", "not connected"
MOST_TOLD = 3
"""Ports in disagreement that are told in full."""
_TELLS_CHANGES = frozenset({"mqtt", "trap"})
"""Faces that tell of a state when it changes and cannot be asked for it."""
_SWITCH = {"active": "1", "inactive": "0", "true": "1", "false": "0"}
_Told = dict[tuple[str, str, str], str]
"""Topic, source item and its value, to the last state that was told."""


def find(look: Look) -> list[Finding]:
    """One finding per look: what each face shows of the port, or of each port where a pattern names several."""
    query: Any = look.expectation.query
    if query.event or (query.condition == "agree" and not query.port):
        return lasting.find(look)
    views = Views(look)
    try:
        ids = matching("port", query.port, list(views.ports))
    except UnknownTarget as unknown:
        return [Finding(f"port {query.port}", (f"{look.device}: {unknown}",))]
    texts, wrong = [], []
    for port in ids:
        text, problems = _compared(views, query, port)
        if len(ids) == 1:
            return [Finding(text, tuple(problems[:1]))]
        if problems:
            texts.append(f"port {port}: {text}")
            wrong.append(f"port {port}: {problems[0]}")
    return [Finding("; ".join(texts[:MOST_TOLD]) or f"all of {len(ids)} ports", tuple(wrong[:1]))]


class Views:
    """What every enabled face of one device shows now, each read once."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._snapshot = look.eyes.snapshot(look.device)
        self.ports: dict[str, dict[str, Any]] = self._snapshot["ports"]

    def enabled(self, without: Iterable[str]) -> Iterator[str]:
        """Names of the faces that must show the truth."""
        present = {
            "vapix": True,
            "stream": self._look.eyes.watches_stream(self._look.device),
            "mqtt": bool(self._snapshot["mqtt_active"]),
            "trap": bool(self._snapshot.get("snmp_port_traps")),
        }
        return (face for face, there in present.items() if there and face not in without)

    def shows(self, face: str, event: EventName, port: str) -> str:
        """The last state of an event that a face shows."""
        if face == "vapix":
            aspect = "supervised" if event.name == "supervised" else "active"
            return self._vapix.get(port, {}).get(aspect, UNREADABLE)
        if face == "trap":
            return self._traps.get((event.topic, port), NOTHING)
        connected = self._snapshot["mqtt_connected"] if face == "mqtt" else self._streams
        told = self._mqtt if face == "mqtt" else self._stream
        return told.get((event.topic, event.source, port), NOTHING) if connected else DISCONNECTED

    def must_have_told(self, face: str, event: EventName, port: str) -> bool:
        """Whether a face that has said nothing should have: one that is told of changes, when there was one.

        Of the ONVIF twins of a port no trap tells.
        """
        if face == "trap" and event.topic not in PORT_TRAPS:
            return False
        return face not in _TELLS_CHANGES or (event.topic, event.source, port) in self._published

    @cached_property
    def _published(self) -> _Told:
        eyes = self._look.eyes
        records = eyes.journal(eyes.observed_since, "event", self._look.device)["records"]
        return _last({"topic": record["what"], "message": record["data"]} for record in records)

    @cached_property
    def _vapix(self) -> dict[str, dict[str, str]]:
        return port_states(self._look)

    @cached_property
    def _streams(self) -> bool:
        return self._look.eyes.streaming(self._look.device)

    @cached_property
    def _traps(self) -> dict[tuple[str, str], str]:
        return port_traps(self._look, self._snapshot)

    @cached_property
    def _stream(self) -> _Told:
        return _last(self._look.eyes.told("stream", self._look.device))

    @cached_property
    def _mqtt(self) -> _Told:
        return _last(self._look.eyes.told("mqtt", self._look.device))


def _last(notes: Iterable[dict[str, Any]]) -> _Told:
    told: _Told = {}
    items = {event.topic: event for event in BY_NAME.values() if event.source}
    for note in notes:
        topic = axis_topic(note["topic"])
        event = items.get(topic)
        if event is None:
            continue
        source, data = mapping(note["message"].get("source")), mapping(note["message"].get("data"))
        state = str(data.get(event.item))
        told[topic, event.source, str(source.get(event.source))] = _SWITCH.get(state, state)
    return told


def _compared(views: Views, query: Any, port: str) -> tuple[str, list[str]]:
    """What the truth and the faces show, and who is wrong, the truth first: then it is not yet so."""
    facts = views.ports[port]
    shown: dict[str, str] = {}
    wrong: list[str] = []
    for event, label in _aspects(query.condition, facts):
        truth = _truth(event, facts)
        shown[f"truth{label}"] = truth
        wanted = _wanted(query.condition, facts, truth)
        if truth not in wanted:
            wrong.append(f"truth shows {truth}, not {query.condition}")
        for face in views.enabled(query.without):
            value = views.shows(face, event, port)
            if value == NOTHING and not views.must_have_told(face, event, port):
                continue
            shown[f"{face}{label}"] = value
            if value != truth:
                wrong.append(f"{face}{label} shows {value}, not {truth}")
    return " | ".join(f"{name} {value}" for name, value in shown.items()), wrong


def _aspects(condition: str, facts: dict[str, Any]) -> list[tuple[EventName, str]]:
    """The events that tell of the condition; all that the port has when they are to agree on whatever it is."""
    is_input, supervised = facts["direction"] == "input", facts["supervised"] is not None
    port = BY_NAME["input" if is_input else "output"]
    main = port if condition in ("active", "inactive") or not supervised else BY_NAME["supervised"]
    if condition != "agree":
        return [(main, "")]
    contact = [(port, " (contact)")] if supervised else []
    return [(main, ""), *contact, (BY_NAME["digital-input" if is_input else "relay"], " (ONVIF)")]


def _truth(event: EventName, facts: dict[str, Any]) -> str:
    return str(facts["supervised"]) if event.name == "supervised" else "1" if facts["active"] else "0"


def _wanted(condition: str, facts: dict[str, Any], truth: str) -> tuple[str, ...]:
    """The true states that the condition stands for."""
    if condition == "agree":
        return (truth,)
    if condition in ("active", "inactive"):
        return ("1",) if condition == "active" else ("0",)
    if facts["supervised"] is None:
        active_circuit = "open" if facts["normal_state"] == "closed" else "closed"
        return ("1",) if condition == active_circuit else ("0",) if condition in ("open", "closed") else ()
    return BY_NAME["supervised"].values("tampered" if condition == "tampering" else condition)
