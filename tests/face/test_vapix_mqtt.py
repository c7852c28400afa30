"""mqtt/client.cgi and mqtt/event.cgi (io-events sheet 3.1 and 3.2, client-facts 2.7), with the axis library's models."""

from __future__ import annotations

import pytest
from axis.models.mqtt import (
    ClientConfig,
    ConfigureClientRequest,
    ConfigureEventPublicationRequest,
    EventFilter,
    EventPublicationConfig,
    GetClientStatusRequest,
    GetClientStatusResponse,
    GetEventPublicationConfigRequest,
    GetEventPublicationConfigResponse,
    Message,
    Server,
    ServerProtocol,
)
from hypothesis import given
from hypothesis import strategies as st
from vapix_desk import Desk

from simulator.face.vapix import mqtt_client, mqtt_event

CLIENT, EVENT = "/axis-cgi/mqtt/client.cgi", "/axis-cgi/mqtt/event.cgi"
SERVER = {"protocol": "tcp", "host": "broker.example.org"}
MISSING, INVALID = 2103, 2104


@pytest.fixture
def desk() -> Desk:
    return Desk()


def status(desk: Desk):
    return desk.rpc(CLIENT, "getClientStatus")["data"]


def test_a_clean_device(desk: Desk) -> None:
    answer = desk.rpc(CLIENT, "getClientStatus")
    assert answer["apiVersion"] == "1.6"
    assert answer["data"]["status"] == {"state": "inactive", "connectionStatus": "disconnected"}
    assert answer["data"]["config"]["deviceTopicPrefix"] == f"axis/{desk.device.identity.serial}"
    assert desk.rpc(EVENT, "getEventPublicationConfig")["data"]["eventPublicationConfig"] == {
        "topicPrefix": "default",
        "customTopicPrefix": "",
        "appendEventTopic": True,
        "includeTopicNamespaces": True,
        "includeSerialNumberInPayload": False,
        "eventFilterList": [],
    }
    assert desk.rpc(EVENT, "getMqttSubscriptionConfig")["data"] == {
        "mqttSubscriptionConfig": {"mqttFilterList": []}
    }


def test_the_axis_library_configures_and_reads_back(desk: Desk) -> None:
    server = Server("10.0.0.9", ServerProtocol.TCP, port=1884)
    config = ClientConfig(
        server,
        last_will_testament=Message(use_default=True, topic="w", message="gone", retain=True, qos=1),
        username="me",
        password="secret",
        client_id="unit",
    )
    sent = ConfigureClientRequest(api_version="1.0", client_config=config)
    assert b'"data": {}' in desk.ask("POST", CLIENT, sent.content).body
    desk.rpc(CLIENT, "activateClient")
    read = GetClientStatusResponse.decode(desk.ask("POST", CLIENT, GetClientStatusRequest().content).body).data
    assert (read.status.state.value, read.status.connection_status.value) == ("active", "disconnected")
    assert (read.config.server.host, read.config.server.port) == ("10.0.0.9", 1884)
    assert (read.config.client_id, read.config.keep_alive_interval) == ("unit", 60)
    assert read.config.device_topic_prefix == f"axis/{desk.device.identity.serial}"
    assert read.config.password == "*****"
    assert desk.device.mqtt.client.password == "secret"


def test_the_axis_library_configures_publications(desk: Desk) -> None:
    filters = EventFilter.from_list([{"topicFilter": "//.", "qos": 1, "retain": "property"}])
    config = EventPublicationConfig(event_filter_list=filters)
    sent = ConfigureEventPublicationRequest(api_version="1.0", config=config)
    assert b'"data": {}' in desk.ask("POST", EVENT, sent.content).body
    answer = desk.ask("POST", EVENT, GetEventPublicationConfigRequest().content)
    read = GetEventPublicationConfigResponse.decode(answer.body).data
    assert [(one.topic_filter, int(one.qos), str(one.retain)) for one in read.event_filter_list] == [
        ("//.", 1, "property")
    ]


def test_publications_replace_the_whole_list(desk: Desk) -> None:
    for topic in ("onvif:Device/axis:IO//.", "axis:Call/State"):
        desk.rpc(EVENT, "configureEventPublication", {"eventFilterList": [{"topicFilter": topic}]})
    (only,) = desk.rpc(EVENT, "getEventPublicationConfig")["data"]["eventPublicationConfig"]["eventFilterList"]
    assert only == {"topicFilter": "axis:Call/State", "qos": 0, "retain": "none"}


def test_subscriptions(desk: Desk) -> None:
    wanted = {"topicFilter": "home/+/light", "useDeviceTopicPrefix": False, "qos": 2, "isStateData": False}
    assert desk.rpc(EVENT, "configureMqttSubscription", {"mqttFilterList": [wanted]})["data"] == {}
    answer = desk.rpc(EVENT, "getMqttSubscriptionConfig")["data"]["mqttSubscriptionConfig"]
    assert answer == {"mqttFilterList": [wanted]}


