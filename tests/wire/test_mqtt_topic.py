"""Topic names and filters by the examples of MQTT 3.1.1 section 4.7, and against a slow oracle."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.mqtt.topic import matches, valid_filter, valid_name


@pytest.mark.parametrize(
    ("pattern", "topic", "expected"),
    [
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("#", "a/b", True),
        ("#", "/", True),
        ("#", "$SYS/x", False),
        ("+/x", "$SYS/x", False),
        ("$SYS/#", "$SYS/x", True),
        ("$SYS/+", "$SYS/x", True),
        ("+", "a", True),
        ("+", "/a", False),
        ("/+", "/a", True),
        ("+/+", "/a", True),
        ("a/+", "a", False),
        ("a/+", "a/", True),
        ("a/+/b", "a//b", True),
        ("a/b", "A/b", False),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", True),
        ("+/tennis/#", "sport/tennis", True),
    ],
)
def test_filters_cover_topics_as_the_standard_says(pattern, topic, expected):
    assert matches(pattern, topic) is expected


@pytest.mark.parametrize(
    "pattern", ["", "a#", "a/#/b", "#/a", "a+", "a/+b/c", "+a", "a\0b", "x" * 65536, "\ud800"]
)
def test_invalid_filters(pattern):
    assert not valid_filter(pattern)


@pytest.mark.parametrize("pattern", ["#", "+", "/", "//", "a/+/#", "+/+", "/#", " "])
def test_valid_filters(pattern):
    assert valid_filter(pattern)


@pytest.mark.parametrize("name", ["", "a/+", "#", "a\0", "x" * 65536])
def test_invalid_names(name):
    assert not valid_name(name)


levels = st.sampled_from(["a", "b", "", "$s"])
topics = st.lists(levels, min_size=1, max_size=4).map("/".join).filter(bool)
patterns = st.lists(levels | st.sampled_from(["+"]), min_size=1, max_size=4).map("/".join).filter(bool) | st.lists(
    levels | st.sampled_from(["+"]), max_size=3
).map(lambda parts: "/".join([*parts, "#"]))


@given(patterns, topics)
def test_matching_agrees_with_a_regular_expression(pattern, topic):
    fixed = pattern.removesuffix("/#")
    expression = "/".join("[^/]*" if level == "+" else re.escape(level) for level in fixed.split("/"))
    if pattern == "#":
        expression = ".*"
    elif pattern.endswith("/#"):
        expression += "(/.*)?"
    expected = bool(re.fullmatch(expression, topic)) and not (pattern[0] in "+#" and topic[0] == "$")
    assert valid_filter(pattern)
    assert matches(pattern, topic) == expected
