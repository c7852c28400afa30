"""Messages of SIP as bytes: what is taken, what is kept as written, what is refused and with whom to answer."""

from __future__ import annotations

import pytest

from simulator.errors import MalformedMessage
from simulator.wire.sip.message import Headers, MalformedSip, Request, Response, is_keepalive, parse

INVITE = (
    b"INVITE sip:1001@127.0.0.2 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 127.0.0.9:5060;rport;branch=z9hG4bK%66*!x\r\n"
    b"v:SIP/2.0/TCP [::1]:5070 ;branch=z9hG4bK2\r\n"
    b'From : "A, \\"B\\"" <sip:a@127.0.0.9>;tag=1\r\n'
    b"t: <sip:1001@127.0.0.2>\r\n"
    b"Call-ID: 1@x\r\n"
    b"CSeq: 0009\r\n\tINVITE\r\n"
    b"Supported: timer,\r\n 100rel\r\n"
    b"Supported:replaces\r\n"
    b"Subject:\r\n"
    b"l: 3\r\n\r\nabc-and-more"
)


def test_a_request_in_all_its_spellings() -> None:
    request = parse(b"\r\n\r\n" + INVITE)
    assert isinstance(request, Request)
    assert (request.method, request.uri, request.body) == ("INVITE", "sip:1001@127.0.0.2", b"abc")
    assert request.headers.raw("VIA")[0] == "SIP/2.0/UDP 127.0.0.9:5060;rport;branch=z9hG4bK%66*!x"
    assert request.headers.get("f") == '"A, \\"B\\"" <sip:a@127.0.0.9>;tag=1'
    assert request.headers.all("k") == ("timer", "100rel", "replaces")
    assert request.headers.get("cseq") == "0009\tINVITE"
    assert request.headers.get("Subject") == ""
    assert request.headers.get("Expires") is None
    assert parse(request.encode()) == request


@pytest.mark.parametrize("phrase", ["", "OK", "= 2**3 * 2**2 = \u043d\u043e"])
def test_a_response_with_any_phrase(phrase: str) -> None:
    data = f"SIP/2.0 200 {phrase}\r\nVia: SIP/2.0/UDP h\r\n\r\n".encode()
    response = parse(data)
    assert isinstance(response, Response)
    assert (response.status, response.phrase) == (200, phrase)
    assert response.encode() == data[:-2] + b"Content-Length: 0\r\n\r\n"


def test_bytes_that_are_no_text_are_kept() -> None:
    data = b"OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nSubject: \xff\xfe\xc3\r\nContent-Length: 0\r\n\r\n"
    assert parse(data).encode() == data


def test_the_length_is_that_of_the_body() -> None:
    headers = Headers(("Content-Length", "9"), ("Subject", "x"))
    assert Request("OPTIONS", "sip:h", headers, b"ab").encode() == (
        b"OPTIONS sip:h SIP/2.0\r\nContent-Length: 2\r\nSubject: x\r\n\r\nab"
    )


def test_lines_are_added_replaced_and_removed() -> None:
    headers = Headers(("Via", "b"), ("To", "x"), ("v", "c"))
    headers.prepend("Via", "a")
    assert headers.raw("via") == ("a", "b", "c")
    headers.set("Via", "d")
    headers.add("Route", "<sip:p;lr>, <sip:q,r>")
    assert list(headers) == [("Via", "d"), ("To", "x"), ("Route", "<sip:p;lr>, <sip:q,r>")]
    assert headers.all("route") == ("<sip:p;lr>", "<sip:q,r>")
    twin = headers.copy()
    headers.remove("to")
    assert "To" in twin
    assert "To" not in headers


def test_lists_are_split_only_where_the_rfc_allows() -> None:
    headers = Headers(
        ("WWW-Authenticate", 'Digest realm="a", nonce="b"'), ("Call-ID", "a,b"), ("Contact", '"x,<" <sip:a>')
    )
    assert headers.all("WWW-Authenticate") == ('Digest realm="a", nonce="b"',)
    assert headers.all("Call-ID") == ("a,b",)
    assert headers.all("Contact") == ('"x,<" <sip:a>',)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (INVITE.replace(b"l: 3", b"l: 300"), "shorter"),
        (INVITE.replace(b"l: 3", b"l: -3"), "no number"),
        (INVITE.replace(b"l: 3", b"l: 3\r\nContent-Length: 4"), "twice"),
        (INVITE.replace(b"INVITE sip", b"INVITE  sip"), "start line"),
        (INVITE.replace(b" SIP/2.0\r\nVia", b" SIP/2.0 \r\nVia"), "start line"),
        (INVITE.replace(b"Subject:", b"Sub ject:"), "without a name"),
        (INVITE.replace(b"Subject:", b"Subject: a\nb"), "line end"),
        (INVITE[: INVITE.index(b"l: 3")], "empty line"),
    ],
)
def test_a_broken_request_can_still_be_answered(data: bytes, why: str) -> None:
    with pytest.raises(MalformedSip, match=why) as caught:
        parse(data)
    so_far = caught.value.message_so_far
    assert so_far is not None
    assert so_far.headers.get("Via") == "SIP/2.0/UDP 127.0.0.9:5060;rport;branch=z9hG4bK%66*!x"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello\r\n\r\n",
        b"INV(TE sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n",
        b"SIP/2.0 4294967301 big\r\nVia: SIP/2.0/UDP h\r\n\r\n",
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\nContent-Length: 9\r\n\r\n",
        b"INVITE sip:h SIP/2.0\r\nContent-Length: 9\r\n\r\n",
        b"ACK sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nContent-Length: 9\r\n\r\n",
        INVITE.replace(b"Subject:", b"Subject:" + b"x" * 70_000),
    ],
)
def test_what_nobody_waits_an_answer_for_is_dropped(data: bytes) -> None:
    with pytest.raises(MalformedMessage) as caught:
        parse(data)
    assert getattr(caught.value, "message_so_far", None) is None


def test_another_version_is_a_message_to_be_refused_above() -> None:
    assert parse(INVITE.replace(b" SIP/2.0\r\nVia", b" SIP/7.0\r\nVia")).version == "SIP/7.0"


@pytest.mark.parametrize("data", [b"", b"\r\n", b"\r\n\r\n", b" \r\n", b"\0"])
def test_keepalives(data: bytes) -> None:
    assert is_keepalive(data)
    assert not is_keepalive(INVITE)
