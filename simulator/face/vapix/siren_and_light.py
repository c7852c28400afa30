"""siren_and_light.cgi: the light of the speaker; it has no siren (audio sheet 6.1).

Errors are HTTP 200. Every answer carries the method. A profile travels as the same object in `addProfile`, in the list
of `getProfiles`, and in the file of `uploadProfiles`, which is how profiles are exported and imported.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.device.light.pattern import LightError, LightRefused
from simulator.device.parameter import Level
from simulator.errors import MalformedMessage
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.envelope import Json, JsonService, Method
from simulator.face.vapix.fault import FAMILY_B, ApiError
from simulator.face.vapix.firmware_upload import is_multipart, uploaded_parts
from simulator.face.vapix.light_profile_json import pattern_of, profile_json, profile_of, shining_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.device import Device
    from simulator.device.light.light import Light
    from simulator.device.quirks import LightQuirks
    from simulator.face.exchange import Reply
    from simulator.face.vapix.envelope import Invocation

LARGEST_REQUEST = 1 << 20
LIGHT, SIREN = "light", "siren"
_UPLOAD_MODES = {"add": (False, False), "overwrite": (True, False), "erase_and_add": (True, True)}
"""Whether a name that is taken is replaced, and whether all that is there goes first."""


def _guarded(act: Callable[[Invocation, Light], Json]) -> Callable[[Invocation], Json]:
    """`act` with the device's light; what the light refuses becomes the error of the answer."""

    def carried_out(asked: Invocation) -> Json:
        light = asked.call.device.light
        assert light is not None, "the path exists where there is a light"
        try:
            return act(asked, light)
        except LightRefused as refused:
            raise ApiError(int(refused.error), str(refused)) from None

    return carried_out


def get_capabilities(_asked: Invocation, light: Light) -> Json:
    """What the light can do, for the class of power that it has."""
    patterns = [_pattern_capability(name, light.quirks) for name in light.quirks.patterns]
    return {
        "capabilities": {
            LIGHT: {"supportedPatterns": patterns},
            "healthCheckSupport": light.quirks.health_check,
            "maintenanceModeSupport": light.quirks.maintenance_mode,
            "poeClass": light.quirks.poe_class,
        }
    }


def _pattern_capability(name: str, quirks: LightQuirks) -> Json:
    one = quirks.patterns[name]
    intensities = {"possible": list(quirks.intensities), "default": quirks.intensities[-1]}
    return {
        "name": name,
        "speed": {"possible": list(one.speeds), "default": min(quirks.default_speed, one.speeds[-1])},
        "colors": {
            "minNbrColors": one.fewest_colors,
            "maxNbrColors": one.most_colors,
            "possible": list(quirks.colors),
            "default": [quirks.colors[0]],
        },
        "intensity": {"poeClass": {quirks.poe_class: intensities}},
        "priority": {"possible": list(range(1, 11)), "default": quirks.default_priority},
    }


def get_status(_asked: Invocation, light: Light) -> Json:
    """What runs, the highest priority first; empty when nothing does."""
    now = light.now()
    running = [shining_json(activity, activity.left(now)) for activity in light.activities.items]
    return {LIGHT: running} if running else {}


def get_profiles(_asked: Invocation, light: Light) -> Json:
    """All profiles; an empty list when there are none."""
    return {"profiles": [profile_json(profile) for profile in light.profiles]}


def start(asked: Invocation, light: Light) -> Json:
    """A profile by its name, or a pattern itself."""
    if "profile" in asked.params:
        if LIGHT in asked.params or SIREN in asked.params:
            raise asked.invalid("profile")
        return {"lightId": light.start(asked.text("profile"))}
    if SIREN in asked.params:
        raise ApiError(int(LightError.FUNCTION), "this device has no siren")
    return {"lightId": light.shine(pattern_of(asked.required(LIGHT), light.quirks))}


