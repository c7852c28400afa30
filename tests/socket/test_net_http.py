"""The web server of the fleet, asked by http.client, aiohttp, curl and bare sockets."""

from __future__ import annotations

import http.client
import socket
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from net_bench import SERVER, Bench, ScriptedFace, ask, bench, curl, fetch, get, in_thread, read_all, until

from simulator.errors import FleetError, MalformedMessage
from simulator.face.exchange import Answer, Reply, Request
from simulator.net.http_server import Door
from simulator.net.patchbay import Endpoint

pytestmark = pytest.mark.asyncio


async def test_each_device_answers_at_its_own_address() -> None:
    async with bench() as fleet:
        places = [fleet.open(ScriptedFace(lambda _, n=n: Answer(200, b"%d" % n)), n) for n in (1, 2, 3)]
        assert len({place[0] for place in places}) == 3
        answers = [await in_thread(fetch, place, "GET", "/") for place in places]
    assert [body for _, _, body in answers] == [b"1", b"2", b"3"]
    assert {status for status, _, _ in answers} == {200}


async def test_in_mode_ephemeral_each_device_answers_at_its_own_port() -> None:
    async with bench("ephemeral") as fleet:
        places = [fleet.open(ScriptedFace(lambda _, n=n: Answer(200, b"%d" % n)), n) for n in (1, 2)]
        assert {place[0] for place in places} == {"127.0.0.1"}
        assert [(await in_thread(fetch, place, "GET", "/"))[2] for place in places] == [b"1", b"2"]


async def test_headers_are_the_devices_and_the_date_its_clocks() -> None:
    async with bench(stepped=True) as fleet:
        face = ScriptedFace(lambda _: Answer(200, b"x", "text/plain", (("X-Frame-Options", "SAMEORIGIN"),)))
        place = fleet.open(face)
        await fleet.pacer.advance(3600)
        _, headers, _ = await in_thread(fetch, place, "GET", "/")
    assert headers["Server"] == SERVER
    assert parsedate_to_datetime(headers["Date"]) == fleet.clock.epoch.replace(hour=9)
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Content-Length"] == "1"


async def test_the_faces_own_connection_header_is_joined() -> None:
    upgrade = (("Server", "Apache"), ("Upgrade", "h2"), ("Connection", "Upgrade"))
    async with bench() as fleet:
        place = fleet.open(ScriptedFace(lambda _: Answer(200, b"", "text/plain", upgrade)))
        kept = await in_thread(fetch, place, "GET", "/")
        closed = await in_thread(ask, place, get())
        old = await in_thread(ask, place, b"GET / HTTP/1.0\r\n\r\n")
    assert kept[1]["Connection"] == "Upgrade"
    assert b"\r\nConnection: Upgrade, close\r\n" in closed
    assert closed.count(b"Server:") == 1
    assert old.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_http_1_0_keep_alive_is_confirmed() -> None:
    async with bench() as fleet:
        place = fleet.open(ScriptedFace())

        def twice() -> list[bytes]:
            with socket.create_connection(place, 5) as sock:
                answers = []
                for _ in range(2):
                    sock.sendall(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                    answers.append(sock.recv(4096))
                return answers

        answers = await in_thread(twice)
    assert all(b"\r\nConnection: Keep-Alive\r\n" in answer for answer in answers)


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (
            "/axis-cgi/param.cgi?action=list&group=root.Brand",
            "/axis-cgi/param.cgi",
            "action=list&group=root.Brand",
        ),
        ("/a/../b", "/a/../b", ""),
        ("/a%2F..%2fb?x=%41+%", "/a%2F..%2fb", "x=%41+%"),
        ("//double//slash", "//double//slash", ""),
        ("/a?b?c", "/a", "b?c"),
        ("http://elsewhere:80/x?y", "/x", "y"),
        ("http://elsewhere", "/", ""),
        ("/umlaut%C3%BC", "/umlaut%C3%BC", ""),
    ],
)
async def test_the_target_reaches_the_face_as_it_was_sent(target: str, path: str, query: str) -> None:
    async with bench() as fleet:
        face = ScriptedFace()
        place = fleet.open(face)
        assert b" 200 OK" in await in_thread(ask, place, get(target))
    (head,) = face.heads
    assert (head.target, head.path, head.query) == (target, path, query)


