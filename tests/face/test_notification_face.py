"""The way out of a device's notifications on a line made of lists: what goes wrong, what is bounded, what is repeated."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mqtt_bench import FakeDialer

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.device import Device
from simulator.device.profile import load_profile
from simulator.device.rule.modifier import expanded
from simulator.device.rule.rule import EventFilter
from simulator.device.world import World
from simulator.face.notification.front import MOST_AT_ONCE, NotificationFace
from simulator.journal import Journal

PRESSED = EventFilter("tns1:Device/tnsaxis:IO/VirtualPort", 'boolean(//SimpleItem[@Name="state" and @Value="1"])')


class Line:
    """The recipient's end of one connection."""

    def __init__(self, user, host, port, tls):
        self.user, self.host, self.port, self.tls = user, host, port, tls
        self.said = b""
        self.end = ""

    def cancel(self):
        self.end = self.end or "cancelled"

    def write(self, data):
        self.said += data

    def close(self):
        self.end = self.end or "closed"

    def abort(self):
        self.end = self.end or "aborted"


class Dialer(FakeDialer):
    def dial(self, user, host, port, *, tls=None, timeout=60.0, proxy=None):
        self.lines.append(Line(user, host, port, tls))
        return self.lines[-1]


class Sender:
    """A running speaker with one rule for the manual trigger."""

    def __init__(self):
        self.clock = SimClock(stepped=True)
        world = World(self.clock, Chance(7), Journal(self.clock))
        self.device = Device("dut", 1, load_profile("C1410", "12.9.57"), world, lambda address: address)
        self.dialer = Dialer()
        self.face = NotificationFace(self.device, lambda: self.dialer)
        self.device.lifecycle.running_from_the_start()
        self.failures = []
        self.device.events.listen(self.heard)

    def heard(self, event):
        if event.topic.endswith("ActionFailed"):
            self.failures.append(dict(event.data)["description"])

    def rule(self, way, **parameters):
        store = self.device.rules.store
        template = f"com.axis.action.{way}"
        number = store.add_configuration("", template, tuple((k, str(v)) for k, v in parameters.items()))
        store.add_rule("r", number, conditions=(PRESSED,))

    def press(self, on=True):
        self.device.virtual_inputs.trigger([(on, 0)])
        self.advance(0.1)

    def advance(self, seconds):
        target = self.clock.now() + seconds
        while (due := self.clock.next_due()) is not None and due <= target:
            self.clock.step_to(due)
            self.clock.run_due()
        self.clock.step_to(target)

    @property
    def line(self):
        return self.dialer.lines[-1]

    def open(self):
        self.line.user.opened(self.line)
        return self.line


@pytest.fixture
def sender():
    return Sender()


def http(sender, **more):
    sender.rule("fixed.notification.http", upload_url="http://192.0.2.1:8080/a?b=c", **more)
    sender.press()


def mail(sender, **more):
    settings = {"email_to": "a@b.c", "email_from": "me@b.c", "host": "192.0.2.1", **more}
    sender.rule("fixed.notification.smtp", **settings)
    sender.press()


def test_a_request_goes_to_the_place_of_the_url(sender):
    http(sender)
    assert (sender.line.host, sender.line.port, sender.line.tls) == ("192.0.2.1", 8080, None)
    line = sender.open()
    assert line.said.startswith(b"GET /a?b=c HTTP/1.1\r\nHost: 192.0.2.1:8080\r\nUser-Agent: curl/")
    line.user.received(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert (line.end, sender.failures) == ("closed", [])
    assert sender.dialer.pending == [], "no timer is left"


@pytest.mark.parametrize(
    ("parameters", "target"),
    [
        ({"message": "a b&c=d"}, b"/a?b=c&Message=a%20b%26c%3Dd"),
        ({"message": "x", "parameters": "y=1"}, b"/a?b=c&Message=x&y=1"),
        ({"message": "x" * 256, "parameters": "y=1"}, b"/a?b=c&Message=" + b"x" * 256),
        ({"message": "%F %25T #M"}, b"/a?b=c&Message=2026-03-01%2008%3A00%3A00%20B8%3A"),
        ({"parameters": "y=1 2\r\nX: y"}, b"/a?b=c&y=1%202%0D%0AX:%20y"),
    ],
)
def test_arguments_are_written_so_that_nothing_can_be_slipped_in(sender, parameters, target):
    http(sender, **parameters)
    assert sender.open().said.startswith(b"GET " + target)
    assert sender.line.said.count(b"\r\n\r\n") == 1


@pytest.mark.parametrize(
    ("way", "parameters", "reason"),
    [
        ("http", {"upload_url": "ftp://192.0.2.1/"}, "Invalid URL ftp://192.0.2.1/"),
        ("http", {"upload_url": "http://[x"}, "Invalid URL http://[x"),
        ("http", {"upload_url": "http://a:99999/"}, "Invalid URL http://a:99999/"),
        ("http", {"upload_url": "http://a/", "method": "BREW"}, "Invalid value for parameter method: BREW"),
        ("smtp", {"email_to": "nobody", "host": "192.0.2.1"}, "Invalid email address"),
        (
            "smtp",
            {"email_to": "a@b.c", "host": "a", "encryption": "rot13"},
            "Invalid value for parameter encryption: rot13",
        ),
        ("smtp", {"email_to": "a@b.c", "host": "a", "pop_host": "b"}, "POP authentication is not supported"),
        ("smtp", {"email_to": "a@b.c", "host": "a", "port": "0"}, "Invalid value for parameter port: 0"),
        ("tcp", {"host": "a", "port": "x"}, "Invalid value for parameter port: x"),
    ],
)
def test_settings_that_cannot_be_are_failed_actions(sender, way, parameters, reason):
    sender.rule(f"fixed.notification.{way}", **parameters)
    sender.press()
    assert sender.failures == [f"Action rule 'r' failed: {reason}"]
    assert sender.dialer.lines == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "the server answered 500 Oops"),
        (b"220 mail\r\n\r\n", "no status line"),
    ],
)
def test_answers_that_are_no_success_fail_the_action(sender, answer, reason):
    http(sender)
    sender.open().user.received(answer)
    assert sender.failures == [f"Action rule 'r' failed: 192.0.2.1:8080: {reason}"]
    assert sender.line.end == "closed"


