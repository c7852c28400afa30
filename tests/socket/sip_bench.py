"""One speaker with SIP on real sockets, and SIPp (Debian: sip-tester) as its caller or called party."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.device.call_service import CallService
from simulator.device.device import Device
from simulator.fleet.bench import Bench
from simulator.fleet.specification import FleetSpecification
from simulator.journal import Kind, Record

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
SCENARIOS = Path(__file__).parent / "sipp"
NAME = "spk-1"


@dataclass
class Outcome:
    """How SIPp ended: 0 for calls that went as the scenario says."""

    code: int
    text: str


class Speaker:
    """A speaker on the bench of a fleet."""

    def __init__(self, bench: Bench, name: str = NAME) -> None:
        self.bench = bench
        self.name = name

    @property
    def device(self) -> Device:
        return self.bench.host(self.name).device

    @property
    def service(self) -> CallService:
        assert self.device.call_service is not None
        return self.device.call_service

    @property
    def place(self) -> tuple[str, int]:
        """Where callers reach it."""
        address = self.device.network.primary
        assert address is not None
        return address, self.bench.host(self.name).ports["sip"]

    @property
    def port(self) -> int:
        return self.place[1]

    @property
    def uri(self) -> str:
        return "sip:{}:{}".format(*self.place)

    def records(self, kind: Kind, what: str = "") -> list[Record]:
        return [
            record
            for record in self.bench.journal.since(0)
            if record.device == self.name and record.kind is kind and (not what or record.what == what)
        ]

    def events(self, topic: str) -> list[dict[str, Any]]:
        """Data of the events under a topic, oldest first."""
        return [dict(record.data["data"]) for record in self.records(Kind.EVENT) if record.what == topic]

    def messages(self, direction: str = "") -> list[str]:
        """`INVITE`, `200 INVITE` and so on, in order."""
        return [
            record.data["method"] or f"{record.data['status']} {record.data['cseq'].split(' ')[1]}"
            for record in self.records(Kind.MESSAGE, "sip")
            if not direction or record.data["direction"] == direction
        ]

    def configure(self, **account: Any) -> None:
        """Settings of the default account, by their API names."""
        default = self.service.accounts.default
        assert default is not None
        self.service.accounts.put({"Id": default.id, **account})


@asynccontextmanager
async def speaker(
    *, configuration: dict[str, Any] | None = None, mode: str = "loopback", clock: str = "real", **account: Any
) -> AsyncIterator[Speaker]:
    """A speaker that takes calls; `account` is set on its default account, `configuration` beside the switches."""
    specification = FleetSpecification.model_validate(
        {"mode": mode, "block": WORKER, "clock": {"mode": clock}, "devices": [{"name": NAME, "model": "C1410"}]}
    )
    bench = await Bench.build(specification)
    try:
        one = Speaker(bench)
        if account:
            one.configure(**account)
        one.service.configure({"SIPEnabled": True, "AllowIncomingCalls": True, **(configuration or {})})
        yield one
    finally:
        await bench.close()


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait for a condition, looking at it after every turn of the loop."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


def free_port() -> int:
    """One on 127.0.0.1 that nobody has, by UDP or TCP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        return int(udp.getsockname()[1])


def listens(port: int, transport: str) -> bool:
    """Somebody is bound to this port of 127.0.0.1: `u1` or `t1`, as SIPp names transports."""
    table = Path("/proc/net/tcp" if transport == "t1" else "/proc/net/udp")
    return f"0100007F:{port:04X}" in table.read_text()


async def sipp(
    scenario: str,
    place: tuple[str, int] | None = None,
    *options: str,
    transport: str = "u1",
    port: int = 0,
    calls: int = 1,
    change: Callable[[str], str] = str,
) -> Outcome:
    """Run a scenario against a place, or wait for calls on `port`. `change` edits the scenario first."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{scenario}.xml"
        file.write_text(change((SCENARIOS / f"{scenario}.xml").read_text()))
        command = [
            "sipp", *([] if place is None else [f"{place[0]}:{place[1]}"]), "-sf", str(file), "-i", "127.0.0.1",
            "-p", str(port or free_port()), "-t", transport, "-m", str(calls), "-s", "speaker", "-nostdin",
            "-timeout", "40", "-trace_err", "-error_file", str(Path(folder) / "errors"), "-nd", *options,
        ]  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={"TERM": "dumb", "PATH": "/usr/bin:/bin"},
        )
        try:
            out, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        errors = Path(folder) / "errors"
        text = out.decode("utf-8", "replace")[-3000:] + (errors.read_text() if errors.exists() else "")
        return Outcome(process.returncode or 0, text)
