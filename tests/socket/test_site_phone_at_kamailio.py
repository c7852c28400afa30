"""Phones of a site whose registrar is somebody else's: Kamailio, by its address."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from net_bench import WORKER, until

from simulator.action.vocabulary import from_mapping
from simulator.errors import FleetError
from simulator.fleet.bench import Bench
from simulator.fleet.specification import FleetSpecification

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.peer("kamailio"),
]
ADDRESS = f"127.0.77.{10 + WORKER}"
SECRET = "kamailio-secret"


@asynccontextmanager
async def kamailio(folder: Path, algorithm: str) -> AsyncIterator[Path]:
    """Run it with the configuration beside this file; yields its log."""
    text = (Path(__file__).parent / "kamailio.cfg").read_text()
    configuration, log = folder / "kamailio.cfg", folder / "log"
    configuration.write_text(text.replace("ADDRESS", ADDRESS).replace("ALGORITHM", f'"{algorithm}"'))
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            "kamailio", "-f", str(configuration), "-m", "32", "-M", "8", "-DD", "-w", str(folder), "-Y", str(folder),
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
    try:
        await _answering(process, log)
        yield log
        assert process.returncode is None, log.read_text()
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 10)


PING = (
    "OPTIONS sip:ping@{0} SIP/2.0\r\nVia: SIP/2.0/UDP {1}:{2};branch=z9hG4bKping\r\nMax-Forwards: 5\r\n"
    "From: <sip:t@{1}>;tag=t\r\nTo: <sip:ping@{0}>\r\nCall-ID: ping\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)


async def _answering(process: asyncio.subprocess.Process, log: Path) -> None:
    """Wait until it answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knocking:
        knocking.connect((ADDRESS, 5060))
        knocking.setblocking(False)
        ping = PING.format(ADDRESS, *knocking.getsockname()).encode()

        def answers() -> bool:
            assert process.returncode is None, log.read_text()
            try:
                knocking.send(ping)
                return bool(knocking.recv(1))
            except (BlockingIOError, ConnectionRefusedError):
                return False

        await until(answers, 10)


@asynccontextmanager
async def site(**passwords: str) -> AsyncIterator[Bench]:
    """Phones by name and password, at Kamailio."""
    phones = {name: {"password": password, "incoming": "answer"} for name, password in passwords.items()}
    specification = {"site": {"registrar": {"external": f"{ADDRESS}:5060"}, "phones": phones}}
    bench = await Bench.build(FleetSpecification.model_validate(specification))
    try:
        yield bench
    finally:
        await bench.close()


def phones(bench: Bench) -> dict[str, dict[str, Any]]:
    return {phone["name"]: phone for phone in bench.premises.telephony.describe_phones()}


def statuses(bench: Bench, phone: str) -> list[int]:
    """What the registrar last said to a phone, each time."""
    told = [r.data for r in bench.journal.since(0) if r.what in ("phone registered", "phone failed")]
    return [data["status"] for data in told if data["phone"] == phone]


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_phones_register_and_call_each_other(tmp_path: Path, algorithm: str) -> None:
    async with kamailio(tmp_path, algorithm), site(desk=SECRET, lobby=SECRET) as bench:
        await until(lambda: all(phone["registered"] for phone in phones(bench).values()), 10)
        assert statuses(bench, "desk") == [200]
        await bench.apply(from_mapping({"phone": {"do": "call", "name": "desk", "to": "lobby"}}))
        await until(lambda: [one["state"] for one in phones(bench).values()] == ["active", "active"])
        await bench.apply(from_mapping({"phone": {"do": "hang-up", "name": "desk"}}))
        await until(lambda: [one["state"] for one in phones(bench).values()] == ["idle", "idle"])


async def test_a_wrong_password_is_not_let_in(tmp_path: Path) -> None:
    async with kamailio(tmp_path, "SHA-256"), site(desk="guess") as bench:
        await until(lambda: statuses(bench, "desk"), 10)
        assert statuses(bench, "desk") == [401]
        assert not phones(bench)["desk"]["registered"]


async def test_it_takes_no_orders(tmp_path: Path) -> None:
    async with site() as bench:
        with pytest.raises(FleetError, match="another program"):
            await bench.apply(from_mapping({"registrar": "down"}))
