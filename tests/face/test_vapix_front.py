"""The front end: who gets in, how he is told, and what every answer carries."""

from __future__ import annotations

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vapix_desk import ROOT, Desk, credentials, digest, header

from simulator.face.exchange import Admission, Answer
from simulator.face.vapix.route import ROUTES

GROUPS = "/axis-cgi/usergroup.cgi"
PARAM = "/axis-cgi/param.cgi?action=list&group=Brand"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_challenge_over_http_is_digest_and_carries_the_serial(desk: Desk) -> None:
    answer = desk.once(desk.head("GET", GROUPS))
    challenge = header(answer, "WWW-Authenticate")
    assert answer.status == 401
    assert challenge.startswith(f'Digest realm="AXIS_{desk.device.identity.serial}", nonce="')
    assert challenge.endswith('", algorithm=MD5, qop="auth"')
    assert b"<title>401 Unauthorized</title>" in answer.body
    assert answer.content_type == "text/html; charset=ISO-8859-1"


def test_digest_lets_in_and_proves_itself_in_return(desk: Desk) -> None:
    answer = desk.ask("GET", GROUPS)
    assert answer.body == b"root\nadmin operator viewer ptz\n"
    assert header(answer, "Authentication-Info").startswith('rspauth="')
    assert desk.challenges == 1


def test_over_tls_the_recommended_policy_asks_for_basic(desk: Desk) -> None:
    answer = desk.once(desk.head("GET", GROUPS, secure=True))
    assert header(answer, "WWW-Authenticate") == f'Basic realm="AXIS_{desk.device.identity.serial}"'
    assert desk.ask("GET", GROUPS, secure=True).status == 200


@pytest.mark.parametrize(
    ("policy", "plain", "tls"),
    [("basic", "Basic", "Basic"), ("digest", "Digest", "Digest"), ("basic_digest", "Digest", "Digest")],
)
def test_the_policy_decides_the_scheme(desk: Desk, policy: str, plain: str, tls: str) -> None:
    desk.device.parameters.put("Network.HTTP.AuthenticationPolicy", policy)
    for secure, scheme in ((False, plain), (True, tls)):
        answer = desk.once(desk.head("GET", GROUPS, secure=secure))
        assert header(answer, "WWW-Authenticate").startswith(f"{scheme} realm=")
        assert desk.ask("GET", GROUPS, secure=secure).status == 200


def test_a_basic_attempt_first_is_no_failure(desk: Desk) -> None:
    text = base64.b64encode(b":".join(part.encode() for part in ROOT)).decode()
    outcome = desk.face.admit(desk.head("GET", GROUPS, headers={"authorization": f"Basic {text}"}))
    assert isinstance(outcome, Answer)
    assert header(outcome, "WWW-Authenticate").startswith("Digest")


def test_a_nonce_is_good_for_300_seconds_and_then_stale(desk: Desk) -> None:
    head = desk.head("GET", GROUPS)
    challenge = header(desk.once(head), "WWW-Authenticate")
    for count, seconds in ((1, 0), (2, 290), (1, 9)):  # one client sends nc=1 for ever
        desk.advance(seconds)
        head.headers["authorization"] = digest(challenge, "GET", GROUPS, *ROOT, nc=count)
        assert desk.once(head).status == 200
    desk.advance(2)
    stale = desk.once(head)
    assert stale.status == 401
    assert header(stale, "WWW-Authenticate").endswith(", stale=true")
    head.headers["authorization"] = credentials(stale, head, *ROOT)
    assert desk.once(head).status == 200


def test_before_a_nonce_ends_the_next_one_is_offered(desk: Desk) -> None:
    head = desk.head("GET", GROUPS)
    challenge = header(desk.once(head), "WWW-Authenticate")
    head.headers["authorization"] = digest(challenge, "GET", GROUPS, *ROOT)
    assert "nextnonce" not in header(desk.once(head), "Authentication-Info")
    desk.advance(280)
    assert "nextnonce" in header(desk.once(head), "Authentication-Info")


def test_a_nonce_of_another_boot_is_stale(desk: Desk) -> None:
    head = desk.head("GET", GROUPS)
    challenge = header(desk.once(head), "WWW-Authenticate")
    head.headers["authorization"] = digest(challenge, "GET", GROUPS, *ROOT)
    desk.device.lifecycle.restart("test")
    desk.wait_until(lambda: desk.device.lifecycle.boots and desk.device.lifecycle.phase == "running")
    assert header(desk.once(head), "WWW-Authenticate").endswith("stale=true")


