"""The one-truth check of what is no port: casing, doors, sensors, and every other lasting state of a device.

The truth is what the device's own event system holds. Stream and MQTT must have told each state as it is; SNMP shows
the casing and tells alarms; a bus that listens shows whether a sensor answers; the log names what has become alarming.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from simulator.expect.event_name import BY_NAME, EventName
from simulator.expect.face.message import axis_topic
from simulator.expect.face.snmp import alarm_traps
from simulator.expect.finding import Finding, Look, differences, mapping, port_fits, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

State = dict[str, str]
Key = tuple[str, tuple[tuple[str, str], ...]]
"""Topic, and source items in order of their names."""

NOTHING: State = {"": "nothing"}
DISCONNECTED: State = {"": "not connected"}
_CASING, _TAMPER = BY_NAME["casing"].topic, BY_NAME["external-tamper"].topic
_SENSOR = BY_NAME["sensor-status"].topic
_CASING_STATUS = "1.3.6.1.4.1.368.4.1.6.1.3.1"
_OPEN_IN_MIB = {"1": "2", "0": "1"}
"""casingStatus: closed is 1, open is 2."""
_LINES = {(_CASING, "1"): "Casing open", (_TAMPER, "1"): "External tamper detected"}
"""What the system log says when a state becomes alarming."""


def find(look: Look) -> list[Finding]:
    """One finding: the first face that shows a state otherwise than it is, or otherwise than asked for."""
    query: Any = look.expectation.query
    witnesses = Witnesses(look)
    keys = [key for key in witnesses.truth if not query.event or _asked(query, key)]
    if not keys:
        return [Finding("", (f"{look.device} has no state of {query.event or 'any event'}",))]
    wrong = [problem for key in keys for problem in _problems(witnesses, query, key)]
    told = (
        "; ".join(witnesses.words(key, query.without) for key in keys)
        if query.event
        else f"all of {len(keys)} states"
    )
    return [Finding(told, tuple(wrong[:1]))]


class Witnesses:
    """What every enabled face of one device says of its lasting states, each read once."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._snapshot = look.eyes.snapshot(look.device)

    @cached_property
    def truth(self) -> dict[Key, State]:
        return _by_key(self._look.eyes.states(self._look.device))

    def said(self, key: Key, without: Iterable[str]) -> Iterator[tuple[str, State]]:
        """Face and what it says; a face that has nothing to say of this state is left out."""
        for face, say in (
            ("stream", self._on_stream), ("mqtt", self._on_mqtt), ("snmp", self._in_mib), ("trap", self._in_traps),
            ("modbus", self._on_bus), ("log", self._in_log),
        ):  # fmt: skip
            state = None if face in without else say(key)
            if state is not None:
                yield face, state

    def words(self, key: Key, without: Iterable[str]) -> str:
        """`truth Open=1 | stream Open=1 | mqtt Open=1`."""
        said = [("truth", self.truth[key]), *self.said(key, without)]
        return " | ".join(f"{face} {_text(state)}" for face, state in said)

    def changed(self, key: Key) -> bool:
        """Whether the device has published it since the observers listen."""
        return key in self._published

    @cached_property
    def _published(self) -> dict[Key, State]:
        eyes = self._look.eyes
        records = eyes.journal(eyes.observed_since, "event", self._look.device)["records"]
        return _by_key({"topic": record["what"], **record["data"]} for record in records)

    def _on_stream(self, key: Key) -> State | None:
        if not self._look.eyes.watches_stream(self._look.device):
            return None
        return self._streamed.get(key, NOTHING) if self._streams else DISCONNECTED

    def _on_mqtt(self, key: Key) -> State | None:
        if not self._snapshot["mqtt_active"]:
            return None
        if not self._snapshot["mqtt_connected"]:
            return DISCONNECTED
        return self._published_on_mqtt.get(key, NOTHING if self.changed(key) else None)

    @cached_property
    def _streams(self) -> bool:
        return self._look.eyes.streaming(self._look.device)

    @cached_property
    def _streamed(self) -> dict[Key, State]:
        return _by_key(_messages(self._look.eyes.told("stream", self._look.device)))

    @cached_property
    def _published_on_mqtt(self) -> dict[Key, State]:
        return _by_key(_messages(self._look.eyes.told("mqtt", self._look.device)))

    def _in_mib(self, key: Key) -> State | None:
        """The casing's own object; what it shows is the casing, whether its alarm is on or not."""
        if key[0] != _CASING or self._snapshot["description"].get("snmp") is None:
            return None
        answer = self._look.eyes.ask_snmp(self._look.device, _CASING_STATUS, "v2c")
        shows = {status: opened for opened, status in _OPEN_IN_MIB.items()}
        return {"Open": shows.get(str(answer.get("value")), str(answer.get("error", answer.get("value"))))}

    def _in_traps(self, key: Key) -> State | None:
        """The last alarm of its name; a state that has not changed since the observers listen has none."""
        if not self._snapshot.get("snmp_traps") or not self.changed(key):
            return None
        return alarm_traps(self._look, self._snapshot).get(key)

    def _on_bus(self, key: Key) -> State | None:
        """Whether the unit answers a foreign master, where its bus listens."""
        row = next(
            (one for one in self._snapshot["sensors"] if key == (_SENSOR, (("sensor", one["name"]),))), None
        )
        places = {place["box"]: place for place in self._snapshot["description"].get("modbus") or ()}
        door = places.get(row["box"], {}).get("listen") if row else None
        if row is None or door is None or not row["probe"]:
            return None
        function, register = row["probe"]
        answer = self._look.eyes.ask_modbus(door["host"], door["port"], row["address"], function, register, 1)
        return {"online": "0" if "error" in answer else "1"}

    def _in_log(self, key: Key) -> State | None:
        """The line that a state which has become alarming must have left."""
        topic, _ = key
        item, value = next(iter(self.truth[key].items()), ("", ""))
        line = _LINES.get((topic, value))
        if line is None or not self.changed(key):
            return None
        records = self._look.eyes.journal(self._look.eyes.observed_since, "log", self._look.device)["records"]
        return (
            {item: value}
            if any(line in str(record["data"]) for record in records)
            else {item: "no line in the log"}
        )


