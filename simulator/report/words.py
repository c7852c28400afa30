"""One line of the timeline in words, as a person reads it."""

from __future__ import annotations

from typing import Any

Line = dict[str, Any]
LONGEST = 2000
"""Characters of the words about one line."""


def summary(line: Line) -> str:
    """What it is about and its data, in one line."""
    return f"{line['what']} {words(line)}".strip()


def words(line: Line) -> str:
    """The data of a line."""
    say = _BY_KIND.get(line["kind"], _plain)
    return say(line["data"])[:LONGEST]


def _plain(data: Line) -> str:
    return " ".join(f"{key}={_value(value)}" for key, value in data.items())


def _event(data: Line) -> str:
    """`port=2: state=cut tampered=1`."""
    source, items = _plain(data.get("source", {})), _plain(data.get("data", {}))
    return f"{source}: {items}" if source and items else source or items


def _message(data: Line) -> str:
    """`out PUBLISH axis/B8A44F000001/event/connection qos=1 retain=yes {"connected":true}`."""
    rest = {key: value for key, value in data.items() if key not in ("direction", "packet", "topic", "payload")}
    parts = [str(data.get(key, "")) for key in ("direction", "packet", "topic")]
    return " ".join(part for part in (*parts, _plain(rest), str(data.get("payload", ""))) if part)


def _request(data: Line) -> str:
    """`200 to 127.16.0.1:80 from 127.0.0.1, 0.3 ms`."""
    credentials = "" if data.get("authorized") else ", without credentials"
    took = f", {data['seconds'] * 1000:.1f} ms" if "seconds" in data else ""
    query = f" ?{data['query']}" if data.get("query") else ""
    return f"{data.get('status')} to {data.get('host')} from {data.get('peer')}{took}{credentials}{query}"


def _log(data: Line) -> str:
    return f"{data.get('severity', '')} {data.get('daemon', '')}: {data.get('text', '')}".strip()


def _step(data: Line) -> str:
    return str(data.get("place", ""))


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + _plain(value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return "yes" if value is True else "no" if value is False else "none" if value is None else str(value)


_BY_KIND = {"event": _event, "message": _message, "request": _request, "log": _log, "step": _step}
