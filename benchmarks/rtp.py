"""500 full-duplex PCMU streams: CPU and punctuality of the media engine, beside plain asyncio and a C program.

The other end is a C program on the other core; it takes the kernel's time of every packet. A packet is off its schedule when
it left more than 10 ms from where its RTP timestamp says, by the median of its stream.

On a machine that does other things too, `chrt -r 5 python -m benchmarks.rtp` gives both ends the cores they need.

Budgets: under 60 % of a core for 500 streams, at most 0.5 % of packets off.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from benchmarks.fleet import loops
from benchmarks.modbus_peer import built
from benchmarks.process import cpu_seconds, resident_bytes
from benchmarks.table import show, spread

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 3
SECONDS = 10
FIRST_PORT = 20_000
MEBIBYTE = 1 << 20
WAYS = (
    ("engine", "silence", 500),
    ("engine", "tone", 500),
    ("engine", "silence", 1000),
    ("tasks", "silence", 500),
)


@dataclass(frozen=True)
class Load:
    """Per cent of a core, of packets; MiB."""

    cpu: float
    off: float
    lost: float
    peer_cpu: float
    resident: float


@contextmanager
def _streams(way: str, loop: str, sound: str, count: int) -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.rtp_streams", way, loop, sound, str(count), str(FIRST_PORT)]
    process = subprocess.Popen(command)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def _measured(program: str, way: str, loop: str, sound: str, count: int) -> Load:
    command = [program, str(FIRST_PORT), str(count), str(SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as peer:
        assert peer.stdout is not None
        assert peer.stdout.readline() == "ready\n"
        with _streams(way, loop, sound, count) as pid:
            if peer.stdout.readline() != "begin\n":
                raise RuntimeError(f"{count} streams of {way} did not all begin: is the machine busy?")
            before = cpu_seconds(pid)
            received, off, lost, _, cpu = map(int, peer.stdout.readline().split())
            used = (cpu_seconds(pid) - before) / SECONDS * 100
            resident = resident_bytes(pid) / MEBIBYTE
    expected = count * SECONDS * 50
    return Load(used, off / received * 100, lost / expected * 100, cpu / 10 / SECONDS, resident)


def run() -> None:
    """Print the table."""
    rows = []
    with built("rtp_peer.c") as program:
        for (way, sound, count), loop in product(WAYS, loops()):
            loads = [_measured(program, way, loop, sound, count) for _ in range(ROUNDS)]
            rows.append(
                (
                    f"{way} on {loop}, {count} x {sound}",
                    spread([one.cpu for one in loads], "{:.0f}"),
                    spread([one.off for one in loads], "{:.2f}"),
                    spread([one.lost for one in loads], "{:.2f}"),
                    spread([one.peer_cpu for one in loads], "{:.0f}"),
                    spread([one.cpu / one.peer_cpu for one in loads], "{:.1f}"),
                    spread([one.resident for one in loads], "{:.0f}"),
                )
            )
    head = (
        "streams", "% of a core (< 60)", "% off by 10 ms (< 0.5)", "% lost", "the C peer's %", "times the C peer", "MiB",
    )  # fmt: skip
    show(f"RTP both ways, {SECONDS} s, median (lowest to highest) of {ROUNDS}", head, rows)


if __name__ == "__main__":
    run()