def stop(asked: Invocation, light: Light) -> Json:
    """Exactly one of all, lightId, sirenId and profile."""
    wanted = [name for name in ("all", "lightId", "sirenId", "profile") if name in asked.params]
    if not wanted:
        raise asked.missing("lightId")
    if len(wanted) > 1:
        raise asked.invalid(wanted[1])
    value = asked.params[wanted[0]]
    if wanted == ["all"]:
        if not isinstance(value, list) or not value or any(one not in (LIGHT, SIREN) for one in value):
            raise asked.invalid("all")
        if LIGHT in value:
            light.activities.stop_all()
    elif wanted == ["profile"]:
        light.stop(asked.text("profile"))
    elif wanted == ["sirenId"] or not isinstance(value, int) or isinstance(value, bool):
        raise ApiError(int(LightError.NO_SUCH_ACTIVITY), "no such process id")
    else:
        light.activities.stop(value)
    return {}


def add_profile(asked: Invocation, light: Light) -> Json:
    light.profiles.add(profile_of(asked.params, light.quirks))
    return {}


def remove_profile(asked: Invocation, light: Light) -> Json:
    light.profiles.remove(asked.text("name"))
    return {}


def upload_profiles(asked: Invocation, light: Light) -> Json:
    """The second part is a JSON array of profiles: all are taken, or none."""
    mode = _UPLOAD_MODES.get(asked.text("uploadMode"))
    if mode is None:
        raise asked.invalid("uploadMode")
    sent = {part.name: part for part in uploaded_parts(asked.call)}
    if "file" not in sent:
        raise asked.missing("file")
    try:
        profiles = json.loads(sent["file"].read(LARGEST_REQUEST))
    except (ValueError, RecursionError, MalformedMessage):
        raise asked.invalid("file") from None
    if not isinstance(profiles, list):
        raise asked.invalid("file")
    replace, erase = mode
    light.profiles.add_all(
        [profile_of(profile, light.quirks) for profile in profiles], replace=replace, erase=erase
    )
    return {}


def run_health_check(_asked: Invocation, light: Light) -> Json:
    """Answers at once; the outcome comes as events and with getLastHealthCheck."""
    light.check_health()
    return {}


def get_last_health_check(_asked: Invocation, light: Light) -> Json:
    """Time with the offset of the device's time zone, and what was wrong."""
    if light.report is None:
        raise ApiError(int(LightError.NO_HEALTH_CHECK), "no health check has been run")
    errors = [{"code": code, "message": "Light error"} for code in light.report.errors]
    return {"timestamp": light.report.at.isoformat(timespec="seconds"), "errors": errors}


def set_maintenance_mode(asked: Invocation, light: Light) -> Json:
    """For some seconds, or without end."""
    seconds = asked.params.get("duration", 0)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 0:
        raise asked.invalid("duration")
    light.set_maintenance(asked.boolean("maintenanceMode"), seconds)
    return {}


SERVICE = JsonService(
    "siren-and-light",
    FAMILY_B,
    {
        name: Method(_guarded(act))
        for name, act in {
            "getCapabilities": get_capabilities,
            "getStatus": get_status,
            "getProfiles": get_profiles,
            "start": start,
            "stop": stop,
            "addProfile": add_profile,
            "removeProfile": remove_profile,
            "uploadProfiles": upload_profiles,
            "runHealthCheck": run_health_check,
            "getLastHealthCheck": get_last_health_check,
            "setMaintenanceMode": set_maintenance_mode,
        }.items()
    },
)


def siren_and_light(call: Call) -> Reply:
    """The request is JSON, or the first part of a multipart message."""
    upload = call.request.upload
    try:
        if upload is not None and is_multipart(call):
            parts: dict[str, Any] = {part.name: part for part in uploaded_parts(call)}
            call.request.body = parts["request"].read(LARGEST_REQUEST) if "request" in parts else b""
        elif upload is not None:
            call.request.body = upload.read(LARGEST_REQUEST)
    except MalformedMessage:
        call.request.body = b""
    return SERVICE(call)


def has_light(device: Device) -> bool:
    """Speakers have."""
    return device.light is not None


ROUTES = (
    Route(
        ("/axis-cgi/siren_and_light.cgi",),
        siren_and_light,
        methods=("POST",),
        level=Level.OPERATOR,
        api="siren-and-light",
        served=has_light,
        service=SERVICE,
        body_limit=LARGEST_REQUEST,
        spool=True,
    ),
)
