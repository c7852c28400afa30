"""The site's registrar and proxy, with user agents that are not ours: baresip and SIPp."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from net_bench import Bench, bench, in_thread, until
from site_baresip import baresip

from simulator.chance import Chance
from simulator.device.world import World
from simulator.journal import Journal
from simulator.net.sip.transports import Net
from simulator.site.sip.registrar_service import RegistrarService
from simulator.wire.sip.registrar import RegistrarSettings

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.peer("baresip", "sipp"),
]
PASSWORDS = {"1001": "horn", "2001": "desk"}


@dataclass
class Site:
    """A registrar on the net bench."""

    fleet: Bench
    journal: Journal
    service: RegistrarService

    @property
    def desk(self) -> str:
        """Address of the caller."""
        return self.fleet.provider.plan.device(7)

    @property
    def horn(self) -> str:
        """Address of the called."""
        return self.fleet.provider.plan.device(8)

    @property
    def host(self) -> str:
        return self.service.address[0]

    def bindings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.service.description()["bindings"]
        return found

    def answers(self, method: str) -> list[int]:
        return [
            record.data["status"]
            for record in self.journal.since(0)
            if record.what == "registrar answered" and record.data["method"] == method
        ]


@asynccontextmanager
async def site(*algorithms: str, **settings: Any) -> AsyncIterator[Site]:
    async with bench() as fleet:
        journal = Journal(fleet.clock)
        world = World(fleet.clock, Chance(5), journal)
        address = fleet.provider.plan.infrastructure("registrar")
        service = RegistrarService("primary", address, Net(fleet.provider, fleet.bay, fleet.tls), world)
        service.serve(
            RegistrarSettings(
                frozenset({address}), "site", PASSWORDS.get, algorithms=algorithms or ("MD5",), **settings
            ),
            frozenset({address}),
        )
        try:
            yield Site(fleet, journal, service)
        finally:
            service.close()


def account(site: Site, user: str, **more: str) -> str:
    parameters = {"auth_user": user, "auth_pass": PASSWORDS[user], "regint": "60", **more}
    return f"<sip:{user}@{site.host}>;" + ";".join(f"{name}={value}" for name, value in parameters.items())


async def test_baresip_registers_and_leaves(tmp_path: Path) -> None:
    async with site("MD5") as here:
        async with baresip(tmp_path / "desk", here.desk, account(here, "2001")):
            await until(here.bindings)
            [binding] = here.bindings()
            assert (binding["user"], binding["algorithm"], binding["transport"]) == ("2001", "MD5", "UDP")
            assert binding["agent"].startswith("baresip")
        await until(lambda: not here.bindings())
        assert here.answers("REGISTER")[:2] == [401, 200]


async def test_baresip_registers_over_tcp(tmp_path: Path) -> None:
    async with site("MD5") as here:
        line = account(here, "2001").replace(">", ";transport=tcp>")
        async with baresip(tmp_path / "desk", here.desk, line):
            await until(here.bindings)
            assert here.bindings()[0]["transport"] == "TCP"


async def test_a_wrong_password_stays_out(tmp_path: Path) -> None:
    async with site("MD5") as here, baresip(tmp_path / "d", here.desk, account(here, "2001", auth_pass="guess")):
        await until(lambda: len(here.answers("REGISTER")) >= 2)
        assert not here.bindings()
        assert set(here.answers("REGISTER")) == {401}


async def test_two_baresips_talk_through_the_proxy(tmp_path: Path) -> None:
    async with site("MD5") as here:
        called = account(here, "1001", answermode="auto")
        async with (
            baresip(tmp_path / "horn", here.horn, called, tone=700) as horn,
            baresip(tmp_path / "desk", here.desk, account(here, "2001")) as desk,
        ):
            await until(lambda: len(here.bindings()) == 2)
            await desk.tell("dial", f"sip:1001@{here.host}")
            await desk.event("CALL_ESTABLISHED")
            await horn.event("CALL_ESTABLISHED")
            assert here.answers("INVITE")[-2:] == [407, 200]
            await desk.tell("hangup")
            await horn.event("CALL_CLOSED")
            await until(lambda: here.answers("BYE") == [200])


async def test_nobody_there_is_480_and_nobody_known_404(tmp_path: Path) -> None:
    async with site("MD5") as here, baresip(tmp_path / "d", here.desk, account(here, "2001")) as desk:
        await until(here.bindings)
        for user, status in (("1001", 480), ("9999", 404)):
            await desk.tell("dial", f"sip:{user}@{here.host}")
            closed = await desk.event("CALL_CLOSED")
            assert str(status) in closed["param"]


async def test_a_shut_registrar_is_refused_by_the_host_and_comes_back(tmp_path: Path) -> None:
    async with site("MD5") as here:
        here.service.shut()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knocking:
            knocking.connect(here.service.address)
            knocking.send(b"OPTIONS sip:site SIP/2.0\r\n\r\n")
            with pytest.raises(ConnectionRefusedError):
                await in_thread(knocking.recv, 1)
        async with baresip(tmp_path / "desk", here.desk, account(here, "2001")):
            here.service.up()
            await until(here.bindings)  # by what it repeats


async def run_sipp(*arguments: str) -> tuple[int, str]:
    """SIPp to its end; its exit code is 0 when every call went as its scenario says."""
    process = await asyncio.create_subprocess_exec(
        "sipp", *arguments, "-nostdin", "-timeout", "30s",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode("utf-8", "replace")


REGISTER = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="register">
  <send retrans="500"><![CDATA[
REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:2001@[remote_ip]>;tag=[call_number]
To: <sip:2001@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 REGISTER
Contact: <sip:2001@[local_ip]:[local_port]>
Max-Forwards: 70
Expires: 120
Content-Length: 0

  ]]></send>
  <recv response="401" auth="true"/>
  <send retrans="500"><![CDATA[
REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:2001@[remote_ip]>;tag=[call_number]
To: <sip:2001@[remote_ip]>
Call-ID: [call_id]
CSeq: 2 REGISTER
Contact: <sip:2001@[local_ip]:[local_port]>
[authentication username=2001 password=desk]
Max-Forwards: 70
Expires: 120
Content-Length: 0

  ]]></send>
  <recv response="200"/>
</scenario>
"""


async def test_sipp_registers(tmp_path: Path) -> None:
    async with site("MD5") as here:
        (tmp_path / "register.xml").write_text(REGISTER)
        where = (f"{here.host}:5060", "-i", here.desk)
        code, output = await run_sipp(*where, "-sf", str(tmp_path / "register.xml"), "-m", "1")
        assert code == 0, output
        [binding] = here.bindings()
        assert (binding["algorithm"], 118 <= binding["expires"] <= 120) == ("MD5", True)
