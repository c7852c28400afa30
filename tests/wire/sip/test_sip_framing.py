"""SIP on a stream: messages and keepalives whatever the segments, and streams that are no SIP."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.sip.framing import LARGEST_BODY, Keepalive, StreamFraming
from simulator.wire.sip.message import LARGEST_HEAD, MalformedSip

OPTIONS = b"OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n%sCSeq: 1 OPTIONS\r\n\r\n"
MESSAGES = [
    OPTIONS % b"Content-Length: 5\r\n" + b"a\r\n\r\n",
    OPTIONS % b"l : \r\n 0003\r\n" + b"\r\n\r",
    OPTIONS % b"",
    b"SIP/2.0 200 \r\nContent-Length: 0\r\nContent-Length: 00\r\n\r\n",
    b"FOO-1 <sip:h>  SIP/2.0\r\nCONTENT-LENGTH:1\r\n\r\n\xff",
]


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted({place % (len(stream) + 1) for place in places}), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


def read(segments: list[bytes]) -> list[bytes | Keepalive]:
    framing = StreamFraming()
    return [item for segment in segments for item in framing.receive(segment)]


items = st.lists(st.sampled_from([*MESSAGES, b"\r\n\r\n"]), max_size=6)


@given(items, st.lists(st.integers(0, 2_000), max_size=12))
def test_any_cut_of_the_stream_gives_the_same(parts: list[bytes], places: list[int]) -> None:
    stream = b"".join(parts)
    expected = [Keepalive.PING if part == b"\r\n\r\n" else part for part in parts]
    assert read([stream]) == expected
    assert read(cut(stream, places)) == expected
    assert read([stream[i : i + 1] for i in range(len(stream))]) == expected


@pytest.mark.fuzz
@given(
    st.lists(
        st.one_of(st.binary(max_size=30), st.sampled_from([*MESSAGES, b"\r\n", b"INVITE ", b" SIP/2.0\r\n"])),
        max_size=5,
    ),
    st.data(),
)
def test_any_bytes_in_any_cut_give_the_same_items_and_the_same_end(
    parts: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(parts)

    def outcome(segments: list[bytes]) -> list[object]:
        framing, seen = StreamFraming(), list[object]()
        try:
            for segment in segments:
                seen.extend(framing.receive(segment))
        except MalformedMessage:
            seen.append("closed")
        return seen

    whole = outcome([stream])
    parted = outcome(cut(stream, data.draw(st.lists(st.integers(0, 500), max_size=4))))
    assert parted == whole


def test_a_pong_is_passed_over() -> None:
    assert read([b"\r\n" + MESSAGES[0], b"\r\n", MESSAGES[0]]) == [MESSAGES[0], MESSAGES[0]]


@pytest.mark.parametrize(
    "stream",
    [
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"<xml/>",
        b"hello\r\n",
        b"x" * 100,
        b"INVITE sip:" + b"a" * LARGEST_HEAD,
        b"INVITE sip:h SIP/2.0\r\nSubject: " + b"a" * LARGEST_HEAD,
    ],
)
def test_what_is_no_sip_ends_the_stream_at_once(stream: bytes) -> None:
    framing = StreamFraming()
    assert list(framing.receive(MESSAGES[0])) == [MESSAGES[0]]
    with pytest.raises(MalformedSip) as caught:
        list(framing.receive(stream))
    assert caught.value.message_so_far is None


@pytest.mark.parametrize(
    ("length", "status"),
    [
        (b"-1", 400),
        (b"x", 400),
        (b"1\r\nl: 2", 400),
        (b"%d" % (LARGEST_BODY + 1), 413),
        (b"9" * 30, 400),
        (b"", 400),
    ],
)
def test_a_length_that_cannot_be_is_refused_and_closes(length: bytes, status: int) -> None:
    framing = StreamFraming()
    stream = framing.receive(MESSAGES[0] + OPTIONS % (b"Content-Length: " + length + b"\r\n"))
    assert next(stream) == MESSAGES[0]
    with pytest.raises(MalformedSip) as caught:
        next(stream)
    assert caught.value.status == status
    assert caught.value.message_so_far is not None
    assert caught.value.message_so_far.headers.get("Via") == "SIP/2.0/TCP h;branch=z9hG4bK1"


@pytest.mark.parametrize(
    "head", [b"INVITE sip:h SIP/2.0\r\n" + b"A: b\r\n" * 9_000, b"INVITE sip:" + b"h" * 60_000 + b" SIP/2.0\r\n"]
)
def test_a_slow_head_is_one_head(head: bytes) -> None:
    framing = StreamFraming()
    for i in range(len(head)):
        assert not list(framing.receive(head[i : i + 1]))
    assert list(framing.receive(b"\r\n")) == [head + b"\r\n"]
    assert framing.pending == 0
