"""Digest authentication on the wire, against RFC 7616's sums done by hand and against aiohttp's client."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import string

import pytest
from aiohttp import DigestAuthMiddleware
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from simulator.errors import MalformedMessage
from simulator.wire.http.digest import (
    NONCE_LENGTH,
    NonceMint,
    authentication_info,
    basic_challenge,
    challenge,
    parse_authorization,
    parse_basic,
    password_matches,
    uri_matches,
)

REALM = "AXIS_B8A44F010203"


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def ha1(user: str, password: str, realm: str = REALM) -> str:
    return md5(f"{user}:{realm}:{password}")


def test_the_example_of_rfc_2617() -> None:
    sent = parse_authorization(
        'Digest username="Mufasa", realm="testrealm@host.com", '
        'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", qop=auth, nc=00000001, '
        'cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    assert password_matches(ha1("Mufasa", "Circle Of Life", "testrealm@host.com"), "GET", sent)
    assert not password_matches(ha1("Mufasa", "Circle of Life", "testrealm@host.com"), "GET", sent)
    assert not password_matches(ha1("Mufasa", "Circle Of Life", "testrealm@host.com"), "POST", sent)


def test_the_example_of_rfc_2069_without_qop() -> None:
    secret = ha1("Mufasa", "CircleOfLife", "testrealm@host.com")
    answer = md5(f"{secret}:dcd98b7102dd2f0e8b11d0f600bfb0c093:{md5('GET:/dir/index.html')}")
    sent = parse_authorization(
        'Digest username="Mufasa",realm="testrealm@host.com",nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",'
        f'uri="/dir/index.html",response="{answer.upper()}"'
    )
    assert password_matches(secret, "GET", sent)
    assert authentication_info(secret, sent) == ""


def test_aiohttp_answers_our_challenge_and_we_believe_it() -> None:
    client = DigestAuthMiddleware("judy", 'pa"ss \\ word')
    nonce = NonceMint(b"secret").mint(1_772_352_000.0)
    for part in ("realm", "nonce", "qop", "algorithm"):
        client._challenge[part] = {
            "realm": REALM,
            "nonce": nonce,
            "qop": "auth",
            "algorithm": "MD5",
        }[part]  # type: ignore[literal-required]

    import asyncio

    target = "/axis-cgi/param.cgi?action=list&group=Brand%2CProperties"
    header = asyncio.run(client._encode("GET", URL("http://127.0.0.1" + target, encoded=True), b""))
    sent = parse_authorization(header)
    assert (sent.username, sent.nonce, sent.uri) == ("judy", nonce, target)
    assert password_matches(ha1("judy", 'pa"ss \\ word'), "GET", sent)


def test_challenge_has_the_recorded_order_of_items() -> None:
    nonce = NonceMint(b"x").mint(0.0)
    assert challenge(REALM, nonce) == f'Digest realm="{REALM}", nonce="{nonce}", algorithm=MD5, qop="auth"'
    assert challenge(REALM, nonce, stale=True).endswith(', qop="auth", stale=true')
    assert basic_challenge(REALM) == f'Basic realm="{REALM}"'


def test_authentication_info_proves_that_the_server_knows_the_password_too() -> None:
    secret = ha1("judy", "secret")
    answer = md5(f"{secret}:N:00000001:C:auth:{md5('GET:/x')}")
    sent = parse_authorization(
        f'Digest username="judy", realm="{REALM}", nonce="N", uri="/x", qop=auth, nc=00000001, cnonce="C", '
        f'response="{answer}"'
    )
    proof = md5(f"{secret}:N:00000001:C:auth:{md5(':/x')}")
    assert authentication_info(secret, sent) == f'rspauth="{proof}", cnonce="C", nc=00000001, qop=auth'
    assert 'nextnonce="M"' in authentication_info(secret, sent, next_nonce="M")


@pytest.mark.parametrize(
    "header",
    [
        "Digest",
        'Digest username="a"',
        'Digest username="a", realm="r", nonce="n", uri="/"',
        'Digest username="a", realm="r", nonce="n", uri="/", response="x", qop=auth',
        'Digest username="a", realm="r", nonce="n", uri="/", response="x", qop=auth, nc=zz, cnonce="c"',
        'Digest username="a", realm="r", nonce="n", uri="/", response="unclosed',
        "Digest " + "a" * 9000,
    ],
)
def test_unusable_headers_are_refused(header: str) -> None:
    with pytest.raises(MalformedMessage):
        parse_authorization(header)


@pytest.mark.parametrize(
    ("uri", "target", "fits"),
    [
        ("/a?x=1", "/a?x=1", True),
        ("/a", "/a?x=1", True),  # node-red-contrib-axis-com signs the path alone
        ("http://10.0.0.1/a?x=1", "/a?x=1", True),
        ("/a?x=%2F", "/a?x=/", True),
        ("/b", "/a", False),
        ("/a?x=2", "/a?x=1", False),
        ("/a?x=1", "/a", False),
    ],
)
def test_the_signed_uri_must_be_of_this_request(uri: str, target: str, fits: bool) -> None:
    assert uri_matches(uri, target) is fits


def test_a_nonce_looks_like_apaches_and_knows_its_age() -> None:
    mint, other = NonceMint(b"one"), NonceMint(b"two")
    nonce = mint.mint(1_772_352_000.0)
    assert len(nonce) == NONCE_LENGTH
    assert nonce[11] == "="
    assert len(base64.b64decode(nonce[:12])) == 8
    assert set(nonce[12:]) <= set(string.hexdigits.lower())
    assert mint.age(nonce, 1_772_352_012.5) == pytest.approx(12.5)
    assert other.age(nonce, 1_772_352_012.5) is None
    assert mint.age(nonce[:-1] + ("0" if nonce[-1] != "0" else "1"), 0.0) is None


def test_basic_credentials_may_hold_colons_and_umlauts() -> None:
    assert parse_basic("Basic " + base64.b64encode("judy:a:b ü".encode()).decode()) == ("judy", "a:b ü")
    for wrong in ("Basic", "Basic !!!", "Basic " + base64.b64encode(b"nocolon").decode()):
        with pytest.raises(MalformedMessage):
            parse_basic(wrong)


@pytest.mark.parametrize("target", ["/p?action=1:/300\\", "/p?action=2:/300\\500/300\\", "/p?\\\\", '/p?"\\'])
@pytest.mark.parametrize("escaped", [True, False])
def test_a_backslash_in_the_uri_may_come_escaped_or_bare(target: str, escaped: bool) -> None:
    """aiohttp and browsers escape as RFC 7616 asks, curl and python-requests do not."""
    written = target.replace("\\", "\\\\").replace('"', '\\"') if escaped else target
    answer = md5(f"{ha1('judy', 'secret')}:N:00000001:C:auth:{md5('GET:' + target)}")
    header = (
        f'Digest username="judy", realm="{REALM}", nonce="N", uri="{written}", cnonce="C", nc=00000001, '
        f'qop=auth, response="{answer}"'
    )
    sent = parse_authorization(header, target)
    assert sent.uri == target
    assert password_matches(ha1("judy", "secret"), "GET", sent)


TOKEN = st.text(string.ascii_letters + string.digits, min_size=1, max_size=20)
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)


@given(user=PRINTABLE, password=PRINTABLE, cnonce=PRINTABLE, nonce=TOKEN)
def test_whoever_knows_the_password_is_believed(user: str, password: str, cnonce: str, nonce: str) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    secret = ha1(user, password)
    answer = md5(f"{secret}:{nonce}:00000001:{cnonce}:auth:{md5('PUT:/x')}")
    header = (
        f'Digest username={quoted(user)}, realm="{REALM}", nonce="{nonce}", uri="/x", qop=auth, '
        f'nc=00000001, cnonce={quoted(cnonce)}, response="{answer}"'
    )
    assert password_matches(secret, "PUT", parse_authorization(header))


@pytest.mark.fuzz
@given(
    st.one_of(
        st.text(), st.text(string.printable), st.binary().map(lambda b: b.decode("utf-8", "surrogateescape"))
    )
)
def test_no_header_breaks_the_parsers(text: str) -> None:
    mint = NonceMint(b"s")
    for value in (text, "Digest " + text, 'Digest username="a", realm="r", nonce="n", response="x", uri="' + text):
        try:
            sent = parse_authorization(value, text)
        except MalformedMessage:
            continue
        password_matches("0" * 32, "GET", sent)
        authentication_info("0" * 32, sent)
        uri_matches(sent.uri, "/x?y")
        mint.age(sent.nonce, 1.0)
    with contextlib.suppress(MalformedMessage):
        parse_basic("Basic " + text)
    mint.age(text, 1.0)
    uri_matches(text, text[::-1])
