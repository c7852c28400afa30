"""TLS of the fleet's devices, asked by ssl, openssl, curl and http.client."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from asyncio import sslproto

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from net_bench import Bench, ScriptedFace, bench, curl, in_thread, until

from simulator.errors import FleetError
from simulator.face.exchange import Answer
from simulator.face.transport import TlsWish
from simulator.net.tls import READ_BUFFER, Tls

pytestmark = pytest.mark.asyncio


def certificate(
    place: tuple[str, int], context: ssl.SSLContext, name: str
) -> tuple[bytes, str | None, str | None]:
    with socket.create_connection(place, 5) as plain, context.wrap_socket(plain, server_hostname=name) as sock:
        shown = sock.getpeercert(binary_form=True)
        assert shown is not None
        return shown, sock.version(), sock.selected_alpn_protocol()


def trusting(fleet: Bench) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=fleet.tls.authority_pem.decode())


async def test_a_device_shows_a_certificate_like_its_device_id() -> None:
    async with bench() as fleet:
        place = fleet.open(ScriptedFace(), secure=True)
        for name in (place[0], "axis-b8a44f000001.local"):
            shown, version, _ = await in_thread(certificate, place, trusting(fleet), name)
            leaf = x509.load_der_x509_certificate(shown)
            (common_name,) = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
            assert common_name.value == "axis-b8a44f000001-eccp256-1"
            assert isinstance(leaf.public_key(), ec.EllipticCurvePublicKey)
            assert version == "TLSv1.3"
        with pytest.raises(ssl.SSLCertVerificationError):
            await in_thread(certificate, place, trusting(fleet), "127.0.0.9")


async def test_requests_over_tls_are_marked_secure_and_share_one_certificate() -> None:
    async with bench() as fleet:
        face = ScriptedFace(lambda _: Answer(200, b"x" * 300_000))
        place = fleet.open(face, secure=True)
        first, *_ = await in_thread(certificate, place, trusting(fleet), place[0])
        second, *_ = await in_thread(certificate, place, trusting(fleet), place[0])
        assert first == second
        code, out = await curl("--insecure", f"https://{place[0]}:{place[1]}/")
        assert code == 0
        assert out.endswith("x" * 300_000)
    assert [head.secure for head in face.heads] == [True]


@pytest.mark.peer("curl")
async def test_curl_trusts_the_exported_authority(tmp_path_factory: pytest.TempPathFactory) -> None:
    authority = tmp_path_factory.mktemp("tls") / "authority.pem"
    async with bench() as fleet:
        authority.write_bytes(fleet.tls.authority_pem)
        place = fleet.open(ScriptedFace(), secure=True)
        url = f"https://{place[0]}:{place[1]}/"
        code, out = await curl("--cacert", str(authority), url)
        assert (code, out[:15]) == (0, "HTTP/1.1 200 OK")
        code, _ = await curl(url)
        assert code == 60


@pytest.mark.peer("openssl")
async def test_openssl_speaks_tls_1_2_and_is_refused_1_1() -> None:
    async with bench() as fleet:
        place = fleet.open(ScriptedFace(), secure=True)

        async def connect(version: str) -> tuple[int, bytes]:
            process = await asyncio.create_subprocess_exec(
                *("openssl", "s_client", "-connect", f"{place[0]}:{place[1]}", version),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            out, _ = await process.communicate()
            return process.returncode or 0, out

        code, out = await connect("-tls1_2")
        assert code == 0
        assert b"ECDHE-ECDSA" in out
        assert (await connect("-tls1_1"))[0] != 0
        await until(lambda: any(what.startswith("failed") for _, _, what in fleet.connections))


async def test_plain_http_on_the_tls_port_is_no_trouble() -> None:
    async with bench() as fleet:
        place = fleet.open(ScriptedFace(), secure=True)
        reader, writer = await asyncio.open_connection(*place)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            assert b"200" not in await reader.read()
        writer.close()
        await until(lambda: any(what.startswith("failed") for _, _, what in fleet.connections))
        assert fleet.bugs == []


async def test_asyncios_read_buffer_is_lowered_once() -> None:
    Tls()
    assert sslproto.SSLProtocol.max_size <= READ_BUFFER


async def test_client_contexts_are_shared_per_trust_set() -> None:
    tls = Tls()
    pem = tls.authority_pem
    assert tls.client(TlsWish(True)) is tls.client(TlsWish(True))
    assert tls.client(TlsWish(True, (pem,))) is not tls.client(TlsWish(True))
    assert tls.client(TlsWish(False)).verify_mode is ssl.CERT_NONE
    with pytest.raises(FleetError, match="no certificate"):
        tls.client(TlsWish(True, (b"-----BEGIN nonsense",)))
    with pytest.raises(FleetError, match="no certificate"):
        tls.client(TlsWish(True, (b"\xff\xfe",)))
