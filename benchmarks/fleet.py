"""An engine to be measured, in a process of its own, and the fleet that stands in it."""

from __future__ import annotations

import importlib.util
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from simulator.fleet.child import Child

if TYPE_CHECKING:
    from collections.abc import Iterator

MODELS = ("A9210", "C1410")
LOOPS = {"asyncio": "benchmarks.asyncio_engine", "uvloop": "simulator.fleet.engine"}
"""Event loop to the module that runs the engine on it."""


def loops() -> tuple[str, ...]:
    """Event loops that can be measured here: uvloop only where the extra `fast` is installed."""
    return tuple(loop for loop in LOOPS if loop == "asyncio" or importlib.util.find_spec(loop) is not None)


@contextmanager
def engine(loop: str) -> Iterator[Child]:
    """An engine without a fleet; it is gone afterwards."""
    child = Child(LOOPS[loop])
    try:
        yield child
    finally:
        child.stop()


USUAL, EVERYTHING = 200_000, 400_000
"""Records that the journal keeps: a thousand devices that tell a broker all their states write more than usual."""


def specification(devices: int, *, mqtt: bool = False) -> dict[str, Any]:
    """A fleet in which every other device is a speaker, on a real clock and the embedded broker."""
    return {
        "seed": 7,
        "capacity": EVERYTHING if mqtt else USUAL,
        "devices": [
            {"name": f"device-{number}", "model": MODELS[number % 2], "mqtt": mqtt} for number in range(devices)
        ],
    }
