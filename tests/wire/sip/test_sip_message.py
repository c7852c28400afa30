"""Messages of SIP as bytes: what is taken, what is kept as written, what is refused and with whom to answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage, SimulatorBug
from simulator.wire.sip import header, parameter
from simulator.wire.sip.message import Headers, MalformedSip, Message, Request, Response, is_keepalive, parse

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
        (INVITE.replace(b"l: 3", b"l: 3\r\nContent-Length: " + b"3" * 5_000), "twice"),
        (INVITE.replace(b"Subject:", b"Sub ject: x\r\n goes on\r\nSubject:"), "without a name"),
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


@pytest.mark.parametrize("line", [b"From: <sip:a>\n x", b"Call-ID: a\rVia: b", b"To: \n"])
def test_a_bare_line_end_is_not_echoed(line: bytes) -> None:
    with pytest.raises(MalformedSip, match="bare line end") as caught:
        parse(INVITE.replace(b"Subject:", line))
    assert caught.value.message_so_far is not None
    assert line not in caught.value.message_so_far.encode()


def test_half_a_character_is_passed_on() -> None:
    assert b"\xed\xa0\x80" in Response(200, "\ud800", Headers()).encode()


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


def test_a_line_end_never_gets_into_a_header() -> None:
    for value in ("a\r\nVia: x", "a\nb", "a\rb"):
        with pytest.raises(SimulatorBug):
            Response(200, "OK", Headers(("Subject", value))).encode()


token = st.text("abcXYZ019-.!%*_+`'~", min_size=1, max_size=8)
value = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20).map(
    lambda text: text.strip(" \t")
)
line = st.tuples(
    token.filter(lambda name: parameter.is_token(name) and name.lower() not in {"l", "content-length"})
    | st.sampled_from(["Via", "v", "From", "To", "Call-ID", "i", "CSeq", "Contact"]),
    value,
)
headers = st.lists(line, max_size=8).map(lambda lines: Headers(*lines))
messages = st.one_of(
    st.builds(
        Request,
        token.filter(lambda method: not method.startswith("SIP/")),
        st.sampled_from(["sip:h", "tel:1", "x:y"]),
        headers,
        st.binary(max_size=30),
    ),
    st.builds(Response, st.integers(100, 699), value, headers, st.binary(max_size=30)),
)


@given(messages)
def test_what_is_written_is_read(message: Message) -> None:
    message.headers.set("Content-Length", str(len(message.body)))
    assert parse(message.encode()) == message


@given(
    st.lists(
        st.sampled_from(["Via", "v", "From", "f", "Call-ID", "i", "CSeq"]).flatmap(
            lambda name: st.tuples(st.just(name), st.binary(max_size=30))
        ),
        max_size=6,
    )
)
def test_bytes_are_echoed_as_they_came(lines: list[tuple[str, bytes]]) -> None:
    """What a response copies from a request: nothing but the blanks around a value is lost."""
    lines = [(name, raw.replace(b"\r", b"x").replace(b"\n", b"y").strip(b" \t")) for name, raw in lines]
    data = (
        b"OPTIONS sip:h SIP/2.0\r\n"
        + b"".join(b"%s:%s\r\n" % (name.encode(), raw) for name, raw in lines)
        + b"\r\n"
    )
    request = parse(data)
    response = Response(
        200,
        "OK",
        Headers(
            *(
                pair
                for name in ("Via", "From", "Call-ID", "CSeq")
                for pair in ((name, v) for v in request.headers.raw(name))
            )
        ),
    )
    for name, raw in lines:
        assert b": " + raw + b"\r\n" in response.encode(), name


PIECES = [
    b"INVITE ",
    b"sip:h",
    b" SIP/2.0",
    b"SIP/2.0 200 OK",
    b"\r\n",
    b"\r\n\r\n",
    b": ",
    b"Via",
    b"l",
    b"From: <sip:a>;tag=1",
    b"CSeq: 1 INVITE",
    b"Via: SIP/2.0/UDP h;branch=z9hG4bK1",
    b'To: "',
    b"<",
    b">",
    b"Call-ID: 1",
    b"Content-Length: 3",
    b" ",
    b",",
    b";",
]


@pytest.mark.fuzz
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=12).map(b"".join))
def test_any_datagram_is_read_or_refused(data: bytes) -> None:
    try:
        message = parse(data)
    except MalformedSip as error:
        assert error.message_so_far is None or error.message_so_far.headers.get("via")
        return
    if message.version == "SIP/2.0" and "content-length" in message.headers:
        assert parse(message.encode()) == message
    try:
        header.check(message)
        header.stamp(message.headers, "127.0.0.1", 5060)
        header.contacts(message.headers)
    except MalformedMessage:
        return
    assert header.via(message.headers).transport


@pytest.mark.fuzz
@given(
    st.lists(
        st.sampled_from(
            [
                "<sip:a@h>",
                "sip:a",
                ";",
                "tag",
                "=",
                '"',
                "\\",
                " ",
                ",",
                "SIP/2.0/UDP",
                "h:5060",
                "[::1]",
                ">",
                "<",
                ":",
                "%",
                "?",
                "@",
            ]
        )
        | st.text(max_size=4),
        max_size=8,
    ).map("".join)
)
def test_any_header_is_read_or_refused(text: str) -> None:
    for read in (
        header.name_addr,
        header.parse_via,
        header.parse_uri,
        parameter.parse_params,
        header.split_list,
        header.tag,
    ):
        try:
            found = read(text)
        except MalformedMessage:
            continue
        if isinstance(found, (header.NameAddr, header.Via)) and "\n" not in text and "\r" not in text:
            assert read(str(found)) == found
    assert header.with_tag(text, "7").startswith(text)
    assert header.seconds(text, 7) >= 0
    header.number(text)
    header.media_type(text)
    parameter.unquote(text)
