"""The devices as the `axis` library of Home Assistant meets them, and aiohttp with digest, tokens and WebSockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx
import pytest
from axis.device import AxisDevice
from axis.errors import Forbidden, PathNotFound, Unauthorized
from axis.models.api_discovery import ApiId
from axis.models.configuration import Configuration
from axis.models.mqtt import ClientConfig, Message, Server, ServerProtocol
from axis.models.parameters.io_port import PortAction
from axis.models.port_cgi import PortActionRequest
from axis.models.port_management import PortConfiguration, Sequence
from axis.models.pwdgrp_cgi import SecondaryGroup
from vapix_fleet import PATIENCE, fleet, until

from simulator.device.profile import firmwares, load_profile, models
from simulator.face.vapix.route import ROUTES
from simulator.fleet.handle import DeviceHandle, IoModule
from simulator.fleet.session import Session

FAMILY = [(model, firmware) for model in models() for firmware in firmwares(model)]
STREAM, TOKEN = "/vapix/ws-data-stream?sources=events", "/axis-cgi/wssession.cgi"


def name_of(model: str, firmware: str) -> str:
    return f"{model}-{firmware}".lower().replace(".", "-")


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    every = [
        {"name": name_of(model, firmware), "model": model, "firmware": firmware} for model, firmware in FAMILY
    ]
    with fleet({"name": "io", "model": "A9210"}, {"name": "speaker", "model": "C1410"}, *every) as made:
        yield made


@pytest.fixture
def io(session: Session) -> IoModule:
    handle = session["io"]
    assert isinstance(handle, IoModule)
    return handle


# ---- the axis library


@asynccontextmanager
async def axis(handle: DeviceHandle, *, user: str = "root", password: str = "pass") -> AsyncIterator[AxisDevice]:
    async with httpx.AsyncClient() as client:
        host, port = str(handle.address), handle.port("http")
        yield AxisDevice(Configuration(client, host, username=user, password=password, port=port))


@pytest.mark.asyncio
@pytest.mark.parametrize(("model", "firmware"), FAMILY)
async def test_it_sets_every_device_up(session: Session, model: str, firmware: str) -> None:
    handle = session[name_of(model, firmware)]
    async with axis(handle) as device:
        await device.vapix.initialize()
        await device.vapix.load_user_groups()
        vapix = device.vapix
        assert (vapix.serial_number, vapix.product_number) == (handle.serial, handle.model)
        assert vapix.firmware_version == handle.firmware
        assert vapix.access_rights is SecondaryGroup.ADMIN_PTZ
        assert ApiId.API_DISCOVERY in vapix.api_discovery
        directions = [str(port.direction) for port in vapix.io_port_management.values()]
        assert (directions.count("input"), directions.count("output")) == ((7, 4) if model == "A9210" else (0, 0))


@pytest.mark.asyncio
async def test_it_runs_a_sequence_and_reads_the_ports(session: Session, io: IoModule) -> None:
    async with axis(io) as device:
        await device.vapix.initialize()
        ports = device.vapix.io_port_management
        await ports.set_state_sequence("0", [Sequence("closed", 2000), Sequence("open", 0)])
        await ports.update()
        assert (ports["0"].state, io.relay.closed) == ("closed", True)
        session.advance(2.1)
        await ports.update()
        assert (ports["0"].state, io.relay.closed) == ("open", False)
        assert await ports.get_supported_versions() == ["1.1"]


@pytest.mark.asyncio
async def test_its_bare_list_of_ports_is_refused_as_real_devices_do(session: Session, io: IoModule) -> None:
    """Up to version 61 the library sends it and does not see the error (client-facts 2.1)."""
    async with axis(io) as device:
        await device.vapix.initialize()
        await device.vapix.io_port_management.set_ports(PortConfiguration("0", state="closed"))
    asked = session.journal(device="io", kinds="request")["records"]
    assert asked[-1]["what"] == "POST /axis-cgi/io/portmanagement.cgi"
    assert not io.relay.closed


@pytest.mark.asyncio
async def test_it_drives_outputs_through_port_cgi(io: IoModule) -> None:
    async with axis(io) as device:
        for action, closed in ((PortAction.HIGH, True), (PortAction.LOW, False)):
            assert await device.vapix.api_request(PortActionRequest("0", action)) == b""
            assert io.relay.closed is closed


@pytest.mark.asyncio
async def test_it_manages_accounts(io: IoModule) -> None:
    async with axis(io) as device:
        users = device.vapix.users
        await users.create("vera", pwd="a b&c=d+e", sgrp=SecondaryGroup.VIEWER)
        await users.create("olga", pwd="secret", sgrp=SecondaryGroup.OPERATOR_PTZ)
        listed = await users.list()
        assert listed["vera"].privileges is SecondaryGroup.VIEWER
        assert listed["olga"].privileges is SecondaryGroup.OPERATOR_PTZ
        await users.modify("olga", pwd="other", sgrp=SecondaryGroup.ADMIN)
        assert (await users.list())["olga"].privileges is SecondaryGroup.ADMIN
    async with axis(io, user="vera", password="a b&c=d+e") as viewer:
        await viewer.vapix.initialize()
        await viewer.vapix.load_user_groups()
        assert viewer.vapix.access_rights is SecondaryGroup.VIEWER
        with pytest.raises(Forbidden):
            await viewer.vapix.users.list()
    async with axis(io) as device:
        for name in ("vera", "olga"):
            await device.vapix.users.delete(name)
        assert set(await device.vapix.users.list()) == {"root"}


@pytest.mark.asyncio
async def test_it_enrols_a_device_at_a_broker(session: Session) -> None:
    broker = session.fleet()["site"]["broker"]
    handle = session.add("enrolled", model="C1410")
    async with axis(handle) as device:
        await device.vapix.initialize()
        mqtt = device.vapix.mqtt
        will = Message(use_default=True)
        config = ClientConfig(
            Server(broker["host"], ServerProtocol.TCP, port=broker["port"]),
            client_id="unit-7",
            last_will_testament=will,
            connect_message=will,
        )
        await mqtt.configure_client(config)
        await mqtt.configure_event_publication(["onvif:Device/axis:Status//."])
        (topic,) = (await mqtt.get_event_publication_config()).event_filter_list
        assert topic.topic_filter == "onvif:Device/axis:Status//."
        await mqtt.activate()
        async with asyncio.timeout(PATIENCE):
            while (status := await mqtt.get_client_status()).status.connection_status != "connected":
                pass
        assert (status.status.state.value, status.config.client_id) == ("active", "unit-7")
        assert status.config.device_topic_prefix == f"axis/{handle.serial}"
        await mqtt.deactivate()
        assert (await mqtt.get_client_status()).status.state.value == "inactive"


@pytest.mark.asyncio
async def test_its_errors_are_the_devices(io: IoModule) -> None:
    async with axis(io, password="wrong") as device:
        with pytest.raises(Unauthorized):
            await device.vapix.users.list()
    async with axis(io) as device:
        with pytest.raises(PathNotFound):
            await device.vapix.request("get", "/axis-cgi/nothing.cgi")


# ---- what apidiscovery lists

SPEAKERS_OWN = {"findmydevice", "sip"}
"""In the list of the I/O module as it is recorded of a relative; it makes no sound and no calls (audio sheet, head)."""


@pytest.mark.asyncio
@pytest.mark.parametrize(("model", "firmware"), FAMILY)
async def test_discovery_lists_exactly_what_is_served(session: Session, model: str, firmware: str) -> None:
    """Walk every API that the profile knows: it is listed if its path is there, and only then."""
    profile = load_profile(model, firmware)
    async with client(session[name_of(model, firmware)]) as asking:
        listed = {item["id"]: item for item in await api_list(asking)}
        there = {api.id for api in profile.apis.values() if api.path and await status_of(asking, api.path) != 404}
        assert set(listed) == there
        absent = SPEAKERS_OWN if model == "A9210" else set()
        assert {route.api for route in ROUTES} & set(profile.apis) - absent <= set(listed)
        for name, item in listed.items():
            assert (item["version"], item["name"]) == (profile.apis[name].version, profile.apis[name].name)


async def api_list(asking: aiohttp.ClientSession) -> list[dict[str, Any]]:
    sent = {"apiVersion": "1.0", "method": "getApiList"}
    async with asking.post("/axis-cgi/apidiscovery.cgi", json=sent) as answer:
        return json.loads(await answer.text())["data"]["apiList"]


async def status_of(asking: aiohttp.ClientSession, path: str) -> int:
    async with asking.post(path, json={"method": "getSupportedVersions"}) as answer:
        return answer.status


# ---- aiohttp


@asynccontextmanager
async def client(handle: DeviceHandle, *, login: bool = True) -> AsyncIterator[aiohttp.ClientSession]:
    digest = (aiohttp.DigestAuthMiddleware("root", "pass"),) if login else ()
    async with aiohttp.ClientSession(handle.url, middlewares=digest) as made:
        yield made


def configuration(topic: str) -> dict[str, Any]:
    params = {"eventFilterList": [{"topicFilter": topic}]}
    return {"apiVersion": "1.0", "context": "aiohttp", "method": "events:configure", "params": params}


@asynccontextmanager
async def stream(io: IoModule, way: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Opened with digest on the upgrade, or with a token and no other credentials."""
    if way == "digest":
        async with client(io) as asking, asking.ws_connect(STREAM, compress=15) as socket:
            yield socket
        return
    async with client(io) as asking, asking.get(TOKEN) as answer:
        token = await answer.text()
    async with client(io, login=False) as asking, asking.ws_connect(f"{STREAM}&wssession={token}") as socket:
        yield socket


