"""The telephony of the site: what a phone shows, saw and hears, and who is registered.

What a phone hears it tells itself, from the sound that its codec gave; the tone is looked for in the last moment of it.
"""

from __future__ import annotations

import math
from fnmatch import fnmatchcase
from typing import Any

from simulator.expect.finding import Finding, Look, shown

NEAR = 0.03
"""How far a tone may be from the frequency asked for: a semitone is six per cent."""
QUIET = -60.0
"""Decibels below full scale under which there is silence."""


def find_phone(look: Look) -> list[Finding]:
    """One finding for its state, or one for each thing seen of the kind asked for."""
    query: Any = look.expectation.query
    phones = look.eyes.phones()
    if not query.name and len(phones) > 1:
        return [Finding("", (f"several phones: {', '.join(one['name'] for one in phones)}; say which",))]
    phone = next((one for one in phones if query.name in ("", one["name"])), None)
    if phone is None:
        return [Finding("", (f"no phone {query.name}" if query.name else "the site has no phone",))]
    differs = (*_state_differs(query, phone), *_heard_differs(query, phone))
    if query.saw:
        return [_sighting(query, record, differs) for record in _seen(look, query, phone["name"])]
    return [Finding(_told(phone), differs)]


def find_registrar(look: Look) -> list[Finding]:
    """The binding of a user now, or the answers that it got since the moment."""
    query: Any = look.expectation.query
    if query.answered is not None:
        return [_answer_finding(query, record) for record in _answers(look, query)]
    registrars = {one["name"]: one for one in look.eyes.registrars()}
    if query.server not in registrars:
        return [Finding("", (f"the site has no {query.server} registrar of its own",))]
    bindings = [one for one in registrars[query.server]["bindings"] if fnmatchcase(one["user"], query.user)]
    fitting = [one for one in bindings if not query.contact or fnmatchcase(one["contact"], query.contact)]
    text = ", ".join(f"{one['user']} at {one['contact']}" for one in bindings) or f"{query.user} is not registered"
    return [Finding(text, () if bool(fitting) == query.registered else (text,))]


def _state_differs(query: Any, phone: dict[str, Any]) -> tuple[str, ...]:
    wanted = {
        "state": query.state or None,
        "registered": query.registered,
        "digits": query.digits or None,
        "codec": query.codec or None,
    }
    told = [
        f"{key}={shown(phone[key])}, not {shown(value)}"
        for key, value in wanted.items()
        if value is not None and str(phone[key]).lower() != str(value).lower()
    ]
    if query.packets is not None and phone["packets"] < query.packets:
        told.append(f"{phone['packets']} packets, not {query.packets}")
    return tuple(told)


def _heard_differs(query: Any, phone: dict[str, Any]) -> tuple[str, ...]:
    heard = phone["heard"]
    level = heard["level"] if heard["level"] is not None else -math.inf
    if query.silence:
        return () if level < QUIET else (f"hears {_sound(heard)}",)
    if query.tone is None and query.level is None:
        return ()
    tones = heard["tones"]
    if query.tone is not None:
        near = [one["level"] for one in tones if abs(one["frequency"] - query.tone) <= NEAR * query.tone]
        if not near:
            return (f"hears {_sound(heard)}, not {query.tone:g} Hz",)
        level = max(near)
    least = QUIET if query.level is None else query.level
    return () if level >= least else (f"hears {level:.1f} dB, not {least:g} dB",)


def _sound(heard: dict[str, Any]) -> str:
    if heard["level"] is None or heard["level"] < QUIET:
        return "nothing"
    tones = ", ".join(f"{one['frequency']:.0f} Hz at {one['level']:.1f} dB" for one in heard["tones"])
    return tones or f"{heard['level']:.1f} dB"


def _told(phone: dict[str, Any]) -> str:
    parts = [f"{key}={shown(phone[key])}" for key in ("state", "registered", "codec", "digits", "packets")]
    return f"{phone['name']}: {' '.join(parts)} hears {_sound(phone['heard'])}"


def _seen(look: Look, query: Any, name: str) -> list[dict[str, Any]]:
    records = look.eyes.journal(look.since.journal, "site")["records"]
    return [r for r in records if r["what"] == f"phone {query.saw}" and r["data"].get("phone") == name]


def _sighting(query: Any, record: dict[str, Any], differs: tuple[str, ...]) -> Finding:
    status = record["data"].get("status")
    if query.status is not None and status != query.status:
        differs = (f"status={shown(status)}, not {query.status}", *differs)
    text = " ".join([record["what"], *(f"{key}={shown(value)}" for key, value in record["data"].items())])
    return Finding(text, differs, record["at"], record["number"])


def _answers(look: Look, query: Any) -> list[dict[str, Any]]:
    records = look.eyes.journal(look.since.journal, "site")["records"]
    return [
        record
        for record in records
        if record["what"] == "registrar answered"
        and record["data"]["registrar"] == query.server
        and record["data"]["method"] == query.method
        and fnmatchcase(record["data"]["user"], query.user or "*")
    ]


def _answer_finding(query: Any, record: dict[str, Any]) -> Finding:
    data = record["data"]
    differs = () if data["status"] == query.answered else (f"status={data['status']}, not {query.answered}",)
    return Finding(
        f"{data['method']} of {data['user']}: {data['status']}", differs, record["at"], record["number"]
    )
