"""Patterns and profiles of the light as JSON objects of siren_and_light.cgi (audio sheet 6.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.device.light.pattern import Duration, LightError, LightPattern, LightRefused
from simulator.device.light.profile import LightProfile
from simulator.face.vapix.fault import FAMILY_B

if TYPE_CHECKING:
    from simulator.device.light.activity import Activity
    from simulator.device.quirks import LightQuirks
    from simulator.face.vapix.envelope import Json


def pattern_of(value: Any, quirks: LightQuirks) -> LightPattern:
    """The pattern that a client wrote. Pattern, colours and intensity are needed.

    Raises ApiError for what is missing or no pattern at all, LightRefused for what this light cannot do.
    """
    if not isinstance(value, dict):
        raise FAMILY_B.invalid("light")
    for name in ("pattern", "colors", "intensity"):
        if name not in value:
            raise FAMILY_B.missing(name)
    colors = value["colors"]
    if not isinstance(colors, list) or not all(isinstance(color, str) for color in colors):
        raise FAMILY_B.invalid("colors")
    if not isinstance(value["pattern"], str):
        raise FAMILY_B.invalid("pattern")
    return LightPattern(
        value["pattern"],
        tuple(colors),
        _number(value, "intensity"),
        _number(value, "speed", quirks.default_speed),
        _number(value, "priority", quirks.default_priority),
        _duration(value.get("duration")),
    ).checked(quirks)


def profile_of(value: Any, quirks: LightQuirks) -> LightProfile:
    """The profile that a client wrote. Raises ApiError and LightRefused, also for one with a siren."""
    if not isinstance(value, dict):
        raise FAMILY_B.invalid("profile")
    for member in ("name", "light"):
        if member not in value and "siren" not in value:
            raise FAMILY_B.missing(member)
    if value.get("siren") is not None:
        raise LightRefused(LightError.FUNCTION, "this device has no siren")
    name: Any = value.get("name")
    description: Any = value.get("description", "")
    if not isinstance(name, str):
        raise FAMILY_B.invalid("name")
    if not isinstance(description, str):
        raise FAMILY_B.invalid("description")
    return LightProfile(name, pattern_of(value["light"], quirks), description)


def profile_json(profile: LightProfile) -> Json:
    """A profile as it is listed, and as it can be uploaded again."""
    content: Json = {"name": profile.name}
    if profile.description:
        content["description"] = profile.description
    content["light"] = _pattern_json(profile.pattern)
    return content


def shining_json(activity: Activity, left: float | None) -> Json:
    """An entry of getStatus; without `durationLeft` if it has no end, without `profile` if it was started directly."""
    content: Json = {"lightId": activity.number, **_pattern_json(activity.pattern)}
    content.pop("duration", None)
    if left is not None:
        content["durationLeft"] = round(left)
    if activity.profile:
        content["profile"] = activity.profile
    return content


def _pattern_json(pattern: LightPattern) -> Json:
    content: Json = {
        "pattern": pattern.pattern,
        "speed": pattern.speed,
        "colors": list(pattern.colors),
        "intensity": pattern.intensity,
        "priority": pattern.priority,
    }
    if pattern.duration is not None:
        content["duration"] = {"unit": pattern.duration.unit, "value": pattern.duration.value}
    return content


def _duration(value: Any) -> Duration | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise FAMILY_B.invalid("duration")
    for name in ("unit", "value"):
        if name not in value:
            raise FAMILY_B.missing(name)
    if not isinstance(value["unit"], str):
        raise FAMILY_B.invalid("unit")
    return Duration(value["unit"], _number(value, "value"))


def _number(value: dict[str, Any], name: str, default: int | None = None) -> int:
    number = value.get(name, default)
    if not isinstance(number, int) or isinstance(number, bool):
        raise FAMILY_B.invalid(name)
    return number
