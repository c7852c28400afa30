"""Filters of event services (io-events sheet 2.3; VAPIX, Event streaming over WebSocket)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.device.event import Event
from simulator.face.event_filter import ContentFilter, EventFilter, FilterRefused

VIRTUAL_PORT = "tns1:Device/tnsaxis:IO/VirtualPort"


def event(topic: str = VIRTUAL_PORT, *, port: str = "1", state: str = "0") -> Event:
    return Event(topic, (("port", port),), (("state", state),), True, 0.0, 1)


def item(name: str, value: str | None = None) -> str:
    return f'boolean(//SimpleItem[@Name="{name}"' + (f' and @Value="{value}"' if value is not None else "") + "])"


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        (item("state", "0"), True),
        (item("state", "1"), False),
        (item("port", "1"), True),
        (item("state"), True),
        (item("ready"), False),
        (item("port", "1") + " and " + item("state", "0"), True),
        (item("port", "2") + " and " + item("state", "0"), False),
        (item("port", "2") + " or " + item("state", "0"), True),
        (item("port", "2") + " or " + item("state", "0") + " and " + item("port", "3"), False),
        ("boolean( //SimpleItem[ @Name = 'state' and @Value = '0' ] )", True),
    ],
)
def test_content(text: str, matches: bool) -> None:
    assert ContentFilter.parse(text).matches(event()) is matches


@pytest.mark.parametrize(
    "text",
    [
        "",
        "true",
        item("a") + " and",
        item("a") + " xor " + item("b"),
        item("a") + item("b"),
        "boolean(//SimpleItem)",
        'boolean(//SimpleItem[@Name="a"',
        "boolean(//SimpleItem[@Name=\"a'])",
        "//SimpleItem[position()=1]",
    ],
)
def test_other_xpath_is_refused(text: str) -> None:
    with pytest.raises(FilterRefused) as refused:
        ContentFilter.parse(text)
    assert (refused.value.name, refused.value.missing) == ("contentFilter", False)


def test_the_documented_example_asks_for_both() -> None:
    wanted = EventFilter.of(
        {"topicFilter": VIRTUAL_PORT, "contentFilter": f"{item('port', '1')} and {item('state', '0')}"}
    )
    assert wanted.matches(event())
    assert not wanted.matches(event(state="1"))
    assert not wanted.matches(event("tns1:Device/tnsaxis:IO/Port"))


@pytest.mark.parametrize(
    "topic", ["//.", "tns1:Device//.", "onvif:Device/axis:IO//.", "tns1:Media//. | tnsaxis:IO//.|" + VIRTUAL_PORT]
)
def test_a_topic_alone(topic: str) -> None:
    assert EventFilter.of({"topicFilter": topic}).matches(event())


def test_content_alone_is_about_any_topic() -> None:
    assert EventFilter.of({"contentFilter": item("state", "0")}).matches(event("tnsaxis:Call/State"))


@pytest.mark.parametrize(
    ("wanted", "name", "missing"),
    [
        ({}, "topicFilter", True),
        ({"topicFilter": None, "contentFilter": None}, "topicFilter", True),
        ([], "eventFilterList", False),
        ("//.", "eventFilterList", False),
        ({"topicFilter": 7}, "topicFilter", False),
        ({"topicFilter": "x" * 5000}, "topicFilter", False),
        ({"contentFilter": {}}, "contentFilter", False),
        ({"topicFilter": "//.", "contentFilter": "nonsense"}, "contentFilter", False),
    ],
)
def test_what_is_no_filter(wanted: object, name: str, missing: bool) -> None:
    with pytest.raises(FilterRefused) as refused:
        EventFilter.of(wanted)
    assert (refused.value.name, refused.value.missing) == (name, missing)


NAMES = st.text(st.characters(codec="ascii", exclude_characters="\"'"), max_size=8)


@given(st.lists(st.tuples(NAMES, st.none() | NAMES), min_size=1, max_size=4))
def test_what_is_written_is_read(tests: list[tuple[str, str | None]]) -> None:
    text = " and ".join(item(name, value) for name, value in tests)
    assert ContentFilter.parse(text).alternatives == (tuple(tests),)


@pytest.mark.fuzz
@given(st.text() | st.text("bolean(/SimpItm[@NaV=\"'nd]) or", max_size=120))
def test_no_text_breaks_the_reader(text: str) -> None:
    for name in ("topicFilter", "contentFilter"):
        try:
            EventFilter.of({name: text}).matches(event())
        except FilterRefused as refused:
            assert refused.name == name
