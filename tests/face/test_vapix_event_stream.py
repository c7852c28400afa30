"""The event stream over WebSocket and its tokens (io-events sheet 2.3, client-facts 1.3)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vapix_desk import Desk, Wire

from simulator.clock import DEFAULT_EPOCH
from simulator.face.exchange import Admission, Answer, Request, WebSocket
from simulator.face.vapix.event_stream import Stream
from simulator.journal import Kind

STREAM, TOKEN = "/vapix/ws-data-stream?sources=events", "/axis-cgi/wssession.cgi"
UPGRADE = {"upgrade": "websocket", "connection": "Upgrade"}
PORT, OUTPUT = "tns1:Device/tnsaxis:IO/Port", "tns1:Device/tnsaxis:IO/OutputPort"


@pytest.fixture
def desk() -> Desk:
    return Desk()


class Listener(Wire):
    """One open stream."""

    def __init__(self, desk: Desk, target: str = STREAM, *, agent: str = "") -> None:
        super().__init__()
        reply = desk.opened(target, headers={**UPGRADE, "user-agent": agent})
        assert isinstance(reply, WebSocket), reply
        self.face = reply.open(self)

    def configure(self, *filters: object, **more: object) -> None:
        call = {"apiVersion": "1.0", "context": "test", "method": "events:configure", **more}
        self.face.received(json.dumps({"params": {"eventFilterList": list(filters)}, **call}))

    def frames(self):
        return [json.loads(frame) for frame in self.news()]

    def notified(self):
        return [frame["params"]["notification"] for frame in self.frames() if frame["method"] == "events:notify"]


def topic(expression: str) -> dict[str, str]:
    return {"topicFilter": expression}


def test_the_answer_comes_first_then_the_states_then_the_changes(desk: Desk) -> None:
    stream = Listener(desk)
    stream.configure(topic(OUTPUT))
    first, *states = stream.frames()
    assert first == {"apiVersion": "1.0", "context": "test", "method": "events:configure", "data": {}}
    sources = [state["params"]["notification"]["message"]["source"] for state in states]
    assert sources == [{"port": str(port)} for port in (0, 3, 4, 6)]
    desk.advance(1.5)
    desk.device.ports[0].set_active(True)
    (told,) = stream.frames()
    assert told == {
        "apiVersion": "1.0",
        "method": "events:notify",
        "params": {
            "notification": {
                "timestamp": round(DEFAULT_EPOCH.timestamp() * 1000) + 1500,
                "topic": OUTPUT,
                "message": {"source": {"port": "0"}, "key": {}, "data": {"state": "1"}},
            }
        },
    }


def test_frames_are_text_and_nothing_comes_before_the_configuration(desk: Desk) -> None:
    stream = Listener(desk)
    desk.device.ports[0].set_active(True)
    assert stream.received == []
    stream.configure(topic("//."))
    assert {type(frame) for frame in stream.received} == {str}
    assert b"\n" not in "".join(stream.received).encode()


def test_all_present_states_of_the_catalogue(desk: Desk) -> None:
    stream = Listener(desk)
    stream.configure(topic("//."))
    told = {(note["topic"], tuple(note["message"]["source"].items())) for note in stream.notified()}
    assert told == {event.key for event in desk.device.events.states()}
    assert (PORT, (("port", "-1"),)) in told


@pytest.mark.parametrize(
    "spelling", ["onvif:Device/axis:IO/OutputPort", "tns1:Device/tnsaxis:IO/tnsaxis:OutputPort"]
)
def test_topics_are_taken_in_every_spelling_and_sent_in_one(desk: Desk, spelling: str) -> None:
    stream = Listener(desk)
    stream.configure(topic(spelling))
    assert {note["topic"] for note in stream.notified()} == {OUTPUT}


def test_topics_that_a_device_lacks_are_no_error(desk: Desk) -> None:
    stream = Listener(desk)
    stream.configure(topic("tns1:RuleEngine/MotionRegionDetector/Motion"), topic("tnsaxis:Call/State"))
    assert [frame.get("data") for frame in stream.frames()] == [{}]


def test_an_event_that_two_filters_match_comes_twice(desk: Desk) -> None:
    stream = Listener(desk)
    content = 'boolean(//SimpleItem[@Name="port" and @Value="0"])'
    stream.configure(topic(OUTPUT), {"topicFilter": OUTPUT, "contentFilter": content})
    stream.news()
    desk.device.ports[0].set_active(True)
    desk.device.ports[3].set_active(True)
    assert [note["message"]["source"]["port"] for note in stream.notified()] == ["0", "0", "3"]


def test_a_second_configuration_replaces_the_first(desk: Desk) -> None:
    stream = Listener(desk)
    stream.configure(topic(OUTPUT))
    stream.configure(topic("tns1:Device/tnsaxis:IO/VirtualInput"))
    stream.news()
    desk.device.ports[0].set_active(True)
    assert stream.news() == []
    desk.device.virtual_inputs.activate(7)
    assert [note["message"] for note in stream.notified()] == [
        {"source": {"port": "7"}, "key": {}, "data": {"active": "1"}}
    ]


def test_a_refused_configuration_leaves_the_one_before(desk: Desk) -> None:
    stream = Listener(desk)
    stream.configure(topic(OUTPUT))
    stream.configure({"contentFilter": "nonsense"})
    stream.news()
    desk.device.ports[0].set_active(True)
    assert len(stream.notified()) == 1


def test_two_clients_hear_each_what_they_asked_for(desk: Desk) -> None:
    one, other = Listener(desk), Listener(desk)
    one.configure(topic(OUTPUT))
    other.configure(topic(PORT))
    one.news()
    other.news()
    desk.device.ports[0].set_active(True)
    assert (len(one.notified()), len(other.notified())) == (1, 0)
    one.face.closed()
    desk.device.ports[0].set_active(False)
    assert one.news() == []


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", 2101),
        ("[]", 2101),
        (b"\xff\xfe", 2101),
        ("[" * 60_000, 2101),
        (" " * 70_000, 2107),
        ('{"method": "events:configure"}', 2103),
        ('{"apiVersion": "1.0"}', 2103),
        ('{"apiVersion": "2.0", "method": "events:configure"}', 2100),
        ('{"apiVersion": 1, "method": "events:configure"}', 2100),
        ('{"apiVersion": "1.0", "method": "events:subscribe"}', 2102),
        ('{"apiVersion": "1.0", "method": ["\\ud800"]}', 2102),
        ('{"apiVersion": "1.0", "method": "events:configure"}', 2103),
        ('{"apiVersion": "1.0", "method": "events:configure", "params": {}}', 2103),
        ('{"apiVersion": "1.0", "method": "events:configure", "params": {"eventFilterList": {}}}', 2104),
        ('{"apiVersion": "1.0", "method": "events:configure", "params": {"eventFilterList": [{}]}}', 2103),
        ('{"apiVersion": "1.0", "method": "events:configure", "params": {"eventFilterList": ["//."]}}', 2104),
        (
            json.dumps(
                {
                    "apiVersion": "1.0",
                    "method": "events:configure",
                    "params": {"eventFilterList": [{"topicFilter": "//."}] * 201},
                }
            ),
            2104,
        ),
    ],
)
def test_errors_have_numbers_and_leave_the_stream_open(desk: Desk, frame: str | bytes, code: int) -> None:
    stream = Listener(desk)
    stream.face.received(frame)
    (answer,) = stream.frames()
    assert (answer["apiVersion"], answer["error"]["code"]) == ("1.0", code)
    assert "data" not in answer
    assert stream.ended is None
    stream.configure(topic(OUTPUT))
    assert stream.frames()[0]["data"] == {}


def test_what_was_asked_is_repeated_in_an_error(desk: Desk) -> None:
    stream = Listener(desk)
    stream.configure(context="\ud800 mine", method="events:nothing")
    (answer,) = stream.frames()
    assert (answer["context"], answer["method"]) == ("\ud800 mine", "events:nothing")


# ---- the way in


def test_credentials_on_the_upgrade_or_none(desk: Desk) -> None:
    Listener(desk)
    refused = desk.opened(STREAM, headers=UPGRADE, login=None)
    assert isinstance(refused, Answer)
    assert refused.status == 401
    assert any(name == "WWW-Authenticate" for name, _ in refused.headers)
    wrong = desk.opened(STREAM, headers=UPGRADE, login=("root", "wrong"))
    assert isinstance(wrong, Answer)
    assert wrong.status == 401


def test_a_token_is_bare_text_and_opens_streams_for_fifteen_seconds(desk: Desk) -> None:
    answer = desk.ask("GET", TOKEN)
    token = answer.body.decode()
    assert (answer.content_type, token.isdecimal()) == ("text/plain", True)
    target = f"{STREAM}&wssession={token}"
    assert isinstance(opened_at(desk, target, 0), WebSocket)
    assert isinstance(opened_at(desk, target, 15), WebSocket)
    assert opened_at(desk, target, 15.001).status == 401


def opened_at(desk: Desk, target: str, seconds: float):
    """At a moment of wire time, without credentials."""
    head = desk.head("GET", target, headers=UPGRADE)
    head.at = seconds
    outcome = desk.face.admit(head)
    return outcome.serve(Request(head)) if isinstance(outcome, Admission) else outcome


@pytest.mark.parametrize("token", ["", "0", "123", "%00"])
def test_a_token_that_was_never_given_is_none(desk: Desk, token: str) -> None:
    assert opened_at(desk, f"{STREAM}&wssession={token}", 0).status == 401


def test_tokens_differ_and_end_with_a_restart(desk: Desk) -> None:
    tokens = [desk.get(TOKEN) for _ in range(50)]
    assert len(set(tokens)) == 50
    target = f"{STREAM}&wssession={tokens[0]}"
    assert isinstance(opened_at(desk, target, 0), WebSocket)
    desk.device.lifecycle.restart("test")
    desk.wait_until(lambda: desk.device.lifecycle.phase == "running")
    assert opened_at(desk, target, 0).status == 401


def test_a_token_wants_an_account(desk: Desk) -> None:
    desk.device.accounts.add("vera", "v", ("viewer",))
    assert desk.ask("GET", TOKEN, login=("vera", "v")).status == 200
    assert desk.ask("GET", TOKEN, login=None).status == 401


def test_tokens_are_bounded(desk: Desk) -> None:
    first = desk.face.tokens.issue(0.0)
    for _ in range(1000):
        desk.face.tokens.issue(0.0)
    assert not desk.face.tokens.valid(first, 0.0)


@pytest.mark.parametrize(
    ("target", "headers"),
    [(STREAM, {}), ("/vapix/ws-data-stream?sources=audio", UPGRADE), ("/vapix/ws-data-stream?sources=", UPGRADE)],
)
def test_what_is_no_event_stream(desk: Desk, target: str, headers: dict[str, str]) -> None:
    reply = desk.opened(target, headers=headers)
    assert isinstance(reply, Answer)
    assert reply.status == 400


@pytest.mark.parametrize("sources", ["", "?sources=events,audio", "?sources=events"])
def test_sources_is_a_list(desk: Desk, sources: str) -> None:
    assert isinstance(desk.opened(f"/vapix/ws-data-stream{sources}", headers=UPGRADE), WebSocket)


def test_the_journal_knows_what_was_asked_and_what_was_told(desk: Desk) -> None:
    stream = Listener(desk, agent="client/1")
    stream.configure(topic(OUTPUT))
    desk.device.ports[0].set_active(True)
    messages = [record.data for record in desk.world.journal.since(0) if record.kind is Kind.MESSAGE]
    assert messages == [
        {"direction": "in", "agent": "client/1", "filters": 1},
        {
            "direction": "out",
            "agent": "client/1",
            "topic": OUTPUT,
            "source": {"port": "0"},
            "data": {"state": "1"},
        },
    ]


DESK = Desk()
VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=6) | st.sampled_from(["1.0", "events:configure", "//."]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["eventFilterList", "topicFilter", "contentFilter"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.fuzz
@given(
    st.text()
    | st.binary()
    | st.dictionaries(st.sampled_from(["apiVersion", "method", "context", "params"]), VALUES).map(json.dumps)
)
def test_no_frame_breaks_the_stream(frame: str | bytes) -> None:
    wire = Wire()
    stream = Stream(DESK.device, wire)
    stream.received(frame)
    answer = json.loads(wire.received[0])
    assert ("data" in answer) != ("error" in answer)
    stream.closed()
