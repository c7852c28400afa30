"""Spellings of event topics, and filters, by the examples of the io-events sheet (2.1, 2.3, 3.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.face.event_naming import TopicFilter, mqtt_form, plain_form

PORT = "tns1:Device/tnsaxis:IO/Port"
CALL = "tnsaxis:Call/State"
TRIGGER = "tns1:Device/Trigger/DigitalInput"


@pytest.mark.parametrize(
    ("topic", "plain", "mqtt", "bare"),
    [
        (PORT, "onvif:Device/axis:IO/Port", "tns:onvif/Device/tns:axis/IO/Port", "Device/IO/Port"),
        (CALL, "axis:Call/State", "tns:axis/Call/State", "Call/State"),
        (
            TRIGGER,
            "onvif:Device/Trigger/DigitalInput",
            "tns:onvif/Device/Trigger/DigitalInput",
            "Device/Trigger/DigitalInput",
        ),
    ],
)
def test_spellings(topic, plain, mqtt, bare):
    assert plain_form(topic) == plain
    assert mqtt_form(topic) == mqtt
    assert mqtt_form(plain) == mqtt
    assert mqtt_form(topic, namespaces=False) == bare


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("//.", {PORT, CALL, TRIGGER}),
        (PORT, {PORT}),
        ("onvif:Device/axis:IO/Port", {PORT}),
        ("tns1:Device/tnsaxis:IO/tnsaxis:Port", {PORT}),
        ("onvif:Device/axis:IO/axis:Port//.", {PORT}),
        ("tns1:Device//.", {PORT, TRIGGER}),
        ("tns1:Device/tnsaxis:IO//.", {PORT}),
        ("axis:Call//.", {CALL}),
        ("axis:Call", set()),
        ("tns1:Device/tnsaxis:I//.", set()),
        ("tns1:Device/IO//.", set()),
        ("tns1:Device/onvif:Trigger//.", {TRIGGER}),
        ("Device//.", set()),
        ("foo:Device//.", set()),
        ("axis:Call//.|onvif:Device/Trigger//.", {CALL, TRIGGER}),
        ("", set()),
        ("|", set()),
    ],
)
def test_filters_choose_as_the_device_does(expression, chosen):
    topics = TopicFilter(expression)
    assert {topic for topic in (PORT, CALL, TRIGGER) if topics.matches(topic)} == chosen


@pytest.mark.fuzz
@given(st.text(st.sampled_from("tns1:axionvf/.|* \0é"), max_size=40))
def test_any_text_is_an_expression(expression):
    assert TopicFilter(expression).matches(PORT) in (True, False)
    assert isinstance(mqtt_form(expression) + plain_form(expression), str)