@pytest.mark.asyncio
@pytest.mark.parametrize("way", ["digest", "token"])
async def test_events_over_a_websocket(io: IoModule, way: str) -> None:
    async with stream(io, way) as socket:
        await socket.send_json(configuration("tns1:Device/tnsaxis:IO/OutputPort"))
        first = await socket.receive_json(timeout=5)
        assert first == {"apiVersion": "1.0", "context": "aiohttp", "method": "events:configure", "data": {}}
        states = [await told(socket) for _ in range(4)]
        assert states == [({"port": port}, {"state": "0"}) for port in ("0", "3", "4", "6")]
        async with client(io) as asking:
            for action, state in (("1:/", "1"), ("1:\\", "0")):
                async with asking.get("/axis-cgi/io/port.cgi", params={"action": action}) as answer:
                    assert answer.status == 200
                assert await told(socket) == ({"port": "0"}, {"state": state})


async def told(socket: aiohttp.ClientWebSocketResponse) -> tuple[dict[str, str], dict[str, str]]:
    frame = await socket.receive_json(timeout=5)
    message = frame["params"]["notification"]["message"]
    return message["source"], message["data"]


@pytest.mark.asyncio
async def test_frames_are_deflated_where_that_is_offered_and_pings_are_answered(io: IoModule) -> None:
    async with stream(io, "digest") as socket:
        assert socket.compress
        await socket.ping(b"are you there")
        await socket.send_json(configuration("//."))
        assert (await socket.receive_json(timeout=5))["data"] == {}


