"""The MQTT client's settings: defaults, what is refused and how, and the messages they lead to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.device import Device
from simulator.device.mqtt_configuration import CLIENT_STATUS, MqttConfiguration, Publication
from simulator.device.mqtt_setting import INVALID_VALUE, MISSING_OR_INVALID, SettingRefused
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.journal import Journal

SERVER = {"protocol": "tcp", "host": "broker.example.org"}


def made() -> Device:
    clock = SimClock(stepped=True)
    world = World(clock, Chance(1), Journal(clock))
    return Device("io-1", 1, load_profile("A9210", "12.9"), world, lambda address: address)


def client(**changes: Any) -> dict[str, Any]:
    return {"server": SERVER, **changes}


def refusal(configuration: MqttConfiguration, sent: dict[str, Any]) -> tuple[int, str]:
    with pytest.raises(SettingRefused) as refused:
        configuration.configure_client(sent)
    return refused.value.code, refused.value.property


def test_factory_state() -> None:
    device = made()
    shown = device.mqtt.shown()
    assert not device.mqtt.active
    assert device.mqtt.connection_status == "disconnected"
    assert shown["server"] == {"protocol": "tcp", "host": "", "port": 1883, "basepath": "", "alpnProtocol": ""}
    assert (shown["keepAliveInterval"], shown["connectTimeout"]) == (60, 60)
    assert (shown["cleanSession"], shown["autoReconnect"]) == (True, True)
    assert shown["clientId"] == device.identity.serial
    assert shown["deviceTopicPrefix"] == f"axis/{device.identity.serial}"
    for name in ("lastWillTestament", "connectMessage", "disconnectMessage"):
        assert shown[name]["useDefault"] is True


def test_the_publication_of_a_clean_device_is_the_recorded_one() -> None:
    """Io-events sheet 3.2."""
    assert made().mqtt.publication.as_json() == {
        "topicPrefix": "default",
        "customTopicPrefix": "",
        "appendEventTopic": True,
        "includeTopicNamespaces": True,
        "includeSerialNumberInPayload": False,
        "eventFilterList": [],
    }
    assert made().mqtt.subscription.as_json() == {"mqttFilterList": []}


@pytest.mark.parametrize(("protocol", "port"), [("tcp", 1883), ("ssl", 8883), ("ws", 80), ("wss", 443)])
def test_the_port_follows_from_the_protocol(protocol: str, port: int) -> None:
    mqtt = made().mqtt
    mqtt.configure_client({"server": {"protocol": protocol, "host": "b"}})
    assert mqtt.client.server.port == port
    mqtt.configure_client({"server": {"protocol": protocol, "host": "b", "port": 7000}})
    assert mqtt.client.server.port == 7000


def test_what_was_configured_is_shown_but_never_the_password() -> None:
    mqtt = made().mqtt
    sent = client(
        server={"protocol": "wss", "host": "b", "port": 8443, "basepath": "mqtt", "alpnProtocol": "x-amzn"},
        username="me",
        password="secret",
        clientId="c1",
        keepAliveInterval=30,
        cleanSession=False,
        deviceTopicPrefix="site/a",
        ssl={"validateServerCert": True, "clientCertID": "", "CACertID": "ca"},
        connectMessage={"useDefault": False, "topic": "hello", "message": "{}", "retain": True, "qos": 2},
    )
    mqtt.configure_client(sent)
    shown = mqtt.shown()
    assert {name: shown[name] for name in sent if name != "password"} == {
        name: value for name, value in sent.items() if name != "password"
    }
    assert shown["password"] == "*****"
    assert mqtt.client.password == "secret"
    assert "secret" not in json.dumps(shown) + repr(mqtt.client)
    json.dumps(mqtt.shown())


def test_old_clients_are_understood() -> None:
    """Client-facts 2.7 and the sheet: null credentials and activateOnReboot."""
    mqtt = made().mqtt
    mqtt.configure_client(client(username=None, password=None, activateOnReboot=True))
    assert (mqtt.client.username, mqtt.client.password, mqtt.active) == ("", "", False)


def test_a_stored_password_can_be_kept() -> None:
    mqtt = made().mqtt
    mqtt.configure_client(client(password="one"))
    mqtt.configure_client(client(password="ignored", keepExistingPassword=True))
    assert mqtt.client.password == "one"
    mqtt.configure_client(client(password="two", keepExistingPassword=False))
    assert mqtt.client.password == "two"


@pytest.mark.parametrize(
    ("sent", "code", "name"),
    [
        ({}, MISSING_OR_INVALID, "server"),
        ({"server": {}}, MISSING_OR_INVALID, "server.host"),
        ({"server": []}, MISSING_OR_INVALID, "server"),
        ({"server": {"host": "b", "port": "1883"}}, MISSING_OR_INVALID, "server.port"),
        (client(keepAliveInterval=60.5), MISSING_OR_INVALID, "keepAliveInterval"),
        (client(cleanSession="yes"), MISSING_OR_INVALID, "cleanSession"),
        (client(cleanSession=1), MISSING_OR_INVALID, "cleanSession"),
        (client(connectMessage="hello"), MISSING_OR_INVALID, "connectMessage"),
        ({"server": {"host": ""}}, INVALID_VALUE, "server.host"),
        ({"server": {"host": "b", "port": 0}}, INVALID_VALUE, "server.port"),
        ({"server": {"host": "b", "port": 65_536}}, INVALID_VALUE, "server.port"),
        ({"server": {"host": "b", "protocol": "mqtt"}}, INVALID_VALUE, "server.protocol"),
        (
            {"server": {"host": "b", "protocol": "ssl", "alpnProtocol": "x" * 256}},
            INVALID_VALUE,
            "server.alpnProtocol",
        ),
        ({"server": {"host": "b", "alpnProtocol": "x"}}, INVALID_VALUE, "server.alpnProtocol"),
        (client(httpProxy="x" * 256), INVALID_VALUE, "httpProxy"),
        (client(keepAliveInterval=-1), INVALID_VALUE, "keepAliveInterval"),
        (client(connectTimeout=0), INVALID_VALUE, "connectTimeout"),
        (client(lastWillTestament={"qos": 3}), INVALID_VALUE, "lastWillTestament.qos"),
        (client(connectMessage={"topic": "a/#"}), INVALID_VALUE, "connectMessage.topic"),
        (client(deviceTopicPrefix="a/+"), INVALID_VALUE, "deviceTopicPrefix"),
        (client(clientId="a\0b"), INVALID_VALUE, "clientId"),
        (client(username="x" * 65_536), INVALID_VALUE, "username"),
    ],
)
def test_refused_settings_name_the_property_and_change_nothing(sent: dict[str, Any], code: int, name: str) -> None:
    mqtt = made().mqtt
    before = mqtt.shown()
    assert refusal(mqtt, sent) == (code, name)
    assert mqtt.shown() == before


@pytest.mark.parametrize(
    "sent",
    [
        {"eventFilterList": [{}]},
        {"eventFilterList": [{"topicFilter": ""}]},
        {"eventFilterList": [{"topicFilter": "onvif:Device//.", "qos": 3}]},
        {"eventFilterList": [{"topicFilter": "onvif:Device//.", "retain": "some"}]},
        {"eventFilterList": "onvif:Device//."},
        {"eventFilterList": [{"topicFilter": "x"}] * 101},
        {"topicPrefix": "custom"},
        {"topicPrefix": "custom", "customTopicPrefix": "a/#"},
        {"topicPrefix": "mine"},
        {"appendEventTopic": "true"},
    ],
)
def test_refused_publications_leave_the_old_list(sent: dict[str, Any]) -> None:
    mqtt = made().mqtt
    mqtt.configure_publication({"eventFilterList": [{"topicFilter": "axis:IO//."}]})
    with pytest.raises(SettingRefused) as refused:
        mqtt.configure_publication(sent)
    assert refused.value.code in {MISSING_OR_INVALID, INVALID_VALUE}
    assert [f.topic_filter for f in mqtt.publication.event_filter_list] == ["axis:IO//."]


def test_a_property_that_is_wrong_beside_another_is_named() -> None:
    mqtt = made().mqtt
    with pytest.raises(SettingRefused) as refused:
        mqtt.configure_publication({"topicPrefix": "custom"})
    assert (refused.value.code, refused.value.property) == (INVALID_VALUE, "customTopicPrefix")
    with pytest.raises(SettingRefused) as refused:
        mqtt.configure_subscription({"mqttFilterList": [{"topicFilter": "a/#", "isStateData": True}]})
    assert refused.value.property == "mqttFilterList.0.topicFilter"


def test_a_publication_replaces_the_whole_list() -> None:
    mqtt = made().mqtt
    mqtt.configure_publication({"eventFilterList": [{"topicFilter": "a"}, {"topicFilter": "b", "retain": "all"}]})
    mqtt.configure_publication({"eventFilterList": [{"topicFilter": "c", "qos": 2}], "appendEventTopic": False})
    shown = mqtt.publication.as_json()
    assert shown["eventFilterList"] == [{"topicFilter": "c", "qos": 2, "retain": "none"}]
    assert shown["appendEventTopic"] is False


@pytest.mark.parametrize("taken", ["a", "a/+/b", "+", "#", "a/#", "/a//b/"])
def test_subscriptions_take_wildcards(taken: str) -> None:
    mqtt = made().mqtt
    mqtt.configure_subscription({"mqttFilterList": [{"topicFilter": taken, "qos": 1}]})
    assert mqtt.subscription.as_json()["mqttFilterList"] == [
        {"topicFilter": taken, "useDeviceTopicPrefix": False, "qos": 1, "isStateData": False}
    ]


@pytest.mark.parametrize(
    "sent",
    [
        {"topicFilter": "a/+", "isStateData": True},
        {"topicFilter": "#", "isStateData": True},
        {"topicFilter": "a#"},
        {"topicFilter": "#/a"},
        {"topicFilter": "a+/b"},
        {"topicFilter": "a/b+"},
        {"topicFilter": ""},
        {"topicFilter": "a", "qos": "1"},
        {},
    ],
)
def test_refused_subscriptions(sent: dict[str, Any]) -> None:
    with pytest.raises(SettingRefused):
        made().mqtt.configure_subscription({"mqttFilterList": [sent]})


def test_activation_needs_a_broker_and_is_an_event() -> None:
    device = made()
    with pytest.raises(SettingRefused):
        device.mqtt.activate()
    device.mqtt.configure_client(client())
    heard: list[dict[str, str]] = []
    device.events.listen(lambda event: heard.append(dict(event.data)) if event.topic == CLIENT_STATUS else None)
    device.mqtt.activate()
    device.mqtt.activate()
    device.mqtt.connection_status = "connected"
    device.mqtt.connection_status = "disconnected"
    device.mqtt.deactivate()
    assert heard == [
        {"connected": "0", "active": "1"},
        {"connected": "1", "active": "1"},
        {"connected": "0", "active": "1"},
        {"connected": "0", "active": "0"},
    ]


def test_listeners_hear_which_part_changed() -> None:
    mqtt, heard = made().mqtt, []
    mqtt.on_change(heard.append)
    mqtt.configure_client(client())
    mqtt.configure_publication({})
    mqtt.configure_subscription({})
    mqtt.activate()
    mqtt.activate()
    mqtt.deactivate()
    assert heard == ["client", "publication", "subscription", "active", "active"]


def test_default_messages_are_the_documented_ones() -> None:
    """Io-events sheet 3.1; the lower-case z is theirs."""
    device = made()
    serial = device.identity.serial
    device.world.clock.step_to(65)
    stamp = device.world.clock.wall().strftime("%Y-%m-%dT%H:%M:%Sz")
    expected = {
        "will": {"connected": False, "description": "Connection Lost", "timestamp": None},
        "connect": {"connected": True, "description": "Connected", "timestamp": stamp},
        "disconnect": {"connected": False, "description": "Disconnected", "timestamp": stamp},
    }
    for occasion in ("will", "connect", "disconnect"):
        message = device.mqtt.message(occasion)
        assert message is not None
        assert (message.topic, message.qos, message.retain) == (f"axis/{serial}/event/connection", 1, True)
        assert list(json.loads(message.payload).items()) == [("serialNumber", serial), *expected[occasion].items()]


def test_own_messages_and_absent_ones() -> None:
    mqtt = made().mqtt
    own = {"useDefault": False, "topic": "my/will", "message": "gone", "retain": False, "qos": 2}
    mqtt.configure_client(client(lastWillTestament=own))
    assert mqtt.message("will") == Publication("my/will", "gone", 2, retain=False)
    assert mqtt.message("connect") is None
    assert mqtt.message("disconnect") is None


def test_reset_and_rollback() -> None:
    mqtt = made().mqtt
    factory = mqtt.shown()
    mqtt.configure_client(client())
    mqtt.configure_publication({"eventFilterList": [{"topicFilter": "a"}]})
    mqtt.activate()
    configured, saved = mqtt.shown(), mqtt.snapshot()
    mqtt.reset()
    assert (mqtt.shown(), mqtt.active, mqtt.publication.event_filter_list) == (factory, False, ())
    mqtt.restore(saved)
    assert (mqtt.shown(), mqtt.active, len(mqtt.publication.event_filter_list)) == (configured, True, 1)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
WORDS = """
    server host protocol port username connectMessage topic qos ssl clientId eventFilterList mqttFilterList
    topicFilter topicPrefix customTopicPrefix isStateData
"""
KEYS = st.sampled_from(WORDS.split())
OBJECTS = st.dictionaries(KEYS, SCALARS, max_size=3)
LIKELY = st.dictionaries(KEYS, SCALARS | OBJECTS | st.lists(OBJECTS, max_size=2), max_size=3)


@pytest.fixture(scope="module")
def one_device() -> Device:
    return made()


@pytest.mark.fuzz
@given(sent=LIKELY)
def test_any_json_is_settings_or_refused(one_device: Device, sent: dict[str, Any]) -> None:
    mqtt = one_device.mqtt
    for configure in (mqtt.configure_client, mqtt.configure_publication, mqtt.configure_subscription):
        try:
            configure(sent)
        except SettingRefused as refused:
            assert refused.code in {MISSING_OR_INVALID, INVALID_VALUE}
    for shown in (mqtt.shown(), mqtt.publication.as_json(), mqtt.subscription.as_json()):
        json.dumps(shown).encode()
