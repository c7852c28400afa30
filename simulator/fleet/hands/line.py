"""Link faults by hand: the line to one service of a device is broken, and mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.action.link_fault import FAULT_USES
from simulator.errors import FleetError
from simulator.net.fault import make
from simulator.net.patchbay import Endpoint

if TYPE_CHECKING:
    from simulator.action.link_fault import Clear, Fault
    from simulator.action.target import Target
    from simulator.fleet.bench import Bench
    from simulator.fleet.host import Host

WIRE_NAMES = {"reset": "rst", "hang": "hang_response"}
"""Faults whose file has the wire's name for what the scenario calls by its effect."""
_PARAMETERS = {
    "rst": {"bytes": "after_bytes"},
    "limit_data": {"bytes": "limit"},
}


def fault(bench: Bench, action: Fault) -> None:
    """Raises MissingCapability where this mode cannot do it truthfully."""
    name = WIRE_NAMES.get(action.kind, action.kind)
    made = make(name, _parameters(name, action))
    bench.start_faults(made, _endpoints(bench, action.on), action.for_)


def clear(bench: Bench, action: Clear) -> None:
    """Raises FleetError where no fault acts."""
    endpoints = _endpoints(bench, action.on)
    agents = [host.snmp.face for host in bench.targets(action.on) if action.on.component in ("", "snmp")]
    ended = [face.faults.end_all() for face in agents if face.faulty]
    speakers = [host.sip for host in bench.targets(action.on) if action.on.component in ("", "sip")]
    ended += [speaker.end_faults() for speaker in speakers]
    bench.end_faults(endpoints, others=any(ended))


def _endpoints(bench: Bench, target: Target) -> list[Endpoint]:
    return [endpoint for host in bench.targets(target) for endpoint in _of_host(host, target.component)]


def _of_host(host: Host, service: str) -> list[Endpoint]:
    """The RS-485 buses are not on the device's network: each stands for itself."""
    if service not in ("", "modbus"):
        return [Endpoint(host.name, service)]
    buses = [Endpoint(f"{host.name}/bus/{place.box}", "modbus") for place in host.buses if place.doors]
    if service:
        if not buses:
            raise FleetError(f"no bus of {host.name} listens", hint="give it modbus: {0: listen}")
        return buses
    return [Endpoint(host.name), *buses]


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
