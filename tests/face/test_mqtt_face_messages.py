"""What the MQTT client of a device publishes, and what it makes of messages that come."""

from __future__ import annotations

import json

import pytest
from mqtt_bench import Bench

from simulator.wire.mqtt.packet import (
    Puback,
    Publish,
    Subscribe,
    Unsubscribe,
)

PORT_FILTER = ("onvif:Device/axis:IO/VirtualInput//.", 0, "none")
READY_FILTER = ("onvif:Device/axis:Status//.", 0, "none")


def payloads(packets):
    return [json.loads(p.payload) for p in packets if isinstance(p, Publish)]


def connection(bench):
    return f"axis/{bench.serial}/event/connection"


# publications


def test_topic_and_payload_as_measured():
    bench = Bench()
    line = bench.connected(PORT_FILTER)
    bench.pulse(5)
    (message,) = line.take()
    assert message.topic == f"axis/{bench.serial}/event/tns:onvif/Device/tns:axis/IO/VirtualInput/$source/port/5"
    assert message.payload.decode() == (
        '{"topic":"onvif:Device/axis:IO/VirtualInput","timestamp":1772352000000,'
        '"message":{"source":{"port":"5"},"key":{},"data":{"active":"1"}}}'
    )
    assert (message.qos, message.retain) == (0, False)


@pytest.mark.parametrize(
    ("settings", "topic"),
    [
        ({"includeTopicNamespaces": False}, "axis/{serial}/event/Device/IO/VirtualInput/$source/port/5"),
        (
            {"topicPrefix": "custom", "customTopicPrefix": "my/place"},
            "my/place/tns:onvif/Device/tns:axis/IO/VirtualInput/$source/port/5",
        ),
        ({"topicPrefix": "custom", "customTopicPrefix": "my/place", "appendEventTopic": False}, "my/place"),
        ({"appendEventTopic": False}, "axis/{serial}/event"),
    ],
)
def test_topic_settings(settings, topic):
    bench = Bench()
    bench.publish_all(PORT_FILTER, **settings)
    line = bench.connected()
    bench.pulse(5)
    assert [message.topic for message in line.take(Publish)] == [topic.format(serial=bench.serial)]


def test_serial_number_in_the_payload():
    bench = Bench()
    bench.publish_all(PORT_FILTER, includeSerialNumberInPayload=True)
    line = bench.connected()
    bench.pulse()
    assert payloads(line.take())[0]["serial"] == bench.serial


@pytest.mark.parametrize(
    ("retain", "stateful", "stateless"),
    [("none", False, False), ("property", True, False), ("all", True, True)],
)
def test_retain_rules(retain, stateful, stateless):
    bench = Bench()
    line = bench.connected(("//.", 1, retain))
    bench.pulse()
    bench.blocked()
    state, pulse = line.take(Publish)
    assert (state.retain, pulse.retain) == (stateful, stateless)
    assert (state.qos, pulse.qos) == (1, 1)


def test_an_event_that_matches_two_filters_is_published_twice():
    bench = Bench()
    line = bench.connected(PORT_FILTER, ("//.", 2, "all"))
    bench.pulse()
    first, second = line.take(Publish)
    assert (first.qos, first.retain, second.qos, second.retain) == (0, False, 2, True)
    assert (first.topic, first.payload) == (second.topic, second.payload)


def test_new_filters_publish_present_states_at_once():
    bench = Bench()
    line = bench.connected()
    bench.publish_all(READY_FILTER)
    assert "onvif:Device/axis:Status/SystemReady" in {told["topic"] for told in payloads(line.take())}


def test_the_time_stamp_is_the_devices_own_clock():
    bench = Bench()
    line = bench.connected(PORT_FILTER)
    bench.device.time.set_clock(bench.clock.epoch.replace(year=2030))
    bench.pulse()
    stamp = payloads(line.take())[0]["timestamp"]
    assert stamp == round(bench.clock.epoch.replace(year=2030).timestamp() * 1000)


def test_an_event_mqtt_cannot_carry_is_logged_and_not_sent():
    bench = Bench()
    line = bench.connected(("//.", 0, "none"))
    bench.device.events.publish(
        "tns1:Device/tnsaxis:Network/AddressAdded", {"interface": "a+b"}, origin="x", address="y"
    )
    assert line.take(Publish) == []
    assert any("cannot be published" in entry for entry in bench.device.logs.system_lines())


# receiving


def subscribed(*filters):
    bench = Bench()
    bench.device.mqtt.configure_subscription({"mqttFilterList": list(filters)})
    events = []
    line = bench.connected(("//.", 0, "none"))
    bench.device.events.listen(lambda event: events.append((event.topic, dict(event.source), dict(event.data))))
    return bench, line, events


def test_a_message_becomes_a_stateless_event_and_does_not_go_out_again():
    _, line, events = subscribed({"topicFilter": "cmd/+", "qos": 1})
    line.say(Publish("cmd/open", b"now", 1, packet_id=3))
    assert events == [
        (
            "tnsaxis:MQTT/Message/Stateless",
            {"device-prefix": "0", "mqtt-topic": "cmd/open"},
            {"mqtt-payload": "now"},
        )
    ]
    assert line.take() == [Puback(3)]


def test_state_data_becomes_a_stateful_event():
    bench, line, events = subscribed({"topicFilter": "door", "useDeviceTopicPrefix": True, "isStateData": True})
    for value in (b"open", b"open", b"closed"):
        line.say(Publish(f"axis/{bench.serial}/door", value))
    source = {"device-prefix": "1", "mqtt-topic": "door"}
    assert events == [
        ("tnsaxis:MQTT/Message/Stateful", source, {"value": "open"}),
        ("tnsaxis:MQTT/Message/Stateful", source, {"value": "closed"}),
    ]
    bench.device.mqtt.configure_subscription({"mqttFilterList": []})
    assert not [event for event in bench.device.events.states() if event.topic.startswith("tnsaxis:MQTT/Message")]


def test_changed_subscriptions_are_unsubscribed_and_subscribed():
    bench, line, _ = subscribed({"topicFilter": "a"}, {"topicFilter": "b"})
    bench.device.mqtt.configure_subscription({"mqttFilterList": [{"topicFilter": "b"}, {"topicFilter": "c"}]})
    unsubscribe, subscribe = line.take()
    assert isinstance(unsubscribe, Unsubscribe)
    assert unsubscribe.filters == ("a",)
    assert isinstance(subscribe, Subscribe)
    assert subscribe.filters == (("b", 0), ("c", 0))


def test_a_refused_subscription_is_logged():
    bench, line, _ = subscribed()
    bench.device.mqtt.configure_subscription({"mqttFilterList": [{"topicFilter": "a"}]})
    (subscribe,) = line.take()
    line.user.received(bytes([0x90, 3]) + subscribe.packet_id.to_bytes(2, "big") + b"\x80")
    assert any("refused a subscription" in entry for entry in bench.device.logs.system_lines())
