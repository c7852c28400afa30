"""The sockets that the provider makes, looked at through the kernel."""

from __future__ import annotations

import resource
import socket
from dataclasses import replace

import pytest
from net_bench import WORKER

from simulator.errors import AddressTaken, FleetError, MissingCapability
from simulator.net.address import AddressPlan
from simulator.net.provider import Provider


@pytest.fixture
def provider() -> Provider:
    made = Provider.open("loopback", worker=WORKER)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("low_ports", "port", "wire"),
    [(True, 80, 80), (False, 80, 8080), (False, 443, 8443), (False, 1883, 1883), (False, 0, 0)],
)
def test_low_ports_are_shifted_where_they_cannot_be_bound(
    provider: Provider, low_ports: bool, port: int, wire: int
) -> None:
    capabilities = replace(provider.capabilities, low_ports=low_ports)
    assert Provider("loopback", AddressPlan(16), capabilities).port_for(port) == wire


def test_a_listener_has_its_address_and_no_nagle(provider: Provider) -> None:
    address = provider.plan.device(1)
    with provider.listen_tcp(address, 80) as listener:
        assert listener.getsockname() == (address, provider.port_for(80))
        assert listener.proto == socket.IPPROTO_TCP
        assert not listener.getblocking()
        host = listener.getsockname()[1]
        shown = "" if host == 80 else f":{host}"
        assert provider.url("http", listener, "/a") == f"http://{address}{shown}/a"
        assert provider.url("https", listener) == f"https://{address}:{host}/"


def test_a_taken_port_is_named(provider: Provider) -> None:
    address = provider.plan.device(2)
    with provider.listen_tcp(address, 10080), pytest.raises(AddressTaken, match=f"{address}:10080"):
        provider.listen_tcp(address, 10080)


def test_what_a_device_opens_comes_from_its_address(provider: Provider) -> None:
    listener = provider.listen_tcp(provider.plan.infrastructure("broker"), 1883)
    with listener, provider.client_tcp(provider.plan.device(3)) as client:
        client.setblocking(True)
        client.connect(listener.getsockname())
        listener.setblocking(True)
        connection, peer = listener.accept()
        connection.close()
        assert peer[0] == provider.plan.device(3)
    with provider.client_udp(provider.plan.device(3)) as client:
        assert client.getsockname()[0] == provider.plan.device(3)


def test_in_mode_ephemeral_an_owner_keeps_its_port_and_others_are_refused() -> None:
    provider = Provider.open("ephemeral")
    listener = provider.listen_tcp("127.0.0.1", 80, owner="io-1")
    place = listener.getsockname()
    listener.close()
    with socket.socket() as client:
        assert client.connect_ex(place) != 0
    with (
        provider.listen_tcp("127.0.0.1", 80, owner="io-1") as again,
        provider.listen_tcp("127.0.0.1", 80, owner="io-2") as other,
    ):
        assert again.getsockname() == place
        assert other.getsockname() != place
    with provider.bind_udp("127.0.0.1", 161, owner="io-1") as udp:
        name = udp.getsockname()
    with provider.bind_udp("127.0.0.1", 161, owner="io-1") as udp:
        assert udp.getsockname() == name
    provider.close()
    provider.close()


def test_unknown_modes_and_single_address_hosts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FleetError, match="ephemeral"):
        Provider.open("loopbak")
    capabilities = replace(Provider.open("ephemeral").capabilities, loopback=False)
    monkeypatch.setattr("simulator.net.provider.probe", lambda: capabilities)
    with pytest.raises(MissingCapability, match="127/8"):
        Provider.open("loopback")


def test_running_out_of_files_is_said_clearly(provider: Provider) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as lowest_free:
        number = lowest_free.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
    try:
        with pytest.raises(FleetError, match="no more open files"):
            provider.listen_tcp(provider.plan.device(1), 10081)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
