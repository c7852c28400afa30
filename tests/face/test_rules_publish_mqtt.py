"""The action "Send MQTT publish message": on the broker's side, only while the client is connected."""

from __future__ import annotations

import pytest
from mqtt_bench import Bench

from simulator.device.rule.rule import EventFilter
from simulator.wire.mqtt.packet import Publish

TRIGGER = EventFilter("tns1:Device/tnsaxis:IO/VirtualPort", 'boolean(//SimpleItem[@Name="state" and @Value="1"])')


def publishing(bench, **parameters):
    store = bench.device.rules.store
    number = store.add_configuration("", "com.axis.action.fixed.mqttpublish", tuple(parameters.items()))
    store.add_rule("say", number, start=TRIGGER)


def press(bench):
    bench.device.virtual_inputs.trigger([(True, 0)])
    bench.clock.run_due()


@pytest.mark.parametrize(
    ("parameters", "topic", "payload", "qos", "retain"),
    [
        ({"topic": "a/b", "payload": "hello"}, "a/b", b"hello", 0, False),
        ({"topic": "a", "payload": "%F", "qos": "1", "retained": "true"}, "a", b"2026-03-01", 1, True),
        ({"topic": "a", "use_device_prefix": "1", "payload": ""}, "{prefix}/a", b"", 0, False),
    ],
)
def test_a_message_is_published_as_configured(parameters, topic, payload, qos, retain):
    bench = Bench()
    publishing(bench, **parameters)
    line = bench.connected()
    press(bench)
    (said,) = line.take(Publish)
    prefix = bench.device.mqtt.client.device_topic_prefix
    assert (said.topic, said.payload, said.qos, said.retain) == (topic.format(prefix=prefix), payload, qos, retain)


@pytest.mark.parametrize("topic", ["", "x" * 1025])
def test_a_topic_that_is_none_fails(topic):
    bench = Bench()
    publishing(bench, topic=topic)
    bench.connected()
    failed = []
    bench.device.events.listen(lambda event: failed.append(event.topic))
    press(bench)
    assert "tns1:Device/tnsaxis:SystemMessage/ActionFailed" in failed


def test_without_a_connection_the_action_fails():
    bench = Bench()
    publishing(bench, topic="a")
    failed = []
    bench.device.events.listen(lambda event: failed.append(dict(event.data).get("description")))
    press(bench)
    assert "Action rule 'say' failed: The MQTT client is not connected" in failed