@pytest.mark.asyncio
async def test_a_stream_wants_credentials_and_a_token_an_account(io: IoModule) -> None:
    async with client(io, login=False) as asking:
        for target in (STREAM, f"{STREAM}&wssession=1331901001644832701"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await asking.ws_connect(target)
            assert refused.value.status == 401
            assert "Digest realm=" in refused.value.headers["WWW-Authenticate"]
        async with asking.get(TOKEN) as answer:
            assert answer.status == 401


@pytest.mark.asyncio
async def test_a_frame_without_end_ends_the_connection(io: IoModule) -> None:
    async with stream(io, "token") as socket:
        await socket.send_str("x" * 100_000)
        assert (await socket.receive_json(timeout=5))["error"]["code"] == 2107
        await socket.send_str("x" * 2_000_000)
        closing = await socket.receive(timeout=5)
        assert (closing.type, closing.data) == (aiohttp.WSMsgType.CLOSE, 1009)


@pytest.mark.asyncio
async def test_a_power_cut_leaves_a_stream_in_the_dark_and_a_start_ends_it(session: Session) -> None:
    io = session.add("dark", model="A9210")
    assert isinstance(io, IoModule)
    async with stream(io, "digest") as socket:
        await socket.send_json(configuration("//."))
        await socket.receive_json(timeout=5)
        io.power_cut()
        io.power_restore()
        session.advance(120)
        while (frame := await socket.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert frame.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    until(lambda: io.state["phase"] == "running")
