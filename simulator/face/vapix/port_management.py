"""io/portmanagement.cgi: ports with all their settings, by id from zero as text (io-events sheet 1.3).

`setPorts` applies what it can: the first thing that is wrong is the error, the others are listed beside it, and
everything else in the request has been done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.device.parameter import Level, Refused
from simulator.face.vapix.call import Route
from simulator.face.vapix.envelope import Invocation, Json, JsonService, Method
from simulator.face.vapix.fault import FAMILY_B, ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.port import Port

MOST_PORTS = 256
MOST_STATES = 256
LONGEST_STATE = 65_535
"""Milliseconds of one state of a sequence."""
LONGEST_TEXT = 128
SEQUENCE_RUNNING = (2200, "State sequence already ongoing")


def get_ports(asked: Invocation) -> Json:
    """`items` is left out by a product without ports, `readonly` where it is not true: no port here is."""
    items = [_item(port) for port in asked.call.device.ports]
    return {"numberOfPorts": len(items), **({"items": items} if items else {})}


def _item(port: Port) -> Json:
    return {
        "port": str(port.id),
        "state": "closed" if port.closed else "open",
        "configurable": port.configurable,
        "usage": port.usage,
        "direction": port.direction.value,
        "name": port.name,
        "normalState": port.normal_state,
    }


def set_ports(asked: Invocation) -> Json:
    """Answers with the ids of the ports for which something was asked."""
    wishes = _wishes(asked)
    problems = [problem for wish in wishes for problem in _carry_out(asked, wish)]
    if problems:
        first, *others = problems
        raise _PartlyDone(first, others)
    return {"ports": [str(wish["port"]) for wish in wishes if wish.keys() & _PROPERTIES.keys()]}


def _wishes(asked: Invocation) -> list[dict[str, Any]]:
    """One object per port. One without `port` fails the whole request."""
    wishes = asked.required("ports")
    if not isinstance(wishes, list) or len(wishes) > MOST_PORTS:
        raise asked.invalid("ports")
    for wish in wishes:
        if not isinstance(wish, dict):
            raise asked.invalid("ports")
        if "port" not in wish:
            raise asked.missing("port")
    return wishes


def _carry_out(asked: Invocation, wish: dict[str, Any]) -> list[ApiError]:
    try:
        return _apply(asked, _known(asked, wish["port"]), wish)
    except ApiError as unknown:
        return [unknown]


class _PartlyDone(ApiError):
    """The first problem, with the others in `errors`."""

    def __init__(self, first: ApiError, others: list[ApiError]) -> None:
        super().__init__(first.code, first.message, details=first.details)
        self.others = others

    def as_json(self) -> dict[str, Any]:
        content = super().as_json()
        return content | ({"errors": [other.as_json() for other in self.others]} if self.others else {})


def _known(asked: Invocation, number: object) -> Port:
    """Ids come as text or, from some clients, as numbers."""
    text = str(number) if isinstance(number, str | int) and not isinstance(number, bool) else ""
    ports = asked.call.device.ports
    if not text.isascii() or not text.isdecimal() or len(text) > 4 or int(text) not in ports:
        raise asked.invalid("port", port=text[:20], propertyName="port")
    return ports[int(text)]


def _apply(asked: Invocation, port: Port, wish: dict[str, Any]) -> list[ApiError]:
    """Set each property, the direction first, the normal state before the state; returns what could not be set."""
    problems = []
    for name, setter in _PROPERTIES.items():
        if name in wish:
            try:
                setter(port, wish[name])
            except (Refused, _Unfit):
                problems.append(asked.invalid(name, port=str(port.id), propertyName=name))
    return problems


class _Unfit(Exception):
    """A value of the wrong type or outside its enumeration."""


def _set_direction(port: Port, value: object) -> None:
    if value not in ("input", "output"):
        raise _Unfit
    if value != port.direction.value:
        port.set_direction(str(value))


def _set_state(port: Port, value: object) -> None:
    if value not in ("open", "closed"):
        raise _Unfit
    port.set_active(value != port.normal_state)


def _set_normal_state(port: Port, value: object) -> None:
    if value not in ("open", "closed"):
        raise _Unfit
    port.set_normal_state(str(value))


def _set_name(port: Port, value: object) -> None:
    port.set_name(_text(value))


def _set_usage(port: Port, value: object) -> None:
    port.set_usage(_text(value))


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not value.isprintable():
        raise _Unfit
    return value


_PROPERTIES: dict[str, Callable[[Port, object], None]] = {
    "direction": _set_direction,
    "usage": _set_usage,
    "name": _set_name,
    "normalState": _set_normal_state,
    "state": _set_state,
}


def set_state_sequence(asked: Invocation) -> Json:
    """Answers at once, unlike port.cgi; runs once, and the last state stays."""
    port = _known(asked, asked.required("port"))
    sequence = asked.required("sequence")
    if not isinstance(sequence, list) or not 0 < len(sequence) <= MOST_STATES:
        raise asked.invalid("sequence")
    steps = [_step(asked, port, part) for part in sequence]
    if port.sequence_running:
        raise ApiError(*SEQUENCE_RUNNING)
    try:
        port.run_sequence(steps)
    except Refused:
        raise asked.invalid("port", port=str(port.id), propertyName="direction") from None
    return {"port": str(port.id)}


def _step(asked: Invocation, port: Port, part: object) -> tuple[bool, int]:
    if not isinstance(part, dict):
        raise asked.invalid("sequence")
    for name in ("state", "time"):
        if name not in part:
            raise asked.missing(name)
    state, time = part["state"], part["time"]
    if state not in ("open", "closed"):
        raise asked.invalid("state")
    if not isinstance(time, int) or isinstance(time, bool) or not 0 <= time <= LONGEST_STATE:
        raise asked.invalid("time")
    return state != port.normal_state, time


SERVICE = JsonService(
    "io-port-management",
    FAMILY_B,
    {
        "getPorts": Method(get_ports),
        "setPorts": Method(set_ports, Level.OPERATOR),
        "setStateSequence": Method(set_state_sequence),
    },
)

ROUTES = (
    Route(
        ("/axis-cgi/io/portmanagement.cgi",),
        SERVICE,
        methods=("POST",),
        level=Level.VIEWER,
        api="io-port-management",
    ),
)
