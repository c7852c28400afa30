"""Link faults by hand: the line to one service of a device is broken, and mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.action.link_fault import FAULT_USES
from simulator.net.fault import make
from simulator.net.patchbay import Endpoint

if TYPE_CHECKING:
    from simulator.action.link_fault import Clear, Fault
    from simulator.fleet.bench import Bench

_NAMES = {"reset": "rst", "hang": "hang_response"}
"""Faults whose file has the wire's name for what the scenario calls by its effect."""
_PARAMETERS = {
    "rst": {"bytes": "after_bytes"},
    "limit_data": {"bytes": "limit"},
}


def fault(bench: Bench, action: Fault) -> None:
    """Raises MissingCapability where this mode cannot do it truthfully."""
    name = _NAMES.get(action.kind, action.kind)
    for host in bench.targets(action.on):
        bench.start_fault(
            make(name, _parameters(name, action)), Endpoint(host.name, action.on.component), action.for_
        )


def clear(bench: Bench, action: Clear) -> None:
    for host in bench.targets(action.on):
        bench.end_faults(Endpoint(host.name, action.on.component))


def _parameters(name: str, action: Fault) -> dict[str, Any]:
    """Those that were given, under the names of the fault's file."""
    given: dict[str, Any] = {"chance": action.chance, "after": action.after}
    for key in ("count", "delay", "jitter", "rate", "bytes", "size", "pause"):
        value = getattr(action, key)
        if value is not None:
            given[_PARAMETERS.get(name, {}).get(key, key)] = value
    if "direction" in FAULT_USES[action.kind]:
        given["direction"] = action.direction
    return given
