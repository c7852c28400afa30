"""An A9210 on the bench of its ports: the map, and ports by what they are."""

from __future__ import annotations

from device_bench import Bench

from simulator.device.loop import EndOfLine
from simulator.device.port import Port

INPUTS, OUTPUTS, AUXILIARIES = (1, 2, 5, 9, 10), (0, 3, 4, 6), (7, 8)
DEBOUNCE = 0.05
SUPERVISED = "IO/SupervisedPort"


def module(**options: object) -> Bench:
    return Bench("A9210", **options)  # type: ignore[arg-type]


def supervised(bench: Bench, number: int = 2, scheme: EndOfLine = EndOfLine.PARALLEL_22K_4K7) -> Port:
    port = bench.device.ports[number]
    port.install(scheme)
    bench.published.clear()
    return port


def relay_of(bench: Bench) -> Port:
    return bench.device.ports[0]
