"""Hands on the wires of an input: facts change, and the device makes of them what it can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.action.target import Target
    from simulator.action.wiring import Chatter, Drift, Wiring
    from simulator.clock import SimClock
    from simulator.device.loop import Loop
    from simulator.fleet.bench import Bench

DRIFT_STEPS = 100
"""Steps in which a slow drift is made."""


def cut(bench: Bench, action: Wiring) -> None:
    for loop in _loops(bench, action.target):
        loop.cut()


def short(bench: Bench, action: Wiring) -> None:
    for loop in _loops(bench, action.target):
        loop.short()


def open_(bench: Bench, action: Wiring) -> None:
    for loop in _loops(bench, action.target):
        loop.open_switch()


def close(bench: Bench, action: Wiring) -> None:
    for loop in _loops(bench, action.target):
        loop.close_switch()


def restore(bench: Bench, action: Wiring) -> None:
    for loop in _loops(bench, action.target):
        loop.restore()


def drift(bench: Bench, action: Drift) -> None:
    """At once, or in a hundred equal steps of resistance. A drift to or from an open circuit is a jump at the end."""
    for loop in _loops(bench, action.target):
        _drift(bench.clock, loop, loop.ohms, action)


def chatter(bench: Bench, action: Chatter) -> None:
    """The contact bounces and rests where it was before."""
    for loop in _loops(bench, action.target):
        _chatter(bench.clock, loop, action)


def _drift(clock: SimClock, loop: Loop, start: float, action: Drift) -> None:
    finite = start != float("inf") and action.to != float("inf")
    if not action.over or not finite:
        clock.call_later(action.over, lambda: loop.drift(action.to))
        return
    for step in range(1, DRIFT_STEPS + 1):
        share = step / DRIFT_STEPS
        clock.call_later(action.over * share, _drifting(loop, start + (action.to - start) * share))


def _drifting(loop: Loop, ohms: float) -> Callable[[], None]:
    return lambda: loop.drift(ohms)


def _chatter(clock: SimClock, loop: Loop, action: Chatter) -> None:
    rest = loop.contact_closed
    half = action.period / 2
    for bounce in range(max(1, round(action.for_ / action.period))):
        at = bounce * action.period
        clock.call_later(at, loop.open_switch if rest else loop.close_switch)
        clock.call_later(at + half, loop.close_switch if rest else loop.open_switch)


def _loops(bench: Bench, target: Target) -> Iterator[Loop]:
    """The loops that a target names. Raises UnknownTarget, and FleetError for a port without wires to reach."""
    for host in bench.targets(target):
        ports = host.device.ports
        known = [port.id for port in ports if port.loop is not None]
        if not known:
            raise FleetError(f"{host.name} has no inputs")
        for number in target.indices(known):
            loop = ports[number].loop
            if loop is not None:
                yield loop