async def test_the_head_says_who_asks_and_where() -> None:
    async with bench() as fleet:
        face = ScriptedFace()
        place = fleet.open(face)
        await in_thread(ask, place, get("/", "X-Two: a", "x-two: b", "User-Agent: test"))
    (head,) = face.heads
    assert head.method == "GET"
    assert head.headers["x-two"] == "a, b"
    assert head.headers["user-agent"] == "test"
    assert head.peer.startswith("127.")
    assert head.host == f"{place[0]}:{place[1]}"
    assert not head.secure


async def test_head_and_options_reach_the_face_and_a_head_has_no_body() -> None:
    async with bench() as fleet:
        face = ScriptedFace()
        place = fleet.open(face)
        status, headers, body = await in_thread(fetch, place, "HEAD", "/")
        await in_thread(fetch, place, "OPTIONS", "*")
    assert (status, headers["Content-Length"], body) == (200, "2", b"")
    assert [head.method for head in face.heads] == ["HEAD", "OPTIONS"]


async def test_204_has_neither_length_nor_body() -> None:
    async with bench() as fleet:
        place = fleet.open(ScriptedFace(lambda _: Answer(204)))
        status, headers, _ = await in_thread(fetch, place, "GET", "/")
    assert status == 204
    assert not {"Content-Length", "Content-Type"} & set(headers)


