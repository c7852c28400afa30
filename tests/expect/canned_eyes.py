"""A session that holds a story instead of an engine: canned records, sightings, snapshots and answers."""

from __future__ import annotations

import json
from typing import Any

from simulator.action.target import Target
from simulator.expect.expectation import from_mapping
from simulator.expect.face import FINDERS
from simulator.expect.finding import Finding, Look
from simulator.expect.mark import Mark
from simulator.expect.observer.sighting import Sightings

EPOCH = "2026-03-01T08:00:00+00:00"
EPOCH_MS = 1772352000000
SUPERVISED = "tns1:Device/tnsaxis:IO/SupervisedPort"
INPUT = "tns1:Device/tnsaxis:IO/Port"
SERIAL = "B8A44F000001"


def port(**changes: Any) -> dict[str, Any]:
    """A supervised input at rest."""
    facts = {"kind": "input", "direction": "input", "name": "Port 2", "normal_state": "open", "closed": False,
             "active": False, "supervised": "open", "ohms": 9400.0}  # fmt: skip
    return {**facts, **changes}


def snapshot(**changes: Any) -> dict[str, Any]:
    """A running device with one input, enrolled at the broker."""
    state = {"at": 30.0, "phase": "running", "activity": "none", "firmware": "12.9.57", "committed": True,
             "link": True, "address": "127.16.0.1", "real_address": "127.16.0.1", "former_address": "127.16.0.1",
             "origin": "dhcp", "mqtt_active": True, "mqtt_connected": True, "playing": False,
             "modules": {}, "ports": {"2": port()}}  # fmt: skip
    return {**state, **changes}


