"""RFC 4475 at the codec: what is read, what can be refused, what is dropped, and what the strange spellings mean."""

from __future__ import annotations

import pytest
from rfc4475_table import DROPPED, FOLDER, OK, REFUSED, TABLE, Row

from simulator.errors import MalformedMessage
from simulator.wire.sip import header
from simulator.wire.sip.header import CSeq, NameAddr, Via
from simulator.wire.sip.message import MalformedSip, Message, Request, Response, parse
from simulator.wire.sip.uri import SipUri


def named(name: str) -> Row:
    return next(row for row in TABLE if row.name == name)


def read(name: str) -> Message:
    return parse(named(name).data)


def test_all_49_are_here() -> None:
    assert sorted(row.name for row in TABLE) == sorted(path.stem for path in FOLDER.glob("*.sip"))
    assert len(TABLE) == 49


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_what_the_codec_does(row: Row) -> None:
    try:
        message = parse(row.data)
        header.check(message)
    except MalformedSip as error:
        if row.codec == DROPPED:
            assert error.message_so_far is None
        else:
            assert row.codec == REFUSED, error
            assert error.status == 400
            assert error.message_so_far is not None
            assert header.via(error.message_so_far.headers).transport
    else:
        assert row.codec == OK
        assert parse(message.encode()) == message


def test_wsinv() -> None:
    request = read("wsinv")
    assert isinstance(request, Request)
    headers = request.headers
    assert header.to(headers) == NameAddr("", "sip:lobby@speaker.example.com", {"tag": "5309171828n"})
    assert header.from_(headers) == NameAddr('Gate \\"', "sip:gate@example.com", {"tag": "22gate7"})
    assert header.cseq(headers) == CSeq(9, "INVITE")
    assert header.number(headers.get("Max-Forwards")) == 68
    assert headers.get("Subject") == ""
    assert header.vias(headers) == (
        Via("UDP", "192.0.2.20", None, {"rport": None, "branch": "171gate"}),
        Via("TCP", "door.example.com", None, {"branch": "z9hG4bK7ikl2"}),
        Via("UDP", "192.168.255.20", None, {"branch": "z9hG4bK41350"}),
    )
    assert header.contact(headers) == NameAddr(
        'A quoted ""', "sip:gate@example.com", {"brandnew": "value", "second": None, "q": "0.44"}
    )
    assert headers.get("headerwithanoddvalue") == ";;,,;;,;"
    assert headers.get("BrandNewHeader") == "brand new value that goes on"
    assert len(request.body) == int(headers.get("Content-Length") or "")


def test_intmeth() -> None:
    request = read("intmeth")
    assert isinstance(request, Request)
    address = header.parse_uri(request.uri)
    assert isinstance(address, SipUri)
    assert (address.host, address.headers, address.params) == ("example.com", "", {})
    assert address.user == "1_odd.URI~(so-it!is)&isn't+it$/wild?,/;;*"
    assert header.to(request.headers).display == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert header.from_(request.headers).tag == "_word~1'+`*%!-."
    assert "громкоговоритель" in (request.headers.get("From") or "")
    assert header.via(request.headers).branch == "z9hG4bK-.!%66*_+`'~"


def test_escapes() -> None:
    request = read("esc01")
    assert isinstance(request, Request)
    address = header.parse_uri(request.uri)
    assert isinstance(address, SipUri)
    assert (address.user_name, address.host) == ("sips:lobby@example.com", "example.net")
    to = header.to(request.headers).address()
    assert isinstance(to, SipUri)
    assert to.user_name == "lobby"
    assert [c.uri for c in header.contacts(read("esc02").headers)] == [
        "sip:horn1@host1.example.com",
        "sip:horn3@host3.example.com",
    ]
    null = header.contacts(read("escnull").headers)[1].address()
    assert isinstance(null, SipUri)
    assert null.user_name == "\0\0"


def test_where_parameters_belong() -> None:
    without, within = (header.contacts(read(name).headers)[0] for name in ("cparam01", "cparam02"))
    assert (without.params, within.params) == ({"unheardof": None}, {})
    assert within.uri.endswith(";unheardof")
    assert header.contacts(read("regescrt").headers)[0].uri.endswith("?Route=%3Csip:sip.example.com%3E")
    with pytest.raises(MalformedMessage):
        header.contacts(read("regbadct").headers)


def test_only_the_first_of_two_is_read() -> None:
    request = read("dblreq")
    assert isinstance(request, Request)
    assert (request.method, request.body) == ("REGISTER", b"")


def test_bodies_and_phrases_are_bytes_and_text() -> None:
    body = read("mpart01").body
    assert {0, 127, 128, 255} <= set(body)
    unreason, noreason = read("unreason"), read("noreason")
    assert isinstance(unreason, Response)
    assert isinstance(noreason, Response)
    assert unreason.phrase == "= 2**3 * 5**2 но сорок - девяносто шесть простое"
    assert (noreason.status, noreason.phrase) == (100, "")


def test_a_bare_cookie_names_no_transaction() -> None:
    assert not header.via(read("badbranch").headers).is_rfc3261
    assert not header.via(read("inv2543").headers).is_rfc3261
    assert header.via(read("zeromf").headers).is_rfc3261


def test_a_response_by_two_hops_is_seen() -> None:
    assert len(header.vias(read("bcast").headers)) == 2
