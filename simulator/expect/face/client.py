"""What the client under test did, from the bench's side of the wire and from its own output.

Requests and connections of the simulator's own observers are marked in the journal and left out; at the broker,
whoever is no device and none of ours is the client.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from simulator.expect.face.message import topic_matches
from simulator.expect.face.state import address_differs
from simulator.expect.finding import Finding, Look, status_matches
from simulator.expect.mark import Mark

OBSERVER = "axsim-observer"
"""How our own observers' client ids begin."""
_WEB = frozenset({"http", "https"})


def find(look: Look) -> list[Finding]:
    """Everything of the kind asked for that the client did since the moment."""
    query: Any = look.expectation.query
    return _FINDERS[query.did](look, query)


# Over HTTP


def _asked(look: Look, query: Any) -> list[Finding]:
    return [_request_finding(look, query, record) for record in _requests(look, query)]


def _enrolled(look: Look, query: Any) -> list[Finding]:
    """Asked with credentials and was let in, at any time since the start: being enrolled lasts."""
    return _returned(replace(look, since=Mark()), query)


def _returned(look: Look, query: Any) -> list[Finding]:
    """The same since the moment."""
    entered = [record for record in _requests(look, query) if record["data"]["authorized"]]
    return [_request_finding(look, query, record, wanted_status="2xx") for record in entered]


def _request_finding(look: Look, query: Any, record: dict[str, Any], wanted_status: str = "") -> Finding:
    data = record["data"]
    differs: tuple[str, ...] = ()
    status = query.status or wanted_status
    if status and not status_matches(status, data["status"]):
        differs += (f"status={data['status']}, not {status}",)
    if query.address:
        former = look.eyes.snapshot(record["device"])["former_address"]
        differs += address_differs(query.address, data["host"].rpartition(":")[0], former)
    text = f"{record['device']}: {record['what']} {data['status']}"
    return Finding(text, differs, record["at"], record["number"])


def _requests(look: Look, query: Any) -> list[dict[str, Any]]:
    records = look.eyes.journal(look.since.journal, "request", look.device or None)["records"]
    return [
        record
        for record in records
        if not record["data"].get("observer")
        and (not query.path or fnmatchcase(record["what"].partition(" ")[2], query.path))
    ]


def _left(look: Look, _query: Any) -> list[Finding]:
    """It has closed the last connection that it held; a match where it held one and holds none now."""
    held: Counter[str] = Counter()
    ended: list[dict[str, Any]] = []
    for record in look.eyes.journal(0, "connection", look.device or None)["records"]:
        data = record["data"]
        if data.get("service") not in _WEB or data.get("observer") or record["what"] not in ("opened", "closed"):
            continue
        held[data["peer"]] += 1 if record["what"] == "opened" else -1
        ended += [record] if record["what"] == "closed" and record["number"] > look.since.journal else []
    still = sum(count for count in held.values() if count > 0)
    if not ended:
        return []
    differs = (f"{still} connections still open",) if still else ()
    last = ended[-1]
    return [Finding(f"{last['device']}: connection closed", differs, last["at"], last["number"])]


# At the embedded broker


def _subscribed(look: Look, query: Any) -> list[Finding]:
    """It is subscribed now, whenever that began: being subscribed lasts until it leaves or unsubscribes.

    A filter counts for a device when the device's messages can match it.
    """
    prefix = _prefix(look)
    found = []
    for (client, pattern), record in _subscriptions(look).items():
        if prefix and not _reaches(pattern, prefix):
            continue
        asked = not query.topic or query.topic == pattern or topic_matches(pattern, query.topic)
        differs = () if asked else (f"topic={pattern}, not {query.topic}",)
        found.append(Finding(f"{client} subscribed {pattern}", differs, record["at"], record["number"]))
    return found


def _subscriptions(look: Look) -> dict[tuple[str, str], dict[str, Any]]:
    """What clients under test are subscribed to now, with the record that began it."""
    known = _devices(look)
    kept: dict[tuple[str, str], dict[str, Any]] = {}
    absent: set[str] = set()
    for record in look.eyes.journal(0, "site")["records"]:
        what, client = record["what"], record["data"].get("client") or ""
        if what == "broker.subscribe" and not _ours(client, known):
            kept |= {(client, pattern): record for pattern in record["data"]["filters"]}
        elif what == "broker.unsubscribe":
            for pattern in record["data"]["filters"]:
                kept.pop((client, pattern), None)
        elif what == "broker.disconnected":
            absent.add(client)
        elif what == "broker.connected":
            absent.discard(client)
            if not record["data"]["session"]:
                kept = {key: begun for key, begun in kept.items() if key[0] != client}
    return {key: begun for key, begun in kept.items() if key[0] not in absent}


def _published(look: Look, query: Any) -> list[Finding]:
    known, prefix = _devices(look), _prefix(look)
    found = []
    for record in look.eyes.journal(look.since.journal, "message", "site")["records"]:
        data = record["data"]
        if record["what"] != "broker.publish" or _ours(data["client"], known):
            continue
        if prefix and not data["topic"].startswith(f"{prefix}/"):
            continue
        asked = not query.topic or topic_matches(query.topic, data["topic"])
        differs = () if asked else (f"topic={data['topic']}, not {query.topic}",)
        found.append(
            Finding(f"{data['client']} published {data['topic']}", differs, record["at"], record["number"])
        )
    return found


def _devices(look: Look) -> frozenset[str]:
    """Client ids of the devices: as they are set now, and as they are from the factory."""
    devices = look.eyes.fleet()["devices"]
    enrolled = (device["mqtt"]["client_id"] for device in devices if device["mqtt"])
    return frozenset([*(device["serial"] for device in devices), *enrolled])


def _ours(client: str, devices: frozenset[str]) -> bool:
    return client.startswith(OBSERVER) or client in devices


def _prefix(look: Look) -> str:
    """How the topics of the device asked about begin; empty for the whole fleet."""
    if not look.device:
        return ""
    device = next(device for device in look.eyes.fleet()["devices"] if device["name"] == look.device)
    return str(device["mqtt"]["prefix"]) if device["mqtt"] else f"axis/{device['serial']}"


def _reaches(pattern: str, prefix: str) -> bool:
    """Whether a filter can match a topic that begins with this prefix."""
    levels = pattern.split("/")
    for position, level in enumerate(prefix.split("/")):
        if position >= len(levels):
            return False
        if levels[position] == "#":
            return True
        if levels[position] not in ("+", level):
            return False
    return True


# By itself


def _printed(look: Look, query: Any) -> list[Finding]:
    lines = look.client.lines()[look.since.printed :] if look.client is not None else []
    return [Finding(line, () if query.line in line else (f"without {query.line!r}",)) for line in lines]


def _exited(look: Look, query: Any) -> list[Finding]:
    code = look.client.exit_code() if look.client is not None else None
    if code is None:
        return []
    differs = () if query.code in (None, code) else (f"code={code}, not {query.code}",)
    return [Finding(f"exit code {code}", differs)]


_FINDERS = {
    "asked": _asked,
    "enrolled": _enrolled,
    "returned": _returned,
    "subscribed": _subscribed,
    "published": _published,
    "left": _left,
    "printed": _printed,
    "exited": _exited,
}
