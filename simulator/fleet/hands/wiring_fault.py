"""Hands on wires that are bad rather than broken: corrosion, water, a loose terminal, wrong resistors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simulator.action.wiring_fault import NOMINAL
from simulator.device.loop import EndOfLine
from simulator.fleet.hands.wiring import wires_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.action.wiring_fault import Corrode, Fit, Leak, Loosen
    from simulator.chance import Stream
    from simulator.device.loop import Loop
    from simulator.fleet.bench import Bench
    from simulator.fleet.course import Step

STEPS = 100
"""Steps in which a slow fault is made."""
DRY = 10e6
"""Ohms from which the leakage of a cable falls when water comes in: a wet insulation that does no harm yet."""


def corrode(bench: Bench, action: Corrode) -> None:
    """At once, or in a hundred equal steps from what there is."""
    for wires in wires_of(bench, action.target):
        bench.courses.end(wires.corroding)
        bench.courses.end(wires.drifting)
        if action.over:
            bench.courses.begin(wires.corroding, _corrosion(wires.loop, action))
        else:
            wires.loop.corrode(action.to)


def _corrosion(loop: Loop, action: Corrode) -> Iterator[Step]:
    start = loop.corrosion
    for step in range(1, STEPS + 1):
        share = step / STEPS
        yield action.over * share, _doing(loop.corrode, start + (action.to - start) * share)


def leak(bench: Bench, action: Leak) -> None:
    """At once, or in a hundred steps of equal ratio, as conductance grows with the wet length."""
    for wires in wires_of(bench, action.target):
        bench.courses.end(wires.leaking)
        bench.courses.end(wires.drifting)
        if action.over:
            bench.courses.begin(wires.leaking, _leakage(wires.loop, action))
        else:
            wires.loop.leak(action.to)


def _leakage(loop: Loop, action: Leak) -> Iterator[Step]:
    start = min(DRY, max(loop.leakage, 1.0))
    end = min(DRY, max(action.to, 1.0))
    for step in range(1, STEPS):
        share = step / STEPS
        yield action.over * share, _doing(loop.leak, start * math.pow(end / start, share))
    yield action.over, _doing(loop.leak, action.to)


def loosen(bench: Bench, action: Loosen) -> None:
    """The terminal parts at moments of its own named chance, and holds again at the end."""
    for wires in wires_of(bench, action.target):
        bench.courses.end(wires.loose)
        chance = bench.world.chance.stream("hands", "loosen", wires.name)
        bench.courses.begin(wires.loose, _interruptions(wires.loop, chance, action), undo=wires.loop.join)


def _interruptions(loop: Loop, chance: Stream, action: Loosen) -> Iterator[Step]:
    at = 0.0
    while True:
        at += chance.uniform(0.5, 1.5) * action.every
        lasting = chance.uniform(0.1, 1.0) * action.open_for
        if at + lasting > action.for_:
            return
        yield at, loop.part
        at += lasting
        yield at, loop.join


def fit(bench: Bench, action: Fit) -> None:
    """The resistors change; ranges and supervision of the device do not."""
    layout = EndOfLine(action.layout)
    nominal = layout.resistors
    fitted = tuple(
        normal if ohms == NOMINAL else ohms
        for ohms, normal in zip((action.first, action.second), nominal, strict=True)
    )
    for wires in wires_of(bench, action.target):
        wires.loop.fit(
            layout, cable_metres=action.cable, resistors=None if fitted == nominal else (fitted[0], fitted[1])
        )


def _doing(deed: Callable[[float], None], ohms: float) -> Callable[[], None]:
    return lambda: deed(ohms)
