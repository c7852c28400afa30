"""Link faults: what happens to a device's connections and datagrams on the wire. One fault, one file.

To add one: a frozen dataclass of parameters that derives from one of the three kinds in `kind.py`, and a row in
`FAULTS`. Its verb, its schema and its place in the docs follow from the fields. `make` builds one from what a
scenario or a control call says.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from enum import StrEnum
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from simulator.errors import FleetError, MissingCapability, UnknownTarget, did_you_mean
from simulator.net.fault.bandwidth import Bandwidth
from simulator.net.fault.half_answer import HalfAnswer
from simulator.net.fault.hang import Hang, HangResponse
from simulator.net.fault.kind import DatagramFault, Direction, Fault, OpeningFault, StreamFault
from simulator.net.fault.latency import Latency
from simulator.net.fault.limit_data import LimitData
from simulator.net.fault.refused import Refused
from simulator.net.fault.rst import Rst
from simulator.net.fault.slicer import Slicer
from simulator.net.fault.slow_answer import SlowAnswer
from simulator.net.fault.syn_drop import SynDrop
from simulator.net.fault.udp_duplicate import UdpDuplicate
from simulator.net.fault.udp_loss import UdpLoss
from simulator.net.fault.udp_reorder import UdpReorder

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "FAULTS",
    "NEEDS",
    "DatagramFault",
    "Direction",
    "Fault",
    "OpeningFault",
    "StreamFault",
    "make",
    "schema",
]

_ALL: tuple[type[Fault], ...] = (
    Refused,
    SynDrop,
    Rst,
    Hang,
    HangResponse,
    SlowAnswer,
    Latency,
    Bandwidth,
    LimitData,
    Slicer,
    HalfAnswer,
    UdpLoss,
    UdpDuplicate,
    UdpReorder,
)
FAULTS: dict[str, type[Fault]] = {fault.name: fault for fault in _ALL}

NEEDS = {
    "silent": "netns",
    "half_open": "netns",
    "tcp_loss": "netns",
    "link_down": "netns",
    "mtu": "netns",
    "absent": "lan",
    "impair": "lan",
}
"""Faults that need more than sockets can do, and the mode that can (network sheet, section 11)."""

LARGEST = 10**9
"""Bound of every parameter: bytes, bytes a second, seconds."""

_JSON_TYPES: dict[type, dict[str, Any]] = {
    float: {"type": "number", "minimum": 0},
    int: {"type": "integer", "minimum": 0},
}


def make(name: str, parameters: Mapping[str, Any] | None = None) -> Fault:
    """The fault of that name with these parameters.

    Raises MissingCapability for one this mode cannot do truthfully, UnknownTarget for a name nobody knows, and
    FleetError for a parameter that does not exist, has the wrong type or is out of range.
    """
    if name in NEEDS:
        raise MissingCapability(f"fault {name}", capability=f"mode {NEEDS[name]}")
    kind = FAULTS.get(name)
    if kind is None:
        raise UnknownTarget("fault", name, [*FAULTS, *NEEDS])
    hints, given = get_type_hints(kind), {}
    known = [field.name for field in fields(kind)]
    for key, value in (parameters or {}).items():
        if key not in known:
            raise FleetError(f"fault {name} has no parameter {key!r}", hint=did_you_mean(key, known))
        given[key] = _typed(f"{name}: {key}", hints[key], value)
    return kind(**given)


def schema(kind: type[Fault]) -> dict[str, Any]:
    """JSON Schema of a fault's parameters, from its fields."""
    hints = get_type_hints(kind)
    properties = {field.name: _property(field, hints[field.name]) for field in fields(kind)}
    properties["chance"]["maximum"] = 1
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _property(field: Field[Any], hint: Any) -> dict[str, Any]:
    plain = _plain(hint)
    if issubclass(plain, StrEnum):
        described: dict[str, Any] = {"enum": [str(member) for member in plain]}
    else:
        described = dict(_JSON_TYPES[plain])
    if field.default is not MISSING and field.default is not None:
        described["default"] = field.default
    return described


def _plain(hint: Any) -> type[Any]:
    """The one type of `int | None`."""
    plain: type[Any] = (
        next(part for part in get_args(hint) if part is not NoneType) if isinstance(hint, UnionType) else hint
    )
    return plain


def _typed(what: str, hint: Any, value: Any) -> Any:
    plain = _plain(hint)
    if issubclass(plain, StrEnum):
        if value not in list(plain):
            raise FleetError(f"{what} takes one of {', '.join(plain)}")
        return plain(value)
    if value is None and isinstance(hint, UnionType):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST:
        raise FleetError(f"{what} takes a number from 0 to {LARGEST}")
    if plain is int and value != int(value):
        raise FleetError(f"{what} takes a whole number")
    return plain(value)
