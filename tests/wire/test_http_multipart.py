"""multipart/form-data from a file: what clients send, and what breaks."""

from __future__ import annotations

import asyncio
import email
import email.policy
import io
import string

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.http.multipart import CHUNK, MOST_PARTS, boundary_of, parts


def written_by_aiohttp(*fields: tuple[str, str | bytes, str, str | None]) -> tuple[str, bytes]:
    async def write() -> tuple[str, bytes]:
        form = aiohttp.FormData()
        for name, data, media_type, filename in fields:
            form.add_field(name, data, content_type=media_type, filename=filename)
        payload = form()
        sink = io.BytesIO()

        class Writer:
            async def write(self, data: bytes) -> None:
                sink.write(data)

        await payload.write(Writer())  # type: ignore[arg-type]
        return payload.headers["Content-Type"], sink.getvalue()

    return asyncio.run(write())


def test_two_parts_of_an_upgrade_as_aiohttp_sends_them() -> None:
    image = bytes(range(256)) * 1024
    content_type, body = written_by_aiohttp(
        ("json", '{"method":"upgrade"}', "application/json", None),
        ("file", image, "application/octet-stream", "C1410_Mk_II_12_9_57.bin"),
    )
    first, second = parts(io.BytesIO(body), boundary_of(content_type))
    assert (first.name, first.content_type, first.read(100)) == (
        "json",
        "application/json",
        b'{"method":"upgrade"}',
    )
    assert (second.name, second.filename) == ("file", "C1410_Mk_II_12_9_57.bin")
    assert second.open().read() == image
    window = second.open()
    window.seek(-10, io.SEEK_END)
    assert window.read() == image[-10:]


def test_a_delimiter_across_two_chunks_is_found() -> None:
    for shift in range(-8, 9):
        content = b"x" * (CHUNK - 30 + shift)
        body = b"--b\r\n\r\n" + content + b"\r\n--b--\r\n"
        (part,) = parts(io.BytesIO(body), b"b")
        assert part.open().read() == content


def test_a_part_may_have_no_header_and_a_preamble_before_it() -> None:
    (part,) = parts(io.BytesIO(b"preamble\r\n--b\r\n\r\nhello\r\n--b--"), b"b")
    assert (part.name, part.read(10)) == ("", b"hello")


@pytest.mark.parametrize(
    "body", [b"", b"--b", b"--b\r\n", b"--b\r\n\r\nhello", b"--b\r\n\r\nhello\r\n--b", b"--bX\r\n\r\nx\r\n--b--"]
)
def test_a_body_that_breaks_off_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        list(parts(io.BytesIO(body), b"b"))


def test_too_many_parts_and_too_large_a_part_are_refused() -> None:
    with pytest.raises(MalformedMessage, match="more than"):
        list(parts(io.BytesIO(b"--b\r\n\r\nx\r\n" * (MOST_PARTS + 1) + b"--b--"), b"b"))
    (part,) = parts(io.BytesIO(b"--b\r\n\r\nhello\r\n--b--"), b"b")
    with pytest.raises(MalformedMessage, match="larger"):
        part.read(4)


def test_the_boundary_may_be_quoted_or_missing() -> None:
    assert boundary_of('multipart/form-data; boundary="a b"') == b"a b"
    assert boundary_of("Multipart/Form-Data; charset=x; BOUNDARY=----z") == b"----z"
    for wrong in ("", "text/plain", "multipart/form-data", "multipart/form-data; boundary="):
        with pytest.raises(MalformedMessage):
            boundary_of(wrong)


BOUNDARY = st.text(string.ascii_letters + string.digits, min_size=8, max_size=20)


@given(BOUNDARY, st.lists(st.binary(max_size=200), min_size=1, max_size=5))
def test_the_standard_library_reads_the_same(boundary: str, contents: list[bytes]) -> None:
    mark = b"--" + boundary.encode()
    if any(mark in content for content in contents):
        return
    header = b'\r\nContent-Disposition: form-data; name="n"\r\nContent-Transfer-Encoding: binary\r\n\r\n'
    body = b"".join(mark + header + content + b"\r\n" for content in contents) + mark + b"--\r\n"
    found = [part.open().read() for part in parts(io.BytesIO(body), boundary.encode())]
    assert found == contents
    message = email.message_from_bytes(
        f"Content-Type: multipart/form-data; boundary={boundary}\r\n\r\n".encode() + body, policy=email.policy.HTTP
    )
    assert len(message.get_payload()) == len(contents)


@pytest.mark.fuzz
@given(st.binary(max_size=2000), st.sampled_from([b"b", b"xx", b""]))
def test_no_body_breaks_the_parser(body: bytes, boundary: bytes) -> None:
    for text in (body, b"--" + boundary + b"\r\n" + body, body.replace(b"\0", b"\r\n--" + boundary)):
        try:
            for part in parts(io.BytesIO(text), boundary):
                part.open().read()
        except MalformedMessage:
            pass