class CannedEyes:
    """What a `Session` offers to finders, from memory."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.lasting: list[dict[str, Any]] = []
        self.sightings: dict[str, list[dict[str, Any]]] = {"mqtt": [], "stream": [], "trap": []}
        self.snapshots: dict[str, dict[str, Any]] = {"io-1": snapshot()}
        self.sounds: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.objects: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str, str, object]] = []
        self.canned_phones: list[dict[str, Any]] = []
        self.canned_registrars: list[dict[str, Any]] = []
        self.streams = {"io-1"}
        self.watched = {"io-1"}
        self.now = 30.0

    # telling

    def record(self, kind: str, what: str, device: str = "io-1", at: float = 30.0, **data: Any) -> dict[str, Any]:
        record = {"number": len(self.records) + 1, "at": at, "wire": at, "kind": kind, "device": device,
                  "what": what, "data": data, "cause": None}  # fmt: skip
        self.records.append(record)
        return record

    def event(self, topic: str, at: float = 30.0, device: str = "io-1", **more: Any) -> dict[str, Any]:
        return self.record("event", topic, device, at, source=more.get("source", {}), data=more.get("data", {}))

    def request(self, what: str, status: int = 200, **data: Any) -> dict[str, Any]:
        told = {"status": status, "host": "127.16.0.1:80", "peer": "127.0.0.1", "authorized": True, **data}
        return self.record("request", what, **told)

    def message(self, topic: str, payload: object, device: str = "io-1", **more: Any) -> None:
        """A message on the broker; text is sent as it is."""
        text = payload if isinstance(payload, str) else json.dumps(payload)
        data = {"topic": topic, "payload": text, "qos": 0, "retain": False, **more}
        if not isinstance(payload, str):
            data["json"] = payload
        self._see("mqtt", device, data)

    def published(self, topic: str, source: dict[str, str], data: dict[str, str], at: float = 30.0) -> None:
        """An event on the broker, as Axis writes it."""
        plain = topic.replace("tns1:", "onvif:").replace("tnsaxis:", "axis:")
        named = topic.replace("tns1:", "tns:onvif/").replace("tnsaxis:", "tns:axis/")
        payload = {"topic": plain, "timestamp": EPOCH_MS + round(at * 1000),
                   "message": {"source": source, "key": {}, "data": data}}  # fmt: skip
        self.message(f"axis/{SERIAL}/event/{named}", payload)

    def notified(self, topic: str, source: dict[str, str], data: dict[str, str], at: float = 30.0) -> None:
        """A notification on the event stream."""
        message = {"source": source, "key": {}, "data": data}
        self._see("stream", "io-1", {"timestamp": EPOCH_MS + round(at * 1000), "topic": topic, "message": message})

    def trap(self, trap: str, source: str = "127.16.0.1", **told: Any) -> None:
        """A notification at the site's receiver."""
        data = {
            "source": source,
            "trap": trap,
            "oid": trap,
            "version": "v2c",
            "community": "public",
            "bindings": {},
        }
        self._see("trap", "", {**data, **told})

    def answer(self, path: str, **answer: Any) -> None:
        """What a device answers on a path: `data` for a JSON call, else `status`, `text`, `error`."""
        if "data" in answer:
            answer = {"status": 200, "json": {"apiVersion": "1.0", "data": answer["data"]}, "text": "{...}"}
        self.answers[path] = {"text": "", **answer} if "error" not in answer else answer

    def _see(self, face: str, device: str, data: dict[str, Any]) -> None:
        seen = self.sightings[face]
        seen.append({"number": len(seen) + 1, "face": face, "device": device, "data": data})

    # Eyes

    observed_since = 0

    def fleet(self) -> dict[str, Any]:
        mqtt = {"prefix": f"axis/{SERIAL}", "client_id": SERIAL}
        return {"devices": [{"name": name, "serial": SERIAL, "mqtt": mqtt} for name in self.snapshots]}

    def snapshot(self, name: str) -> dict[str, Any]:
        return self.snapshots[name]

    def hearing(self, device: str, seconds: float = 1.0, tone: float | None = None) -> dict[str, Any]:
        self.asked.append((device, "hearing", str(seconds), tone))
        return self.sounds[device]

    def clock(self) -> dict[str, Any]:
        return {"now": self.now, "epoch": EPOCH, "last": len(self.records)}

    def journal(self, after: int = 0, kinds: str = "", device: str | None = None) -> dict[str, Any]:
        wanted = set(kinds.split(",")) if kinds else None
        records = [
            record
            for record in self.records
            if record["number"] > after
            and (wanted is None or record["kind"] in wanted)
            and (device is None or record["device"] == device)
        ]
        return {"records": records, "last": len(self.records), "dropped": 0}

    def seen(self, face: str, after: int, device: str = "") -> list[dict[str, Any]]:
        return [one for one in self.sightings[face] if one["number"] > after and device in ("", one["device"])]

    def phones(self) -> list[dict[str, Any]]:
        return self.canned_phones

    def registrars(self) -> list[dict[str, Any]]:
        return self.canned_registrars

    def states(self, device: str) -> list[dict[str, Any]]:
        return self.lasting

    def told(self, face: str, device: str) -> list[dict[str, Any]]:
        seen = Sightings(face)
        for sighting in self.sightings[face]:
            data = sighting["data"]
            seen.add(sighting["device"], data, data.get("json") if face == "mqtt" else data)
        return seen.told(device)

    def watches_stream(self, device: str) -> bool:
        return device in self.watched

    def streaming(self, device: str) -> bool:
        return device in self.streams

    def ask_snmp(self, device: str, oid: str, version: str, community: str = "") -> dict[str, Any]:
        return self.objects.get(oid, {"error": "NoSuchObject"})

    def ask(self, device: str, path: str, *, method: str = "GET", body: object = None) -> dict[str, Any]:
        self.asked.append((device, path, method, body))
        return self.answers.get(path, {"error": "TimeoutError: "})


class CannedClient:
    """A client under test that has said and done this much."""

    def __init__(self, lines: list[str], code: int | None = None) -> None:
        self._lines, self._code = lines, code

    def lines(self) -> list[str]:
        return self._lines

    def exit_code(self) -> int | None:
        return self._code


def find(
    eyes: CannedEyes,
    face: str,
    query: object,
    *,
    device: str = "io-1",
    since: Mark | None = None,
    client: CannedClient | None = None,
) -> list[Finding]:
    """What the finder of a face finds."""
    expected = from_mapping(face, query)
    assert expected.device is None or isinstance(expected.device, Target)
    return FINDERS[expected.face](Look(eyes, expected, device, since or Mark(), client))


def matches(findings: list[Finding]) -> list[str]:
    return [finding.text for finding in findings if finding.matches]


def misses(findings: list[Finding]) -> list[tuple[str, ...]]:
    return [finding.differs for finding in findings if not finding.matches]
