"""The SNMP settings as a device configuration API: `/config/rest/snmp/v1` (core sheet 2.4 and 3.5).

Reads ask for a viewer, writes for an administrator. Everything is a parameter of the store, so that param.cgi shows
the same. All values of a request are checked before the first is written. The suffix of the version is not looked at.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from simulator.device.image_offer import version_numbers
from simulator.device.parameter import Level, Refused
from simulator.device.snmp import ENGINE_BOOTS, LINK_DOWN, PASSWORD, PASSWORD_LENGTH, PASSWORD_SET
from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.device.device import Device

ROOTS: Final = tuple(f"/config/rest/snmp/v1{suffix}" for suffix in ("", "alpha", "beta"))
FRAMEWORK_SINCE, PATCH_SINCE, ANY_TYPE_SINCE, DSCP_SINCE = (11, 8), (11, 11), (12,), (12, 11)
NOT_FOUND, VALIDATION, BAD_TYPE, DENIED = 1, 5, 11, 3
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Property:
    """One property: the parameter behind it and what it takes."""

    parameter: str
    kind: type = str
    choices: tuple[str, ...] = ()
    lengths: range | None = None
    writable: bool = True
    readable: bool = True
    since: tuple[int, ...] = ()

    def shown(self, device: Device) -> Any:
        """The present value as JSON has it."""
        value = device.parameters.get(self.parameter)
        if self.kind is bool:
            return value.lower() == "yes"
        return int(value or 0) if self.kind is int else value

    def problem(self, value: Any) -> str:
        """Why a value is not taken; empty if it is."""
        if not self.writable:
            return "is read-only"
        if type(value) is not self.kind:
            return f"is not of type {_TYPE_NAMES[self.kind]}"
        if self.choices and value not in self.choices:
            return f"is none of {', '.join(self.choices)}"
        if self.lengths is not None and len(str(value)) not in self.lengths:
            return f"is not {self.lengths[0]} to {self.lengths[-1]} characters long"
        return ""

    def text(self, value: Any) -> str:
        """A value as the parameter stores it."""
        return ("yes" if value else "no") if self.kind is bool else str(value)


_TYPE_NAMES: Final = {bool: "boolean", int: "integer", str: "string"}
_COMMUNITY = range(1, 33)
_TRAP = "SNMP.Trap.T0"
PROPERTIES: Final[dict[Path, Property]] = {
    ("dscp",): Property("SNMP.DSCP", int, since=DSCP_SINCE),
    ("enabled",): Property("SNMP.Enabled", bool),
    ("engineBoots",): Property(ENGINE_BOOTS, int, writable=False),
    ("transportProtocol",): Property("SNMP.TransportProtocol", choices=("tcp", "udp")),
    ("snmpV1", "enabled"): Property("SNMP.V1", bool),
    ("snmpV2", "enabled"): Property("SNMP.V2c", bool),
    ("snmpV1V2Common", "address"): Property(f"{_TRAP}.Address", lengths=range(47)),
    ("snmpV1V2Common", "readCommunity"): Property("SNMP.V1ReadCommunity", lengths=_COMMUNITY),
    ("snmpV1V2Common", "writeCommunity"): Property("SNMP.V1WriteCommunity", lengths=_COMMUNITY),
    ("snmpV1V2Common", "trap", "enabled"): Property("SNMP.Trap.Enabled", bool),
    ("snmpV1V2Common", "trap", "community"): Property(f"{_TRAP}.Community", lengths=_COMMUNITY),
    ("snmpV1V2Common", "trap", "authFailEnabled"): Property(f"{_TRAP}.AuthFail.Enabled", bool),
    ("snmpV1V2Common", "trap", "coldStartEnabled"): Property(f"{_TRAP}.ColdStart.Enabled", bool),
    ("snmpV1V2Common", "trap", "linkUpEnabled"): Property(f"{_TRAP}.LinkUp.Enabled", bool),
    ("snmpV1V2Common", "trap", "linkDownEnabled"): Property(LINK_DOWN, bool),
    ("snmpV3", "enabled"): Property("SNMP.V3", bool),
    ("snmpV3", "userPasswd"): Property(PASSWORD, lengths=PASSWORD_LENGTH, readable=False),
    ("snmpV3", "userPasswdSet"): Property(PASSWORD_SET, bool, writable=False),
}
ENTITIES: Final[tuple[Path, ...]] = (
    (),
    ("snmpV1",),
    ("snmpV2",),
    ("snmpV1V2Common",),
    ("snmpV1V2Common", "trap"),
    ("snmpV3",),
)


class _Wrong(Exception):
    """A request that is answered with an error: HTTP status, code and message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.answer = _body(status, {"status": "error", "error": {"code": code, "message": message}})


