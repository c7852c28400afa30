"""A mail handed over line by line, and the servers that do not take it."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.smtp.client import ClientSession, Connected, Delivered, Failed, Secured, StartTls
from simulator.wire.smtp.message import Mail, addresses

CHALLENGE = "PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+"
ANSWER = "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw"


def session(**more):
    recipients = more.pop("recipients", ("a@b.c",))
    made = ClientSession("device", "me@here", recipients, b"Subject: x\r\n\r\n.dot\r\nend\r\n", patience=5, **more)
    made.send(Connected(), 0.0)
    return made


def talk(made, *exchanges):
    """What the server says, and what must be said to it; the events of the last reply."""
    events = []
    for said, answered in exchanges:
        events = made.receive(said.encode() + b"\r\n", 1.0)
        assert made.take_output().decode().split("\r\n")[0] == answered
    return events


OPENING = (("220 mail", "EHLO device"), ("250-mail\r\n250 SIZE 1000", "MAIL FROM:<me@here>"))
BODY = (("250 ok", "RCPT TO:<a@b.c>"), ("250 ok", "DATA"))


def test_a_mail_is_handed_over():
    made = session()
    talk(made, *OPENING, *BODY)
    made.receive(b"354 go on\r\n", 1.0)
    assert made.take_output() == b"Subject: x\r\n\r\n..dot\r\nend\r\n.\r\n"
    assert made.receive(b"250 queued\r\n", 1.0) == [Delivered()]
    assert made.take_output() == b"QUIT\r\n"
    assert made.receive(b"221 bye\r\n", 1.0) == []
    assert made.ended


def test_an_old_server_is_greeted_the_old_way():
    talk(session(), ("220 mail", "EHLO device"), ("502 what?", "HELO device"), ("250 mail", "MAIL FROM:<me@here>"))


def test_tls_is_demanded_and_everything_said_again_inside():
    made = session(starttls=True)
    talk(made, ("220 mail", "EHLO device"), ("250-mail\r\n250 STARTTLS", "STARTTLS"))
    assert made.receive(b"220 go ahead\r\n", 1.0) == [StartTls()]
    made.send(Secured(), 2.0)
    assert made.take_output() == b"EHLO device\r\n"
    talk(made, ("250 mail", "MAIL FROM:<me@here>"))


@pytest.mark.parametrize(
    ("offer", "exchanges"),
    [
        ("CRAM-MD5 PLAIN", [(f"334 {CHALLENGE}", ANSWER)]),
        ("PLAIN LOGIN", []),
        ("LOGIN", [("334 VXNlcm5hbWU6", "dGlt"), ("334 UGFzc3dvcmQ6", "dGFuc3RhYWZ0YW5zdGFhZg==")]),
    ],
)  # fmt: skip
def test_a_login_is_proved_in_the_best_way_that_is_offered(offer, exchanges):
    """The challenge and its answer are the example of RFC 2195."""
    made = session(login=("tim", "tanstaaftanstaaf"))
    first = {"C": "AUTH CRAM-MD5", "P": "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm", "L": "AUTH LOGIN"}[offer[0]]
    talk(made, ("220 mail", "EHLO device"), (f"250-mail\r\n250 AUTH {offer}", first), *exchanges)
    talk(made, ("235 welcome", "MAIL FROM:<me@here>"))


def test_those_who_are_refused_are_named():
    made = session(recipients=("no@b.c", "a@b.c"))
    talk(made, *OPENING, ("250 ok", "RCPT TO:<no@b.c>"), ("550 unknown", "RCPT TO:<a@b.c>"), ("250 ok", "DATA"))
    talk(made, ("354 go on", "Subject: x"))
    assert made.receive(b"250 ok\r\n", 1.0) == [Delivered(("no@b.c",))]


@pytest.mark.parametrize(
    ("more", "said", "reason"),
    [
        ({}, ["554 go away"], "the server answered 554 go away"),
        ({"starttls": True}, ["220 mail", "250 mail"], "the server does not offer TLS"),
        ({"login": ("a", "b")}, ["220 mail", "250 mail"], "the server does not offer authentication"),
        ({"login": ("a", "b")}, ["220 mail", "250-mail\r\n250 AUTH PLAIN", "535 no"], "the server answered 535 no"),
        ({}, ["220 mail", "250 mail", "250 ok", "550 no"], "the server takes mail for none of the recipients"),
        ({}, ["220 mail", "250 mail", "250 ok", "250 ok", "452 full"], "the server answered 452 full"),
        ({"starttls": True}, ["220 m", "250-m\r\n250 STARTTLS", "220 go\r\n250 more"], "the server speaks before TLS"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_once(more, said, reason):
    made = session(**more)
    events = [event for line in said for event in made.receive(line.encode() + b"\r\n", 1.0)]
    assert events == [Failed(reason)]
    assert made.ended
    assert made.lost(2.0) == []


def test_a_silent_server_is_given_up():
    made = session()
    assert made.next_deadline() == 5.0
    assert made.tick(5.0) == [Failed("the server does not answer")]


@pytest.mark.parametrize("said", [b"hello\r\n", b"x" * 5000, b"250-a\r\n" * 200, b"999 x\r\n"])
def test_what_is_no_reply_is_malformed(said):
    with pytest.raises(MalformedMessage):
        session().receive(said, 1.0)


def test_a_message_is_read_back_as_it_was_written():
    date = datetime(2026, 3, 1, 18, 1, tzinfo=UTC)
    mail = Mail(
        "me@here", ("a@b.c", "d@e.f"), "Prüfung\r\nBcc: x@y.z", "Der Test schlug fehl.\n.\nÅ", date, "1@here"
    )
    read = message_from_bytes(mail.encode(), policy=default)
    assert (read["Subject"], read["Bcc"], read["To"]) == ("Prüfung Bcc: x@y.z", None, "a@b.c, d@e.f")
    assert read.get_content().replace("\r\n", "\n") == "Der Test schlug fehl.\n.\nÅ\n"
    assert read["Date"].datetime == date


@pytest.mark.parametrize(
    "text", ["", "a", "a@b\r\nRCPT TO:<x@y>", "a@b,", "<a@b>", "a@b c", "å@b.c", ",".join(["a@b"] * 101)]
)
def test_addresses_that_are_none(text):
    assert addresses(text) in (None, ("a@b",))
    assert addresses(text) is None or text == "a@b,"


LINES = [b"220 a", b"250-a", b"250 STARTTLS", b"250 AUTH CRAM-MD5 LOGIN", b"334 YQ==", b"235 ", b"354 ", b"550 x"]
REPLIES = st.sampled_from([line + b"\r\n" for line in LINES])


@pytest.mark.fuzz
@given(st.lists(REPLIES | st.binary(max_size=30), max_size=20), st.booleans(), st.booleans())
def test_any_bytes_are_replies_or_malformed(portions, starttls, login):
    made = session(starttls=starttls, login=("a", "b") if login else None)
    try:
        for portion in portions:
            made.receive(portion, 1.0)
    except MalformedMessage:
        return
    assert len([event for event in made.lost(2.0) if isinstance(event, Failed)]) <= 1
    assert made.ended
