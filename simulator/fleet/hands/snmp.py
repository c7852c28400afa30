"""Hands on SNMP agents."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.errors import FleetError, UnknownTarget
from simulator.wire.snmp.ber import parse_oid
from simulator.wire.snmp.fault import AgentFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.action.snmp import Snmp
    from simulator.fleet.bench import Bench
    from simulator.fleet.host import Host

_STORM = "Storm"
"""`alarmName` of a storm's traps."""


def snmp(bench: Bench, action: Snmp) -> None:
    """Raises FleetError for a device whose agent does not run, or cannot do it; UnknownTarget for a clone of nobody."""
    hosts = bench.targets(action.device)
    engine_id = _engine_of(bench, action.clone) if action.clone else None
    for host in hosts:
        _check(host, action)
    for host in hosts:
        _deed(bench, host, action, engine_id)()


def _engine_of(bench: Bench, name: str) -> bytes:
    if name not in bench.hosts:
        raise UnknownTarget("device", name, list(bench.hosts))
    return bench.hosts[name].snmp.face.engine_id


def _check(host: Host, action: Snmp) -> None:
    transport = host.snmp.face.transport
    if not transport:
        raise FleetError(f"no SNMP agent runs on {host.name}", hint="give it snmp: yes, and power")
    if action.do == "other-port" and transport == "tcp":
        raise FleetError(f"the agent of {host.name} answers over TCP", hint="an answer over TCP has no other port")
    if action.do.startswith("trap-") and not host.device.snmp.traps:
        raise FleetError(f"{host.name} sends no traps", hint="snmp: {traps: site}")


def _deed(bench: Bench, host: Host, action: Snmp, engine_id: bytes | None) -> Callable[[], None]:
    face = host.snmp.face
    if action.do == "uptime":
        return partial(face.be_up_for, (action.to or 0) & 0xFFFFFFFF)
    if action.do == "engine":
        return partial(face.be_engine, action.boots, action.time, engine_id)
    if action.do == "trap-storm":
        return partial(_storm, bench, host, action)
    return partial(_begin, bench, host, action)


def _storm(bench: Bench, host: Host, action: Snmp) -> None:
    steps = [
        ((number - 1) * (action.every or 0.0), partial(host.snmp.face.send_alarm, _STORM, f"{number}"))
        for number in range(1, (action.count or 0) + 1)
    ]
    bench.courses.begin(("snmp storm", host.name), steps)


def _begin(bench: Bench, host: Host, action: Snmp) -> None:
    faults = host.snmp.face.faults
    fault = AgentFault(
        action.do,
        bench.world.chance.stream("snmp", host.name, faults.begun),
        below=parse_oid(action.oid) if action.oid else (),
        count=action.count,
        after=action.after,
        chance=action.chance,
        delay=action.delay or 0.0,
        size=action.size or 0,
        to=action.to or 0,
    )
    faults.begin(fault)
    if action.for_ is not None:
        bench.clock.call_later(action.for_, partial(faults.end, fault))
