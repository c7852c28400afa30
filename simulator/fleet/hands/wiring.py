"""Hands on the wires of an input: facts change, and the device makes of them what it can."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.action.target import Target
    from simulator.action.wiring import Chatter, Drift, Wiring
    from simulator.device.loop import Loop
    from simulator.fleet.bench import Bench
    from simulator.fleet.course import Step

DRIFT_STEPS = 100
"""Steps in which a slow drift is made."""


class Wires(NamedTuple):
    """The loop of a port, and the names of what may be going on with it."""

    loop: Loop
    drifting: tuple[str, str, int]
    chattering: tuple[str, str, int]
    corroding: tuple[str, str, int]
    leaking: tuple[str, str, int]
    loose: tuple[str, str, int]
    name: str


def cut(bench: Bench, action: Wiring) -> None:
    """No current flows, so that there is nothing left to drift."""
    for wires in wires_of(bench, action.target):
        bench.courses.end(wires.drifting)
        wires.loop.cut()


def short(bench: Bench, action: Wiring) -> None:
    """The current takes the short way; what drifts behind it does not matter."""
    for wires in wires_of(bench, action.target):
        bench.courses.end(wires.drifting)
        wires.loop.short()


def open_(bench: Bench, action: Wiring) -> None:
    for wires in wires_of(bench, action.target):
        bench.courses.end(wires.chattering)
        wires.loop.open_switch()


def close(bench: Bench, action: Wiring) -> None:
    for wires in wires_of(bench, action.target):
        bench.courses.end(wires.chattering)
        wires.loop.close_switch()


def restore(bench: Bench, action: Wiring) -> None:
    """A chattering contact comes to rest where it was before."""
    for wires in wires_of(bench, action.target):
        for course in (wires.chattering, wires.drifting, wires.corroding, wires.leaking, wires.loose):
            bench.courses.end(course)
        wires.loop.restore()


def drift(bench: Bench, action: Drift) -> None:
    """At once, or in a hundred equal steps of resistance. A drift to or from an open circuit is a jump at the end."""
    for wires in wires_of(bench, action.target):
        for course in (wires.drifting, wires.corroding, wires.leaking):
            bench.courses.end(course)
        if action.over:
            bench.courses.begin(wires.drifting, _drift(wires.loop, wires.loop.ohms, action))
        else:
            wires.loop.drift(action.to)


def chatter(bench: Bench, action: Chatter) -> None:
    """The contact bounces and rests where it was before."""
    for wires in wires_of(bench, action.target):
        bench.courses.end(wires.chattering)
        rest = wires.loop.close_switch if wires.loop.contact_closed else wires.loop.open_switch
        bench.courses.begin(wires.chattering, _chatter(wires.loop, rest, action), undo=rest)


def _drift(loop: Loop, start: float, action: Drift) -> Iterator[Step]:
    if math.isinf(start) or math.isinf(action.to):
        yield action.over, lambda: loop.drift(action.to)
        return
    for step in range(1, DRIFT_STEPS + 1):
        share = step / DRIFT_STEPS
        yield action.over * share, _drifting(loop, start + (action.to - start) * share)


def _drifting(loop: Loop, ohms: float) -> Callable[[], None]:
    return lambda: loop.drift(ohms)


def _chatter(loop: Loop, rest: Callable[[], None], action: Chatter) -> Iterator[Step]:
    away = loop.open_switch if loop.contact_closed else loop.close_switch
    for bounce in range(max(1, round(action.for_ / action.period))):
        at = bounce * action.period
        yield at, away
        yield at + action.period / 2, rest


def wires_of(bench: Bench, target: Target) -> list[Wires]:
    """What a target names. Raises UnknownTarget, and FleetError for a port without wires to reach."""
    return list(_found(bench, target))


def _found(bench: Bench, target: Target) -> Iterator[Wires]:
    for host in bench.targets(target):
        loops = {port.id: port.loop for port in host.device.ports if port.loop is not None}
        if not loops:
            raise FleetError(f"{host.name} has no inputs")
        for number in target.indices(loops):
            name = host.name
            yield Wires(
                loops[number],
                drifting=("drift", name, number),
                chattering=("chatter", name, number),
                corroding=("corrode", name, number),
                leaking=("leak", name, number),
                loose=("loosen", name, number),
                name=f"{name}/{number}",
            )
