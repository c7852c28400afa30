"""Modbus RTU over TCP: one bus under 50 connections beside a libmodbus server and pymodbus's; 510 buses; polling.

Everything shares the cores of this machine. libmodbus speaks Modbus/TCP, which needs no checksum; the load generator is a
C program that keeps one request for ten registers outstanding on each connection.

Budgets: at least 0.5 of libmodbus and 2 times pymodbus; 500 listening buses ready in under 150 ms; 100 modules with 8
sensors each, polled every second, under 15 % of a core.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.fleet import engine, loops
from benchmarks.modbus_peer import built, load, serving
from benchmarks.process import cpu_seconds
from benchmarks.table import show, spread
from simulator.wire.modbus.crc import sealed

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.fleet.child import Child

CONNECTIONS = 50
ROUNDS = 3
SECONDS = 3.0
REGISTERS = 10
RTU = sealed(bytes((1, 3, 0, 0, 0, REGISTERS))).hex()
RTU_ANSWER = 5 + 2 * REGISTERS
TCP = "00010000000601030000000a"
TCP_ANSWER = 9 + 2 * REGISTERS
BUSES = 510
MODULES, SENSORS, IDLE_SECONDS = 100, 8, 10.0


@dataclass(frozen=True)
class Load:
    """Answers a second, and microseconds of the server's own CPU time for each."""

    rate: float
    cost: float


def _measured(pid: int, run: Callable[[], float]) -> Load:
    before = cpu_seconds(pid)
    rate = run()
    return Load(rate, (cpu_seconds(pid) - before) / (rate * SECONDS) * 1e6)


def _slave(number: int = 1, **bus: Any) -> dict[str, Any]:
    sensor = {"name": "slave", "type": "slave", "address": 1, "listed": False}
    return {
        "name": f"io-{number}",
        "model": "A9210",
        "sensors": [sensor],
        "modbus": {"0": {"mode": "listen", **bus}},
    }


def _served(loop: str, generator: str, library: str) -> tuple[str, ...]:
    ours, theirs, python = [], [], []
    with engine(loop) as child:
        fleet = child.caller.call("PUT", "/v1/fleet", {"devices": [_slave(peers=2 * CONNECTIONS)]})
        place = fleet["devices"][0]["modbus"][0]["listen"]

        def ask(host: str, port: int, request: str, answer: int) -> Callable[[], float]:
            return lambda: load(generator, host, port, CONNECTIONS, SECONDS, request, answer)

        for _ in range(ROUNDS):
            ours.append(_measured(child.pid, ask(place["host"], place["port"], RTU, RTU_ANSWER)))
            with serving(library) as (port, pid):
                theirs.append(_measured(pid, ask("127.0.0.1", port, TCP, TCP_ANSWER)))
            with serving(sys.executable, "-m", "benchmarks.modbus_peer") as (port, pid):
                python.append(_measured(pid, ask("127.0.0.1", port, RTU, RTU_ANSWER)))
    pairs = list(zip(ours, theirs, python, strict=True))
    return (
        loop,
        spread([one.rate for one in ours], "{:.0f}"),
        spread([own.rate / other.rate for own, other, _ in pairs], "{:.2f}"),
        spread([own.rate / other.rate for own, _, other in pairs], "{:.1f}"),
        spread([one.cost for one in ours], "{:.0f}"),
        spread([one.cost for one in theirs], "{:.0f}"),
        spread([one.cost for one in python], "{:.0f}"),
    )


def _ready(child: Child) -> float:
    """Milliseconds that 30 devices with 17 listening buses each take beyond 30 without."""
    took = []
    for boxes in (0, 0, 17):  # the first warms the engine up
        buses = {str(box): {"mode": "listen"} for box in range(boxes)}
        devices = [{"name": f"io-{number}", "model": "A9210", "modbus": buses} for number in range(1, 31)]
        began = time.monotonic()
        child.caller.call("PUT", "/v1/fleet", {"devices": devices}, wait=60)
        took.append((time.monotonic() - began) * 1000)
        child.caller.call("DELETE", "/v1/fleet", wait=60)
    return took[2] - took[1]


def _polling(child: Child, *, sensors: int) -> float:
    """Per cent of a core of a fleet whose modules poll each sensor once a second."""
    listed = [
        {"name": f"s{number}", "type": "generic", "address": number, "interval": 1.0}
        for number in range(1, sensors + 1)
    ]
    devices = [{"name": f"io-{number}", "model": "A9210", "sensors": listed} for number in range(1, MODULES + 1)]
    child.caller.call("PUT", "/v1/fleet", {"devices": devices}, wait=60)
    time.sleep(2.0)
    before, began = cpu_seconds(child.pid), time.monotonic()
    time.sleep(IDLE_SECONDS)
    used = (cpu_seconds(child.pid) - before) / (time.monotonic() - began) * 100
    snapshot = child.caller.call("GET", f"/v1/devices/io-{MODULES}")
    assert all(sensor["online"] for sensor in snapshot["sensors"])
    return used


def _at_rest(loop: str) -> tuple[str, ...]:
    ready, polled, bare = [], [], []
    for _ in range(ROUNDS):
        with engine(loop) as child:
            ready.append(_ready(child))
            polled.append(_polling(child, sensors=SENSORS))
            bare.append(_polling(child, sensors=0))
    return loop, spread(ready, "{:.0f}"), spread(polled, "{:.1f}"), spread(bare, "{:.1f}")


def run() -> None:
    """Print both tables."""
    with built("modbus_load.c") as generator, built("modbus_server.c", "modbus") as library:
        rows = [_served(loop, generator, library) for loop in loops()]
    head = (
        "loop", "answers/s", "times libmodbus (> 0.5)", "times pymodbus (> 2)", "CPU us each", "libmodbus's", "pymodbus's",
    )  # fmt: skip
    show(f"One bus, {CONNECTIONS} connections, median (lowest to highest) of {ROUNDS}", head, rows)
    heads = (
        "loop", f"{BUSES} buses ready, ms (< 150)", f"{MODULES} x {SENSORS} polled each second, % (< 15)", "without sensors",
    )  # fmt: skip
    resting = [_at_rest(loop) for loop in loops()]
    show("Buses at rest", heads, resting)


if __name__ == "__main__":
    run()
