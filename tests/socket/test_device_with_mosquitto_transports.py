"""A device's MQTT client against a mosquitto that speaks TLS and WebSocket and demands client certificates."""

from __future__ import annotations

import contextlib
import datetime
import shutil
import socket
import subprocess

import pytest
from broker_bench import HOST, PATIENCE
from mqtt_device import ALIAS, Authority, DeviceOnWire
from net_bench import bench, until

pytestmark = [pytest.mark.asyncio, pytest.mark.peer("mosquitto")]
CHECKED = {"validateServerCert": True, "CACertID": ALIAS, "clientCertID": ALIAS}


class SecureMosquitto:
    """A mosquitto with one listener per transport; those with TLS demand a certificate of the authority."""

    def __init__(self, folder, authority: Authority, *, name: str = HOST, until_: datetime.datetime | None = None):
        self.ports = {transport: free_port() for transport in ("ssl", "ws", "wss")}
        dates = {} if until_ is None else {"not_before": until_ - datetime.timedelta(days=9), "not_after": until_}
        leaf = authority.ca.issue_cert(name, **dates)
        authority.ca.cert_pem.write_to_path(folder / "ca.pem")
        leaf.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
        secure = (
            f"cafile {folder}/ca.pem\ncertfile {folder}/server.pem\nkeyfile {folder}/server.pem\n"
            "require_certificate true\n"
        )
        (folder / "mosquitto.conf").write_text(
            "allow_anonymous true\nuser root\n"
            f"listener {self.ports['ssl']} {HOST}\n{secure}"
            f"listener {self.ports['ws']} {HOST}\nprotocol websockets\n"
            f"listener {self.ports['wss']} {HOST}\nprotocol websockets\n{secure}"
        )
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self._process = subprocess.Popen(
            [program, "-c", str(folder / "mosquitto.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def up(self) -> bool:
        assert self._process.poll() is None, "mosquitto ended at once"
        for port in self.ports.values():
            try:
                socket.create_connection((HOST, port), 1).close()
            except OSError:
                return False
        return True

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)


def free_port() -> int:
    with socket.create_server((HOST, 0)) as spare:
        return spare.getsockname()[1]


@contextlib.asynccontextmanager
async def against(folder, *, client=None, trusted=None, **settings):
    """A device and a mosquitto; the device trusts the same authority and has a certificate of it."""
    authority = Authority.make()
    peer = SecureMosquitto(folder, authority, **settings)
    async with bench() as fleet:
        device = DeviceOnWire(fleet)
        store = device.device.certificates
        store.install_authority(ALIAS, (trusted or authority).pem)
        store.install_client(ALIAS, client or authority.client())
        try:
            await until(peer.up, PATIENCE)
            yield device, peer
        finally:
            device.face.stop(orderly=False)
            peer.stop()


@pytest.mark.parametrize(
    ("transport", "alpn"), [("ssl", ""), ("ws", ""), ("wss", ""), ("ssl", "mqtt"), ("wss", "mqtt")]
)
async def test_every_transport_with_a_client_certificate(tmp_path, transport, alpn):
    async with against(tmp_path) as (device, peer):
        device.connect(transport, peer.ports[transport], ssl=CHECKED, server={"alpnProtocol": alpn})
        await device.until_connected()


async def test_a_device_without_a_certificate_is_turned_away_and_says_so(tmp_path):
    async with against(tmp_path) as (device, peer):
        device.connect("ssl", peer.ports["ssl"], ssl={**CHECKED, "clientCertID": ""})
        await device.until_logged("Could not connect")
        assert not device.connected


async def test_a_device_with_a_certificate_of_another_authority_is_turned_away(tmp_path):
    async with against(tmp_path, client=Authority.make().client()) as (device, peer):
        device.connect("ssl", peer.ports["ssl"], ssl=CHECKED)
        await device.until_logged("Could not connect")
        assert not device.connected


LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"trusted": True}, "self-signed certificate in certificate chain"),
        ({"name": "elsewhere.test"}, "mismatch"),
        ({"until_": LONG_AGO}, "certificate has expired"),
    ],
    ids=["unknown", "another name", "expired"],
)
@pytest.mark.parametrize("transport", ["ssl", "wss"])
async def test_a_bad_server_certificate_is_refused_and_logged(tmp_path, settings, reason, transport):
    settings = {**settings, **({"trusted": Authority.make()} if "trusted" in settings else {})}
    async with against(tmp_path, **settings) as (device, peer):
        device.connect(transport, peer.ports[transport], ssl=CHECKED)
        await device.until_logged(reason)
        assert not device.connected
