"""Messages a second from 1,000 clients through the embedded broker to one subscriber, and mosquitto beside it.

Both brokers get the same load in the same round. The embedded one writes every publication and every delivery into
its journal, as in a fleet; mosquitto logs nothing. The flood says whether memory stays bounded when publishers of
QoS 0 send faster than anybody can take it.

Budget: QoS 1 fan-in at least 0.5 of mosquitto's rate.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.peer import program
from benchmarks.process import cpu_seconds, resident_bytes
from benchmarks.table import show, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

CLIENTS = 1000
ROUNDS = 3
SECONDS = 5
MIB = 1 << 20
UP = 5.0


@dataclass(frozen=True)
class Load:
    """One run."""

    sent: float
    """Messages a second that publishers got acknowledged, or wrote."""
    taken: float
    """Messages a second that the subscriber got."""
    cost: float
    """Microseconds of the broker's CPU time per message: what a busy machine changes least."""
    grown: float
    """MiB by which the broker's resident memory grew."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as spare:
        port: int = spare.getsockname()[1]
        return port


@contextmanager
def embedded() -> Iterator[tuple[int, int]]:
    """Port and process number of our broker."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.embedded_broker", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield port, process.pid
        finally:
            process.terminate()


@contextmanager
def mosquitto() -> Iterator[tuple[int, int]]:
    """Port and process number of mosquitto, which may queue what it likes and logs nothing."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "mosquitto.conf"
        configuration.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nlog_type none\nmax_queued_messages 0\n"
        )
        with subprocess.Popen(
            [program("mosquitto"), "-c", str(configuration)], stderr=subprocess.DEVNULL
        ) as process:
            try:
                _await(port)
                yield port, process.pid
            finally:
                process.terminate()


def _await(port: int) -> None:
    began = time.monotonic()
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() - began > UP:
                raise SystemExit("mosquitto does not come up") from None
            time.sleep(0.02)
        else:
            return


def measured(broker: Callable[[], AbstractContextManager[tuple[int, int]]], qos: int) -> Load:
    """One run of the load against a fresh broker."""
    with broker() as (port, pid):
        taking = _loader("subscribe", port, qos, SECONDS)
        sending = _loader("publish", port, CLIENTS, qos, SECONDS)
        before, memory = cpu_seconds(pid), resident_bytes(pid)
        for one in (taking, sending):
            _tell(one)
        sent, taken = _number(sending), _number(taking)
        used = cpu_seconds(pid) - before
        return Load(
            sent / SECONDS, taken / SECONDS, used / max(1, taken) * 1e6, (resident_bytes(pid) - memory) / MIB
        )


def _loader(*arguments: object) -> subprocess.Popen[str]:
    """A load process, connected and waiting for its word."""
    command = [sys.executable, "-m", "benchmarks.mqtt_load", *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    if process.stdout.readline() != "ready\n":
        raise SystemExit("the load did not come up")
    return process


def _tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def _number(process: subprocess.Popen[str]) -> int:
    output, _ = process.communicate()
    return int(output)


def _row(name: str, qos: int) -> tuple[str, ...]:
    rounds = [(measured(embedded, qos), measured(mosquitto, qos)) for _ in range(ROUNDS)]
    return (
        name,
        spread([ours.sent for ours, _ in rounds], "{:.0f}"),
        spread([ours.taken for ours, _ in rounds], "{:.0f}"),
        spread([peer.taken for _, peer in rounds], "{:.0f}"),
        spread([ours.taken / peer.taken for ours, peer in rounds], "{:.2f}"),
        spread([ours.cost for ours, _ in rounds], "{:.0f}"),
        spread([peer.cost for _, peer in rounds], "{:.0f}"),
        spread([ours.grown for ours, _ in rounds], "{:.0f}"),
        spread([peer.grown for _, peer in rounds], "{:.0f}"),
    )


def run() -> None:
    """Print one row for the fan-in of QoS 1 and one for the flood of QoS 0."""
    head = (
        "load",
        "sent/s",
        "delivered/s",
        "mosquitto's",
        "ratio (QoS 1: > 0.5)",
        "CPU us each",
        "mosquitto's",
        "memory + MiB",
        "mosquitto's",
    )
    rows = [_row("QoS 1 fan-in", 1), _row("QoS 0 flood", 0)]
    show(f"{CLIENTS} publishers, one subscriber, median (lowest to highest) of {ROUNDS}", head, rows)


if __name__ == "__main__":
    run()