def test_the_uri_signed_may_lack_the_query_but_not_be_another(desk: Desk) -> None:
    head = desk.head("GET", PARAM)
    challenge = header(desk.once(head), "WWW-Authenticate")
    head.headers["authorization"] = digest(challenge, "GET", "/axis-cgi/param.cgi", *ROOT)
    assert desk.once(head).status == 200
    head.headers["authorization"] = digest(challenge, "GET", GROUPS, *ROOT)
    assert desk.once(head).status == 400
    head.headers["user-agent"] = "Mozilla HttpClient/4"  # System.SkipDigestUriValidation
    assert desk.once(head).status == 200


def test_a_client_of_rfc_2069_gets_in(desk: Desk) -> None:
    import hashlib

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    head = desk.head("GET", GROUPS)
    nonce = header(desk.once(head), "WWW-Authenticate").split('nonce="')[1].split('"')[0]
    realm = desk.device.identity.realm
    answer = md5(f"{md5(f'{ROOT[0]}:{realm}:{ROOT[1]}')}:{nonce}:{md5(f'GET:{GROUPS}')}")
    head.headers["authorization"] = (
        f'Digest username="root", realm="{realm}", nonce="{nonce}", uri="{GROUPS}", response="{answer}"'
    )
    assert desk.once(head).status == 200


def test_a_wrong_password_costs_time_and_the_right_one_works_at_once(desk: Desk) -> None:
    answer = desk.ask("GET", GROUPS, login=("root", "wrong"))
    assert answer.status == 401
    assert desk.waited == pytest.approx(0.21)
    assert desk.ask("GET", GROUPS).status == 200
    assert desk.waited == 0.0


def test_a_wrong_password_is_settled_before_any_body(desk: Desk) -> None:
    head = desk.head("POST", "/axis-cgi/param.cgi", headers={"expect": "100-continue"})
    challenge = header(desk.once(head), "WWW-Authenticate")
    head.headers["authorization"] = digest(challenge, "POST", head.target, "root", "wrong")
    outcome = desk.face.admit(head)
    assert isinstance(outcome, Answer)
    assert (outcome.status, outcome.after) == (401, pytest.approx(0.21))


def test_sequential_tries_never_block_parallel_ones_do(desk: Desk) -> None:
    for _ in range(65):
        desk.ask("GET", GROUPS, login=("root", "wrong"))
    assert desk.ask("GET", GROUPS).status == 200
    head = desk.head("GET", GROUPS)
    head.headers["authorization"] = digest(
        header(desk.once(desk.head("GET", GROUPS)), "WWW-Authenticate"), "GET", GROUPS, "root", "wrong"
    )
    desk.advance(10)
    head.at = desk.clock.now()
    outcomes = [desk.face.admit(head) for _ in range(22)]
    assert [(outcome.status, outcome.after > 0) for outcome in outcomes] == [(401, True)] * 21 + [(403, False)]
    assert desk.ask("GET", GROUPS).status == 403
    assert desk.ask("POST", "/axis-cgi/systemready.cgi").status == 403
    assert desk.ask("GET", GROUPS, peer="10.0.0.77").status == 200
    assert ("tns1:Device/tnsaxis:Network/BlockedIP", {"address": "10.0.0.9"}) in desk.events
    desk.advance(10.1)
    assert desk.ask("GET", GROUPS).status == 200


def test_without_throttling_a_wrong_password_costs_nothing_and_never_blocks(desk: Desk) -> None:
    desk.device.parameters.put("System.PreventDoSAttack.ActivatePasswordThrottling", "Off")
    head = desk.head("GET", GROUPS)
    head.headers["authorization"] = digest(
        header(desk.once(desk.head("GET", GROUPS)), "WWW-Authenticate"), "GET", GROUPS, "root", "wrong"
    )
    assert {desk.face.admit(head).after for _ in range(50)} == {0.0}
    assert desk.ask("GET", GROUPS).status == 200


def test_too_low_a_role_is_403(desk: Desk) -> None:
    desk.device.accounts.add("vera", "v", ("viewer",))
    assert desk.ask("GET", "/axis-cgi/pwdgrp.cgi?action=get", login=("vera", "v")).status == 403
    assert desk.ask("GET", PARAM, login=("vera", "v")).status == 200