def test_what_cannot_be_reached_and_who_is_silent_fail_the_action(sender):
    http(sender)
    sender.line.user.lost("connection refused")
    sender.press(on=False)
    sender.press()
    sender.open()
    sender.dialer.pass_time(30)
    reasons = [text.rpartition(": ")[2] for text in sender.failures]
    assert reasons == ["connection refused", "the server does not answer"]


def test_a_challenge_with_a_closed_connection_is_answered_on_a_new_one(sender):
    http(sender, login="user", password="secret")
    first = sender.open()
    challenge = b'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"'
    first.user.received(b"HTTP/1.1 401 No\r\nConnection: close\r\n" + challenge + b"\r\nContent-Length: 0\r\n\r\n")
    assert first.end == "closed"
    second = sender.open()
    first.user.lost("closed")
    assert b'Authorization: Digest username="user"' in second.said
    second.user.received(b"HTTP/1.1 204 Taken\r\n\r\n")
    assert sender.failures == []


def test_a_device_that_goes_down_says_nothing_more(sender):
    http(sender)
    line = sender.open()
    sender.device.lifecycle.power_cut()
    sender.face.stop()
    line.user.received(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
    line.user.lost("reset")
    assert (line.end, sender.failures) == ("aborted", [])
    assert sender.dialer.pending == []


def test_no_more_than_so_many_are_under_way(sender):
    http(sender)
    for _ in range(MOST_AT_ONCE):
        sender.press(on=False)
        sender.press()
    assert len(sender.dialer.lines) == MOST_AT_ONCE
    assert sender.failures == ["Action rule 'r' failed: Too many notifications are under way"]


def test_a_mail_is_addressed_to_all_and_says_when_it_was_written(sender):
    mail(sender, email_to="a@b.c, d@e.f", subject="#n", message="at %T")
    assert sender.line.port == 587
    line = sender.open()
    for reply in ("220 m", "250 m", "250 ok", "250 ok", "250 ok", "354 go", "250 ok"):
        line.user.received(reply.encode() + b"\r\n")
    text = line.said.decode()
    assert re.findall(r"(?:MAIL FROM|RCPT TO):<(.*?)>", text) == ["me@b.c", "a@b.c", "d@e.f"]
    assert "Date: Sun, 01 Mar 2026 08:00:00 +0000" in text
    assert f"Subject: {sender.device.network.host_name}" in text
    assert "at 08:00:00" in text
    assert sender.failures == []


def test_a_message_by_tcp_is_repeated_for_as_long_as_the_rule_is_active(sender):
    sender.rule("unlimited.notification.tcp", host="192.0.2.1", port=5000, message="%T", period=10)
    sender.press()
    sender.advance(25)
    sender.press(on=False)
    sender.advance(60)
    for line in sender.dialer.lines:
        line.user.opened(line)
    assert len(sender.dialer.lines) == 3
    assert all(re.fullmatch(rb"08:0\d:\d\d", line.said) for line in sender.dialer.lines)
    assert {line.end for line in sender.dialer.lines} == {"closed"}


@pytest.mark.fuzz
@given(st.text(st.sampled_from("%#FTnMiDcs 25x\n"), max_size=30) | st.text(max_size=20))
def test_any_text_can_hold_modifiers(text):
    assert isinstance(expanded(text, SHARED.device), str)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("100%", "100%"),
        ("%%F", "%F"),
        ("##n", "#n"),
        ("%25%25", "%"),
        ("%Q #q", "%Q #q"),
        ("%H:%M:%S.%f", "08:00:00.00"),
    ],
)
def test_modifiers(text, shown):
    assert expanded(text, Sender().device) == shown


SHARED = Sender()
