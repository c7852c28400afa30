"""The audio multicast controller as a device configuration API (audio sheet 7.1).

Every entity and property can be read; properties are set one by one with PATCH. Errors are those of device
configuration (core sheet 2.4). An SRTP key is never shown.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.device.multicast import INTERNAL, MulticastController, MulticastSource
from simulator.device.parameter import Level, Refused
from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.device import Device

ROOT = "/config/rest/audio-multicast-ctrl/v1beta"
NOT_FOUND, VALIDATION, WRONG_METHOD = 1, 5, 10
Json = dict[str, Any]


class _Wrong(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.answer = _body(status, {"status": "error", "error": {"code": code, "message": message}})


def multicast(call: Call) -> Reply:
    """One entity or property: read, changed, added to or removed."""
    controller = call.device.multicast
    assert controller is not None, "the path exists where there is a controller"
    path = tuple(part for part in call.request.head.path[len(ROOT) :].split("/") if part)
    act = _ACTS.get(call.request.head.method, _read)
    try:
        return act(call, controller, path)
    except Refused as refused:
        unknown = str(refused).startswith("no source")
        status, code = (404, NOT_FOUND) if unknown else (400, VALIDATION)
        return _Wrong(status, code, f"{'Resource not found' if unknown else 'Validation error'}: {refused}").answer
    except _Wrong as wrong:
        return wrong.answer


def _read(_call: Call, controller: MulticastController, path: tuple[str, ...]) -> Reply:
    shown: Any = _shown(controller)
    for part in (_SPELLINGS.get(part, part) for part in path):
        if isinstance(shown, list):
            shown = next((one for one in shown if one["id"] == part), None)
        else:
            shown = shown.get(part) if isinstance(shown, dict) else None
        if shown is None:
            raise _missing(path)
    return _body(200, {"status": "success", "data": shown})


def _add(call: Call, controller: MulticastController, path: tuple[str, ...]) -> Reply:
    if path != ("sources",):
        raise _Wrong(405, WRONG_METHOD, "Method not allowed")
    data = _data(call)
    if not isinstance(data, dict) or data.get("type", "Multicast") != "Multicast":
        raise Refused("a source is an object of type Multicast")
    if "label" not in data:
        raise Refused("label is missing")
    profile = data.get("latencyProfile", data.get("profile", ""))
    made = controller.add(
        _text(data["label"]),
        address=_text(data.get("ipAddress", "")),
        port=_number(data["port"]) if "port" in data else None,
        profile=_text(profile),
        srtp_key=_text(data.get("srtpKey", "")),
        priority=_number(data["prio"]) if "prio" in data else None,
    )
    return _body(201, {"status": "success", "data": {"id": made.id}})


def _remove(_call: Call, controller: MulticastController, path: tuple[str, ...]) -> Reply:
    if len(path) != 2 or path[0] != "sources":
        raise _Wrong(405, WRONG_METHOD, "Method not allowed")
    controller.remove(path[1])
    return _body(200, {"status": "success"})


def _change(call: Call, controller: MulticastController, path: tuple[str, ...]) -> Reply:
    data = _data(call)
    path = tuple(_SPELLINGS.get(part, part) for part in path)
    if path == ("enabled",):
        if not isinstance(data, bool):
            raise Refused("enabled is true or false")
        controller.enable(data)
    elif path == ("audioCodec",):
        controller.set_codec(_text(data))
    elif len(path) == 3 and path[0] == "sources":
        _change_source(controller, path[1], path[2], data)
    else:
        raise _missing(path)
    return _body(200, {"status": "success"})


def _change_source(controller: MulticastController, source: str, name: str, data: Any) -> None:
    if name == "prio":
        controller.move(source, _number(data))
    elif name in _FIELDS:
        field, read = _FIELDS[name]
        controller.change(source, **{field: read(data)})
    else:
        raise _missing(("sources", source, name))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Refused("the value is no string")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused("the value is no whole number")
    return value


_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "label": ("label", _text),
    "ipAddress": ("address", _text),
    "port": ("port", _number),
    "latencyProfile": ("profile", _text),
    "profile": ("profile", _text),
    "srtpKey": ("srtp_key", lambda value: _text(value).lower()),
}
_SPELLINGS = {"audiocodec": "audioCodec"}
"""The documentation writes the path both ways."""
_ACTS: dict[str, Callable[[Call, MulticastController, tuple[str, ...]], Reply]] = {
    "POST": _add,
    "DELETE": _remove,
    "PATCH": _change,
}


def _shown(controller: MulticastController) -> Json:
    groups = {one.id: one for one in controller.sources}
    ranked = enumerate(controller.ranking, 1)
    sources = [_source_json(name, place, groups.get(name)) for place, name in ranked]
    return {"enabled": controller.enabled, "audioCodec": controller.codec, "sources": sources}


def _source_json(name: str, priority: int, group: MulticastSource | None) -> Json:
    if group is None:
        assert name in INTERNAL
        return {"id": name, "label": name, "prio": priority, "type": "Internal"}
    return {
        "id": name,
        "ipAddress": group.address,
        "label": group.label,
        "latencyProfile": group.profile,
        "port": group.port,
        "prio": priority,
        "type": "Multicast",
    }


def _data(call: Call) -> Any:
    try:
        body = json.loads(call.request.body)
    except (ValueError, RecursionError):
        raise Refused("the body is no JSON") from None
    if not isinstance(body, dict) or "data" not in body:
        raise Refused("the body has no data")
    return body["data"]


def _missing(path: tuple[str, ...]) -> _Wrong:
    return _Wrong(404, NOT_FOUND, f"Resource not found: {'/'.join(part[:63] for part in path)}")


def _body(status: int, content: Json) -> Answer:
    return Answer(
        status, (json.dumps(content, indent=2) + "\n").encode("utf-8", "backslashreplace"), "application/json"
    )


def has_controller(device: Device) -> bool:
    """Speakers have."""
    return device.multicast is not None


ROUTES = (
    Route(
        (ROOT, f"{ROOT}/*"),
        multicast,
        methods=("GET", "POST", "PATCH", "DELETE"),
        level=Level.ADMINISTRATOR,
        served=has_controller,
    ),
)