def test_an_unknown_path_is_apaches_404(desk: Desk) -> None:
    answer = desk.once(desk.head("GET", "/axis-cgi/nothing.cgi"))
    assert answer.status == 404
    assert answer.content_type == "text/html; charset=ISO-8859-1"
    assert b"<title>404 Not Found</title>" in answer.body
    assert answer.body.endswith(b"\n")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("//axis-cgi//usergroup.cgi", 200),
        ("/axis-cgi/./x/../usergroup.cgi", 200),
        ("/axis-cgi/%75sergroup.cgi", 200),
        ("/../etc/passwd", 400),
        ("/axis-cgi/../../etc/passwd", 400),
        ("/axis-cgi%2fusergroup.cgi", 404),
        ("/axis-cgi/usergroup.cgi%00", 400),
        ("/axis-cgi/usergroup.cgi/", 404),
        ("*", 404),
    ],
)
def test_odd_paths_are_read_as_apache_reads_them(desk: Desk, target: str, status: int) -> None:
    assert desk.ask("GET", target).status == status


def test_a_wrong_verb_is_405_but_a_nonce_can_be_fetched_with_it(desk: Desk) -> None:
    probe = desk.once(desk.head("GET", "/axis-cgi/firmwaremanagement.cgi"))
    assert probe.status == 401
    answer = desk.ask("GET", "/axis-cgi/firmwaremanagement.cgi")
    assert answer.status == 405
    assert header(answer, "Allow") == "POST"
    assert desk.ask("DELETE", "/axis-cgi/param.cgi").status == 405
    assert desk.ask("HEAD", PARAM).status == 200


def test_headers_of_this_track(desk: Desk) -> None:
    names = [name for name, _ in desk.once(desk.head("GET", "/nothing")).headers]
    assert names[:2] == ["Server", "X-Content-Type-Options"]
    assert {"X-Frame-Options", "X-XSS-Protection", "Content-Security-Policy", "Referrer-Policy"} <= set(names)
    desk.device.parameters.put("System.HTTPServerTokens", "no")
    assert header(desk.once(desk.head("GET", "/nothing")), "Server") == "Apache"
    assert desk.face.server_header() == "Apache"
    plain, tls = (
        [name for name, _ in desk.once(desk.head("GET", "/nothing", secure=secure)).headers]
        for secure in (False, True)
    )
    assert ("Upgrade" in plain, "Upgrade" in tls) == (True, False)


def test_anonymous_viewing_opens_viewer_paths_only(desk: Desk) -> None:
    desk.device.parameters.put("System.BoaProtViewer", "anonymous")
    answer = desk.ask("GET", PARAM, login=None)
    assert answer.status == 200
    assert b"root.Brand.Brand=AXIS" in answer.body
    assert desk.ask("GET", PARAM + "&usergroup=admin", login=None).status == 401
    assert desk.ask("GET", "/axis-cgi/systemlog.cgi", login=None).status == 401
    assert desk.ask("GET", "/axis-cgi/param.cgi?action=update&Time.POSIXTimeZone=X0", login=None).body.startswith(
        b"# Er"
    )
    assert desk.ask("GET", GROUPS, login=None).status == 401


def test_with_policy_https_a_get_is_redirected_and_a_post_refused(desk: Desk) -> None:
    desk.device.parameters.put("System.BoaGroupPolicy.viewer", "https")
    answer = desk.once(desk.head("GET", PARAM, headers={"host": "axis-cam.local:80"}))
    assert answer.status == 301
    assert header(answer, "Location") == f"https://axis-cam.local{PARAM}"
    desk.face.https_port = 8443
    assert header(desk.once(desk.head("GET", PARAM)), "Location") == f"https://10.0.0.5:8443{PARAM}"
    assert desk.once(desk.head("POST", "/axis-cgi/param.cgi")).status == 403
    assert desk.ask("GET", PARAM, secure=True).status == 200
    assert desk.ask("GET", "/axis-cgi/systemlog.cgi").status == 200  # the administrators' policy is another


def test_with_policy_http_tls_is_refused(desk: Desk) -> None:
    desk.device.parameters.put("System.BoaGroupPolicy.viewer", "http")
    assert desk.ask("GET", PARAM, secure=True).status == 403
    assert desk.ask("GET", PARAM).status == 200


def test_before_set_up_only_what_is_open_answers() -> None:
    desk = Desk(setup=False)
    assert desk.ask("GET", PARAM).status == 401
    assert desk.ask("GET", GROUPS).status == 401
    page = desk.ask("GET", "/")
    assert (page.status, b"/index.html" in page.body) == (200, True)
    assert b'type="password"' in desk.ask("GET", "/index.html").body
    assert desk.ask("GET", "/axis-cgi/prod_brand_info/getbrand.cgi").status == 200


