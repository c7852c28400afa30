"""shockdetection/*.cgi: the alarm for device motion (io-events sheet 1.12).

Root element, error codes and arguments are those of the VAPIX page "Shock detection API"; the names of the elements
inside `Success` follow that page's answer to `getschemaversion` and are a guess for the others. Errors are HTTP 200
with a `GeneralError`, as the virtual inputs have them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulator.device.parameter import Level, Refused
from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.alarm import Alarms
    from simulator.device.device import Device

NAMESPACE = "http://www.axis.com/vapix/http_cgi/shockdetection1"
INVALID, OUT_OF_RANGE, BAD_SCHEMA = 20, 30, 40
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_MAJOR = re.compile(r"1(\.[0-9]{1,4})?")
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_WORDS = {"true": True, "1": True, "false": False, "0": False}


def get_enabled(call: Call) -> Reply:
    """Whether the alarm is on."""
    return _versioned(call, lambda alarms: _done("GetEnabled", "Enabled", _word(alarms.shock_detection)))


def set_enabled(call: Call) -> Reply:
    """`enabled=true` or `false`."""

    def act(alarms: Alarms) -> Answer:
        enabled = _WORDS.get(call.fields.get("enabled", "").lower())
        if enabled is None:
            return _error(INVALID, "Invalid request")
        alarms.set_shock_detection(enabled)
        return _done("SetEnabled")

    return _versioned(call, act)


def get_sensitivity_level(call: Call) -> Reply:
    """0 to 100."""
    return _versioned(
        call, lambda alarms: _done("GetSensitivityLevel", "SensitivityLevel", str(alarms.shock_sensitivity))
    )


def set_sensitivity_level(call: Call) -> Reply:
    """`level=0` to `100`."""

    def act(alarms: Alarms) -> Answer:
        level = call.fields.get("level", "")
        if not _NUMBER.fullmatch(level):
            return _error(INVALID, "Invalid request")
        try:
            alarms.set_shock_sensitivity(int(level))
        except Refused:
            return _error(OUT_OF_RANGE, "Sensitivity level out of range")
        return _done("SetSensitivityLevel")

    return _versioned(call, act)


def get_schema_version(_call: Call) -> Reply:
    """One version, 1.0; needs no `schemaversion`."""
    version = "<SchemaVersion><VersionNumber>1.0</VersionNumber><Deprecated></Deprecated></SchemaVersion>"
    return _xml(f"<Success><GetSchemaVersionsSuccess>{version}</GetSchemaVersionsSuccess></Success>")


def _versioned(call: Call, act: Callable[[Alarms], Answer]) -> Reply:
    schema = call.fields.get("schemaversion")
    alarms = call.device.alarms
    if schema is None or alarms is None:
        return _error(INVALID, "Invalid request")
    if not _MAJOR.fullmatch(schema):
        return _error(BAD_SCHEMA, "Version not supported")
    return act(alarms)


def _word(value: bool) -> str:
    return "true" if value else "false"


def _done(what: str, item: str = "", value: str = "") -> Answer:
    inner = f"<{item}>{value}</{item}>" if item else ""
    return _xml(f"<Success><{what}Success>{inner}</{what}Success></Success>")


def _error(code: int, text: str) -> Answer:
    inner = f"<ErrorCode>{code}</ErrorCode><ErrorDescription>{text}</ErrorDescription>"
    return _xml(f"<Error><GeneralError>{inner}</GeneralError></Error>")


def _xml(content: str) -> Answer:
    attributes = (
        f'xmlns="{NAMESPACE}" xmlns:xsi="{_XSI}" xsi:schemaLocation="{NAMESPACE} {NAMESPACE}" SchemaVersion="1.0"'
    )
    root = f"<ShockDetectionResponse {attributes}>{content}</ShockDetectionResponse>"
    return Answer(body=f'<?xml version="1.0" encoding="utf-8"?>\n{root}\n'.encode(), content_type="text/xml")


def _has_sensor(device: Device) -> bool:
    return device.alarms is not None


_FOLDER = "/axis-cgi/shockdetection"
_CALLS = {
    "getenabled": get_enabled,
    "setenabled": set_enabled,
    "getsensitivitylevel": get_sensitivity_level,
    "setsensitivitylevel": set_sensitivity_level,
    "getschemaversion": get_schema_version,
}
ROUTES = tuple(
    Route((f"{_FOLDER}/{name}.cgi",), handler, level=Level.OPERATOR, served=_has_sensor)
    for name, handler in _CALLS.items()
)
