"""SNMP requests a second to one device of a fleet of 1,000, and net-snmp's snmpd beside it; 1,000 agents that start.

The same datagrams go to both, 32 at a time on one socket, from this process. Rates are those of closed loops, so the
CPU time of the server per request is told as well: what a busy machine changes least.

Goals: at least snmpd's rate for GET, 1.5 times for GETBULK, half of it for v3 authPriv; 1,000 agents ready in 300 ms.
"""

from __future__ import annotations

import select
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.fleet import engine, loops, specification
from benchmarks.peer import program
from benchmarks.process import cpu_seconds, resident_bytes
from benchmarks.table import show, spread
from simulator.wire.snmp.ber import Oid
from simulator.wire.snmp.key import Digest, Moment, Privacy, encrypt, localized, mac, password_key, privacy_key
from simulator.wire.snmp.message import CommunityMessage, Flag, Scoped, Secured, Version, read_message
from simulator.wire.snmp.pdu import Kind, Pdu
from simulator.wire.snmp.value import VarBind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEVICES = 1000
ROUNDS = 3
SECONDS = 2.0
WINDOW = 32
PASSWORD = b"axsim-pass"
REPETITIONS = 20
_UPTIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)
_SNMP: Oid = (1, 3, 6, 1, 2, 1, 11)
"""A group that both agents have."""
_PATIENCE = 2.0
Place = tuple[str, int]


@dataclass(frozen=True)
class Row:
    """One request, made for an agent, and the least ratio to snmpd that is wanted."""

    name: str
    goal: float
    request: Callable[[Place], bytes]


@dataclass(frozen=True)
class Load:
    """One closed loop."""

    rate: float
    """Answers a second."""
    cost: float
    """Microseconds of the server's CPU time per answer."""


def _community(kind: Kind, oid: Oid, repetitions: int = 0) -> Callable[[Place], bytes]:
    message = CommunityMessage(Version.V2C, b"public", Pdu(kind, 1, 0, repetitions, [VarBind.of(oid)]))
    return lambda _place: message.encoded()


def _private(place: Place) -> bytes:
    """A GET of v3 with SHA-1 and AES, in the engine's time: it may be sent again and again for 150 seconds."""
    empty = Scoped(b"", b"", Pdu(Kind.GET, 1)).encoded()
    told = read_message(
        _ask(place, Secured(1, 65507, Flag.REPORTABLE, 3, b"", 0, 0, b"", b"", b"", empty).encoded())
    )
    assert isinstance(told, Secured)
    engine_id, moment, salt = told.engine_id, Moment(told.boots, told.time), bytes(8)
    key = localized(Digest.SHA1, password_key(Digest.SHA1, PASSWORD), engine_id)
    text = Scoped(engine_id, b"", Pdu(Kind.GET, 1, 0, 0, [VarBind.of(_UPTIME)])).encoded()
    private = privacy_key(Privacy.AES128, Digest.SHA1, key, engine_id)
    cipher = encrypt(Privacy.AES128, private, moment, salt, text)
    message = Secured(
        1, 65507, Flag.AUTH | Flag.PRIV | Flag.REPORTABLE, 3,
        engine_id, moment.boots, moment.time, b"initial", bytes(12), salt, cipher,
    )  # fmt: skip
    whole = message.encoded()
    return whole[: message.auth_at] + mac(Digest.SHA1, key, whole) + whole[message.auth_at + 12 :]


ROWS = (
    Row("GET", 1.0, _community(Kind.GET, _UPTIME)),
    Row(f"GETBULK of {REPETITIONS}", 1.5, _community(Kind.GET_BULK, _SNMP, REPETITIONS)),
    Row("v3 authPriv GET", 0.5, _private),
)


