"""The languages of filters: topics and contents."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.device.rule.expression import ContentRefused, TopicRefused, content_test, topic_filter

PARTS = ["boolean", "(", ")", "[", "]", "//SimpleItem", "@Name", "=", '"a"', " and ", " or ", "not"]
ITEMS = (("port", "1"), ("state", "0"))


def item(name, value):
    return f'boolean(//SimpleItem[@Name="{name}" and @Value="{value}"])'


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("", True),
        (item("port", 1), True),
        (item("port", 2), False),
        (f"{item('port', 1)} and {item('state', 0)}", True),
        (f"{item('port', 1)} and {item('state', 1)}", False),
        (f"{item('port', 2)} or {item('state', 0)}", True),
        (f"not({item('port', 2)})", True),
        (f"({item('port', 2)} or {item('port', 1)}) and not({item('state', 1)})", True),
        (f"{item('port', 1)} or {item('x', 1)} and {item('y', 1)}", True),
        ("boolean(//SimpleItem[@Name='state'])", True),
        ("boolean( //tt:SimpleItem [ @Value = '1' ] )", True),
        ("boolean(//SimpleItem[not(@Name='port') and @Value='1'])", False),
        ("boolean(//SimpleItem[@Name='port' and (@Value='1')])", None),
        ("boolean(//SimpleItem[@Name='a' or @Name='port'])", True),
        ("boolean(//ElementItem[@Name='port'])", False),
    ],
)
def test_contents(text, passes):
    if passes is None:
        with pytest.raises(ContentRefused):
            content_test(text)
    else:
        assert content_test(text)(ITEMS) is passes


def test_the_recorded_error_is_given():
    with pytest.raises(ContentRefused, match=r"^around character 1: syntax error, unexpected \[, expecting \($"):
        content_test("not[valid[xpath")


@pytest.mark.parametrize(
    ("text", "topic", "matches"),
    [
        ("tns1:Device/tnsaxis:IO/Port", "tns1:Device/tnsaxis:IO/Port", True),
        ("tns1:Device/tnsaxis:IO/tnsaxis:Port", "tns1:Device/tnsaxis:IO/Port", True),
        ("onvif:Device/axis:IO/Port", "tns1:Device/tnsaxis:IO/Port", True),
        ("tns1:Device//.", "tns1:Device/tnsaxis:IO/Port", True),
        ("tns1:Device/tnsaxis:IO", "tns1:Device/tnsaxis:IO/Port", False),
        ("tnsaxis:Call/State|tnsaxis:Call/DTMF", "tnsaxis:Call/DTMF", True),
    ],
)
def test_topics(text, topic, matches):
    assert topic_filter(text).matches(topic) is matches


def test_what_is_no_topic_is_refused_in_the_recorded_words():
    with pytest.raises(TopicRefused, match=r"^failed to parse topic expression 'definitely not a topic !@#\$'$"):
        topic_filter("definitely not a topic !@#$")


@pytest.mark.fuzz
@given(st.lists(st.sampled_from(PARTS)).map("".join) | st.text())
def test_any_text_is_a_content_filter_or_refused(text):
    with suppress(ContentRefused):
        content_test(text)(ITEMS)


def test_deep_nesting_is_refused():
    with pytest.raises(ContentRefused):
        content_test("(" * 500 + item("a", 1) + ")" * 500)
