"""The timeline: what the devices did, in an order that depends on nothing but the seed, the scenario and the client.

The journal numbers records as they come. Two devices that act at the same instant of device time may be served by
the machine in either order; so the timeline sorts by device time, then device, keeps each device's own order, and
numbers anew. Wire time, and records that tell how the machine and not how the devices fared (connections, requests,
datagrams of others), are left out: they stand in `journal.jsonl`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Line = dict[str, Any]

KINDS = ("action", "state", "event", "message", "datagram", "fault", "log", "step", "note")
"""Kinds of record that a timeline has."""
_CLIENT_DRIVEN_LOGS = frozenset({"access", "audit"})


def timeline(records: Iterable[Line]) -> list[Line]:
    """Records of the journal, as JSON, in canonical order with new numbers."""
    kept = [record for record in records if record["kind"] in KINDS and not _of_a_client(record)]
    kept.sort(key=lambda record: (record["at"], _rank(record), record["device"], record["number"]))
    numbers = {record["number"]: position for position, record in enumerate(kept, 1)}
    return [_renumbered(record, numbers) for record in kept]


def lines(records: Iterable[Line]) -> str:
    """The timeline as JSON lines, keys sorted: two runs can be compared with `diff`."""
    return "".join(json.dumps(line, sort_keys=True, ensure_ascii=False) + "\n" for line in timeline(records))


def _of_a_client(record: Line) -> bool:
    """What clients cause by asking (how often they ask is their business), and what passes the broker of others."""
    if record["kind"] == "log":
        return bool(record["data"].get("log") in _CLIENT_DRIVEN_LOGS)
    return bool(record["kind"] == "message" and record["device"] == "site")


def _rank(record: Line) -> int:
    """At one instant a step comes first, then the hand, then what follows."""
    return {"step": 0, "note": 1, "action": 1}.get(record["kind"], 2)


def _renumbered(record: Line, numbers: dict[int, int]) -> Line:
    cause = record["cause"]
    return {
        "number": numbers[record["number"]],
        "at": record["at"],
        "kind": record["kind"],
        "device": record["device"],
        "what": record["what"],
        "data": record["data"],
        "cause": None if cause is None else numbers.get(cause),
    }
