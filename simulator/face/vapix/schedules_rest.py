"""Schedules as a device configuration API, `/config/rest/event-schedules/v2beta` (io-events sheet 2.5).

The words of `scheduleType` are a guess: `interval` and `pulse`. It follows from the schedule; one that contradicts it
is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from simulator.device.parameter import Level
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.rest_answer import DENIED, Json, Wrong, invalid, missing, success, text
from simulator.face.vapix.rules_rest import only, path_below, reached, refusals, served, write

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.device.rule.schedule import Schedule
    from simulator.face.exchange import Reply

ROOTS: Final = tuple(f"/config/rest/event-schedules/v2{suffix}" for suffix in ("", "alpha", "beta"))
COLLECTION: Final = "schedules"
_KNOWN: Final = frozenset({"id", "name", "schedule", "scheduleType"})


def event_schedules(call: Call) -> Reply:
    """One entity, item or property: read, added, changed or removed."""
    head = call.request.head
    path = path_below(ROOTS, head.path)
    store = call.device.rules.store
    try:
        if head.method in ("GET", "HEAD"):
            return success(reached({COLLECTION: [_shown(one) for one in store.content.schedules.values()]}, path))
        if call.level < Level.ADMINISTRATOR:
            raise Wrong(403, DENIED, "Access denied")
        if not path or path[0] != COLLECTION:
            raise missing(path)
        with refusals(store):
            return write(call, path, _add, _change, _remove)
    except Wrong as wrong:
        return wrong.answer


def _shown(one: Schedule) -> Json:
    return {"id": one.id, "name": one.name, "schedule": one.text, "scheduleType": _kind(one)}


def _kind(one: Schedule) -> str:
    return "pulse" if one.pulse else "interval"


def _add(device: Device, data: Json) -> Json:
    only(data, _KNOWN)
    store = device.rules.store
    calendar = text(data.get("schedule"), "schedule")
    token = store.add_schedule(text(data.get("name", ""), "name"), calendar, text(data.get("id", ""), "id"))
    made = store.schedule(token)
    _check_kind(made, data.get("scheduleType"))
    return _shown(made)


def _change(device: Device, key: str, data: Json) -> None:
    only(data, _KNOWN - {"id"})
    store = device.rules.store
    present = store.schedule(key)
    calendar = text(data.get("schedule", present.text), "schedule")
    store.change_schedule(key, text(data.get("name", present.name), "name"), calendar)
    _check_kind(store.schedule(key), data.get("scheduleType"))


def _remove(device: Device, key: str) -> None:
    device.rules.store.remove_schedule(key)


def _check_kind(one: Schedule, wanted: Any) -> None:
    if wanted is not None and wanted != _kind(one):
        raise invalid(f"the schedule is one of type {_kind(one)}")


ROUTES = (
    Route(
        tuple(f"{root}{below}" for root in ROOTS for below in ("", "/*")),
        event_schedules,
        methods=("GET", "POST", "PATCH", "DELETE"),
        level=Level.OPERATOR,
        served=served,
    ),
)
