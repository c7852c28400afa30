"""How devices of a fleet reach the embedded broker: transports, certificates, and a certificate that goes bad."""

from __future__ import annotations

import socket
import ssl

import pytest
import trustme
from engine_bench import EngineBench, eventually, module

from simulator.errors import FleetError

CHECKED = {"validateServerCert": True}
DEVICE_ID = "Axis device ID ECC-P256 (802.1AR)"


def connected(bench: EngineBench) -> bool:
    return bool(bench.state()["mqtt_connected"])


def log(bench: EngineBench) -> list[str]:
    return [str(record["data"]["text"]) for record in bench.records("log", "io-1") if record["what"] == "system"]


@pytest.mark.parametrize("mode", ["loopback", "ephemeral"])
@pytest.mark.parametrize("transport", ["tcp", "ssl", "ws", "wss"])
def test_every_transport(bench: EngineBench, transport: str, mode: str) -> None:
    bench.fleet(module(mqtt={"transport": transport, "ssl": CHECKED}), mode=mode)
    bench.advance(1)
    assert connected(bench)
    shown = bench.api("mqtt/client", "getClientStatus")["config"]["server"]
    assert shown["protocol"] == transport
    broker = bench.call("GET", "/v1/fleet")["site"]["broker"]
    keys = {"tcp": "port", "ssl": "tls_port", "ws": "ws_port", "wss": "wss_port"}
    assert shown["port"] == broker[keys[transport]]


def test_an_unknown_transport_is_refused(bench: EngineBench) -> None:
    with pytest.raises(FleetError, match="no MQTT transport"):
        bench.fleet(module(mqtt={"transport": "quic"}))


@pytest.mark.parametrize(
    ("flaw", "reason"),
    [
        ("expired", "certificate has expired"),
        ("not-yet-valid", "not yet valid"),
        ("unknown-authority", "unable to get local issuer certificate"),
        ("wrong-name", "mismatch"),
    ],
)
def test_a_certificate_goes_bad_and_good_again(bench: EngineBench, flaw: str, reason: str) -> None:
    bench.fleet(module(mqtt={"transport": "ssl", "ssl": CHECKED}))
    bench.advance(1)
    bench.act("broker", {"do": "certificate", "flaw": flaw, "for": "60s"})
    bench.advance(5)
    assert connected(bench), "connections that stand are not touched"
    bench.act("broker", "drop")
    bench.advance(20)
    assert not connected(bench)
    assert any(reason in line for line in log(bench))
    bench.advance(120)
    assert connected(bench)


def test_a_certificate_order_names_its_flaw(bench: EngineBench) -> None:
    bench.fleet()
    with pytest.raises(FleetError, match="flaw"):
        bench.act("broker", "certificate")


def test_a_broker_that_demands_certificates(bench: EngineBench) -> None:
    site = {"broker": {"client_certificates": True}}
    own = {**CHECKED, "clientCertID": DEVICE_ID}
    bench.fleet(module(mqtt={"transport": "ssl", "ssl": own}), site=site)
    bench.advance(1)
    assert connected(bench)
    bench.fleet(module(mqtt={"transport": "ssl", "ssl": CHECKED}), site=site)
    bench.advance(5)
    assert not connected(bench)
    assert any("Could not connect" in line for line in log(bench))


def test_certificates_of_the_specification(bench: EngineBench) -> None:
    authority = trustme.CA()
    pem = authority.cert_pem.bytes().decode()
    own = authority.issue_cert("device.test").private_key_and_cert_chain_pem.bytes().decode()
    loaded = {"authorities": {"ours": pem}, "clients": {"mine": own}}
    trusting = {"transport": "ssl", "ssl": {**CHECKED, "CACertID": "ours", "clientCertID": "mine"}}
    bench.fleet(module(mqtt=trusting, certificates=loaded))
    bench.advance(5)
    assert any("certificate not accepted" in line for line in log(bench)), "the broker's is of another authority"
    with pytest.raises(FleetError, match="no private key"):
        bench.fleet(module(certificates={"clients": {"mine": pem}}))


def test_the_broker_can_be_reached_from_outside_over_tls(bench: EngineBench) -> None:
    bench.fleet(module(mqtt=True))
    broker = bench.call("GET", "/v1/fleet")["site"]["broker"]
    context = ssl.create_default_context(cadata=bench.call("GET", "/v1/authority.pem"))
    context.set_alpn_protocols(["mqtt"])
    sock = bench.keep(socket.create_connection((broker["host"], broker["tls_port"]), timeout=10))
    secure = bench.keep(context.wrap_socket(sock, server_hostname=broker["host"]))
    assert secure.selected_alpn_protocol() == "mqtt"
    secure.sendall(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a")
    assert eventually(lambda: secure.recv(4)) == b"\x20\x02\x00\x00"
