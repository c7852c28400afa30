"""What a subscriber saw, and what the event stream told, against what was expected."""

from __future__ import annotations

import json
from typing import Any

import pytest
from canned_eyes import EPOCH_MS, INPUT, SERIAL, SUPERVISED, CannedEyes, find, matches, misses
from hypothesis import given
from hypothesis import strategies as st

from simulator.expect.face.message import axis_topic, device_seconds, topic_matches
from simulator.expect.mark import Mark


def test_an_event_on_mqtt_is_found_by_its_short_name() -> None:
    eyes = CannedEyes()
    eyes.published(SUPERVISED, {"port": "2"}, {"state": "cut", "tampered": "1"}, at=30.05)
    found = find(eyes, "mqtt", {"event": "tampering", "state": "cut", "port": "2"})
    assert [finding.matches for finding in found] == [True]
    assert found[0].at == 30.05


def test_a_near_miss_on_mqtt_names_the_difference() -> None:
    eyes = CannedEyes()
    eyes.published(SUPERVISED, {"port": "2"}, {"state": "open"})
    eyes.published(INPUT, {"port": "2"}, {"state": "1"})
    found = find(eyes, "mqtt", {"event": "tampering", "state": "cut", "port": "2"})
    assert misses(found) == [("state=open, not cut",)]


def test_messages_before_the_moment_do_not_count() -> None:
    eyes = CannedEyes()
    eyes.published(SUPERVISED, {"port": "2"}, {"state": "cut"})
    assert find(eyes, "mqtt", {"event": "tampering"}, since=Mark(mqtt=1)) == []


def test_messages_of_other_devices_do_not_count() -> None:
    eyes = CannedEyes()
    eyes.message("axis/other/event/x", {"topic": "onvif:Device/axis:IO/Port", "message": {}}, device="io-2")
    assert find(eyes, "mqtt", {"event": "input"}) == []
    assert len(find(eyes, "mqtt", {"event": "input"}, device="")) == 1


def test_the_connection_message_has_no_topic_of_the_catalogue() -> None:
    eyes = CannedEyes()
    eyes.message(
        f"axis/{SERIAL}/event/connection", {"connected": False, "description": "Connection Lost"}, retain=True
    )
    assert matches(find(eyes, "mqtt", {"event": "connection", "state": "disconnected"}))
    assert misses(find(eyes, "mqtt", {"event": "connection", "state": "connected"})) == [
        ("connected=false, not connected",)
    ]


def test_topic_payload_retain_and_qos_can_be_asked_for() -> None:
    eyes = CannedEyes()
    eyes.message("site/door/1", {"door": {"open": True}}, qos=1, retain=True)
    asked: dict[str, Any] = {"topic": "site/+/1", "payload": {"door.open": "true"}, "retain": True, "qos": 1}
    assert matches(find(eyes, "mqtt", asked))
    assert misses(find(eyes, "mqtt", {**asked, "qos": 2, "retain": False})) == [
        ("retain=true, not false", "qos=1, not 2")
    ]


def test_a_message_that_is_no_json_is_shown_and_never_matches_an_event() -> None:
    eyes = CannedEyes()
    eyes.message("site/free", "not json")
    assert matches(find(eyes, "mqtt", {"topic": "site/free"})) == ["site/free not json"]
    assert find(eyes, "mqtt", {"event": "input"}) == []


def test_a_notification_of_the_stream_is_found_with_its_time() -> None:
    eyes = CannedEyes()
    eyes.notified(SUPERVISED, {"port": "2"}, {"state": "cut"}, at=31.5)
    eyes.notified(SUPERVISED, {"port": "1"}, {"state": "open"}, at=32.0)
    found = find(eyes, "stream", {"event": "tampering", "port": "2"})
    assert [(finding.matches, finding.at) for finding in found] == [(True, 31.5), (False, 32.0)]
    assert found[0].text == f"{SUPERVISED} port=2 state=cut"


@pytest.mark.parametrize(
    ("pattern", "topic", "fits"),
    [
        ("axis/+/event/#", "axis/B8/event/connection", True),
        ("axis/+/event/#", "axis/B8/event", True),
        ("axis/+/event", "axis/B8/event/connection", False),
        ("axis/B8*/event/#", "axis/B8A4/event/x/y", True),
        ("#", "anything/at/all", True),
        ("a/b", "a", False),
    ],
)
def test_topic_filters_follow_mqtt_and_take_globs_in_a_level(pattern: str, topic: str, fits: bool) -> None:
    assert topic_matches(pattern, topic) is fits


@pytest.mark.parametrize(
    ("written", "catalogue"),
    [
        ("onvif:Device/axis:IO/Port", "tns1:Device/tnsaxis:IO/Port"),
        ("axis:Call/State", "tnsaxis:Call/State"),
        ("tns1:Device/tnsaxis:IO/Port", "tns1:Device/tnsaxis:IO/Port"),
    ],
)
def test_topics_of_payloads_are_those_of_the_catalogue(written: str, catalogue: str) -> None:
    assert axis_topic(written) == catalogue


@pytest.mark.parametrize("stamp", [None, True, "1772352000000", 1e300, float("nan"), [], -1e18])
def test_a_stamp_that_is_none_gives_no_time(stamp: object) -> None:
    assert device_seconds(0.0, stamp) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["topic", "message", "source", "data", "timestamp", "x"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@given(JSON, st.sampled_from(["onvif:Device/axis:IO/SupervisedPort", "x", None]))
def test_whatever_strangers_publish_is_no_crash(payload: Any, topic: str | None) -> None:
    eyes = CannedEyes()
    if topic is not None and isinstance(payload, dict):
        payload = {**payload, "topic": topic}
    eyes.message("some/topic/event/connection", json.loads(json.dumps(payload)))
    for query in ({"event": "tampering", "port": "2"}, {"event": "connection"}, {"payload": {"a.b": "1"}}):
        find(eyes, "mqtt", query)


def test_the_epoch_is_that_of_the_clock() -> None:
    eyes = CannedEyes()
    eyes.message("t", {"timestamp": EPOCH_MS + 1500})
    assert find(eyes, "mqtt", {"topic": "t"})[0].at == 1.5
