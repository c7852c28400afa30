"""What the journal holds: events of the device's bus, lines of its logs, and any other record."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from simulator.expect.finding import Finding, Look, differences, wanted_event


def find_event(look: Look) -> list[Finding]:
    """Events published since the moment."""
    wanted = wanted_event(look.expectation.query)
    found = []
    for record in _records(look, "event"):
        if wanted.topic and record["what"] != wanted.topic:
            continue
        data = record["data"]
        found.append(
            Finding(line(record), wanted.differs(data["source"], data["data"]), record["at"], record["number"])
        )
    return found


def find_log(look: Look) -> list[Finding]:
    """Lines of one of the device's logs since the moment."""
    query: Any = look.expectation.query
    found = []
    for record in _records(look, "log"):
        if record["what"] != query.log:
            continue
        entry = log_entry(record)
        differs = () if query.contains in entry else (f"without {query.contains!r}",)
        found.append(Finding(entry, differs, record["at"], record["number"]))
    return found


def log_entry(record: dict[str, Any]) -> str:
    """A log entry as the device shows it, without its stamp: `udhcpc: sending renew to 10.0.0.1`."""
    return f"{record['data']['daemon']}: {record['data']['text']}"


def find_record(look: Look) -> list[Finding]:
    """Any record since the moment."""
    query: Any = look.expectation.query
    found = []
    for record in _records(look, query.kind):
        if query.what and not fnmatchcase(record["what"], query.what):
            continue
        found.append(
            Finding(line(record), differences(dict(query.data), record["data"]), record["at"], record["number"])
        )
    return found


def line(record: dict[str, Any]) -> str:
    """A record in one line."""
    data = " ".join(f"{key}={value}" for key, value in record["data"].items())
    return f"{record['device']} {record['kind']} {record['what']} {data}"[:300].strip()


def _records(look: Look, kinds: str) -> list[dict[str, Any]]:
    return list(look.eyes.journal(look.since.journal, kinds, look.device or None)["records"])
