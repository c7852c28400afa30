"""What the client under test did, from the bench's side of the wire and from its own output.

Requests of the simulator's own observers are marked in the journal and left out.
"""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from simulator.expect.face.state import address_differs
from simulator.expect.finding import Finding, Look
from simulator.expect.mark import Mark

OK, UNAUTHORIZED = 200, 401


def find(look: Look) -> list[Finding]:
    """Everything of the kind asked for that the client did since the moment."""
    query: Any = look.expectation.query
    return _FINDERS[query.did](look, query)


def status_matches(wanted: str, status: int) -> bool:
    """`200` is 200, `5xx` any from 500 to 599."""
    text = str(status)
    return text == wanted or (wanted.endswith("xx") and text[0] == wanted[0])


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
        former = look.eyes.snapshot(look.device)["former_address"] if look.device else None
        differs += address_differs(query.address, data["host"].rpartition(":")[0], former)
    return Finding(f"{record['device']}: {record['what']} {data['status']}", differs, record["at"])


def _requests(look: Look, query: Any) -> list[dict[str, Any]]:
    records = look.eyes.journal(look.since.journal, "request", look.device or None)["records"]
    return [
        record
        for record in records
        if not record["data"].get("observer")
        and (not query.path or fnmatchcase(record["what"].partition(" ")[2], query.path))
    ]


def _broker(look: Look, query: Any, what: str) -> list[Finding]:
    """What a client that is no device and none of ours did at the embedded broker."""
    found = []
    for record in look.eyes.journal(look.since.journal, "site")["records"]:
        data = record["data"]
        if record["what"] != what or data.get("device") or data.get("observer"):
            continue
        topic = str(data.get("topic", ""))
        differs = () if not query.topic or fnmatchcase(topic, query.topic) else (f"topic={topic}",)
        found.append(Finding(f"{data.get('client')}: {what} {topic}", differs, record["at"]))
    return found


def _left(look: Look, _query: Any) -> list[Finding]:
    records = look.eyes.journal(look.since.journal, "connection", look.device or None)["records"]
    closed = (record for record in records if record["what"] == "closed" and not record["data"].get("observer"))
    return [Finding(f"{record['device']}: connection closed", (), record["at"]) for record in closed]


def _printed(look: Look, query: Any) -> list[Finding]:
    lines = look.client.lines() if look.client is not None else []
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
    "subscribed": lambda look, query: _broker(look, query, "subscribe"),
    "published": lambda look, query: _broker(look, query, "publish"),
    "left": _left,
    "printed": _printed,
    "exited": _exited,
}
