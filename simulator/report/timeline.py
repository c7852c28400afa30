"""The timeline: what the devices did, in an order that depends on nothing but the seed, the scenario and the client.

The journal numbers records as they come. Two devices that act at the same instant of device time may be served by
the machine in either order; so the timeline sorts by device time, then device, keeps each device's own order, and
numbers anew. It leaves out wire time, and what tells how the machine or the client fared and not what the devices
did: connections, requests, the log entries that requests leave, acknowledgements and keep-alives. All of that stands
in `journal.jsonl`, and the page shows the client's part of it as well (`story`).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

Line = dict[str, Any]

KINDS = frozenset({"action", "state", "event", "message", "datagram", "fault", "log", "step", "note"})
"""Kinds of record that a timeline has."""
STORY_KINDS = KINDS | {"request", "violation", "site"}
"""Kinds of record that a person wants to see beside each other."""
AUDIT = "tns1:Device/tnsaxis:Log/Audit"
"""The event that follows each log-in of a client."""
_CLIENT_DRIVEN_LOGS = frozenset({"access", "audit"})
_UPKEEP = frozenset({"PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "PINGREQ", "PINGRESP"})
"""MQTT packets whose time depends on when the peer's bytes arrive."""
_RUNNER = frozenset({"step", "note", "action"})
_FIRST_BLOCK = 16
_WIRE_ADDRESS = re.compile(r"(?<![\d.])127\.(\d{1,3})(\.\d{1,3}\.\d{1,3})(?![\d.])")


def timeline(records: Iterable[Line]) -> list[Line]:
    """Records of the journal, as JSON, in canonical order with new numbers."""
    return _in_order(records, KINDS, _of_the_devices)


def story(records: Iterable[Line]) -> list[Line]:
    """The timeline and, beside it, what the client under test did and what happened to the site."""
    return _in_order(records, STORY_KINDS, _worth_telling)


def lines(records: Iterable[Line], fleet: Mapping[str, Any] | None = None) -> str:
    """The timeline as JSON lines, keys sorted: two runs can be compared with `diff`.

    With `fleet` (what fleet.json holds), addresses are those of the first address block, whichever was free.
    """
    text = "".join(json.dumps(line, sort_keys=True, ensure_ascii=False) + "\n" for line in timeline(records))
    return _in_first_block(text, _block(fleet or {}))


def _in_order(records: Iterable[Line], kinds: Collection[str], wanted: Callable[[Line], bool]) -> list[Line]:
    everything = list(records)
    kept = [record for record in everything if record["kind"] in kinds and wanted(record)]
    kept.sort(key=_place)
    numbers = {record["number"]: position for position, record in enumerate(kept, 1)}
    causes = {record["number"]: record["cause"] for record in everything}
    return [_renumbered(record, numbers, causes) for record in kept]


def _place(record: Line) -> tuple[float, int, str, int]:
    """At one instant the runner comes first, in its own order, then each device in its own, then the verdicts."""
    if record["kind"] in _RUNNER:
        return record["at"], 2 if "verdict" in record["data"] else 0, "", record["number"]
    return record["at"], 1, record["device"], record["number"]


def _renumbered(record: Line, numbers: dict[int, int], causes: dict[int, int | None]) -> Line:
    cause = record["cause"]
    while cause is not None and cause not in numbers:
        cause = causes.get(cause)
    return {
        "number": numbers[record["number"]],
        "at": record["at"],
        "kind": record["kind"],
        "device": record["device"],
        "what": record["what"],
        "data": record["data"],
        "cause": None if cause is None else numbers[cause],
    }


def _of_the_devices(record: Line) -> bool:
    """Whether it tells what a device did, and not how often a client asked or how fast bytes arrived."""
    kind, what = record["kind"], record["what"]
    if kind == "log":
        return what not in _CLIENT_DRIVEN_LOGS
    if kind == "event":
        return bool(what != AUDIT)
    if kind == "fault":
        return not what.endswith(" strikes")
    return kind != "message" or _message_of_a_device(record)


def _message_of_a_device(record: Line) -> bool:
    if record["device"] == "site" or record["what"] != "mqtt":
        return False
    data = record["data"]
    return data.get("packet") not in _UPKEEP and not _about_audit(str(data.get("topic", "")))


def _about_audit(topic: str) -> bool:
    return topic.endswith(("/Log/Audit", "/tns:axis/Log/Audit"))


def _worth_telling(record: Line) -> bool:
    if record["kind"] == "request":
        return not record["data"].get("observer")
    if record["kind"] == "site":
        return not str(record["data"].get("client", "")).startswith("axsim-observer")
    return record["kind"] == "violation" or _of_the_devices(record)


def _block(fleet: Mapping[str, Any]) -> int | None:
    """Second octet of the first network of the fleet's address block; None where all share one address.

    The infrastructure, the DHCP server in it, stands in the fourth network of the block.
    """
    address = fleet.get("site", {}).get("dhcp", {}).get("address", "")
    found = _WIRE_ADDRESS.fullmatch(address)
    return None if found is None or address == "127.0.0.1" else int(found[1]) - 3


def _in_first_block(text: str, block: int | None) -> str:
    if block is None or block == _FIRST_BLOCK:
        return text

    def moved(found: re.Match[str]) -> str:
        offset = int(found[1]) - block
        return f"127.{_FIRST_BLOCK + offset}{found[2]}" if 0 <= offset <= 3 else found[0]

    return _WIRE_ADDRESS.sub(moved, text)
