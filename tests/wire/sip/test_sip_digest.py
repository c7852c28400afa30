"""Digest authentication of SIP, against the RFCs' examples, sums done by hand, and our two sides against each other."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from hashlib import md5, sha256

import pytest
from aiohttp import DigestAuthMiddleware
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from simulator.errors import MalformedMessage
from simulator.wire.http.digest import NonceMint, parse_authorization
from simulator.wire.sip.digest import (
    Attempts,
    Challenge,
    DigestClient,
    Signed,
    authorization,
    choose,
    hashed,
    parse_challenge,
    secret,
)
from simulator.wire.sip.message import Headers, Request, Response
from simulator.wire.sip.protection import Finding, Protection, challenge, proves


@dataclass(frozen=True)
class Login:
    username: str
    password: str
    realm: str = ""


ALICE = Login("alice", "s3cret \u00e4")
ALGORITHMS = ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"]


class HttpRefusal:
    """As much of a 401 as aiohttp looks at."""

    status = 401

    def __init__(self, value: str) -> None:
        self.headers = {"www-authenticate": value}
        self.url = URL("http://h/")


def register(body: bytes = b"") -> Request:
    return Request("REGISTER", "sip:example.com", Headers(("CSeq", "1 REGISTER")), body)


def refusal(*challenges: str, status: int = 401) -> Response:
    name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
    return Response(status, "", Headers(*((name, value) for value in challenges)))


def client(*logins: Login) -> DigestClient:
    return DigestClient(logins or (ALICE,), random.Random(1))


def protection(**settings: object) -> Protection:
    return Protection("example.com", NonceMint(b"secret"), **settings)  # type: ignore[arg-type]


def password_of(username: str) -> str | None:
    return ALICE.password if username == ALICE.username else None


def test_the_example_of_rfc_3261() -> None:
    """Section 22.4's rules on the numbers of RFC 2617 3.5."""
    sent = Signed(
        "GET", "/dir/index.html", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "MD5", "auth", "00000001", "0a4f113b"
    )
    assert sent.response(secret("MD5", "Mufasa", "testrealm@host.com", "Circle Of Life")) == (
        "6629fae49393a05397450978507c4ef1"
    )


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616(algorithm: str, response: str) -> None:
    """Section 3.9.1."""
    sent = Signed(
        "GET",
        "/dir/index.html",
        "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        algorithm,
        "auth",
        "00000001",
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert sent.response(secret(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life")) == response


def test_the_hash_of_sha_512_256_is_that_of_fips_180() -> None:
    assert hashed("SHA-512-256", b"abc") == "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"


def test_sums_by_hand_with_the_body_in_a_session() -> None:
    request = register(b"body")
    value = authorization(Challenge("r", "n", "SHA-256-sess", ("auth-int",)), ALICE, request, 255, "c")

    def h(text: str) -> str:
        return sha256(text.encode()).hexdigest()

    ha1 = h(h(f"alice:r:{ALICE.password}") + ":n:c")
    ha2 = h("REGISTER:sip:example.com:" + h("body"))
    assert f'response="{h(f"{ha1}:n:000000ff:c:auth-int:{ha2}")}"' in value
    assert value.endswith(", qop=auth-int, nc=000000ff")


def test_an_answer_without_qop_is_that_of_rfc_2069() -> None:
    value = authorization(Challenge("r", 'n"', None, (), "o\\"), Login("a", "b"), register(), 1, "c")

    def h(text: str) -> str:
        return md5(text.encode(), usedforsecurity=False).hexdigest()

    response = h(f'{h("a:r:b")}:n":{h("REGISTER:sip:example.com")}')
    assert value == (
        'Digest username="a", realm="r", nonce="n\\"", uri="sip:example.com", '
        f'response="{response}", opaque="o\\\\"'
    )


def test_a_challenge_in_all_its_spellings() -> None:
    value = 'DIGEST\tRealm = "a, b",nonce="x\\"y" , QOP="auth, auth-int",, unknown=1,opaque="",stale=TRUE, algorithm=md5'
    assert parse_challenge(value) == Challenge("a, b", 'x"y', "md5", ("auth", "auth-int"), "", True)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Digest",
        "Basic realm=x",
        'Digest realm="x"',
        'Digest nonce="x"',
        'Digest realm="x, nonce="y"',
        "Digest ;",
    ],
)
def test_what_is_no_challenge(value: str) -> None:
    with pytest.raises(MalformedMessage):
        parse_challenge(value)


def test_the_topmost_algorithm_that_we_know_is_chosen_for_each_realm() -> None:
    chosen = choose(
        [
            "Basic realm=x",
            'Digest realm="a", nonce="1", algorithm=SHA-3',
            'Digest realm="a", nonce="2", algorithm=SHA-256',
            'Digest realm="a", nonce="3", algorithm=MD5',
            'Digest realm="b", nonce="4", qop="token"',
            'Digest realm="b", nonce="5"',
        ]
    )
    assert {realm: found.nonce for realm, found in chosen.items()} == {"a": "2", "b": "5"}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("qop", [(), ("auth",), ("auth-int",), ("auth-int", "auth")])
def test_both_sides_agree_in_every_algorithm(algorithm: str, qop: tuple[str, ...]) -> None:
    agent, server, request, attempts = (
        client(),
        protection(algorithms=[algorithm], qop=qop),
        register(b"x"),
        Attempts(),
    )
    first = server.check(request, password_of, 1.0)
    assert first.finding is Finding.NO_ANSWER
    assert agent.challenged(refusal(*(value for _, value in first.challenges)), attempts)
    agent.sign(request)
    assert server.check(request, password_of, 2.0).finding is Finding.GRANTED
    if qop:
        assert server.check(request, password_of, 2.0).finding is Finding.STALE, "the count was used before"
    request.body = b"y"
    agent.sign(request)
    assert server.check(request, password_of, 3.0).finding is Finding.GRANTED
    if qop == ("auth-int",):
        request.body = b"z"
        assert server.check(request, password_of, 3.0).finding is Finding.WRONG


@pytest.mark.parametrize(
    ("algorithm", "qop"),
    [
        (algorithm, qop)
        for algorithm in ("MD5", "MD5-sess", "SHA-256", "SHA-256-sess")
        for qop in ((), ("auth",), ("auth-int",))
        if qop or not algorithm.endswith("-sess")
    ],
)
def test_aiohttp_answers_our_challenge_and_we_believe_it(algorithm: str, qop: tuple[str, ...]) -> None:
    """The digest of HTTP is that of SIP; aiohttp's knows sessions and bodies too, but sends no cnonce without qop."""
    peer = DigestAuthMiddleware("alice", ALICE.password)
    response = HttpRefusal(challenge("example.com", 'n"1', algorithm=algorithm, qop=qop))
    assert peer._authenticate(response)  # type: ignore[arg-type]
    value = asyncio.run(peer._encode("INVITE", URL("http://h/sip:bob"), b"body"))  # type: ignore[arg-type]
    request = Request("INVITE", "/sip:bob", Headers(), b"body")
    sent = parse_authorization(value)
    assert proves(sent, ALICE.password, request)
    assert not proves(sent, ALICE.password, Request("BYE", "/sip:bob", Headers(), b"body"))
    assert proves(sent, ALICE.password, Request("INVITE", "/sip:bob", Headers(), b"other")) is (
        qop != ("auth-int",)
    )


def test_counts_go_on_with_a_nonce_and_begin_anew_with_another() -> None:
    agent, request = client(), register()

    def count_after(nonce: str) -> str | None:
        assert agent.challenged(refusal(f'Digest realm="r", nonce="{nonce}", qop="auth"'), Attempts())
        agent.sign(request)
        return parse_authorization(request.headers.get("Authorization") or "").nc

    assert count_after("1") == "00000001"
    assert count_after("1") == "00000002"
    agent.sign(request)
    assert len(request.headers.raw("Authorization")) == 1
    assert count_after("2") == "00000001"


def test_a_wrong_password_is_tried_once() -> None:
    agent, server, request, attempts = client(Login("alice", "wrong")), protection(), register(), Attempts()
    findings = []
    while True:
        verdict = server.check(request, password_of, 1.0)
        findings.append(verdict.finding)
        if not agent.challenged(refusal(*(value for _, value in verdict.challenges)), attempts):
            break
        agent.sign(request)
    assert findings == [Finding.NO_ANSWER, Finding.WRONG]


def test_stale_is_answered_once_more_and_no_loop() -> None:
    agent, server, request, attempts = client(), protection(nonce_lifetime=0.0), register(), Attempts()
    findings = []
    for _ in range(9):
        verdict = server.check(request, password_of, 1.0)
        findings.append(verdict.finding)
        if not agent.challenged(refusal(*(value for _, value in verdict.challenges)), attempts):
            break
        agent.sign(request)
    assert findings == [Finding.NO_ANSWER, Finding.STALE, Finding.STALE]


def test_an_old_nonce_used_in_advance_is_replaced() -> None:
    agent, server, request = client(), protection(), register()
    agent.challenged(refusal(*(value for _, value in server.challenges(0.0))), Attempts())
    agent.sign(request)
    verdict = server.check(request, password_of, 1000.0)
    assert verdict.finding is Finding.STALE
    assert agent.challenged(refusal(*(value for _, value in verdict.challenges)), Attempts())
    agent.sign(request)
    assert server.check(request, password_of, 1000.0) == (Finding.GRANTED, "alice", ())


def test_registrar_and_proxies_have_their_own_logins() -> None:
    agent = client(Login("p", "1", "proxy"), Login("any", "2"))
    request, attempts = register(), Attempts()
    assert agent.challenged(refusal('Digest realm="proxy", nonce="n"', status=407), attempts)
    assert agent.challenged(refusal('Digest realm="other", nonce="n"'), attempts)
    agent.sign(request)
    assert parse_authorization(request.headers.get("Proxy-Authorization") or "").username == "p"
    assert parse_authorization(request.headers.get("Authorization") or "").username == "any"


def test_without_a_fitting_login_there_is_no_use() -> None:
    assert not client(Login("a", "b", "here")).challenged(refusal('Digest realm="there", nonce="n"'), Attempts())
    assert not client().challenged(refusal('Digest realm="r", nonce="n", algorithm=X'), Attempts())
    assert not client().challenged(refusal(), Attempts())


def test_the_next_nonce_is_taken_over() -> None:
    agent, request = client(), register()
    agent.challenged(refusal('Digest realm="r", nonce="1", qop="auth"'), Attempts())
    agent.accepted(Response(200, "OK", Headers(("Authentication-Info", 'nextnonce="2"'))))
    agent.sign(request)
    sent = parse_authorization(request.headers.get("Authorization") or "")
    assert (sent.nonce, sent.nc) == ("2", "00000001")


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (("", ""), Finding.GRANTED),
        (("sip:example.com", "sip:other.com"), Finding.WRONG),
        (('username="alice"', 'username="bob"'), Finding.WRONG),
        (("algorithm=SHA-256", "algorithm=SHA-512-256"), Finding.WRONG),
        (('nonce="', 'nonce="x'), Finding.WRONG),
        (('realm="example.com"', 'realm="elsewhere"'), Finding.NO_ANSWER),
        (("Digest ", "Basic "), Finding.NO_ANSWER),
        (("nc=", "nx="), Finding.MALFORMED),
    ],
)
def test_what_a_protection_finds(change: tuple[str, str], finding: Finding) -> None:
    agent, server, request = client(), protection(), register()
    agent.challenged(refusal(*(value for _, value in server.challenges(0.0))), Attempts())
    agent.sign(request)
    request.uri = "sip:EXAMPLE.com"  # the same address: a proxy may have written it anew
    request.headers.set("Authorization", (request.headers.get("Authorization") or "").replace(*change))
    assert server.check(request, password_of, 1.0).finding is finding


