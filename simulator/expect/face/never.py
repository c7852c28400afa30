"""What must not happen: every finding is one that did."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from simulator.expect.face.journal import find_event, line, log_entry
from simulator.expect.face.message import find_mqtt, find_stream
from simulator.expect.finding import Finding, Look, status_matches
from simulator.expect.query import EventQuery, MqttQuery, StreamQuery

STAMP = 0.001
"""Device seconds: stamps on the wire are whole milliseconds."""


def find(look: Look) -> list[Finding]:
    """Everything the query names that happened since the moment."""
    query: Any = look.expectation.query
    found: list[Finding] = []
    if query.event:
        found += _events(look, query)
    if query.status or query.path:
        found += _requests(look, query)
    if query.violation:
        found += [Finding(line(record), (), record["at"]) for record in _records(look, "violation")]
    if query.log:
        entries = (record for record in _records(look, "log") if query.log in log_entry(record))
        found += [Finding(line(record), (), record["at"]) for record in entries]
    return [finding for finding in found if finding.matches and _is_new(finding, look)]


def _is_new(finding: Finding, look: Look) -> bool:
    """A subscriber is first told the states as they are, each with the time of its change: that is no event."""
    return finding.at is None or finding.at > look.since.at - STAMP


def _events(look: Look, query: Any) -> list[Finding]:
    fields = {"event": query.event, "state": query.state, "port": query.port}
    found: list[Finding] = []
    for face, kind, finder in (
        ("event", EventQuery, find_event),
        ("mqtt", MqttQuery, find_mqtt),
        ("stream", StreamQuery, find_stream),
    ):
        if query.on in ("any", face):
            found += finder(_asking(look, kind(**fields)))
    return found


def _asking(look: Look, query: Any) -> Look:
    return replace(look, expectation=replace(look.expectation, query=query))


def _requests(look: Look, query: Any) -> list[Finding]:
    return [
        Finding(line(record), (), record["at"])
        for record in _records(look, "request")
        if not record["data"].get("observer")
        and (not query.status or status_matches(query.status, record["data"]["status"]))
        and (not query.path or fnmatchcase(record["what"].partition(" ")[2], query.path))
    ]


def _records(look: Look, kind: str) -> list[dict[str, Any]]:
    return list(look.eyes.journal(look.since.journal, kind, look.device or None)["records"])
