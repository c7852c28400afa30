"""streamprofile.cgi: the JSON door to the parameter groups `StreamProfile.S<n>` (core sheet 2.7).

A new device has none. param.cgi's template `streamprofile` adds to the same list (`param_group.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.parameter import Level
from simulator.face.vapix import param_group
from simulator.face.vapix.call import Route
from simulator.face.vapix.envelope import Invocation, Json, JsonService, Method
from simulator.face.vapix.fault import STREAM_PROFILE, ApiError

if TYPE_CHECKING:
    from simulator.device.device import Device

_MEMBERS = {"name": "Name", "description": "Description", "parameters": "Parameters"}


def list_profiles(asked: Invocation) -> Json:
    """The profiles that `streamProfileName` names, all where it names none. Error 2006 for an unknown one."""
    device = asked.call.device
    wanted = _names(asked) if "streamProfileName" in asked.params else []
    known = {device.parameters.get(f"{entry}.Name"): entry for entry in param_group.entries(device)}
    if not set(wanted) <= set(known):
        raise _unknown()
    shown = [_shown(device, known[name]) for name in wanted or known]
    return {"streamProfile": shown, "maxProfiles": param_group.limit(device)}


def create(asked: Invocation) -> Json:
    """Add profiles. Error 1000 for a name that is taken, empty or too long, and when there is no room [guess]."""
    device = asked.call.device
    for profile in _profiles(asked):
        if _entry(device, profile["name"]) is not None:
            raise asked.invalid("name")
        entry = param_group.free_entry(device)
        if entry is None:
            raise asked.invalid("streamProfile")
        _write(device, entry, profile)
    return {}


def update(asked: Invocation) -> Json:
    """Change profiles that exist; what a profile leaves out stays."""
    device = asked.call.device
    for profile in _profiles(asked):
        entry = _entry(device, profile["name"])
        if entry is None:
            raise _unknown()
        _write(device, entry, profile)
    return {}


def remove(asked: Invocation) -> Json:
    """Take profiles away."""
    device = asked.call.device
    asked.required("streamProfileName")
    for name in _names(asked):
        entry = _entry(device, name)
        if entry is None:
            raise _unknown()
        param_group.forget(device, entry)
    return {}


def _unknown() -> ApiError:
    return ApiError(2006, "The requested profile does not exist")


def _shown(device: Device, entry: str) -> Json:
    return {key: device.parameters.get(f"{entry}.{member}") for key, member in _MEMBERS.items()}


def _entry(device: Device, name: str) -> str | None:
    entries = param_group.entries(device)
    return next((entry for entry in entries if device.parameters.get(f"{entry}.Name") == name), None)


def _names(asked: Invocation) -> list[str]:
    return [row["name"] for row in _rows(asked, "streamProfileName")]


def _profiles(asked: Invocation) -> list[dict[str, str]]:
    """All of the request is looked at before any of it is done."""
    asked.required("streamProfile")
    rows = _rows(asked, "streamProfile")
    for row in rows:
        for key, value in row.items():
            if key not in _MEMBERS or not param_group.acceptable(value):
                raise asked.invalid(key[:64])
    return rows


def _rows(asked: Invocation, name: str) -> list[dict[str, str]]:
    rows = asked.params.get(name)
    if not isinstance(rows, list):
        raise asked.invalid(name)
    for row in rows:
        if not isinstance(row, dict) or not all(isinstance(value, str) for value in row.values()):
            raise asked.invalid(name)
        if not row.get("name"):
            raise asked.invalid("name")
    return rows


def _write(device: Device, entry: str, profile: dict[str, str]) -> None:
    param_group.define(device, entry)
    for key, value in profile.items():
        device.parameters.write(f"{entry}.{_MEMBERS[key]}", value)


SERVICE = JsonService(
    "stream-profiles",
    STREAM_PROFILE,
    {
        "list": Method(list_profiles, Level.VIEWER),
        "create": Method(create, Level.ADMINISTRATOR),
        "update": Method(update, Level.ADMINISTRATOR),
        "remove": Method(remove, Level.ADMINISTRATOR),
    },
)

ROUTES = (
    Route(("/axis-cgi/streamprofile.cgi",), SERVICE, methods=("POST",), level=Level.VIEWER, api="stream-profiles"),
)
