"""Calls to one speaker of a fleet, one after the other, and SIPp's own answering side beside it.

SIPp calls both with the same scenario, as fast as they answer: INVITE 100 200 ACK BYE 200. A speaker is a whole device:
each call opens its RTP ports, negotiates a codec, is heard by the loudspeaker, publishes five events and leaves a dozen
records in the journal. SIPp's answering side sends three messages. On a busy machine compare the CPU columns.
"""

from __future__ import annotations

import re
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.fleet import engine, loops
from benchmarks.peer import program
from benchmarks.process import cpu_seconds
from benchmarks.table import show, spread

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 3
CALLS = 500
RATE = 500
"""Calls a second that SIPp begins at most."""
SCENARIO = Path(__file__).parents[1] / "tests" / "socket" / "sipp" / "uac_call.xml"
Place = tuple[str, int]


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as spare:
        spare.bind(("127.0.0.1", 0))
        return int(spare.getsockname()[1])


def _load(place: Place, pid: int) -> tuple[float, float]:
    """Calls a second, and milliseconds of the called process's CPU for each. Ends the benchmark where a call fails."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            program("sipp"), f"{place[0]}:{place[1]}", "-sf", str(SCENARIO), "-i", "127.0.0.1", "-p", str(_free_port()),
            "-s", "speaker", "-m", str(CALLS), "-r", str(RATE), "-l", "1", "-d", "0", "-nostdin", "-timeout", "300",
        ]  # fmt: skip
        used, began = cpu_seconds(pid), time.monotonic()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        taken, used = time.monotonic() - began, cpu_seconds(pid) - used
    succeeded = re.findall(r"Successful call\s*\|\s*\d+\s*\|\s*(\d+)", done.stdout)
    if done.returncode or not succeeded or int(succeeded[-1]) != CALLS:
        raise SystemExit(f"calls to {place} failed:\n{done.stdout[-2000:]}")
    return CALLS / taken, used / CALLS * 1000


@contextmanager
def _sipp_answering() -> Iterator[tuple[Place, int]]:
    """SIPp's built-in answering side; its place and process number."""
    port = _free_port()
    command = [program("sipp"), "-sn", "uas", "-i", "127.0.0.1", "-p", str(port), "-nostdin", "-rtp_echo"]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while f"0100007F:{port:04X}" not in Path("/proc/net/udp").read_text():
                time.sleep(0.02)
            yield ("127.0.0.1", port), process.pid
        finally:
            process.kill()
            process.wait()


def _rows(loop: str) -> list[tuple[str, ...]]:
    with engine(loop) as child, _sipp_answering() as (theirs, their_pid):
        fleet = child.caller.call(
            "PUT", "/v1/fleet", {"seed": 7, "devices": [{"name": "spk", "model": "C1410", "sip": True}]}, wait=60.0
        )
        device = fleet["devices"][0]
        ours = (device["address"], device["ports"]["sip"])
        _load(ours, child.pid)  # what is made at the first call
        rounds = [(_load(ours, child.pid), _load(theirs, their_pid)) for _ in range(ROUNDS)]
    return [
        (
            f"call ({loop})",
            spread([mine[0] for mine, _ in rounds], "{:.0f}"),
            spread([peer[0] for _, peer in rounds], "{:.0f}"),
            spread([mine[1] for mine, _ in rounds], "{:.2f}"),
            spread([peer[1] for _, peer in rounds], "{:.2f}"),
            spread([mine[1] / max(peer[1], 1e-6) for mine, peer in rounds], "{:.1f}"),
        )
    ]


def run() -> None:
    """Print one row per event loop."""
    head = ("", "calls/s", "SIPp calls/s", "CPU ms a call", "SIPp's CPU ms", "times SIPp's CPU")
    title = f"{CALLS} calls one after the other, at most {RATE}/s, median (lowest to highest) of {ROUNDS}"
    show(title, head, [row for loop in loops() for row in _rows(loop)])


if __name__ == "__main__":
    run()
