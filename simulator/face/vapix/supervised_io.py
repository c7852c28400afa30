"""supervisedio.cgi 2.0: levels, ranges and states of supervised inputs (io-events sheet 1.7).

Unlike every other API its `params` is a list, ports are whole numbers, and errors have numbers of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.device.loop import LoopState
from simulator.device.parameter import Level, Refused
from simulator.device.supervision import Range, RangesRefused
from simulator.face.vapix.call import Route
from simulator.face.vapix.envelope import Invocation, Json, JsonService, Method
from simulator.face.vapix.fault import ApiError, Family

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.port import Port
    from simulator.device.supervision import Ranges

FAMILY = Family(
    verb=(2101, "JSON input error"),
    request=(2101, "JSON input error"),
    json=(2101, "JSON input error"),
    version=(2100, "Unsupported API version"),
    method=(2102, "Invalid method"),
    absent=(2103, "Mandatory parameter(s) missing: {}"),
    value=(2203, "Faulty parameter value: {}"),
    access=(1100, "Internal error"),
)
INVALID_RANGE = (2204, "Invalid range")
INVALID_PORT = (2205, "Invalid port parameter")
NOT_SUPERVISABLE = (2206, "Port not supervisable")
MOST_ITEMS = 256
HIGHEST = 4095
DONE = 1
_WORDS = {"short": LoopState.SHORT, "shorted": LoopState.SHORT, "close": LoopState.CLOSED}
"""The documentation spells two states in two ways; all are taken."""


def get_number_of_ports(asked: Invocation) -> Json:
    ports = asked.call.device.ports
    inputs = sum(port.is_input for port in ports)
    return {"inputs": inputs, "outputs": len(ports) - inputs}


def is_supervisable(asked: Invocation) -> Json:
    """Without ports, only those that are."""
    ports = _ports(asked) if _wishes(asked) else [port for port in asked.call.device.ports if port.supervisable]
    return {"items": [{"port": port.id, "input": port.supervisable, "output": False} for port in ports]}


def get_supported_states(asked: Invocation) -> Json:
    names = [{"name": state} for state in ("open", "closed", "cut", "short")]
    return {"items": [{"port": port.id, "states": names if port.supervisable else []} for port in _ports(asked)]}


def get_supervised(asked: Invocation) -> Json:
    """The level is told for ports that are not supervised too."""
    return {"items": [_supervised(port) for port in _ports(asked) if port.level is not None]}


def _supervised(port: Port) -> Json:
    state = port.state
    return {
        "port": port.id,
        "supervised": port.supervised,
        "supervisable": port.supervisable,
        "state": state.value if state is not None else LoopState.OPEN.value,
        "level": port.level,
    }


def get_supervised_ranges(asked: Invocation) -> Json:
    ports = [port for port in _ports(asked) if port.supervisable]
    return {"items": [{"port": port.id, "ranges": [_shown(one) for one in port.ranges]} for port in ports]}


def _shown(one: Range) -> Json:
    return {"state": one.state.value, "lowerlimit": one.lower, "upperlimit": one.upper}


def set_supervised(asked: Invocation) -> Json:
    """Each port is told its own outcome; code 1 is done."""
    items = [item for wish in _wishes(asked) or [{}] for item in _set_one(asked, wish)]
    return {"items": items}


def _set_one(asked: Invocation, wish: dict[str, Any]) -> list[Json]:
    if not isinstance(wish.get("supervised"), bool):
        raise asked.missing("supervised") if "supervised" not in wish else asked.invalid("supervised")
    ports = (
        [_port(asked, wish["port"])] if "port" in wish else [p for p in asked.call.device.ports if p.supervisable]
    )
    ranges = _ranges(asked, wish["ranges"]) if "ranges" in wish else None
    return [_outcome(port, supervised=wish["supervised"], ranges=ranges) for port in ports]


def _outcome(port: Port, *, supervised: bool, ranges: Ranges | None) -> Json:
    code, message = DONE, ""
    try:
        port.set_supervised(supervised, ranges)
    except RangesRefused:
        code, message = INVALID_RANGE
    except Refused:
        code, message = NOT_SUPERVISABLE
    return {"port": port.id, "code": code, "message": message}


def _ranges(asked: Invocation, value: object) -> Ranges:
    if not isinstance(value, list) or len(value) > MOST_ITEMS:
        raise asked.invalid("ranges")
    return tuple(_range(asked, part) for part in value)


def _range(asked: Invocation, part: object) -> Range:
    if not isinstance(part, dict):
        raise asked.invalid("ranges")
    word, low, high = part.get("state"), part.get("lowerlimit"), part.get("upperlimit")
    if not isinstance(word, str) or not _is_level(low) or not _is_level(high):
        raise asked.invalid("ranges")
    try:
        return Range(_WORDS.get(word) or LoopState(word), int(str(low)), int(str(high)))
    except ValueError:
        raise asked.invalid("state") from None


def _is_level(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= HIGHEST


def _wishes(asked: Invocation) -> list[dict[str, Any]]:
    """The list that stands where other APIs have an object."""
    wishes = asked.sent_params
    if wishes is None:
        return []
    if (
        not isinstance(wishes, list)
        or len(wishes) > MOST_ITEMS
        or not all(isinstance(wish, dict) for wish in wishes)
    ):
        raise asked.invalid("params")
    return wishes


def _ports(asked: Invocation) -> list[Port]:
    """The ports named, or all."""
    wishes = _wishes(asked)
    return [_port(asked, wish.get("port")) for wish in wishes] if wishes else list(asked.call.device.ports)


def _port(asked: Invocation, number: object) -> Port:
    ports = asked.call.device.ports
    if not isinstance(number, int) or isinstance(number, bool) or number not in ports:
        raise ApiError(*INVALID_PORT)
    return ports[number]


_ACTS: dict[str, Callable[[Invocation], Json]] = {
    "getNumberOfPorts": get_number_of_ports,
    "isSupervisable": is_supervisable,
    "getSupportedStates": get_supported_states,
    "getSupervised": get_supervised,
    "getSupervisedRanges": get_supervised_ranges,
    "setSupervised": set_supervised,
    "getSupportedVersions": lambda _asked: {"apiVersions": ["1.0", "2.0"]},
}

SERVICE = JsonService(
    "supervised-io", FAMILY, {name: Method(act) for name, act in _ACTS.items()}, majors=("1", "2")
)

ROUTES = (
    Route(("/axis-cgi/supervisedio.cgi",), SERVICE, methods=("POST",), level=Level.OPERATOR, api="supervised-io"),
)