@pytest.mark.parametrize("params", [None, {}])
def test_activation_takes_no_parameters_and_needs_a_broker(desk: Desk, params) -> None:
    assert desk.rpc(CLIENT, "activateClient", params)["error"]["code"] == MISSING
    desk.rpc(CLIENT, "configureClient", {"server": SERVER})
    assert desk.rpc(CLIENT, "activateClient", params)["data"] == {}
    assert status(desk)["status"]["state"] == "active"
    assert desk.rpc(CLIENT, "deactivateClient", params)["data"] == {}
    assert status(desk)["status"]["state"] == "inactive"


def test_null_credentials_are_none_and_old_members_are_taken(desk: Desk) -> None:
    sent = {"server": SERVER, "username": None, "password": None, "activateOnReboot": True}
    assert desk.rpc(CLIENT, "configureClient", sent)["data"] == {}
    assert status(desk)["config"]["username"] == ""


def test_the_password_is_never_shown_and_may_be_kept(desk: Desk) -> None:
    desk.rpc(CLIENT, "configureClient", {"server": SERVER, "username": "me", "password": "hush"})
    assert b"hush" not in desk.ask("POST", CLIENT, '{"apiVersion":"1.0","method":"getClientStatus"}').body
    changed = {"server": SERVER, "username": "me", "password": "", "keepExistingPassword": True}
    desk.rpc(CLIENT, "configureClient", changed)
    assert desk.device.mqtt.client.password == "hush"


@pytest.mark.parametrize(
    ("path", "method", "params", "code", "name"),
    [
        (CLIENT, "configureClient", None, MISSING, "server"),
        (CLIENT, "configureClient", [SERVER], MISSING, "server"),
        (CLIENT, "configureClient", {"server": {}}, MISSING, "server.host"),
        (CLIENT, "configureClient", {"server": {**SERVER, "port": "1883"}}, MISSING, "server.port"),
        (CLIENT, "configureClient", {"server": {**SERVER, "port": 70_000}}, INVALID, "server.port"),
        (CLIENT, "configureClient", {"server": {**SERVER, "protocol": "mqtt"}}, INVALID, "server.protocol"),
        (CLIENT, "configureClient", {"server": SERVER, "keepAliveInterval": -1}, INVALID, "keepAliveInterval"),
        (CLIENT, "configureClient", {"server": SERVER, "lastWillTestament": 7}, MISSING, "lastWillTestament"),
        (EVENT, "configureEventPublication", {"topicPrefix": "none"}, INVALID, "topicPrefix"),
        (EVENT, "configureEventPublication", {"eventFilterList": [{}]}, MISSING, "eventFilterList.0.topicFilter"),
        (
            EVENT,
            "configureMqttSubscription",
            {"mqttFilterList": [{"topicFilter": "a/#", "isStateData": True}]},
            INVALID,
            "mqttFilterList.0.topicFilter",
        ),
    ],
)
def test_errors_name_the_property(desk: Desk, path: str, method: str, params, code: int, name: str) -> None:
    error = desk.rpc(path, method, params)["error"]
    assert (error["code"], error["details"]) == (code, {"propertyName": name})
    assert name in error["message"]
    assert status(desk)["config"]["server"]["host"] == ""


@pytest.mark.parametrize("path", [CLIENT, EVENT])
def test_the_frame_of_both(desk: Desk, path: str) -> None:
    assert desk.rpc(path, "fly")["error"]["code"] == 2102
    assert desk.rpc(path, "getClientStatus", version="2.0")["error"]["code"] == 2100
    assert b'"code": 2101' in desk.ask("POST", path, "{").body
    assert desk.ask("GET", path).status == 405
    for name, groups in (("vera", ("viewer",)), ("olga", ("operator",))):
        desk.device.accounts.add(name, "x", groups)
        assert desk.ask("POST", path, "{}", login=(name, "x")).status == 403


@pytest.mark.parametrize("path", [CLIENT, EVENT])
def test_a_request_that_is_too_large(desk: Desk, path: str) -> None:
    body = '{"apiVersion":"1.0","method":"x","params":{"a":"' + "x" * 131_072 + '"}}'
    answer = desk.ask("POST", path, body)
    assert answer.status == 200
    assert b'"code": 2106' in answer.body


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["host", "port", "topicFilter", "qos", "retain", "topic", "useDefault"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(["server", "lastWillTestament", "ssl", "eventFilterList", "mqttFilterList", "topicPrefix"])
DESK = Desk()
(CLIENT_ROUTE,), (EVENT_ROUTE,) = mqtt_client.ROUTES, mqtt_event.ROUTES


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_no_settings_break_it(params: dict[str, object]) -> None:
    for route, method in (
        (CLIENT_ROUTE, "configureClient"),
        (EVENT_ROUTE, "configureEventPublication"),
        (EVENT_ROUTE, "configureMqttSubscription"),
    ):
        answer = DESK.inside(route, method, params)
        assert ("data" in answer) != ("error" in answer)
    assert "config" in DESK.inside(CLIENT_ROUTE, "getClientStatus", None)["data"]
