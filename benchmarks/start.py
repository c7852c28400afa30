"""1,000 devices in one engine: how long they take to be ready, what they hold, what they burn while idle.

Budgets: ready in under 2 s, under 300 MiB resident, under 1 % of a core idle.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.fleet import engine, loops, specification
from benchmarks.process import cpu_seconds, resident_bytes
from benchmarks.table import show, spread

if TYPE_CHECKING:
    from simulator.fleet.child import Child

DEVICES = 1000
ROUNDS = 3
IDLE_SECONDS = 10.0
CONNECT_PATIENCE = 60.0
QUIET_RECORDS = 20
"""Journal records in a second that a fleet at rest writes at most: a few leases are renewed."""
MIB = 1 << 20


@dataclass(frozen=True)
class Start:
    """One start of a fleet. Seconds, MiB, and per cent of one core."""

    ready: float
    """From the PUT to its answer, which holds every device's address."""
    connected: float
    """From the PUT until every enrolled device is connected to the broker; 0 without MQTT."""
    cost: float
    """CPU seconds of the engine until then: what a busy machine changes least."""
    empty: float
    """Resident before the PUT."""
    resident: float
    """Resident at the end."""
    idle: float


def measured(loop: str, *, mqtt: bool) -> Start:
    """Start a fleet of 1,000, and leave it alone for a while."""
    with engine(loop) as child:
        empty, used = resident_bytes(child.pid) / MIB, cpu_seconds(child.pid)
        began = time.monotonic()
        fleet = child.caller.call("PUT", "/v1/fleet", specification(DEVICES, mqtt=mqtt), wait=CONNECT_PATIENCE)
        ready = time.monotonic() - began
        assert all(device["url"] for device in fleet["devices"])
        connected = _all_connected(child, began) if mqtt else 0.0
        cost = cpu_seconds(child.pid) - used
        idle = _idle(child)
        return Start(ready, connected, cost, empty, resident_bytes(child.pid) / MIB, idle)


def _all_connected(child: Child, began: float) -> float:
    """Seconds from `began` until the broker has all devices."""
    seen, after = 0, 0
    while time.monotonic() - began < CONNECT_PATIENCE:
        answer = child.caller.call("GET", f"/v1/journal?kind=site&after={after}", wait=CONNECT_PATIENCE)
        after = answer["last"]
        seen += sum(record["what"] == "broker.connected" for record in answer["records"])
        if seen >= DEVICES:
            return time.monotonic() - began
        time.sleep(0.02)
    raise SystemExit(f"{seen} of {DEVICES} devices connected to the broker in {CONNECT_PATIENCE:g} s")


def _idle(child: Child) -> float:
    """Per cent of a core that the fleet burns when nobody asks it anything, once the last state is published."""
    last = -1
    while (now := child.caller.call("GET", "/v1/clock", wait=CONNECT_PATIENCE)["last"]) > last + QUIET_RECORDS:
        last = now
        time.sleep(1.0)
    before, began = cpu_seconds(child.pid), time.monotonic()
    time.sleep(IDLE_SECONDS)
    return (cpu_seconds(child.pid) - before) / (time.monotonic() - began) * 100


def run() -> None:
    """Print one row per event loop, without and with MQTT."""
    rows = []
    for loop in loops():
        for mqtt in (False, True):
            starts = [measured(loop, mqtt=mqtt) for _ in range(ROUNDS)]
            rows.append(
                (
                    f"{loop}, MQTT" if mqtt else loop,
                    spread([one.ready for one in starts], "{:.2f}"),
                    spread([one.connected for one in starts], "{:.2f}") if mqtt else "-",
                    spread([one.cost for one in starts], "{:.2f}"),
                    spread([one.resident for one in starts], "{:.0f}"),
                    spread([one.empty for one in starts], "{:.0f}"),
                    spread([one.idle for one in starts], "{:.1f}"),
                )
            )
    head = (
        "loop",
        "ready s (< 2)",
        "connected s",
        "CPU s",
        "resident MiB (< 300)",
        "empty engine MiB",
        "idle % (< 1)",
    )
    show(f"{DEVICES} devices in one engine, median (lowest to highest) of {ROUNDS}", head, rows)


if __name__ == "__main__":
    run()
