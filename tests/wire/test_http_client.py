"""A client's one request: answers of all lengths, challenges, and what is no answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.http.authorization import challenges
from simulator.wire.http.client import Again, Answered, ClientSession, Connected, Failed, Request

REQUEST = Request("GET", "/a?b=c", "192.0.2.1", (("User-Agent", "test"),))
DIGEST = 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5'


def session(request=REQUEST, login=None):
    made = ClientSession(request, login, lambda: "0a4f113b", patience=5)
    made.send(Connected(), 0.0)
    return made


def told(made, *portions):
    return [event for portion in portions for event in made.receive(portion, 1.0)]


def test_the_request_is_sent_as_it_is():
    assert session().take_output() == b"GET /a?b=c HTTP/1.1\r\nHost: 192.0.2.1\r\nUser-Agent: test\r\n\r\n"
    post = Request("POST", "/", "a", (), b"body")
    assert session(post).take_output().endswith(b"Content-Length: 4\r\n\r\nbody")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 204 Gone on\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_an_answer_is_complete_when_its_body_is(answer):
    made = session()
    events = told(made, *(answer[i : i + 1] for i in range(len(answer))))
    assert [type(event) for event in events] == [Answered]
    assert events[0].status in (200, 204)
    assert made.ended


def test_a_body_without_a_length_ends_with_the_connection():
    made = session()
    assert told(made, b"HTTP/1.0 200 OK\r\n\r\nhello") == []
    assert made.lost(2.0) == [Answered(200, "OK")]


def test_a_connection_that_ends_too_early_and_a_silent_server_are_failures():
    made = session()
    told(made, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")
    assert made.lost(2.0) == [Failed("the server closed the connection")]
    made = session()
    assert made.next_deadline() == 5.0
    assert made.tick(4.9) == []
    assert made.tick(5.0) == [Failed("the server does not answer")]


def test_a_challenge_is_answered_on_the_same_connection():
    made = session(login=("user", "secret"))
    made.take_output()
    assert (
        told(made, f"HTTP/1.1 401 No\r\nWWW-Authenticate: {DIGEST}\r\nContent-Length: 2\r\n\r\nno".encode()) == []
    )
    again = made.take_output().decode()
    assert 'username="user", realm="r", nonce="n", uri="/a?b=c"' in again
    assert "qop=auth, nc=00000001" in again
    assert told(made, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") == [Answered(200, "OK")]


def test_where_the_server_hangs_up_a_new_connection_is_asked_for():
    made = session(login=("user", "secret"))
    answer = f"HTTP/1.1 401 No\r\nConnection: close\r\nWWW-Authenticate: {DIGEST}\r\nContent-Length: 0\r\n\r\n"
    assert told(made, answer.encode()) == [Again()]
    made.take_output()
    made.send(Connected(), 2.0)
    assert b"Authorization: Digest" in made.take_output()


def test_a_wrong_password_is_not_tried_twice():
    made = session(login=("user", "secret"))
    answer = f"HTTP/1.1 401 No\r\nWWW-Authenticate: {DIGEST}\r\nContent-Length: 0\r\n\r\n".encode()
    assert told(made, answer, answer) == [Answered(401, "No")]


def test_the_better_challenge_goes_first():
    found = challenges(
        ['Basic realm="b"', f'{DIGEST}, Digest realm="s", nonce="x", algorithm=SHA-256, qop="auth-int,auth"']
    )
    assert [(one.scheme, one.algorithm) for one in found] == [
        ("digest", "SHA-256"),
        ("digest", "MD5"),
        ("basic", "MD5"),
    ]
    assert challenges(['Digest realm="r", nonce="n", qop="auth-int"', "Negotiate"]) == []


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 101 Switching\r\n\r\n",
        b"x" * 100_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * (17 << 20),
    ],
)
def test_what_is_no_answer_is_malformed(answer):
    with pytest.raises(MalformedMessage):
        told(session(), answer)


PARTS = [
    b"HTTP/1.1 200 OK\r\n",
    b"\r\n",
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"3\r\nabc\r\n",
    b"0\r\n",
]
PARTS += [b"HTTP/1.1 401 No\r\nWWW-Authenticate: " + DIGEST.encode() + b"\r\n", b"HTTP/1.1 100 C\r\n\r\n"]


@pytest.mark.fuzz
@given(st.lists(st.sampled_from(PARTS) | st.binary(max_size=20), max_size=12))
def test_any_bytes_are_an_answer_or_malformed(portions):
    made = session(login=("user", "secret"))
    try:
        told(made, *portions)
    except MalformedMessage:
        return
    made.lost(2.0)
    made.tick(100.0)
    assert made.ended or made.next_deadline() is None