def _asked(query: Any, key: Key) -> bool:
    topic, source = key
    named = BY_NAME.get(query.event) or EventName(query.event, query.event, "")
    items = dict(source)
    if topic != named.topic or differences(dict(query.source), items):
        return False
    return not (query.port and named.source) or port_fits(query.port, items.get(named.source, ""))


def _problems(witnesses: Witnesses, query: Any, key: Key) -> Iterator[str]:
    """The truth first: then it is not yet so."""
    truth, label = witnesses.truth[key], _label(key)
    named = BY_NAME.get(query.event) if query.event else None
    if named is not None and named.item:
        wanted = named.values(query.state)
        if wanted and truth.get(named.item) not in wanted:
            yield f"{label}: truth shows {_text(truth)}, not {query.state}"
    for face, state in witnesses.said(key, query.without):
        told = (
            {name: truth.get(name, "") for name in state} if face in ("snmp", "trap", "modbus", "log") else truth
        )
        if state != told:
            yield f"{label}: {face} shows {_text(state)}, not {_text(told)}"


def _by_key(notes: Iterable[dict[str, Any]]) -> dict[Key, State]:
    found: dict[Key, State] = {}
    for note in notes:
        source = tuple(sorted((name, shown(value)) for name, value in mapping(note.get("source")).items()))
        found[axis_topic(note["topic"]), source] = {n: shown(v) for n, v in mapping(note.get("data")).items()}
    return found


def _messages(notes: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for note in notes:
        yield {"topic": note["topic"], **note["message"]}


def _label(key: Key) -> str:
    topic, source = key
    return " ".join([topic.rpartition(":")[2], *(f"{name}={value}" for name, value in source)])


def _text(state: State) -> str:
    return " ".join(f"{name}={value}" if name else value for name, value in state.items()) or "no data"
