"""A device's MQTT client over every transport, against the embedded broker: TLS, WebSocket, proxy, certificates."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import pytest
from broker_bench import HOST, PATIENCE, Sockets, site
from mqtt_device import ALIAS, Authority, DeviceOnWire
from net_bench import bench, until

from simulator.device.certificate import DEVICE_ID
from simulator.device.parameter import Refused
from simulator.journal import Journal
from simulator.net.server_certificate import ServerCertificate
from simulator.site.broker.server import BrokerServer

pytestmark = pytest.mark.asyncio
CHECKED = {"validateServerCert": True}


@contextlib.asynccontextmanager
async def both():
    """A fleet's net, a device, and a broker with all transports and a certificate of the fleet's authority."""
    async with bench() as fleet:
        broker = BrokerServer(Journal(fleet.clock))
        certificate = ServerCertificate(fleet.tls, "broker", HOST)
        await broker.start(Sockets(), Sockets(), certificate.context, web=Sockets(), secure_web=Sockets())
        device = DeviceOnWire(fleet)
        try:
            yield device, broker, certificate, fleet
        finally:
            device.face.stop(orderly=False)
            await broker.stop()


@pytest.mark.parametrize("transport", ["tcp", "ssl", "ws", "wss"])
async def test_every_transport(transport):
    async with both() as (device, broker, _, _):
        device.connect(transport, broker.ports[transport], ssl=CHECKED, server={"basepath": "/mqtt"})
        await device.until_connected()
        device.device.mqtt.deactivate()
        await until(lambda: not device.connected, PATIENCE)
        assert broker.router.filters_of("nobody") == ()


@pytest.mark.parametrize("alpn", ["mqtt", "x-amzn-mqtt-ca", ""])
async def test_alpn_is_offered_and_a_broker_without_a_choice_is_taken(alpn):
    async with both() as (device, broker, certificate, _):
        chosen = []
        certificate.context.sni_callback = lambda sock, name, context: chosen.append(sock)
        device.connect("ssl", broker.ports["ssl"], ssl=CHECKED, server={"alpnProtocol": alpn})
        await device.until_connected()
        assert [sock.selected_alpn_protocol() for sock in chosen] == ["mqtt" if alpn == "mqtt" else None]


@pytest.mark.parametrize(
    ("flaw", "reason"),
    [
        ("expired", "certificate has expired"),
        ("not-yet-valid", "not yet valid"),
        ("unknown-authority", "unable to get local issuer certificate"),
        ("wrong-name", "mismatch"),
    ],
)
@pytest.mark.parametrize("transport", ["ssl", "wss"])
async def test_a_bad_certificate_is_refused_logged_and_only_if_it_is_checked(flaw, reason, transport):
    async with both() as (device, broker, certificate, _):
        certificate.show(flaw)
        device.connect(transport, broker.ports[transport], ssl=CHECKED, server={"basepath": "mqtt"})
        assert "certificate not accepted" in await device.until_logged(reason)
        assert not device.connected
        device.connect(transport, broker.ports[transport], server={"basepath": "mqtt"})
        await device.until_connected()
        certificate.show("none")
        device.connect(transport, broker.ports[transport], ssl=CHECKED, server={"basepath": "mqtt"})
        await device.until_connected()


async def test_a_loaded_authority_takes_the_place_of_the_fleets():
    async with both() as (device, broker, _, _):
        device.device.certificates.install_authority(ALIAS, Authority.make().pem)
        device.connect("ssl", broker.ports["ssl"], ssl={**CHECKED, "CACertID": ALIAS})
        await device.until_logged("unable to get local issuer certificate")


@pytest.mark.parametrize(
    ("certificate", "taken"),
    [(DEVICE_ID, True), ("", False), ("of the wrong authority", False), ("missing", None)],
)
async def test_a_broker_that_demands_a_certificate(certificate, taken):
    async with both() as (device, broker, shown, _):
        shown.demand_one_of_clients()
        device.device.certificates.install_client("of the wrong authority", Authority.make().client())
        device.connect("ssl", broker.ports["ssl"], ssl={**CHECKED, "clientCertID": certificate})
        if taken:
            await device.until_connected()
        else:
            await device.until_logged("No client certificate" if taken is None else "Could not connect")
            assert not device.connected


async def test_no_ca_certificate_of_that_name():
    async with both() as (device, broker, _, _):
        device.connect("ssl", broker.ports["ssl"], ssl={**CHECKED, "CACertID": "missing"})
        assert "No CA certificate 'missing'" in await device.until_logged("missing")


def rejected(install, alias, pem):
    with pytest.raises(Refused):
        install(alias, pem)


async def test_what_is_no_certificate_is_not_loaded_and_a_factory_default_clears_the_rest():
    async with bench() as fleet:
        store, authority = DeviceOnWire(fleet).device.certificates, Authority.make()
        rejected(store.install_authority, "a", b"nonsense")
        rejected(store.install_authority, "", authority.pem)
        rejected(store.install_client, "a", authority.pem)
        rejected(store.install_client, DEVICE_ID, authority.client())
        store.install_authority("a", authority.pem)
        store.install_client("b", authority.client())
        store.clear()
        assert (store.authorities, store.clients) == ({}, {})


class Stranger:
    """A server that is no broker: `serve(reader, writer)` is called for whoever connects."""

    def __init__(self, serve) -> None:
        self._converse = serve
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> int:
        """Its port."""
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        return self._server.sockets[0].getsockname()[1]

    async def __aexit__(self, *_how) -> None:
        """Close the listener and every connection, and see them closed."""
        self._server.close()
        for serving in self._serving:
            serving.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._serving.add(task)
        try:
            await self._converse(reader, writer)
        finally:
            await closed(writer)
            self._serving.discard(task)


async def closed(writer) -> None:
    """Close it, and wait until its socket is."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def answering(answer: bytes) -> Stranger:
    """Says this to whoever connects, and listens until he has gone."""

    async def serve(reader, writer):
        await reader.read(1000)
        writer.write(answer)
        with contextlib.suppress(OSError):
            await writer.drain()
            await reader.read()

    return Stranger(serve)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "HTTP status 403"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "HTTP status 404"),
        (b"HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n", "does not fit"),
        (b"\xff" * 9000, "more than 8192"),
    ],
)
async def test_a_server_that_opens_no_websocket(answer, reason):
    async with bench() as fleet, answering(answer) as port:
        device = DeviceOnWire(fleet)
        device.connect("ws", port)
        await device.until_logged(reason)
        assert not device.connected
        device.face.stop(orderly=False)


