"""Answers of the web server that wait, that have no end, and WebSockets."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import aiohttp
import pytest
from net_bench import SERVER, ScriptedFace, ask, bench, fetch, get, in_thread, read_all, until

from simulator.clock import wire_now
from simulator.face.exchange import Answer, Endless, Held, WebSocket
from simulator.net.patchbay import Endpoint

pytestmark = pytest.mark.asyncio


# ---- answers that wait


async def test_a_held_answer_comes_when_it_is_delivered() -> None:
    held: list[Any] = []

    def start(deliver: Any) -> Any:
        held.append(deliver)
        return lambda: held.append("stopped")

    async with bench() as fleet:
        place = fleet.open(ScriptedFace(lambda _: Held(start)))
        answer = asyncio.create_task(in_thread(ask, place, get()))
        await until(lambda: held)
        held[0](Answer(200, b"late"))
        held[0](Answer(500, b"twice"))
        assert (await answer).endswith(b"late")
    assert "stopped" not in held


@pytest.mark.parametrize("ending", ["close", "half-close", "reset"])
async def test_a_client_that_leaves_a_held_answer_is_noticed(ending: str) -> None:
    said: list[str] = []

    def start(deliver: Any) -> Any:
        said.append("started")
        return lambda: said.append("stopped")

    async with bench() as fleet:
        place = fleet.open(ScriptedFace(lambda _: Held(start)))
        with socket.create_connection(place, 5) as sock:
            sock.sendall(get())
            await until(lambda: said == ["started"])
            if ending == "half-close":
                sock.shutdown(socket.SHUT_WR)
            elif ending == "reset":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            if ending != "half-close":
                sock.close()
            await until(lambda: said == ["started", "stopped"])


async def test_a_refusal_may_take_its_time() -> None:
    async with bench() as fleet:
        later = Held(lambda deliver: fleet.clock.call_later(0.05, lambda: deliver(Answer(401, b"slowly"))).cancel)
        place = fleet.open(ScriptedFace(refuse=lambda head: later))
        assert b" 401 " in await in_thread(ask, place, get())


async def test_after_the_answer_has_left_the_face_goes_on() -> None:
    said: list[str] = []
    async with bench() as fleet:
        place = fleet.open(ScriptedFace(lambda _: Answer(200, b"bye", then=lambda: said.append("restart"))))
        assert (await in_thread(ask, place, get())).endswith(b"bye")
    assert said == ["restart"]


async def test_a_device_that_resets_its_connections_after_the_answer_has_answered() -> None:
    async with bench() as fleet:
        restart = Answer(200, b"bye", then=lambda: fleet.bay.close(Endpoint("io-1")) and None)
        place = fleet.open(ScriptedFace(lambda _: restart))
        assert (await in_thread(ask, place, get(close=False))).endswith(b"bye")


# ---- answers without end


async def test_an_endless_multipart_is_ended_by_the_connection() -> None:
    channels: list[Any] = []
    ended: list[str] = []

    def opened(channel: Any) -> Any:
        channels.append(channel)
        channel.send("--ioboundary\r\n")
        return lambda: ended.append("ended")

    async with bench() as fleet:
        stream = Endless("multipart/x-mixed-replace; boundary=ioboundary", opened)
        place = fleet.open(ScriptedFace(lambda _: stream))
        answer = asyncio.create_task(in_thread(ask, place, get(close=False)))
        await until(lambda: channels)
        channels[0].send(b"1I:H")
        channels[0].close()
        channels[0].send(b"too late")
        head, _, body = (await answer).partition(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head
    assert b"Connection: close" in head
    assert body == b"--ioboundary\r\n1I:H"
    assert ended == ["ended"]


async def test_another_endless_body_is_chunked() -> None:
    def opened(channel: Any) -> Any:
        channel.send("one")
        channel.send(b"")
        channel.send(b"two")
        channel.close()
        return lambda: None

    async with bench() as fleet:
        place = fleet.open(ScriptedFace(lambda _: Endless("text/plain", opened)))
        status, headers, body = await in_thread(fetch, place, "GET", "/")
    assert (status, headers["Transfer-Encoding"], body) == (200, "chunked", b"onetwo")


async def test_an_endless_body_is_kept_alive_while_nothing_is_said() -> None:
    channels: list[Any] = []

    def opened(channel: Any) -> Any:
        channels.append(channel)
        return lambda: None

    async with bench(stepped=True) as fleet:  # in wire time: a standing clock does not silence it
        stream = Endless("multipart/x-mixed-replace; boundary=b", opened, keep_alive=b"--b", silence=0.01)
        place = fleet.open(ScriptedFace(lambda _: stream))
        with socket.create_connection(place, 5) as sock:
            sock.sendall(get(close=False))
            head = await in_thread(sock.recv, 65536)
            while head.partition(b"\r\n\r\n")[2].count(b"--b") < 3:
                head += await in_thread(sock.recv, 65536)
            channels[0].send(b"news")
            channels[0].close()
            assert b"news" in await in_thread(read_all, sock)


async def test_an_answer_may_take_its_time() -> None:
    async with bench(stepped=True) as fleet:
        place = fleet.open(ScriptedFace(refuse=lambda _: Answer(401, after=0.05)))
        started = wire_now()
        status, _, _ = await in_thread(fetch, place, "GET", "/")
    assert status == 401
    assert wire_now() - started >= 0.05


async def test_a_listener_that_goes_away_ends_the_stream() -> None:
    ended: list[str] = []
    async with bench() as fleet:
        place = fleet.open(
            ScriptedFace(lambda _: Endless("text/plain", lambda channel: lambda: ended.append("x")))
        )
        with socket.create_connection(place, 5) as sock:
            sock.sendall(get())
            await in_thread(sock.recv, 100)
        await until(lambda: ended)


async def test_a_listener_that_does_not_read_is_dropped() -> None:
    channels: list[Any] = []
    ended: list[str] = []

    def opened(channel: Any) -> Any:
        channels.append(channel)
        return lambda: ended.append("ended")

    async with bench() as fleet:
        place = fleet.open(ScriptedFace(lambda _: Endless("text/plain", opened)))
        with socket.create_connection(place, 5) as sock:
            sock.sendall(get())
            await until(lambda: channels)
            for _ in range(400):
                channels[0].send(b"x" * 65536)
            await until(lambda: ended)


# ---- WebSocket


class Echo:
    def __init__(self, channel: Any) -> None:
        self.channel, self.heard, self.ended = channel, [], 0

    def received(self, message: str | bytes) -> None:
        self.heard.append(message)
        if message == "fail":
            raise RuntimeError("a mistake in a face")
        if message == "leave":
            self.channel.close(4000, "as you wish")
        else:
            self.channel.send(message)

    def closed(self) -> None:
        self.ended += 1


def echo_face(echoes: list[Echo]) -> ScriptedFace:
    def opened(channel: Any) -> Echo:
        echoes.append(Echo(channel))
        return echoes[-1]

    return ScriptedFace(lambda _: WebSocket(opened, largest=1000))


async def test_a_websocket_carries_text_and_bytes_both_ways() -> None:
    echoes: list[Echo] = []
    async with bench() as fleet, aiohttp.ClientSession() as session:
        place = fleet.open(echo_face(echoes))
        url = f"ws://{place[0]}:{place[1]}/vapix/ws-data-stream"
        async with session.ws_connect(url, compress=15) as socket_:
            assert socket_.compress == 15
            await socket_.send_str("héllo" * 100)
            assert (await socket_.receive(5)).data == "héllo" * 100
            await socket_.send_bytes(b"\x00\xff")
            assert (await socket_.receive(5)).data == b"\x00\xff"
            await socket_.ping(b"there?")
            await socket_.send_str("leave")
            closing = await socket_.receive(5)
            assert (closing.type, closing.data, closing.extra) == (aiohttp.WSMsgType.CLOSE, 4000, "as you wish")
        await until(lambda: echoes[0].ended)
        assert [(method, status) for _, method, status, _ in fleet.requests] == [("GET", 101)]
    assert echoes[0].ended == 1


async def test_a_websocket_message_that_is_too_long_ends_it() -> None:
    echoes: list[Echo] = []
    async with bench() as fleet, aiohttp.ClientSession() as session:
        place = fleet.open(echo_face(echoes))
        async with session.ws_connect(f"ws://{place[0]}:{place[1]}/") as socket_:
            await socket_.send_str("x" * 2000)
            closing = await socket_.receive(5)
            assert (closing.type, closing.data) == (aiohttp.WSMsgType.CLOSE, 1009)
        await until(lambda: echoes[0].ended)
    assert echoes[0].heard == []


async def test_a_websocket_whose_face_fails_is_closed_and_reported() -> None:
    echoes: list[Echo] = []
    async with bench() as fleet, aiohttp.ClientSession() as session:
        place = fleet.open(echo_face(echoes))
        async with session.ws_connect(f"ws://{place[0]}:{place[1]}/") as socket_:
            await socket_.send_str("fail")
            assert (await socket_.receive(5)).data == 1011
        await until(lambda: echoes[0].ended)
        assert [str(bug) for bug in fleet.bugs] == ["a mistake in a face"]


async def test_a_websocket_client_that_vanishes_is_noticed() -> None:
    echoes: list[Echo] = []
    async with bench() as fleet, aiohttp.ClientSession() as session:
        place = fleet.open(echo_face(echoes))
        socket_ = await session.ws_connect(f"ws://{place[0]}:{place[1]}/")
        await until(lambda: echoes)
        fleet.bay.reset(Endpoint("io-1"))
        await until(lambda: echoes[0].ended)
        echoes[0].channel.send("into the void")
        await socket_.close()


async def test_a_plain_request_where_a_websocket_is_served_is_a_bad_request() -> None:
    async with bench() as fleet:
        place = fleet.open(echo_face([]))
        status, headers, body = await in_thread(fetch, place, "GET", "/")
    assert status == 400
    assert b"<title>400 Bad Request</title>" in body
    assert headers["Server"] == SERVER
