"""Comparing what is wanted with what was found."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.expect.expectation import from_mapping
from simulator.expect.finding import differences, port_fits, reach, shown, status_matches, wanted_event

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def test_a_path_reaches_into_objects_and_a_dotted_key_counts_first() -> None:
    content = {"message": {"data": {"state": "cut"}}, "a.b": 1, "a": {"b": 2}}
    assert reach(content, "message.data.state") == "cut"
    assert reach(content, "a.b") == 1
    assert reach(content, "message.nothing.here") is None


def test_differences_name_the_key_what_came_and_what_was_wanted() -> None:
    found = {"state": "open", "tampered": False, "level": None}
    assert differences({"state": "cut"}, found) == ("state=open, not cut",)
    assert differences({"state": "o*", "tampered": "false", "level": "none"}, found) == ()


def test_json_values_are_shown_as_people_write_them() -> None:
    assert [shown(value) for value in (True, False, None, 5, "5")] == ["true", "false", "none", "5", "5"]


@pytest.mark.parametrize(
    ("wanted", "status", "fits"),
    [("200", 200, True), ("5xx", 503, True), ("5xx", 404, False), ("404", 40, False), ("2xx", 2, True)],
)
def test_a_status_is_exact_or_a_class(wanted: str, status: int, fits: bool) -> None:
    assert status_matches(wanted, status) is fits


@pytest.mark.parametrize(
    ("wanted", "port", "fits"),
    [("2", "2", True), ("2", "12", False), ("*", "7", True), ("*", "-1", False), ("{1..3}", "3", True),
     ("{1..3}", "4", False)],
)  # fmt: skip
def test_a_port_pattern_means_single_ports_and_never_their_sum(wanted: str, port: str, fits: bool) -> None:
    assert port_fits(wanted, port) is fits


def test_a_short_name_becomes_topic_source_and_values() -> None:
    wanted = wanted_event(from_mapping("mqtt", {"event": "tampering", "port": "2"}).query)
    assert wanted.topic.endswith("SupervisedPort")
    assert wanted.differs({"port": "2"}, {"state": "cut"}) == ()
    assert wanted.differs({"port": "2"}, {"state": "shorted"}) == ()
    assert wanted.differs({"port": "2"}, {"state": "open"}) == ("state=open, not cut or shorted",)
    assert wanted.differs({"port": "3"}, {"state": "cut"}) == ("port=3, not 2",)


def test_a_word_for_a_state_is_told_as_it_was_asked() -> None:
    wanted = wanted_event(from_mapping("event", {"event": "input", "state": "active"}).query)
    assert wanted.differs({}, {"state": "0"}) == ("state=0, not active",)


def test_a_topic_is_an_event_without_words() -> None:
    wanted = wanted_event(from_mapping("event", {"event": "tns1:Device/tnsaxis:Casing/Open"}).query)
    assert wanted.topic == "tns1:Device/tnsaxis:Casing/Open"
    assert wanted.differs({"Name": "x"}, {"Open": "1"}) == ()


@given(JSON, st.text(max_size=6))
def test_reaching_into_anything_never_fails(content: Any, path: str) -> None:
    reach(content, path)
    assert isinstance(shown(content), str)