async def test_bodies_come_whole_however_they_are_cut() -> None:
    body = bytes(range(256)) * 40

    def in_pieces(place: tuple[str, int]) -> bytes:
        with socket.create_connection(place, 5) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            request = (
                b"POST / HTTP/1.1\r\nHost: d\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            for start in range(0, len(request), 997):
                sock.sendall(request[start : start + 997])
            return read_all(sock)

    async with bench() as fleet:
        face = ScriptedFace()
        place = fleet.open(face)
        assert b" 200 OK" in await in_thread(in_pieces, place)
        pieces = (body[start : start + 100] for start in range(0, len(body), 100))
        await in_thread(lambda: fetch(place, "POST", "/", body=pieces, encode_chunked=True))
    assert face.bodies == [body, body]


async def test_compressed_bodies_are_left_to_the_face() -> None:
    async with bench() as fleet:
        face = ScriptedFace()
        place = fleet.open(face)
        await in_thread(lambda: fetch(place, "POST", "/", body=b"not gzip", headers={"Content-Encoding": "gzip"}))
    assert face.bodies == [b"not gzip"]


async def test_uploads_come_as_a_file_and_the_file_is_gone_afterwards() -> None:
    kept: list[Any] = []

    def serve(request: Request) -> Reply:
        kept.append(request.upload)
        return Answer(200, b"%d" % len(request.body))

    async with bench() as fleet:
        face = ScriptedFace(serve, body_limit=8 << 20, spool=True)
        place = fleet.open(face)
        _, _, body = await in_thread(lambda: fetch(place, "POST", "/", body=b"f" * (3 << 20)))
        await until(lambda: kept[0].closed)
    assert body == b"0"
    assert face.bodies == [b"f" * (3 << 20)]


async def test_pipelined_requests_are_answered_in_order() -> None:
    async with bench() as fleet:
        place = fleet.open(ScriptedFace(lambda request: Answer(200, request.head.path.encode())))
        requests = b"".join(get(f"/{n}", close=n == 39) for n in range(40))
        answers = await in_thread(ask, place, requests)
    bodies = [part.partition(b"\r\n\r\n")[2] for part in answers.split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == [b"/%d" % n for n in range(40)]


async def test_a_client_that_closed_its_half_still_gets_its_answer() -> None:
    async with bench() as fleet:
        place = fleet.open(ScriptedFace())
        answer = await in_thread(lambda: ask(place, get(close=False), half_close=True))
    assert answer.endswith(b"\r\n\r\nOK")


# ---- who is refused before the body


async def test_expect_continue_is_answered_only_after_admission() -> None:
    async with bench() as fleet:
        face = ScriptedFace(refuse=lambda head: None if head.path == "/open" else Answer(401, b"no", "text/plain"))
        place = fleet.open(face)

        def knock(path: str) -> tuple[bytes, bytes]:
            with socket.create_connection(place, 5) as sock:
                sock.sendall(
                    b"POST %b HTTP/1.1\r\nHost: d\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
                    % path.encode()
                )
                first = sock.recv(4096)
                if first.startswith(b"HTTP/1.1 100"):
                    sock.sendall(b"body")
                    return first, sock.recv(4096)
                return first, b""

        admitted = await in_thread(knock, "/open")
        refused = await in_thread(knock, "/closed")
    assert admitted[0] == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert admitted[1].startswith(b"HTTP/1.1 200 OK")
    assert refused[0].startswith(b"HTTP/1.1 401 Unauthorized")
    assert b"\r\nConnection: close\r\n" in refused[0]
    assert face.bodies == [b"body"]


@pytest.mark.peer("curl")
async def test_curl_with_a_body_and_expect_sees_the_refusal() -> None:
    async with bench() as fleet:
        place = fleet.open(ScriptedFace(refuse=lambda head: Answer(401, b"no", "text/plain")))
        url = f"http://{place[0]}:{place[1]}/"
        code, out = await curl("-H", "Expect: 100-continue", "--data-binary", "x" * 100, url)
    assert code == 0
    assert out.startswith("HTTP/1.1 401")


async def test_a_refusal_without_expect_keeps_the_connection() -> None:
    async with bench() as fleet:
        place = fleet.open(ScriptedFace(refuse=lambda head: Answer(401, b"no", "text/plain")))

        def twice() -> list[int]:
            connection = http.client.HTTPConnection(*place, timeout=5)
            statuses = []
            for _ in range(2):
                connection.request("POST", "/", body=b"x" * 5000)
                response = connection.getresponse()
                response.read()
                statuses.append(response.status)
            connection.close()
            return statuses

        assert await in_thread(twice) == [401, 401]
        assert sum(what == "opened" for _, _, what in fleet.connections) == 1


# ---- what goes wrong behind the face


@pytest.mark.parametrize(("error", "status"), [(RuntimeError("secret detail"), 500), (MalformedMessage("x"), 400)])
async def test_a_face_that_fails_answers_as_apache_and_is_reported(error: Exception, status: int) -> None:
    def serve(request: Request) -> Reply:
        raise error

    async with bench() as fleet:
        place = fleet.open(ScriptedFace(serve))
        answered, _, body = await in_thread(fetch, place, "GET", "/")
        assert fleet.bugs == ([error] if status == 500 else [])
    assert answered == status
    assert b"secret" not in body
    assert body.startswith(b"<!DOCTYPE HTML PUBLIC")


async def test_a_header_with_a_line_break_never_leaves() -> None:
    async with bench() as fleet:
        place = fleet.open(ScriptedFace(lambda _: Answer(200, b"", "text/plain", (("X", "a\r\nSet-Cookie: b"),))))
        status, headers, _ = await in_thread(fetch, place, "GET", "/")
        assert len(fleet.bugs) == 1
    assert status == 500
    assert "Set-Cookie" not in headers


async def test_requests_and_connections_are_reported() -> None:
    async with bench() as fleet:
        place = fleet.open(ScriptedFace())
        await in_thread(ask, place, get())
        await until(lambda: len(fleet.connections) == 2)
        assert [what for _, _, what in fleet.connections] == ["opened", "closed"]
        assert {endpoint for endpoint, _, _ in fleet.connections} == {"io-1/http"}
        ((device, method, status, size),) = fleet.requests
    assert (device, method, status) == ("io-1", "GET", 200)
    assert size > 50


async def test_one_place_has_one_face_and_a_detached_one_answers_nothing() -> None:
    async with bench() as fleet:
        place = fleet.open(ScriptedFace())
        other = Door(ScriptedFace(), Endpoint("io-2", "http"), "", False, fleet.clock.wall, lambda: SERVER)
        with pytest.raises(FleetError, match="io-1/http"):
            fleet.http.attach(place, other)
        fleet.http.detach(place)
        fleet.http.detach(place)
        assert await in_thread(ask, place, get()) == b""


async def test_neighbours_notice_nothing_of_a_stuck_client(request: pytest.FixtureRequest) -> None:
    async def stuck(fleet: Bench, place: tuple[str, int]) -> socket.socket:
        sock = socket.create_connection(place, 5)
        request.addfinalizer(sock.close)
        sock.sendall(b"POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 1000\r\n\r\nhalf")
        await until(lambda: fleet.bay.count(Endpoint("io-1")) == 1)
        return sock

    async with bench() as fleet:
        first, second = fleet.open(ScriptedFace(), 1), fleet.open(ScriptedFace(), 2)
        await stuck(fleet, first)
        assert (await in_thread(fetch, second, "GET", "/"))[0] == 200
        assert (await in_thread(fetch, first, "GET", "/"))[0] == 200
