"""WebSocket: golden bytes of RFC 6455, both ends against each other, what is refused, and arbitrary input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.websocket.frame import FrameReader, Opcode, Piece, frame, masked
from simulator.wire.websocket.handshake import accept_for
from simulator.wire.websocket.session import Ended, Opened, WebSocketClient, WebSocketServer

KEY = b"\x37\xfa\x21\x3d"


def client(path="/mqtt"):
    return WebSocketClient("broker:80", path, lambda count: bytes(range(count)))


def pair():
    """A client and a server that have shaken hands."""
    near, far = client(), WebSocketServer("/mqtt")
    assert far.receive(near.take_output(), 0.0) == [Opened()]
    assert near.receive(far.take_output(), 0.0) == [Opened()]
    return near, far


def test_golden_frames_of_the_standard():
    assert frame(Opcode.BINARY, b"Hello").hex() == "820548656c6c6f"
    assert frame(Opcode.PONG, b"Hello", KEY).hex() == "8a8537fa213d7f9f4d5158"
    assert frame(Opcode.BINARY, bytes(256))[:4].hex() == "827e0100"
    assert frame(Opcode.BINARY, bytes(65536))[:10].hex() == "827f0000000000010000"
    assert accept_for("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_bytes_go_both_ways():
    near, far = pair()
    near.send(b"up", 0.0)
    far.send(b"down", 0.0)
    assert far.receive(near.take_output(), 0.0) == [b"up"]
    assert near.receive(far.take_output(), 0.0) == [b"down"]


def test_bytes_behind_the_handshake_are_not_lost():
    near, far = client(), WebSocketServer("/mqtt")
    data = near.take_output() + frame(Opcode.BINARY, b"early", KEY)
    assert far.receive(data, 0.0) == [Opened(), b"early"]


def test_a_message_in_pieces_with_a_ping_between():
    _, far = pair()
    first = bytearray(frame(Opcode.BINARY, b"ab", KEY))
    first[0] &= 0x7F
    data = bytes(first) + frame(Opcode.PING, b"?", KEY) + frame(Opcode.CONTINUATION, b"cd", KEY)
    assert far.receive(data, 0.0) == [b"ab", b"cd"]
    assert far.take_output() == frame(Opcode.PONG, b"?")


def test_close_is_answered():
    near, far = pair()
    near.send(Ended("closed"), 0.0)
    assert far.receive(near.take_output(), 0.0) == [Ended("closed by peer")]
    answer = far.take_output()
    assert answer.hex() == "880203e8"
    assert far.receive(b"more", 0.0) == []
    assert near.receive(frame(Opcode.BINARY, b"late") + frame(Opcode.PING, b"?") + answer, 0.0) == [
        Ended("closed")
    ]
    assert near.take_output() == b""


@pytest.mark.parametrize(
    ("data", "what", "code"),
    [
        (frame(Opcode.TEXT, b"x", KEY), "text frame", 1003),
        (frame(Opcode.BINARY, b"x"), "not masked", 1002),
        (frame(Opcode.CONTINUATION, b"x", KEY), "middle", 1002),
        (b"\x02\x80" + KEY + frame(Opcode.BINARY, b"x", KEY), "middle", 1002),
        (b"\x83\x80" + KEY, "starts with", 1002),
        (b"\xc2\x80" + KEY, "starts with", 1002),
        (b"\x09\x80" + KEY, "control frame", 1002),
        (b"\x89\xfe\x00\x80" + KEY, "control frame", 1002),
        (b"\x82\xff" + b"\xff" * 8 + KEY, "63 bits", 1002),
    ],
)
def test_frames_that_may_not_be_close_with_their_code(data, what, code):
    _, far = pair()
    *_, ended = far.receive(data, 0.0)
    assert what in ended.violation
    assert far.take_output() == frame(Opcode.CLOSE, code.to_bytes(2, "big"))


def request(**changes):
    lines = {
        "start": "GET /mqtt HTTP/1.1", "Host": "h", "Upgrade": "websocket", "Connection": "keep-alive, Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "other, mqtt", **{key.replace("_", "-"): value for key, value in changes.items()},
    }  # fmt: skip
    start = lines.pop("start")
    return (
        "\r\n".join([start, *(f"{key}: {value}" for key, value in lines.items() if value)]).encode() + b"\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 101),
        ({"start": "GET /mqtt/?x=1 HTTP/1.1"}, 101),
        ({"start": "GET /other HTTP/1.1"}, 404),
        ({"start": "POST /mqtt HTTP/1.1"}, 405),
        ({"start": "GET /mqtt HTTP/1.0"}, 400),
        ({"Upgrade": ""}, 426),
        ({"Connection": "close"}, 426),
        ({"Sec_WebSocket_Version": "8"}, 426),
        ({"Sec_WebSocket_Protocol": "chat"}, 400),
        ({"Sec_WebSocket_Key": "short"}, 400),
    ],
)
def test_requests_are_granted_or_refused_with_a_status(changes, status):
    far = WebSocketServer("/mqtt")
    (event,) = far.receive(request(**changes), 0.0)
    assert isinstance(event, Opened) is (status == 101)
    assert far.take_output().startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.parametrize(
    "data", [b"x" * 9000, b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"\x10\x0d\x00\x04MQTT\r\n\r\n"]
)
def test_what_is_no_request_ends_the_session(data):
    (event,) = WebSocketServer("/mqtt").receive(data, 0.0)
    assert event.violation


GOOD = "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n"


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("HTTP/1.1 404 Not Found\r\n\r\n", "status 404"),
        ("HTTP/1.1 403 Forbidden\r\n\r\n", "status 403"),
        ("SSH-2.0-x\r\n\r\n", "no HTTP answer"),
        (GOOD + "\r\n", "sub-protocol"),
        (GOOD + "Sec-WebSocket-Protocol: chat\r\n\r\n", "sub-protocol"),
        (GOOD.replace("{}", "wrong") + "Sec-WebSocket-Protocol: mqtt\r\n\r\n", "does not fit"),
        (GOOD.replace("websocket", "h2c") + "Sec-WebSocket-Protocol: mqtt\r\n\r\n", "something else"),
    ],
)
def test_the_client_takes_no_other_answer(answer, what):
    near = client()
    key = near.take_output().decode().partition("Sec-WebSocket-Key: ")[2].partition("\r\n")[0]
    (event,) = near.receive(answer.replace("{}", accept_for(key)).encode(), 0.0)
    assert isinstance(event, Ended)
    assert what in event.violation


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4), st.integers(0, 300))
def test_a_mask_taken_twice_is_none_and_pieces_do_not_matter(data, key, cut):
    whole = masked(data, key)
    assert masked(whole, key) == data
    cut = min(cut, len(data))
    assert masked(data[:cut], key) + masked(data[cut:], key, cut) == whole


@given(st.lists(st.binary(max_size=70_000), max_size=4), st.integers(1, 5000))
def test_any_bytes_survive_in_any_portions(sent, size):
    near, far = pair()
    for data in sent:
        near.send(data, 0.0)
    stream, received = near.take_output(), b""
    for start in range(0, len(stream), size):
        received += b"".join(far.receive(stream[start : start + size], 0.0))
    assert received == b"".join(sent)


def read_all(data: bytes, size: int) -> tuple:
    reader, found = FrameReader(from_client=True), []
    try:
        for start in range(0, len(data), size):
            reader.feed(data[start : start + size])
            while (piece := reader.read()) is not None:
                found.append(piece)
    except MalformedMessage as error:
        return joined(found), error.what, error.offset
    return joined(found), "", 0


def joined(pieces: list[Piece]) -> list:
    """Data runs together; control frames stay apart."""
    out: list = []
    for piece in pieces:
        if piece.opcode >= Opcode.CLOSE or not out or isinstance(out[-1], Piece):
            out.append(piece if piece.opcode >= Opcode.CLOSE else piece.data)
        else:
            out[-1] += piece.data
    return [one for one in out if one != b""]


frames = st.builds(
    lambda opcode, data: frame(opcode, data, KEY), st.sampled_from(list(Opcode)), st.binary(max_size=140)
)


@pytest.mark.fuzz
@given(st.lists(frames | st.binary(max_size=12), max_size=6).map(b"".join))
def test_arbitrary_bytes_give_frames_or_a_clear_error_and_never_depend_on_portions(data):
    assert read_all(data, 1) == read_all(data, max(1, len(data)))


@pytest.mark.fuzz
@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode() + b"\r\n\r\n"))
def test_arbitrary_handshakes_are_answered_or_waited_for(data):
    for end in (client(), WebSocketServer("/mqtt")):
        events = end.receive(data, 0.0)
        assert all(isinstance(event, Ended) and event.violation for event in events)
