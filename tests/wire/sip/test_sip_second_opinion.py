"""Our reading of SIP against that of the package `sipmessage`: the same, but for the differences that the tables explain.

A difference without a reason fails, and so does a reason for which no difference is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sipmessage
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.sip import header, parameter
from simulator.wire.sip.digest import parse_challenge
from simulator.wire.sip.message import Headers, Request, parse
from simulator.wire.sip.parameter import unquote
from simulator.wire.sip.uri import SipUri, parse_uri

REFUSED = "refused"


@dataclass(frozen=True)
class Reason:
    """Why the two differ on texts that a pattern is found in, with a text that shows it."""

    why: str
    pattern: str
    example: str

    def explains(self, text: str) -> bool:
        return re.search(self.pattern, text, re.DOTALL) is not None


def inside_brackets(reason: Reason) -> Reason:
    """The same for an address with brackets around it."""
    pattern = re.sub(r"^\^", "(^|<)", reason.pattern).replace("|$)", "|$|>)")
    return Reason(reason.why, pattern, f"<{reason.example}>")


HOST_REASONS = [
    Reason(
        "they take hosts of letters, digits and dashes only; DNS names of services have an underscore",
        r"_h",
        "a_h",
    ),
    Reason("they want the last label of a name to begin with a letter", r"h\.9", "h.9"),
    Reason("they take any port; one beyond 65535 is none", r":\d{6}", "h:123456"),
]
PARAM_REASONS = [
    Reason(
        "they unescape percent signs, which Via and header parameters do not have: branches no longer match",
        r";.*%[0-9A-Fa-f]{2}",
        "h;a=%41",
    ),
    Reason("they keep the case of parameter names, which does not count", r";[^=;]*[A-Z]", "h;Branch=x"),
    Reason(
        "of a parameter given twice they take the last, we the first: no peer may change what was read",
        r";\s*([^=;\s]+)(?=[=;\s]|$).*;\s*\1(?=[=;\s>]|$)",
        "h;a=1;a=2",
    ),
    Reason("they split quoted values at semicolons", r'"[^"]*;[^"]*"', 'h;a="x;y"'),
    Reason("they refuse an empty value after an equals sign", r"=\s*(;|$)", "h;a="),
    Reason("they refuse bare IPv6 in received=, which old proxies write", r"=::1", "h;received=::1"),
    Reason(
        "they refuse separators with nothing between; we pass them over, so that a 400 can be sent",
        r";\s*(;|$)",
        "h;;a=1",
    ),
]


def ours(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except MalformedMessage:
        return REFUSED


def theirs(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except ValueError:
        return REFUSED


def plain(params: Any) -> dict[str, str | None]:
    return {name: None if value is None else unquote(value) for name, value in params.items()}


def our_via(text: str) -> Any:
    found = header.parse_via(text)
    return found.transport, found.host, found.port, plain(found.params)


def their_via(text: str) -> Any:
    found = sipmessage.Via.parse(text)
    return found.transport.upper(), found.host.strip("[]"), found.port, plain(found.parameters)


def our_address(text: str) -> Any:
    found = header.name_addr(text)
    return found.display, our_uri(found.uri), plain(found.params)


def their_address(text: str) -> Any:
    found = sipmessage.Address.parse(text)
    return found.name, uri_parts(found.uri), plain(found.parameters)


def our_uri(text: str) -> Any:
    found = parse_uri(text)
    if not isinstance(found, SipUri):
        return str(found)
    user = None if found.user is None else found.user_name
    return found.scheme, user, found.password, found.host, found.port, dict(found.params)


def uri_parts(found: sipmessage.URI) -> Any:
    if found.scheme == "tel":
        return str(found)
    return found.scheme, found.user, found.password, found.host.strip("[]"), found.port, dict(found.parameters)


def their_uri(text: str) -> Any:
    return uri_parts(sipmessage.URI.parse(text))


def our_cseq(text: str) -> Any:
    return tuple(header.cseq(Headers(("CSeq", text))))


def their_cseq(text: str) -> Any:
    found = sipmessage.CSeq.parse(text)
    return found.sequence, found.method


def our_challenge(text: str) -> Any:
    found = parse_challenge(text)
    return found.realm, found.nonce, found.algorithm, found.opaque


def their_challenge(text: str) -> Any:
    found = sipmessage.AuthChallenge.parse(text).parameters
    return found.get("realm"), found.get("nonce"), found.get("algorithm"), found.get("opaque")


ASKED_FOR = ("Subject", "X-Odd", "Supported", "Contact", "Via", "Content-Length")


def our_message(text: str) -> Any:
    found = parse(text.encode("utf-8", "surrogateescape"))
    start = (found.method, found.uri) if isinstance(found, Request) else (found.status, found.phrase)
    return start, [list(found.headers.raw(name)) for name in ASKED_FOR], found.body


def their_message(text: str) -> Any:
    found = sipmessage.Message.parse(text.encode("utf-8", "surrogateescape"))
    request = isinstance(found, sipmessage.Request)
    start = (found.method, str(found.uri)) if request else (found.code, found.phrase)
    return start, [found.headers.getlist(name) for name in ASKED_FOR], found.body


VIA = "SIP/2.0/UDP "
VIA_REASONS = [
    *(Reason(r.why, r.pattern, VIA + r.example) for r in (*HOST_REASONS, *PARAM_REASONS)),
    Reason("they refuse other versions, to which we owe a 505", r"^SIP */ *[^2]", "SIP/7.0/UDP h"),
    Reason("they refuse SIP in small letters, which the grammar takes in any case", r"^sip", "sip/2.0/UDP h"),
    Reason("they refuse blanks around the port's colon, which RFC 4475 has", r" :|: ", VIA + "h : 5060"),
]
URI_REASONS = [
    *(Reason(r.why, r.pattern, "sip:" + r.example) for r in HOST_REASONS),
    Reason(
        "they know sip, sips and tel; other schemes are to be refused 416, or kept as they are",
        r"^[a-z]+:",
        "isbn:1",
    ),
    Reason("they refuse schemes in capitals", r"^SIP", "SIP:h"),
    Reason("they refuse headers behind a question mark, as a Contact may have", r"\?", "sip:h?a=b"),
    Reason("they unescape parameters; compared escaped they stay as written", r";.*%", "sip:h;a=%41"),
    Reason("they keep the case of parameter names", r";[^=;]*[A-Z]", "sip:h;Lr"),
    Reason(
        "of a parameter given twice they take the last; RFC 3261 allows none twice",
        r";(\w+)\b.*;\1\b",
        "sip:h;a=1;a=2",
    ),
    Reason("they unescape passwords, we keep what nobody uses as written", r":[^@]*%[^@]*@", "sip:u:%41@h"),
    Reason("they refuse an empty password", r":@", "sip:u:@h"),
    Reason(
        "they refuse characters in the user that are to be escaped but come unescaped: `#` of a keypad",
        r"#.*@",
        "sip:1#2@h",
    ),
    Reason("they refuse empty values and commas in parameters", r"=(;|$)|;.*,", "sip:h;a="),
]
ADDRESS_REASONS = [
    *(Reason(r.why, r.pattern, f"<sip:h>{r.example[1:]}") for r in PARAM_REASONS if r.example.startswith("h;")),
    *(inside_brackets(r) for r in URI_REASONS),
    Reason(
        "they refuse names of other characters than a token has, quoted or not by the RFC: UTF-8 as people write it",
        r"^[^\"<]*[^\x20-\x7e][^<]*<",
        "Zo\u00eb <sip:h>",
    ),
    Reason("they take a comma in a bare address, where it must be in brackets", r"^[^<]*,", "sip:a,b@h"),
    Reason("they keep backslashes before other characters in quoted names", r'^"[^"]*\\[^"\\]', '"a\\b" <sip:h>'),
]
CSEQ_REASONS = [
    Reason("they take numbers of 2^31 and more", r"\d{10}", "4294967296 INVITE"),
]

DIGEST = 'Digest realm="r", nonce="n"'
CHALLENGE_REASONS = [
    Reason(
        "they leave it to others to ask whether realm and nonce are there",
        r"^(?!.*nonce)|^(?!.*realm)",
        'Digest realm="r"',
    ),
    Reason("they take any scheme", r"^Basic", 'Basic realm="r", nonce="n"'),
    Reason(
        'they split quoted values at commas, as in the RFC\'s own qop="auth,auth-int"',
        r'"[^"=]*,[^"=]*"',
        DIGEST + ', qop="auth,auth-int"',
    ),
    Reason("they keep the case of parameter names", r"[A-Z]\w*=", DIGEST + ", Opaque=x"),
    Reason("they refuse separators with nothing between", r",\s*(,|$)", DIGEST + ","),
    Reason("they refuse an empty bare value", r"=\s*(,|$)", DIGEST + ", opaque="),
    Reason("they want a comma between items", r'" \w', 'Digest realm="r" nonce="n"'),
    Reason("they keep backslashes before other characters", r'\\[^"\\]', 'Digest realm="r\\x", nonce="n"'),
]
FOO = "FOO sip:b@h SIP/2.0\r\n"
MESSAGE_REASONS = [
    Reason("they keep a blank before the colon as part of the name", r"[ \t]:", FOO + "Subject : x\r\n\r\n"),
    Reason("they do not join folded lines", r"\r\n ", FOO + "Subject: x\r\n y: z\r\n\r\n"),
    Reason("they refuse bytes that are no UTF-8", "\udcff", FOO + "Subject: \udcff\r\n\r\n"),
    Reason("they do not skip line ends before the message", r"^\r\n", "\r\n" + FOO + "Subject: x\r\n\r\n"),
    Reason(
        "they refuse a status line without a blank behind the code, as many send it",
        r"^SIP/2.0 200\r",
        "SIP/2.0 200\r\nl: 0\r\n\r\n",
    ),
    Reason(
        "they refuse Request-URIs of other schemes, which are to be answered 416",
        r"^FOO isbn",
        "FOO isbn:1 SIP/2.0\r\nl: 0\r\n\r\n",
    ),
    Reason(
        "they leave the body as long as the datagram", r"\r\n(l|Content-Length): .*\r\n\r\n", FOO + "l: 0\r\n\r\nx"
    ),
]

KINDS: dict[str, tuple[Callable[[str], Any], Callable[[str], Any], list[Reason]]] = {
    "via": (our_via, their_via, VIA_REASONS),
    "uri": (our_uri, their_uri, URI_REASONS),
    "address": (our_address, their_address, ADDRESS_REASONS),
    "cseq": (our_cseq, their_cseq, CSEQ_REASONS),
    "challenge": (our_challenge, their_challenge, CHALLENGE_REASONS),
    "message": (our_message, their_message, MESSAGE_REASONS),
}


def compare(kind: str, text: str) -> None:
    read, read_too, reasons = KINDS[kind]
    mine, other = ours(lambda: read(text)), theirs(lambda: read_too(text))
    if mine != other and not any(reason.explains(text) for reason in reasons):
        pytest.fail(f"{text!r}: we read {mine}, they {other}")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(kind, reason) for kind, (_, _, reasons) in KINDS.items() for reason in reasons],
    ids=lambda value: value if isinstance(value, str) else value.example,
)
def test_every_reason_is_still_one(kind: str, reason: Reason) -> None:
    read, read_too, _ = KINDS[kind]
    assert reason.explains(reason.example)
    assert ours(lambda: read(reason.example)) != theirs(lambda: read_too(reason.example))


blank = st.sampled_from(["", "", "", " ", "  "])
word = st.text("abhXYZ019-._~!*'%+`", min_size=1, max_size=5)
hosts = st.sampled_from(["h", "a_h", "h.example.com", "H-1.h", "127.0.0.1", "[::1]", "[2001:db8::9]", "h.9"])
ports = st.sampled_from(["", "", ":5060", ":0", ":65535", ":123456"])
values = st.one_of(
    st.just(""),
    st.builds("={}".format, word),
    st.builds("={}".format, st.sampled_from(['"q"', '"a;b"', '"a\\"b"', "::1", "127.0.0.1", "%41", ""])),
)
params = st.lists(st.tuples(blank, blank, word | st.just("rport"), values), max_size=3).map(
    lambda parts: "".join(f"{a};{b}{name}{value}" for a, b, name, value in parts)
)
via_texts = st.builds(
    "{}/{}/{} {}{}{}".format,
    st.sampled_from(["SIP", "SIP", "SIP ", "sip"]),
    st.sampled_from(["2.0", "2.0", " 2.0 ", "7.0"]),
    st.sampled_from(["UDP", "TCP", "tls", "X-y"]),
    hosts,
    ports | st.just(" : 5060"),
    params,
)
users = st.one_of(
    st.just(""),
    st.builds("{}@".format, st.text("abXY019-_.!~*'()&=+$,;?/", min_size=1, max_size=6)),
    st.builds(
        "{}:{}@".format,
        word.map(lambda w: w.replace("%", "").replace("`", "")),
        st.sampled_from(["pw", "%41", ""]),
    ),
    st.sampled_from(["%41b@", "a%20b@", "1#2@", "+4712345678@"]),
)
uri_params = st.lists(
    st.sampled_from(
        [";lr", ";transport=tcp", ";transport=TLS", ";Lr", ";a=%41", ";x=[::1]", ";b=", ";b=1,2", ";user=phone"]
    ),
    max_size=3,
).map("".join)
uri_texts = st.one_of(
    st.builds(
        "{}{}{}{}{}".format, st.sampled_from(["sip:", "sip:", "sips:", "SIP:"]), users, hosts, ports, uri_params
    ),
    st.sampled_from(["tel:+4712345678", "isbn:1", "sip:h?a=b", "sip:", "", "h", "sip:a b@h"]),
)
displays = st.one_of(
    st.just(""),
    st.text("abXY019-.!%*_+`'~ ", max_size=8),
    st.text('ab "\\,<>;:@\u00eb', max_size=6).map(lambda text: parameter.quote(text) + " "),
    st.just("Zo\u00eb "),
)
address_texts = st.one_of(
    st.builds("{}<{}>{}".format, displays, uri_texts.filter(bool), params),
    st.builds("{}{}".format, uri_texts.filter(lambda text: ";" not in text and " " not in text and text), params),
    st.just("*"),
)
cseq_texts = st.builds(
    "{}{}{}".format,
    st.sampled_from(["1", "0009", "2147483647", "4294967296", "x", ""]),
    st.sampled_from([" ", "   ", "\t", ""]),
    word | st.just("INVITE"),
)


@given(via_texts)
def test_vias(text: str) -> None:
    compare("via", text)


@given(uri_texts)
def test_uris(text: str) -> None:
    compare("uri", text)


@given(address_texts)
def test_addresses(text: str) -> None:
    compare("address", text)


@given(cseq_texts)
def test_cseqs(text: str) -> None:
    compare("cseq", text)


items = st.lists(
    st.sampled_from(
        [
            'realm="r"',
            'nonce="n\\"o"',
            "nonce=n",
            "algorithm=SHA-256",
            'opaque=""',
            "Opaque=x",
            'opaque="a b"',
            'qop="auth,auth-int"',
            'realm="a\\b"',
            "opaque=",
            "stale=true",
            "",
        ]
    ),
    max_size=5,
)
challenge_texts = st.builds(
    lambda scheme, parts, separator: f"{scheme} {separator.join(parts)}",
    st.sampled_from(["Digest", "Digest", "digest", "Basic"]),
    items,
    st.sampled_from([", ", ",", " , ", " "]),
)


@given(challenge_texts)
def test_challenges(text: str) -> None:
    compare("challenge", text)


names = st.sampled_from(["Subject", "s", "S", "X-Odd", "supported", "k", "Contact", "m", "Subject ", "X-Odd\t"])
line_values = st.text('ab,; <>"=\u00eb', max_size=12) | st.sampled_from(["a\r\n b", "\udcff"])
header_lines = st.lists(st.builds("{}:{}{}\r\n".format, names, blank, line_values), max_size=5).map("".join)
message_texts = st.builds(
    "{}{}v: SIP/2.0/UDP h;branch=z9hG4bK1\r\n{}{}\r\n{}".format,
    st.sampled_from(["", "", "\r\n"]),
    st.sampled_from(
        [
            "FOO sip:b@h SIP/2.0\r\n",
            "SIP/2.0 200 OK\r\n",
            "SIP/2.0 200 \r\n",
            "SIP/2.0 200\r\n",
            "FOO isbn:1 SIP/2.0\r\n",
        ]
    ),
    header_lines,
    st.sampled_from(["", "l: 2\r\n", "l: 0\r\n", "Content-Length: 900\r\n"]),
    st.sampled_from(["", "ab", "abc\r\n\r\nd"]),
)


@given(message_texts)
def test_whole_messages(text: str) -> None:
    compare("message", text)
