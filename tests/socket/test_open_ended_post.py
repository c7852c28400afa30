"""The POST that announces no length: found in whatever pieces it comes, and nothing else is taken for one."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.net.http_inflow import OpenEndedPost

HEAD = b"POST /axis-cgi/audio/transmit.cgi HTTP/1.0\r\nHost: x\r\nContent-Type: audio/basic\r\n\r\n"


def kept(pieces: list[bytes]) -> bytes | None:
    """What is kept from the parser, or None where nothing is."""
    posts = OpenEndedPost()
    for number, piece in enumerate(pieces):
        end = posts.end_of_head(piece)
        if end:
            return b"".join([piece[end:], *pieces[number + 1 :]])
    return None


@pytest.mark.fuzz
@given(st.binary(max_size=60), st.lists(st.integers(0, len(HEAD) + 60), max_size=6))
def test_the_body_is_whole_however_the_head_is_cut(body: bytes, cuts: list[int]) -> None:
    """But for a first piece that does not show yet that it is a POST."""
    data = HEAD + body
    edges = sorted({0, *(cut for cut in cuts if 5 <= cut < len(data)), len(data)})
    pieces = [data[begin:end] for begin, end in pairwise(edges)]
    assert kept(pieces) == body


@pytest.mark.fuzz
@given(st.lists(st.binary(max_size=80), max_size=5))
def test_any_bytes_are_looked_at(pieces: list[bytes]) -> None:
    posts = OpenEndedPost()
    for piece in pieces:
        assert 0 <= posts.end_of_head(piece) <= len(piece)


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace(b"Host: x", b"Content-Length: 5"),
        HEAD.replace(b"Host: x", b"CONTENT-LENGTH:5"),
        HEAD.replace(b"Host: x", b"transfer-encoding: chunked"),
        HEAD.replace(b"POST", b"GET"),
        HEAD.replace(b"POST", b"post"),
        HEAD[:-2],
    ],
)
def test_what_is_none(head: bytes) -> None:
    assert kept([head, b""]) is None


def test_a_head_without_end_is_forgotten() -> None:
    posts = OpenEndedPost()
    assert posts.end_of_head(b"POST / HTTP/1.1\r\nA: " + b"x" * 40_000) == 0
    assert posts.end_of_head(b"\r\n\r\n") == 0
