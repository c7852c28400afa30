"""supervisedio.cgi: levels, ranges and states of supervised inputs (io-events sheet 1.7).

Unlike every other API its `params` is a list, ports are whole numbers, and errors have numbers of their own: one set
for version 1.0, which is still taken, and one for 2.0.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from simulator.device.loop import LoopState
from simulator.device.parameter import Level, Refused
from simulator.device.supervision import Range, RangesRefused
from simulator.device.terminal import UNDEFINED
from simulator.face.vapix.call import Route
from simulator.face.vapix.envelope import Invocation, Json, JsonService, Method
from simulator.face.vapix.fault import ApiError, Family

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.device import Device
    from simulator.device.port import Port
    from simulator.device.supervision import Ranges
    from simulator.face.exchange import Reply
    from simulator.face.vapix.call import Call

API = "supervised-io"
MOST_ITEMS = 256
DONE = 1
_WORDS = {"shorted": LoopState.SHORT, "close": LoopState.CLOSED}
"""The documentation spells two states in two ways; all are taken."""
_PORT_ALONE, _SETTINGS = frozenset({"port"}), frozenset({"port", "supervised", "ranges"})
_LIMITS = frozenset({"state", "lowerlimit", "upperlimit"})


@dataclass(frozen=True, slots=True)
class _Family(Family):
    """The numbering of one version, with the errors that only this API has."""

    unknown: tuple[int, str] = (0, "")
    bad_range: tuple[int, str] = (0, "")
    bad_port: tuple[int, str] = (0, "")
    not_supervisable: tuple[int, str] = (0, "")


def _family(
    version: int, json_: int, method: int, absent: int, unknown: int, value: int, internal: int
) -> _Family:
    """Ranges, ports and supervision are numbered on from a faulty value."""
    return _Family(
        verb=(json_, "JSON input error"),
        request=(json_, "JSON input error"),
        json=(json_, "JSON input error"),
        version=(version, "Unsupported API version"),
        method=(method, "Invalid method"),
        absent=(absent, "Mandatory parameter(s) missing: {}"),
        value=(value, "Faulty parameter value: {}"),
        access=(internal, "Internal error"),
        unknown=(unknown, "Unknown parameter supplied"),
        bad_range=(value + 1, "Invalid range"),
        bad_port=(value + 2, "Invalid port parameter"),
        not_supervisable=(value + 3, "Port not supervisable"),
    )


FIRST = _family(version=100, json_=200, method=203, absent=102, unknown=103, value=300, internal=101)
SECOND = _family(version=2100, json_=2101, method=2102, absent=2103, unknown=2200, value=2203, internal=1100)


def get_number_of_ports(asked: Invocation) -> Json:
    """By their present directions."""
    ports = asked.call.device.ports
    inputs = sum(port.is_input for port in ports)
    return {"inputs": inputs, "outputs": len(ports) - inputs}


def is_supervisable(asked: Invocation) -> Json:
    """Without ports, only those that are."""
    ports = _ports(asked) if _wishes(asked) else [port for port in asked.call.device.ports if port.supervisable]
    return {"items": [{"port": port.id, "input": port.supervisable, "output": False} for port in ports]}


def get_supported_states(asked: Invocation) -> Json:
    """None for a port that cannot be supervised."""
    names = [{"name": state.value} for state in LoopState]
    return {"items": [{"port": port.id, "states": names if port.supervisable else []} for port in _ports(asked)]}


def get_supervised(asked: Invocation) -> Json:
    """State and level, the level of ports that are not supervised too; outputs have neither and are left out."""
    return {"items": [_supervised(port, port.state) for port in _ports(asked) if port.state is not None]}


def _supervised(port: Port, state: LoopState) -> Json:
    return {
        "port": port.id,
        "supervised": port.supervised,
        "supervisable": port.supervisable,
        "state": state.value if port.online or not port.supervised else UNDEFINED,
        "level": port.level,
    }


def get_supervised_ranges(asked: Invocation) -> Json:
    """No ranges for a port where they were never set or that cannot be supervised."""
    return {"items": [{"port": port.id, "ranges": _shown(port)} for port in _ports(asked)]}


def _shown(port: Port) -> list[Json]:
    ranges = port.ranges if port.supervisable else ()
    return [{"state": one.state.value, "lowerlimit": one.lower, "upperlimit": one.upper} for one in ranges]


def set_supervised(asked: Invocation) -> Json:
    """Nothing is done if the request is malformed; else each port is told its own outcome, where code 1 is done."""
    wishes = [_wish(asked, sent) for sent in _wishes(asked) or [{}]]
    return {"items": [_outcome(asked, number, wish) for wish in wishes for number in wish.ports]}


class _Wish(NamedTuple):
    """One entry of `setSupervised`."""

    ports: list[int]
    supervised: bool
    ranges: Ranges | None


def _wish(asked: Invocation, sent: dict[str, Any]) -> _Wish:
    """Without a port all that can be supervised are meant."""
    _refuse_unknown(asked, sent, _SETTINGS)
    if "supervised" not in sent:
        raise asked.missing("supervised")
    supervised = sent["supervised"]
    if not isinstance(supervised, bool):
        raise asked.invalid("supervised")
    ranges = _ranges(asked, sent["ranges"]) if "ranges" in sent else None
    if "port" not in sent:
        return _Wish([port.id for port in asked.call.device.ports if port.supervisable], supervised, ranges)
    if not _is_whole(sent["port"]):
        raise ApiError(*_own(asked).bad_port)
    return _Wish([sent["port"]], supervised, ranges)


def _outcome(asked: Invocation, number: int, wish: _Wish) -> Json:
    ports, family = asked.call.device.ports, _own(asked)
    code, message = DONE, ""
    try:
        if number in ports:
            ports[number].set_supervised(wish.supervised, wish.ranges)
        else:
            code, message = family.bad_port
    except RangesRefused:
        code, message = family.bad_range
    except Refused:
        code, message = family.not_supervisable
    return {"port": number, "code": code, "message": message}


def _ranges(asked: Invocation, value: object) -> Ranges:
    if not isinstance(value, list) or len(value) > MOST_ITEMS:
        raise asked.invalid("ranges")
    return tuple(_range(asked, part) for part in value)


def _range(asked: Invocation, part: object) -> Range:
    if not isinstance(part, dict):
        raise asked.invalid("ranges")
    _refuse_unknown(asked, part, _LIMITS)
    word, low, high = part.get("state"), part.get("lowerlimit"), part.get("upperlimit")
    if not isinstance(word, str) or not _is_whole(low) or not _is_whole(high):
        raise asked.invalid("ranges")
    try:
        return Range(_WORDS.get(word) or LoopState(word), low, high)
    except ValueError:
        raise asked.invalid("state") from None


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _wishes(asked: Invocation) -> list[dict[str, Any]]:
    """The list that stands where other APIs have an object; empty if it was left out."""
    sent = [] if asked.sent_params is None else asked.sent_params
    if not isinstance(sent, list) or len(sent) > MOST_ITEMS or not all(isinstance(wish, dict) for wish in sent):
        raise asked.invalid("params")
    return sent


def _ports(asked: Invocation) -> list[Port]:
    """The ports named, or all."""
    wishes = _wishes(asked)
    return [_named(asked, wish) for wish in wishes] if wishes else list(asked.call.device.ports)


def _named(asked: Invocation, wish: dict[str, Any]) -> Port:
    """The port of an entry that holds nothing else."""
    _refuse_unknown(asked, wish, _PORT_ALONE)
    if "port" not in wish:
        raise asked.missing("port")
    return _port(asked, wish["port"])


def _refuse_unknown(asked: Invocation, sent: dict[str, Any], known: frozenset[str]) -> None:
    if not sent.keys() <= known:
        raise ApiError(*_own(asked).unknown)


def _port(asked: Invocation, number: Any) -> Port:
    ports = asked.call.device.ports
    if not _is_whole(number) or number not in ports:
        raise ApiError(*_own(asked).bad_port)
    return ports[number]


def _own(asked: Invocation) -> _Family:
    family = asked.service.family
    return family if isinstance(family, _Family) else SECOND


_ACTS: dict[str, Callable[[Invocation], Json]] = {
    "getNumberOfPorts": get_number_of_ports,
    "isSupervisable": is_supervisable,
    "getSupportedStates": get_supported_states,
    "getSupervised": get_supervised,
    "getSupervisedRanges": get_supervised_ranges,
    "setSupervised": set_supervised,
    "getSupportedVersions": lambda _asked: {"apiVersions": ["1.0", "2.0"]},
}
_METHODS = {name: Method(act) for name, act in _ACTS.items()}


class _FirstVersion(JsonService):
    """Version 1.0, which answers as such."""

    __slots__ = ()

    def version(self, device: Device) -> str:
        return "1.0"


SERVICE = JsonService(API, SECOND, _METHODS)
_FIRST_SERVICE = _FirstVersion(API, FIRST, _METHODS)


def supervised_io(call: Call) -> Reply:
    """By the version that the request names; 2.0 where it names none."""
    return _FIRST_SERVICE(call) if _names_first_version(call.request.body) else SERVICE(call)


def _names_first_version(body: bytes) -> bool:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return False
    version = sent.get("apiVersion") if isinstance(sent, dict) else None
    return isinstance(version, str) and version.partition(".")[0] == "1"


ROUTES = (
    Route(
        ("/axis-cgi/supervisedio.cgi",),
        supervised_io,
        methods=("POST",),
        level=Level.OPERATOR,
        api=API,
        service=SERVICE,
    ),
)
