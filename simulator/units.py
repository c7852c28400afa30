"""Quantities as people write them: durations, resistances, hardware addresses.

All durations inside the simulator are floats in seconds, all resistances floats in ohms; infinity is an
open circuit. What a file or a request says is text with a unit, and these functions are the only readers.
"""

from __future__ import annotations

import math
import re
from typing import NewType

Seconds = NewType("Seconds", float)
Ohm = NewType("Ohm", float)
Serial = NewType("Serial", str)
"""MAC address as 12 upper-case hex digits (network sheet, section 1)."""

OPEN_CIRCUIT = Ohm(math.inf)

_DURATION_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*")
_OHMS = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(k|M)?\s*(?:ohms?|Ω)?\s*")
_LONGEST = 100 * 365 * 86400.0


def parse_duration(text: str) -> Seconds:
    """`30s`, `1m30s`, `250ms`, `2 h` as seconds.

    Raises ValueError with a remedy for a bare number, an unknown unit or more than a hundred years.
    """
    position, total = 0, 0.0
    stripped = text.strip()
    while position < len(stripped):
        match = _DURATION.match(stripped, position)
        if match is None:
            raise ValueError(_duration_remedy(stripped))
        total += float(match[1]) * _DURATION_UNITS[match[2]]
        position = match.end()
    if not stripped:
        raise ValueError("a duration is missing; write for example 30s")
    if total > _LONGEST:
        raise ValueError(f"duration {stripped!r} is longer than a hundred years")
    return Seconds(round(total, 6))


def _duration_remedy(text: str) -> str:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return f"duration {text!r} has no unit; write {text}s"
    return f"{text!r} is no duration; write for example 30s, 250ms, 5m or 1h30m"


def format_duration(seconds: float) -> str:
    """The shortest text that `parse_duration` reads back: 90 -> `1m30s`."""
    if seconds < 1:
        return f"{seconds * 1000:g}ms"
    parts: list[str] = []
    rest = seconds
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count:g}{unit}")
    rest = round(rest, 6)
    if rest or not parts:
        whole, fraction = divmod(rest, 1)
        parts.append(f"{whole:.0f}s" if not fraction else f"{rest:.6f}".rstrip("0") + "s")
    return "".join(parts)


def parse_ohms(text: str) -> Ohm:
    """`4.7k`, `22 kohm`, `1000`, `inf` as ohms. Raises ValueError with a remedy."""
    stripped = text.strip()
    if stripped in {"inf", "infinity", "open circuit"}:
        return OPEN_CIRCUIT
    match = _OHMS.fullmatch(stripped)
    if match is None:
        raise ValueError(f"{stripped!r} is no resistance; write for example 4700, 4.7k or inf")
    return Ohm(float(match[1]) * {"": 1.0, "k": 1e3, "M": 1e6}[match[2] or ""])


def colons(serial: str) -> str:
    """`B8A44F010203` -> `B8:A4:4F:01:02:03`."""
    return ":".join(serial[i : i + 2] for i in range(0, 12, 2))
