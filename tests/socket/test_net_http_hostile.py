"""What clients send by mistake or on purpose: each gets Apache's page, no traceback, no banner of ours."""

from __future__ import annotations

import asyncio
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from net_bench import SERVER, Bench, ScriptedFace, ask, bench, get, in_thread, read_all, until

from simulator.net import http_body

BANNERS = (b"aiohttp", b"Python", b"Traceback", b"simulator", b".py")


def check_page(answer: bytes, status: int) -> None:
    """Apache's page, whole, with the device's headers, and the connection ends."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    assert f"\r\nServer: {SERVER}".encode() in head
    assert b"\r\nDate: " in head
    assert b"\r\nConnection: close" in head
    assert b"\r\nContent-Length: %d" % len(body) in head
    assert b"\r\nContent-Type: text/html" in head
    assert body.startswith(b"<!DOCTYPE HTML PUBLIC") or head.startswith(b"HEAD")
    assert b"<title>%d " % status in body
    assert not [banner for banner in BANNERS if banner in answer]


MALFORMED = {
    "no HTTP at all": b"hello\r\n\r\n",
    "binary": bytes(range(256)),
    "TLS hello on the plain port": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
    "SIP": b"OPTIONS sip:x SIP/2.0\r\n\r\n",
    "unknown version": b"GET / HTTP/3.9\r\n\r\n",
    "space in a header name": b"GET / HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
    "1,000 header lines": b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(1000)) + b"\r\n",
    "a header of 20 kB": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
    "a header name of 20 kB": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"Y" * 20_000 + b": z\r\n\r\n",
    "length that is no number": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    "negative length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "length and chunks": b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
}


@pytest.mark.asyncio
@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED)
async def test_malformed_requests_get_apaches_400(sent: bytes) -> None:
    async with bench() as fleet:
        face = ScriptedFace()
        place = fleet.open(face)
        check_page(await in_thread(ask, place, sent), 400)
        assert face.heads == []
        assert [(method, status) for _, method, status, _ in fleet.requests] == [("-", 400)]


@pytest.mark.asyncio
async def test_a_target_of_20_kb_is_too_long() -> None:
    async with bench() as fleet:
        place = fleet.open(ScriptedFace())
        check_page(await in_thread(ask, place, get("/" + "x" * 20_000)), 414)


@pytest.mark.asyncio
async def test_a_hundred_headers_are_fine() -> None:
    async with bench() as fleet:
        place = fleet.open(ScriptedFace())
        headers = [f"X-{n}: y" for n in range(98)]
        assert b" 200 OK" in await in_thread(ask, place, get("/", *headers))


@pytest.mark.asyncio
async def test_a_body_of_10_mb_is_refused_before_it_is_read() -> None:
    async with bench() as fleet:
        face = ScriptedFace()
        place = fleet.open(face)
        sent = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n" + b"x" * 10485760
        check_page(await in_thread(ask, place, sent), 413)
    assert face.bodies == []


@pytest.mark.asyncio
async def test_a_chunked_body_is_refused_where_it_passes_the_limit() -> None:
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    async with bench() as fleet:
        face = ScriptedFace()
        place = fleet.open(face)
        sent = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 40 + b"0\r\n\r\n"
        check_page(await in_thread(ask, place, sent), 413)
    assert face.bodies == []


@pytest.mark.asyncio
async def test_a_body_at_the_limit_is_taken() -> None:
    async with bench() as fleet:
        face = ScriptedFace(body_limit=1000)
        place = fleet.open(face)
        for length, status in ((1000, b" 200 "), (1001, b" 413 ")):
            sent = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % length
            assert status in (await in_thread(ask, place, sent + b"x" * length))[:20]
    assert face.bodies == [b"x" * 1000]


@pytest.mark.asyncio
async def test_broken_chunks_are_a_bad_request() -> None:
    async with bench() as fleet:
        place = fleet.open(ScriptedFace())
        sent = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"
        assert (await in_thread(ask, place, sent)).startswith(b"HTTP/1.1 400 ")


@pytest.mark.asyncio
async def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_body, "BODY_WAIT", 0.05)
    async with bench() as fleet:
        place = fleet.open(ScriptedFace())
        sent = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this"

        def first_answer() -> bytes:
            with socket.create_connection(place, 5) as sock:
                sock.sendall(sent)
                return sock.recv(4096)

        assert (await in_thread(first_answer)).startswith(b"HTTP/1.1 408 Request Timeout")


@pytest.mark.asyncio
async def test_a_client_that_leaves_within_its_body_leaves_nothing_behind() -> None:
    async with bench() as fleet:
        face = ScriptedFace(spool=True, body_limit=8 << 20)
        place = fleet.open(face)
        with socket.create_connection(place, 5) as sock:
            sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n" + b"x" * 2_000_000)
            await until(lambda: face.heads)
        await until(lambda: fleet.connections[-1][2:] == ("closed",))
        assert face.bodies == []
        assert fleet.bugs == []


@pytest.mark.asyncio
async def test_an_idle_connection_is_closed() -> None:
    async with bench() as fleet:
        fleet.http.keep_alive = 0.05
        place = fleet.open(ScriptedFace())

        def idle() -> bytes:
            with socket.create_connection(place, 5) as sock:
                return read_all(sock)

        assert await in_thread(idle) == b""


@pytest.mark.asyncio
async def test_a_client_that_never_ends_its_head_is_closed() -> None:
    async with bench() as fleet:
        fleet.http.keep_alive = 0.05
        place = fleet.open(ScriptedFace())
        assert await in_thread(ask, place, b"GET / HTTP/1.1\r\nX-Slow: ") == b""


async def _fuzz(fleet: Bench, place: tuple[str, int], sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*place)
    writer.write(sent)
    writer.write_eof()
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [b"Host", b"Content-Length", b"Transfer-Encoding", b"Expect", b"Connection", b"Upgrade", b"X"]
        ),
        st.one_of(
            st.sampled_from([b"0", b"5", b"chunked", b"100-continue", b"close", b"websocket", b"upgrade"]),
            st.binary(max_size=10),
        ),
    ),
    max_size=5,
)


@pytest.mark.fuzz
@pytest.mark.timeout(600)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"GET", b"POST", b"HEAD", b"PRI", b""]),
            st.binary(max_size=20),
            HEADERS,
            st.binary(max_size=20),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_no_bytes_bring_a_traceback_or_our_banner(
    requests: list[tuple[bytes, bytes, list[tuple[bytes, bytes]], bytes]],
) -> None:
    sent = b"".join(
        b"%b /%b HTTP/1.1\r\n%b\r\n%b"
        % (method, target, b"".join(b"%b: %b\r\n" % header for header in headers), body)
        for method, target, headers, body in requests
    )

    async def play() -> tuple[bytes, list[BaseException]]:
        async with bench() as fleet:
            return await _fuzz(fleet, fleet.open(ScriptedFace()), sent), fleet.bugs

    answer, bugs = asyncio.run(play())
    assert bugs == []
    assert not [banner for banner in BANNERS if banner in answer]
    assert not answer or answer.startswith(b"HTTP/1.1 ")