def test_while_starting_only_systemready_answers() -> None:
    desk = Desk(running=False)
    desk.device.lifecycle.power_on()
    desk.wait_until(lambda: desk.device.lifecycle.phase == "starting")
    assert desk.rpc("/axis-cgi/systemready.cgi", "systemready")["data"]["systemready"] == "no"
    assert desk.once(desk.head("GET", PARAM)).status == 401
    assert desk.ask("GET", PARAM).status == 503
    assert desk.ask("POST", "/axis-cgi/apidiscovery.cgi").status == 503


def test_failed_and_good_logins_are_in_the_logs(desk: Desk) -> None:
    desk.ask("GET", GROUPS, login=("root", "wrong"))
    assert desk.device.logs.access_lines() == ()
    desk.device.parameters.put("System.AccessLog", "On")
    desk.ask("GET", GROUPS, login=("root", "wrong"))
    desk.ask("GET", GROUPS)
    desk.ask("GET", GROUPS)
    failed, *good = desk.device.logs.access_lines()
    assert "root@10.0.0.9 GET /axis-cgi/usergroup.cgi authentication failed" in failed
    assert len(good) == 2
    audit = [line.partition("]: ")[2] for line in desk.device.logs.audit_lines()]
    assert audit.count("Authentication: root@10.0.0.9 Authentication failed (HTTP).") == 2
    assert audit.count("Authentication: root@10.0.0.9 Authentication succeeded (HTTP).") == 1


PATHS = sorted({path for route in ROUTES for path in route.paths})
TEXT = st.text(st.characters(codec="utf-8"), max_size=60)
WORDS = st.sampled_from(
    [
        "action=list",
        "group=root",
        "action=update",
        "action=add",
        "user=root",
        "mode=zip",
        "tail=3",
        "timeout",
        "params",
    ]
)


@st.composite
def a_query(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.one_of(WORDS, TEXT), max_size=4))
    return "&".join(parts)


HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.one_of(
            TEXT,
            st.sampled_from(
                ["application/json", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded"]
            ),
        ),
        **dict.fromkeys(("authorization", "host", "expect", "connection", "user-agent"), TEXT),
    },
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=8,
)
METHODS = sorted(
    {name for route in ROUTES for name in getattr(route.handler, "methods", {})}
    | {"status", "upgrade", "factoryDefault", "getApiList", "getSupportedVersions"}
)


@st.composite
def a_body(draw: st.DrawFn) -> bytes:
    import json

    if draw(st.booleans()):
        return draw(st.binary(max_size=200))
    names = ["timeout", "id", "version", "propertyList", "deviceName", "dateTime", "timeZone", "staticNameServers"]
    params = draw(st.one_of(JSON, st.dictionaries(st.sampled_from(names), JSON, max_size=4)))
    call = {"apiVersion": draw(st.one_of(st.just("1.0"), JSON)), "method": draw(st.sampled_from(METHODS))}
    return json.dumps({**call, "context": draw(st.one_of(st.just("c"), JSON)), "params": params}).encode()


@pytest.mark.fuzz
@pytest.mark.timeout(600)
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "OPTIONS", "\x7f"]),
    path=st.one_of(st.sampled_from(PATHS), TEXT.map("/".__add__), st.text(string.printable, max_size=30)),
    query=a_query(),
    headers=HEADERS,
    body=a_body(),
    login=st.sampled_from([None, ROOT, ("root", "wrong"), ("vera", "v")]),
    model=st.sampled_from(["A9210", "C1410"]),
    firmware=st.sampled_from(["12.9.57", "11.11.192", "10.12.130"]),
    setup=st.booleans(),
)
def test_whatever_is_sent_there_is_an_answer_below_500(
    method: str,
    path: str,
    query: str,
    headers: dict[str, str],
    body: bytes,
    login,
    model: str,
    firmware: str,
    setup: bool,
) -> None:
    desk = Desk(model, firmware, setup=setup)
    if setup:
        desk.device.accounts.add("vera", "v", ("viewer",))
    target = f"{path}?{query}" if query else path
    answer = desk.ask(method, target, body, headers=headers, login=login)
    assert 200 <= answer.status < 500
    assert not any("\n" in value or "\r" in value for _, value in answer.headers), answer.headers


def test_a_refusal_is_no_admission(desk: Desk) -> None:
    assert not isinstance(desk.face.admit(desk.head("POST", "/axis-cgi/param.cgi")), Admission)
