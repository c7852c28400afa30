"""What can be heard of a speaker."""

from __future__ import annotations

from typing import Any

from simulator.expect.finding import Finding, Look
from simulator.expect.sound_query import QUIET, WINDOW

_NEAR = 0.01
"""Share of its frequency by which a tone may be off."""


def find(look: Look) -> list[Finding]:
    """One finding: what was played last."""
    query: Any = look.expectation.query
    if look.eyes.snapshot(look.device)["audio"] is None:
        return [Finding(f"{look.device} has no loudspeaker", ("no loudspeaker",))]
    heard = look.eyes.hearing(look.device, query.last or WINDOW)
    differs: tuple[str, ...] = ()
    if query.source and query.source != (heard["heard"] or "none"):
        differs += (f"source={heard['heard'] or 'none'}, not {query.source}",)
    if query.tone is not None:
        differs += _tone_differs(query, heard)
    elif not query.level_fits(heard["level"]):
        differs += (f"level={heard['level']} dBFS, not {query.level}",)
    if query.silent is not None and query.silent is not (heard["level"] <= QUIET):
        differs += ("it can be heard" if query.silent else "it is silent",)
    return [Finding(_told(heard), differs, heard["at"])]


def _tone_differs(query: Any, heard: dict[str, Any]) -> tuple[str, ...]:
    """The tone must be the strongest, and as loud as wanted."""
    hertz, level = heard["strongest"]["hertz"], heard["strongest"]["level"]
    if level <= QUIET or abs(hertz - query.tone) > max(5.0, query.tone * _NEAR):
        return (f"tone={hertz:g} Hz, not {query.tone:g}",)
    if not query.level_fits(level):
        return (f"level={level} dBFS, not {query.level}",)
    return ()


def _told(heard: dict[str, Any]) -> str:
    strongest = heard["strongest"]
    return (
        f"{heard['heard'] or 'nobody'} is heard, {heard['level']} dBFS, "
        f"strongest {strongest['hertz']:g} Hz at {strongest['level']} dBFS"
    )
