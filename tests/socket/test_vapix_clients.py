"""The VAPIX face on real sockets, asked by curl, aiohttp and the axis library that Home Assistant uses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import httpx
import pytest
from axis.device import AxisDevice
from axis.models.configuration import Configuration
from net_bench import Bench, bench, curl

from simulator.chance import Chance
from simulator.device.device import Device
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.face.vapix.front import VapixFace
from simulator.journal import Journal

pytestmark = pytest.mark.asyncio

FIRST = "action=add&user=root&pwd=pass%20word&grp=root&sgrp=admin:operator:viewer:ptz"
ROOT = ("root", "pass word")


@asynccontextmanager
async def served(model: str, *, setup: bool = True) -> AsyncIterator[tuple[Bench, Device, str, int]]:
    async with bench() as fleet:
        world = World(fleet.clock, Chance(1), Journal(fleet.clock))
        device = Device("dut", 1, load_profile(model, "12.9.57"), world, lambda address: address)
        if setup:
            device.accounts.add(*ROOT, ("admin", "operator", "viewer", "ptz"))
        device.lifecycle.running_from_the_start()
        host, port = fleet.open(VapixFace(device))
        yield fleet, device, host, port
        assert fleet.bugs == []


async def test_a_new_user_with_curl() -> None:
    async with served("A9210", setup=False) as (_, device, host, port):
        site = f"http://{host}:{port}/axis-cgi"
        code, text = await curl("-d", FIRST, f"{site}/pwdgrp.cgi")
        assert (code, "Created account root." in text) == (0, True)
        login = ("--digest", "-u", ":".join(ROOT))
        code, text = await curl(*login, f"{site}/param.cgi?action=list&group=Brand.Brand")
        assert (code, text.endswith("Brand.Brand=AXIS\n")) == (0, True)
        assert "Authentication-Info: rspauth=" in text
        code, text = await curl("--digest", "-u", "root:wrong", f"{site}/usergroup.cgi")
        assert text.count("401 Unauthorized") >= 2
        code, text = await curl(*login, f"{site}/nothing.cgi")
        assert "404 Not Found" in text
        code, text = await curl(*login, "--path-as-is", f"{site}/../../etc/passwd")
        assert "400 Bad Request" in text
        broken = ("-H", "Content-Type: application/json", "-d", "{")
        code, text = await curl(*login, *broken, f"{site}/network_settings.cgi")
        assert '"code": 3000' in text
        assert device.accounts.get("root") is not None


@pytest.mark.parametrize("model", ["A9210", "C1410"])
async def test_the_axis_library_sets_a_device_up(model: str) -> None:
    async with served(model) as (_, device, host, port), httpx.AsyncClient(verify=False) as session:
        configuration = Configuration(session, host, username=ROOT[0], password=ROOT[1], port=port)
        axis = AxisDevice(configuration)
        await axis.vapix.initialize()
        assert axis.vapix.serial_number == device.identity.serial
        assert axis.vapix.firmware_version == "12.9.57"
        assert axis.vapix.product_type == device.profile.product.prod_type
        await axis.vapix.load_user_groups()
        assert axis.vapix.access_rights.name == "ADMIN_PTZ"


async def test_aiohttps_digest_over_one_connection() -> None:
    async with served("A9210") as (_, device, host, port):
        digest = aiohttp.DigestAuthMiddleware(*ROOT)
        async with aiohttp.ClientSession(middlewares=(digest,)) as session:
            for _ in range(3):
                sent = {"apiVersion": "1.0", "method": "getAllProperties"}
                answer = await session.post(f"http://{host}:{port}/axis-cgi/basicdeviceinfo.cgi", json=sent)
                content = json.loads(await answer.text())
                assert content["data"]["propertyList"]["SerialNumber"] == device.identity.serial