def test_nonces_of_one_instant_differ() -> None:
    server = protection()
    assert server.challenges(1.0) != server.challenges(1.0)


quoted = st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=12)


@given(quoted, quoted, st.sampled_from(ALGORITHMS), st.booleans(), quoted)
def test_challenges_survive_their_encoding(
    realm: str, nonce: str, algorithm: str, stale: bool, opaque: str
) -> None:
    value = challenge(realm, nonce, algorithm=algorithm, stale=stale, opaque=opaque)
    assert parse_challenge(value) == Challenge(realm, nonce, algorithm, ("auth",), opaque or None, stale)


@given(quoted, quoted, quoted)
def test_credentials_survive_their_encoding(username: str, password: str, realm: str) -> None:
    request = register()
    value = authorization(Challenge(realm, "n", "SHA-256", ("auth",)), Login(username, password), request, 1, "c")
    sent = parse_authorization(value)
    assert (sent.username, sent.realm) == (username, realm)
    assert proves(sent, password, request)
    assert not proves(sent, password + "x", request)


@pytest.mark.fuzz
@given(
    st.text(st.characters(exclude_categories=[])),
    st.sampled_from(["", "Digest ", 'Digest realm="r", nonce="n", ']),
)
def test_any_challenge_is_read_or_refused(text: str, begin: str) -> None:
    try:
        found = parse_challenge(begin + text)
    except MalformedMessage:
        return
    assert found.realm is not None
    choose([begin + text])


@pytest.mark.fuzz
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(["", "Digest ", 'Digest username="alice", realm="example.com", ']),
)
def test_any_credentials_are_judged(text: str, begin: str) -> None:
    request = register()
    request.headers.add("Authorization", begin + text)
    assert protection().check(request, password_of, 1.0).finding is not Finding.GRANTED