async def test_a_websocket_that_is_never_answered_is_given_up_after_the_timeout():
    async with bench() as fleet, answering(b"") as port:
        device = DeviceOnWire(fleet)
        device.connect("ws", port, connectTimeout=1)
        await device.until_logged("in time")
        device.face.stop(orderly=False)


async def test_another_path_is_not_found():
    async with both() as (device, broker, _, _):
        device.connect("ws", broker.ports["ws"], server={"basepath": "other"})
        await device.until_logged("HTTP status 404")


class TunnelProxy(Stranger):
    """An HTTP proxy that knows CONNECT, and perhaps a password."""

    def __init__(self, token: str = "") -> None:
        super().__init__(self._tunnel)
        self.token = token
        self.requests: list[str] = []

    async def _tunnel(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.requests.append(head.partition("\r\n")[0])
        if self.token and f"Proxy-Authorization: Basic {self.token}" not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            return
        host, _, port = head.split()[1].rpartition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))
        finally:
            await closed(far_writer)

    async def _carry(self, reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(4096):
                writer.write(data)
        writer.close()


@pytest.mark.parametrize("transport", ["tcp", "ssl", "ws", "wss"])
async def test_through_a_proxy(transport):
    proxy = TunnelProxy("dTpw")
    async with both() as (device, broker, _, _), proxy as port:
        url = f"http://u:p@{HOST}:{port}"
        device.connect(
            transport, broker.ports[transport], ssl=CHECKED, server={"basepath": "mqtt"},
            **{"httpsProxy" if transport in ("ssl", "wss") else "httpProxy": url},
        )  # fmt: skip
        await device.until_connected()
        assert proxy.requests == [f"CONNECT {HOST}:{broker.ports[transport]} HTTP/1.1"]
        device.face.stop(orderly=False)
        await until(lambda: not broker.router.connected(device.device.mqtt.client.client_id), PATIENCE)


async def test_a_proxy_that_refuses():
    async with both() as (device, broker, _, _), TunnelProxy("dTpw") as port:
        device.connect("tcp", broker.ports["tcp"], httpProxy=f"{HOST}:{port}")
        await device.until_logged("proxy answered 407")


async def test_a_foreign_websocket_client_that_breaks_the_rules_is_journalled():
    async with site(web=True) as place:
        reader, writer = await asyncio.open_connection(HOST, place.broker.ports["ws"])
        writer.write(b"GET /other HTTP/1.1\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 404 ")
        writer.close()
        (record,) = place.records("websocket")
        assert "path" in record.data["violation"]


async def test_a_plain_client_on_the_tls_port_disturbs_nobody():
    async with site(secure=True) as place:
        reader, writer = await asyncio.open_connection(HOST, place.broker.ports["ssl"])
        writer.write(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a" * 10)
        assert await reader.read() is not None
        writer.close()
        context = ssl.create_default_context(cadata=place.tls.authority_pem.decode())
        async with place.client(port=place.broker.tls_port, tls_context=context):
            pass
