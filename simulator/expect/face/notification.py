"""What the receivers of the site have taken: mail by aiosmtpd, requests by aiohttp, messages by TCP."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from simulator.expect.finding import Finding, Look, differences, mapping


def find_mail(look: Look) -> list[Finding]:
    """Mails taken since the moment."""
    query: Any = look.expectation.query
    found = []
    for record in _taken(look, "mail"):
        data = record["data"]
        wanted = {"from": query.from_, "subject": query.subject, "user": query.user}
        differs = differences({key: value for key, value in wanted.items() if value}, data)
        if query.to and not any(fnmatchcase(one, query.to) for one in data["to"]):
            differs += (f"to={','.join(data['to'])}, not {query.to}",)
        if query.tls is not None and data["tls"] is not query.tls:
            differs += ("over TLS" if data["tls"] else "without TLS",)
        differs += _lacks(query.contains, data["text"])
        text = f"mail to {', '.join(data['to'])}: {data['subject']}"
        found.append(Finding(text, differs, record["at"], record["number"]))
    return found


def find_notification(look: Look) -> list[Finding]:
    """Notifications taken since the moment."""
    query: Any = look.expectation.query
    found = []
    for record in _taken(look, "notification"):
        data = record["data"]
        arguments = mapping(data.get("arguments"))
        wanted = {"way": query.way, "method": query.method, "path": query.path}
        differs = differences({key: value for key, value in wanted.items() if value}, data)
        differs += differences(dict(query.arguments), arguments)
        headers = {name.lower(): value for name, value in mapping(data.get("headers")).items()}
        differs += differences({name.lower(): value for name, value in query.headers}, headers)
        said = f"{arguments.get('Message', '')}\n{data['text']}"
        differs += _lacks(query.contains, said)
        text = f"{data['way']} {data.get('method', '')} {data.get('path', '')} {said.strip()}"
        found.append(Finding(" ".join(text.split())[:300], differs, record["at"], record["number"]))
    return found


def _lacks(wanted: str, text: str) -> tuple[str, ...]:
    return () if wanted in text else (f"without {wanted!r}",)


def _taken(look: Look, what: str) -> list[dict[str, Any]]:
    """Records of the site about the device that is asked about, or any."""
    records = look.eyes.journal(look.since.journal, "site")["records"]
    return [
        record
        for record in records
        if record["what"] == what and (not look.device or record["data"]["device"] == look.device)
    ]