def _ask(place: Place, data: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(_PATIENCE)
        client.sendto(data, place)
        return client.recv(65536)


def _load(place: Place, data: bytes, pid: int) -> Load:
    """Keep 32 requests under way. Ends the benchmark when the agent does not answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(place)
        client.setblocking(False)
        for _ in range(WINDOW):
            client.send(data)
        answers, used, began = 0, cpu_seconds(pid), time.monotonic()
        while time.monotonic() - began < SECONDS:
            if not select.select([client], [], [], _PATIENCE)[0]:
                raise SystemExit(f"{place} does not answer")
            for _ in range(WINDOW):
                try:
                    client.recv(65536)
                except BlockingIOError:
                    break
                client.send(data)
                answers += 1
        taken = time.monotonic() - began
        return Load(answers / taken, (cpu_seconds(pid) - used) / answers * 1e6)


@contextmanager
def snmpd() -> Iterator[tuple[Place, int]]:
    """net-snmp's agent; its place and process number."""
    with tempfile.TemporaryDirectory() as name, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as spare:
        spare.bind(("127.0.0.1", 0))
        place = ("127.0.0.1", int(spare.getsockname()[1]))
        spare.close()
        configuration = Path(name) / "snmpd.conf"
        words = PASSWORD.decode()
        configuration.write_text(
            f"agentaddress udp:127.0.0.1:{place[1]}\nrocommunity public\n"
            f"createUser initial SHA {words} AES {words}\nrwuser initial authNoPriv\n"
        )
        command = [program("snmpd"), "-f", "-C", "-c", str(configuration), "-Lf", "/dev/null", "-m", ""]
        process = subprocess.Popen(command, env={"SNMP_PERSISTENT_DIR": name, "PATH": "/usr/sbin:/usr/bin"})
        try:
            _await(place)
            yield place, process.pid
        finally:
            process.terminate()
            process.wait()


def _await(place: Place) -> None:
    for _ in range(100):
        try:
            _ask(place, ROWS[0].request(place))
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("snmpd does not come up")


def _fleet(devices: int, *, snmp: bool) -> dict[str, object]:
    made = specification(devices)
    made["devices"] = [{**device, "snmp": snmp} for device in made["devices"]]
    return made


def _rates(loop: str) -> list[tuple[str, ...]]:
    rows = []
    with engine(loop) as child, snmpd() as (theirs, their_pid):
        fleet = child.caller.call("PUT", "/v1/fleet", _fleet(DEVICES, snmp=True), wait=60.0)
        device = fleet["devices"][0]
        ours = (device["address"], device["ports"]["snmp"])
        for row in ROWS:
            rounds = [
                (_load(ours, row.request(ours), child.pid), _load(theirs, row.request(theirs), their_pid))
                for _ in range(ROUNDS)
            ]
            rows.append(
                (
                    f"{row.name} ({loop})",
                    spread([mine.rate for mine, _ in rounds], "{:.0f}"),
                    spread([peer.rate for _, peer in rounds], "{:.0f}"),
                    spread([mine.rate / peer.rate for mine, peer in rounds], "{:.2f}"),
                    f"{row.goal}",
                    spread([mine.cost for mine, _ in rounds], "{:.0f}"),
                    spread([mine.cost / peer.cost for mine, peer in rounds], "{:.2f}"),
                )
            )
    return rows


def _start(loop: str, *, snmp: bool) -> tuple[float, float, float]:
    """Seconds until a fleet stands, CPU seconds for it, and resident MiB."""
    with engine(loop) as child:
        used, began = cpu_seconds(child.pid), time.monotonic()
        child.caller.call("PUT", "/v1/fleet", _fleet(DEVICES, snmp=snmp), wait=60.0)
        taken = time.monotonic() - began
        return taken, cpu_seconds(child.pid) - used, resident_bytes(child.pid) / (1 << 20)


def _starts(loop: str) -> tuple[str, ...]:
    pairs = [(_start(loop, snmp=True), _start(loop, snmp=False)) for _ in range(ROUNDS)]
    ready, cost, memory = (
        [(with_agents[place] - without[place]) * 1000 for with_agents, without in pairs] for place in range(3)
    )
    kib = [value * 1024 / 1000 / DEVICES for value in memory]
    return (f"{DEVICES} agents ({loop})", spread(ready, "{:.0f}"), spread(cost, "{:.0f}"), spread(kib, "{:.1f}"))


def run() -> None:
    """Print one row per request and event loop, then the cost of agents that start."""
    head = ("request (loop)", "answers/s", "snmpd answers/s", "ratio", "goal", "CPU us each", "times snmpd's CPU")
    title = f"One agent of {DEVICES}, {WINDOW} requests under way, median (lowest to highest) of {ROUNDS}"
    show(title, head, [row for loop in loops() for row in _rates(loop)])
    head = ("fleet with agents, less one without", "ms until ready (< 300)", "CPU ms", "KiB each")
    show(f"Start, median (lowest to highest) of {ROUNDS}", head, [_starts(loop) for loop in loops()])


if __name__ == "__main__":
    run()