def snmp(call: Call) -> Reply:
    """One entity or property, read or set."""
    path = _path(call.request.head.path)
    try:
        if call.request.head.method in ("GET", "HEAD"):
            return _body(200, {"status": "success", "data": _read(call.device, path)})
        if call.level < Level.ADMINISTRATOR:
            raise _Wrong(403, DENIED, "Access denied")
        _write(call, path)
    except _Wrong as wrong:
        return wrong.answer
    return _body(200, {"status": "success"})


def _path(asked: str) -> Path:
    root = next(
        root for root in sorted(ROOTS, key=len, reverse=True) if asked == root or asked.startswith(f"{root}/")
    )
    return tuple(part for part in asked[len(root) :].split("/") if part)


def _read(device: Device, path: Path) -> Any:
    known = _known(device)
    if path in known:
        if not known[path].readable:
            raise _Wrong(404, NOT_FOUND, f"Resource not found: {'/'.join(path)}")
        return known[path].shown(device)
    shown: dict[str, Any] = {}
    for name, one in known.items():
        if name[: len(path)] == path and one.readable:
            place = shown
            for part in name[len(path) : -1]:
                place = place.setdefault(part, {})
            place[name[-1]] = one.shown(device)
    return shown


def _known(device: Device) -> dict[Path, Property]:
    version = version_numbers(device.profile.firmware)
    return {
        path: one
        for path, one in PROPERTIES.items()
        if version >= one.since and one.parameter in device.parameters
    }


def _write(call: Call, path: Path) -> None:
    device = call.device
    allowed = ("PATCH",) if _since(device, PATCH_SINCE) else ("PUT",)
    if call.request.head.method not in allowed:
        raise _Wrong(405, NOT_FOUND, f"Resource not found: {call.request.head.method}")
    kind = call.request.head.headers.get("content-type", "")
    if not _since(device, ANY_TYPE_SINCE) and not kind.startswith("application/json"):
        raise _Wrong(400, BAD_TYPE, f"Bad content type: {kind[:80]}")
    known, wanted = _known(device), dict(_leaves(_data(call), path))
    for name, value in wanted.items():
        problem = known[name].problem(value) if name in known else "is not known"
        if problem:
            raise _invalid(name, problem)
    if PASSWORD in {known[name].parameter for name in wanted} and device.parameters.enabled(PASSWORD_SET):
        raise _invalid(("snmpV3", "userPasswd"), "is set already")
    _assign(device, {known[name]: value for name, value in wanted.items()})


def _assign(device: Device, values: dict[Property, Any]) -> None:
    try:
        for one, value in values.items():
            device.parameters.definition(one.parameter).checked(one.text(value))
        for one, value in values.items():
            if one.parameter == PASSWORD:
                device.snmp.set_password(value)
            else:
                device.parameters.write(one.parameter, one.text(value))
    except Refused as refused:
        raise _Wrong(400, VALIDATION, f"Validation error: {refused}") from None


def _data(call: Call) -> Any:
    try:
        body = json.loads(call.request.body)
    except (ValueError, RecursionError):
        raise _Wrong(400, VALIDATION, "Validation error: the body is no JSON") from None
    if not isinstance(body, dict) or "data" not in body:
        raise _Wrong(400, VALIDATION, "Validation error: the body has no data")
    return body["data"]


def _leaves(data: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Every value of a partial entity with its whole path."""
    if path not in ENTITIES:
        yield path, data
    elif not isinstance(data, dict):
        raise _invalid(path, "is no object")
    else:
        for name, value in data.items():
            yield from _leaves(value, (*path, name[:80]))


def _invalid(path: Path, problem: str) -> _Wrong:
    """In the form of the recorded text (core sheet 2.4)."""
    parts = [part if part.isprintable() else "?" for part in path]
    what = f"Trying to set '{parts[0] if parts else 'snmp'}' with invalid data: {problem} (path: /{'/'.join(parts[1:])})"
    return _Wrong(400, VALIDATION, f"Validation error: {what}")


def _body(status: int, content: dict[str, Any]) -> Answer:
    """Two spaces and a newline at the end, as recorded."""
    return Answer(status, (json.dumps(content, indent=2) + "\n").encode(), "application/json")


def _since(device: Device, version: tuple[int, ...]) -> bool:
    return version_numbers(device.profile.firmware) >= version


def _served(device: Device) -> bool:
    return device.snmp.available and _since(device, FRAMEWORK_SINCE)


ROUTES = (
    Route(
        tuple("/".join((root, *path)) for root in ROOTS for path in (*ENTITIES, *PROPERTIES)),
        snmp,
        methods=("GET", "PATCH", "PUT"),
        level=Level.VIEWER,
        served=_served,
    ),
)
