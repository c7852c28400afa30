"""What SIP headers and addresses mean, in the spellings of RFC 3261 and RFC 4475."""

from __future__ import annotations

import pytest

from simulator.errors import MalformedMessage
from simulator.wire.sip import header
from simulator.wire.sip.header import CSeq, NameAddr, Via
from simulator.wire.sip.message import Headers
from simulator.wire.sip.uri import OpaqueUri, SipUri, equal, parse_uri


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("SIP/2.0/UDP h;branch=z9hG4bK1", Via("UDP", "h", None, {"branch": "z9hG4bK1"})),
        ("SIP / 2.0\t/ tcp  [2001:db8::9] : 5061 ; rport", Via("TCP", "2001:db8::9", 5061, {"rport": None})),
        (
            'SIP/2.0/TLS 127.0.0.9:1;Branch=z9hG4bK%66*!;x="a;,=";received=::1',
            Via("TLS", "127.0.0.9", 1, {"branch": "z9hG4bK%66*!", "x": '"a;,="', "received": "::1"}),
        ),
        ("SIP/2.0/UDP 192.0.2.2 ;;,", None),
        ("SIP/2.0/UDP", None),
        ("HTTP/2.0/UDP h", None),
        ("SIP/2.0/UDP h;a b", None),
    ],
)
def test_via(text: str, parts: Via | None) -> None:
    if parts is None:
        with pytest.raises(MalformedMessage):
            header.parse_via(text)
    else:
        assert header.parse_via(text) == parts
        assert header.parse_via(str(parts)) == parts


@pytest.mark.parametrize(
    ("written", "stamped"),
    [
        ("SIP/2.0/UDP 127.0.0.9;branch=%66", "SIP/2.0/UDP 127.0.0.9;branch=%66"),
        ("SIP/2.0/UDP host ; branch = %66", "SIP/2.0/UDP host ; branch = %66;received=127.0.0.9"),
        (
            'SIP/2.0/UDP 127.0.0.9;rport;x=";rport" , SIP/2.0/UDP b;rport',
            'SIP/2.0/UDP 127.0.0.9;rport=7;x=";rport";received=127.0.0.9 , SIP/2.0/UDP b;rport',
        ),
        ('SIP/2.0/UDP a ;  x = "y;" ; rport ;z', 'SIP/2.0/UDP a ;  x = "y;" ;rport=7;z;received=127.0.0.9'),
        ("SIP/2.0/UDP a;rport;b", "SIP/2.0/UDP a;rport=7;b;received=127.0.0.9"),
        ("SIP/2.0/UDP a;b;rport", "SIP/2.0/UDP a;b;rport=7;received=127.0.0.9"),
        ("SIP/2.0/UDP a;rportx; rport", "SIP/2.0/UDP a;rportx;rport=7;received=127.0.0.9"),
        ("SIP/2.0/UDP a;received=x;rport", "SIP/2.0/UDP a;received=127.0.0.9;rport=7"),
        ("SIP/2.0/UDP a;rport=1", "SIP/2.0/UDP a;rport=7;received=127.0.0.9"),
        ("SIP/2.0/UDP a;received=1.2.3.4;branch=1", "SIP/2.0/UDP a;received=127.0.0.9;branch=1"),
    ],
)
def test_the_top_via_is_stamped_and_nothing_else(written: str, stamped: str) -> None:
    headers = Headers(("Via", written), ("Via", "SIP/2.0/UDP below"))
    top = header.stamp(headers, "127.0.0.9", 7)
    assert headers.raw("Via") == (stamped, "SIP/2.0/UDP below")
    assert header.via(headers) == top


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("sip:a@h;tag=1", NameAddr("", "sip:a@h", {"tag": "1"})),
        ("<sip:a@h;lr>;tag=1", NameAddr("", "sip:a@h;lr", {"tag": "1"})),
        ("Alice B <sip:a@h>", NameAddr("Alice B", "sip:a@h")),
        (
            '"A \\"<sip:x>, B"<sip:a@h> ; Tag = 1;q="a;b"',
            NameAddr('A "<sip:x>, B', "sip:a@h", {"tag": "1", "q": '"a;b"'}),
        ),
        ("*", NameAddr("", "*")),
        ("caller<sip:caller@example.com>;tag=323", NameAddr("caller", "sip:caller@example.com", {"tag": "323"})),
        ('"open <sip:a@h>', None),
        ("<sip:a@h", None),
        ("nothing", None),
        ("", None),
        ('"a" sip:x', None),
    ],
)
def test_name_addr(text: str, parts: NameAddr | None) -> None:
    if parts is None:
        with pytest.raises(MalformedMessage):
            header.name_addr(text)
    else:
        assert header.name_addr(text) == parts
        assert header.name_addr(str(parts)) == parts


def test_tag_is_added_to_the_text_as_written() -> None:
    assert header.with_tag('"a"  <sip:a@h>;x = y', "7") == '"a"  <sip:a@h>;x = y;tag=7'
    assert header.with_tag("<sip:a@h>;tag=1", "7") == "<sip:a@h>;tag=1"


@pytest.mark.parametrize(
    "text", ["2147483648 INVITE", "36893488147419103232 INVITE", "x INVITE", "1", "1 INV ITE", "-1 BYE"]
)
def test_cseq_that_is_none(text: str) -> None:
    with pytest.raises(MalformedMessage):
        header.cseq(Headers(("CSeq", text)))


def test_cseq() -> None:
    assert header.cseq(Headers(("CSeq", "0009\t INVITE"))) == CSeq(9, "INVITE")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0300", 300),
        ("0" * 30 + "300", 300),
        ("0;x", 0),
        ("4294967296", 2**32 - 1),
        ("1" * 40, 2**32 - 1),
        ("-1", 3600),
        (None, 3600),
    ],
)
def test_expires(text: str | None, seconds: int) -> None:
    assert header.seconds(text, 3600) == seconds


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("sip:h", SipUri("sip", None, None, "h")),
        (
            "SIPS:a:b@[::1]:5061;transport=TLS;lr?x=y",
            SipUri("sips", "a", "b", "::1", 5061, {"transport": "TLS", "lr": None}, "x=y"),
        ),
        (
            "sip:user;par=u%40example.net@example.com",
            SipUri("sip", "user;par=u%40example.net", None, "example.com"),
        ),
        ("tel:+1-201-555", OpaqueUri("tel", "tel:+1-201-555")),
        (
            "nobodyKnowsThisScheme:totallyopaque",
            OpaqueUri("nobodyknowsthisscheme", "nobodyKnowsThisScheme:totallyopaque"),
        ),
        ("sip:@h", None),
        ("sip:", None),
        ("sip:a@h:99999", None),
        ("sip:a@h:x", None),
        ("sip:a%zz@h", None),
        ("sip:a b@h", None),
        ("1001", None),
    ],
)
def test_uri(text: str, parts: SipUri | OpaqueUri | None) -> None:
    if parts is None:
        with pytest.raises(MalformedMessage):
            parse_uri(text)
    else:
        assert parse_uri(text) == parts
        assert parse_uri(str(parts)) == parts


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp", True),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", True),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
            True,
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
            True,
        ),
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", False),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", False),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", False),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", False),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", False),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", False),
        ("sip:a%2Cb@h", "sip:a,b@h", False),
        ("sip:h", "sips:h", False),
    ],
)
def test_addresses_compare_as_rfc_3261_lists(a: str, b: str, same: bool) -> None:
    assert equal(a, b) is same
    assert equal(b, a) is same
