"""The MQTT client of a device as a broker sees it, on a wire made of lists."""

from __future__ import annotations

import json

import pytest
from mqtt_bench import Bench
from test_mqtt_face_messages import subscribed

from simulator.journal import Kind
from simulator.wire.mqtt.packet import (
    Connack,
    Connect,
    Disconnect,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Will,
)

PORT_FILTER = ("onvif:Device/axis:IO/VirtualInput//.", 0, "none")
READY_FILTER = ("onvif:Device/axis:Status//.", 0, "none")


def payloads(packets):
    return [json.loads(p.payload) for p in packets if isinstance(p, Publish)]


def connection(bench):
    return f"axis/{bench.serial}/event/connection"


# connecting


def test_an_inactive_device_leaves_the_broker_alone():
    bench = Bench()
    bench.configure()
    assert bench.dialer.lines == []
    assert bench.dialer.pending == []


def test_connect_says_what_the_settings_say():
    bench = Bench()
    bench.configure(
        username="u", password="p", keepAliveInterval=30, cleanSession=False, clientId="me", connectTimeout=7
    )
    bench.device.mqtt.activate()
    assert (bench.line.host, bench.line.port, bench.line.tls, bench.line.timeout) == ("127.0.0.1", 1883, None, 7.0)
    bench.line.open()
    told = {"serialNumber": bench.serial, "connected": False, "description": "Connection Lost", "timestamp": None}
    will = Will(connection(bench), json.dumps(told, separators=(",", ":")).encode(), 1, retain=True)
    assert bench.line.take() == [Connect("me", False, 30, will, "u", b"p")]
    assert bench.status == "disconnected"


def test_the_client_id_is_the_serial_unless_set():
    bench = Bench()
    bench.configure()
    bench.device.mqtt.activate()
    bench.line.open()
    (connect,) = bench.line.take()
    assert connect.client_id == bench.serial
    assert connect.username is None


def test_ssl_verifies_only_if_told_to():
    bench = Bench()
    bench.configure(
        server={"protocol": "ssl", "host": "127.0.0.1", "alpnProtocol": "mqtt"}, ssl={"validateServerCert": True}
    )
    bench.device.mqtt.activate()
    assert bench.line.port == 8883
    assert bench.line.tls.verify
    assert bench.line.tls.alpn == "mqtt"


def test_order_after_connack():
    bench = Bench()
    bench.publish_all(READY_FILTER, ("onvif:Device/axis:MQTT//.", 0, "none"))
    bench.device.mqtt.configure_subscription(
        {
            "mqttFilterList": [
                {"topicFilter": "cmd/#", "qos": 1},
                {"topicFilter": "x", "useDeviceTopicPrefix": True},
            ]
        }
    )
    bench.configure()
    bench.device.mqtt.activate()
    hello, subscribe, *states = bench.line.accept()
    assert (hello.topic, hello.qos, hello.retain) == (connection(bench), 1, True)
    assert json.loads(hello.payload) == {
        "serialNumber": bench.serial, "connected": True, "description": "Connected", "timestamp": "2026-03-01T08:00:00z",
    }  # fmt: skip
    assert subscribe.filters == (("cmd/#", 1), (f"axis/{bench.serial}/x", 0))
    found = {state["topic"]: state["message"]["data"] for state in payloads(states)}
    assert found["onvif:Device/axis:Status/SystemReady"] == {"ready": "1"}
    assert found["onvif:Device/axis:MQTT/ClientStatus"] == {"connected": "1", "active": "1"}
    assert len(found) == len(states)
    assert bench.status == "connected"


def test_what_follows_a_welcome_leaves_in_one_write():
    bench = Bench()
    bench.configure()
    bench.publish_all(PORT_FILTER)
    bench.device.mqtt.activate()
    bench.line.open()
    before = bench.line.writes
    bench.line.say(Connack(0, False))
    assert len(bench.line.take(Publish)) == 1 + 64
    assert bench.line.writes == before + 1


def test_messages_that_are_switched_off_are_not_sent():
    bench = Bench()
    bench.device.mqtt.configure_client({"server": {"protocol": "tcp", "host": "127.0.0.1"}})
    bench.device.mqtt.activate()
    bench.line.open()
    assert bench.line.take()[0].will is None
    bench.line.say(Connack())
    assert bench.line.take() == []
    bench.device.mqtt.deactivate()
    assert bench.line.take() == [Disconnect()]
    assert bench.line.end == "closed"


def test_client_status_is_an_event():
    bench = Bench()
    seen = []
    bench.device.events.listen(lambda event: seen.append((event.topic, dict(event.data))))
    line = bench.connected()
    line.user.lost("reset")
    status = [data for topic, data in seen if topic.endswith("MQTT/ClientStatus")]
    assert status == [
        {"connected": "0", "active": "1"}, {"connected": "1", "active": "1"}, {"connected": "0", "active": "1"},
    ]  # fmt: skip


# leaving


def test_orderly_stop_says_goodbye_and_waits_for_the_acknowledgement():
    bench = Bench()
    line = bench.connected()
    bench.face.stop(orderly=True)
    (goodbye,) = line.take()
    assert json.loads(goodbye.payload)["description"] == "Disconnected"
    assert (goodbye.topic, goodbye.qos, goodbye.retain) == (connection(bench), 1, True)
    assert line.end == ""
    line.say(Puback(goodbye.packet_id))
    assert line.take() == [Disconnect()]
    assert line.end == "closed"
    assert bench.status == "disconnected"
    assert bench.dialer.pending == []


def test_a_broker_that_does_not_acknowledge_holds_the_goodbye_up_for_a_moment_only():
    bench = Bench()
    line = bench.connected()
    bench.face.stop(orderly=True)
    bench.dialer.pass_time(2.0)
    assert line.take()[-1] == Disconnect()
    assert line.end == "closed"


def test_power_loss_says_nothing():
    bench = Bench()
    line = bench.connected()
    bench.face.stop(orderly=False)
    assert line.take() == []
    assert line.end == "aborted"
    assert bench.dialer.pending == []
    bench.pulse()
    bench.face.start()
    assert len(bench.dialer.lines) == 2


def test_what_waited_is_lost_with_the_power():
    bench = Bench()
    line = bench.connected(("//.", 1, "none"))
    line.user.lost("reset")
    bench.blocked("192.0.2.7")
    bench.face.stop(orderly=False)
    bench.device.lifecycle.power_cut()
    bench.device.lifecycle.power_on()
    bench.clock.step_to(bench.clock.now() + 600)
    bench.clock.run_due()
    bench.face.start()
    assert "192.0.2.7" not in str(bench.line.accept())


def test_a_new_address_is_a_new_connection_that_keeps_what_waited():
    bench = Bench()
    line = bench.connected(("onvif:Device/axis:Network//.", 1, "none"))
    bench.face.stop(orderly=False)
    bench.face.start()
    bench.blocked("192.0.2.8")
    assert line.end == "aborted"
    assert "192.0.2.8" in str(bench.line.accept())


def test_new_client_settings_leave_the_old_broker_in_order_first():
    bench = Bench()
    old_line = bench.connected()
    bench.configure(server={"protocol": "tcp", "host": "127.0.0.9"}, deviceTopicPrefix="elsewhere")
    (goodbye,) = old_line.take()
    assert goodbye.topic == connection(bench)
    assert len(bench.dialer.lines) == 1
    old_line.say(Puback(goodbye.packet_id))
    assert old_line.take() == [Disconnect()]
    assert bench.line.host == "127.0.0.9"
    assert bench.line.accept()[0].topic == "elsewhere/event/connection"


def test_reactivation_during_the_goodbye_connects_afterwards():
    bench = Bench()
    line = bench.connected()
    bench.device.mqtt.deactivate()
    bench.device.mqtt.activate()
    assert len(bench.dialer.lines) == 1
    line.acknowledge()
    assert len(bench.dialer.lines) == 2


# losing and coming back


def pause_of(bench):
    (pause,) = bench.dialer.pending
    return pause


def test_pauses_double_to_a_minute_with_jitter_and_start_again_after_a_success():
    bench = Bench()
    bench.connected().user.lost("reset")
    for nominal in (1, 2, 4, 8, 16, 32, 60, 60):
        assert 0.8 * nominal <= pause_of(bench) <= 1.2 * nominal
        bench.dialer.pass_time(pause_of(bench))
        bench.line.user.lost("connection refused")
    bench.dialer.pass_time(pause_of(bench))
    bench.line.accept()
    bench.line.user.lost("reset")
    assert pause_of(bench) <= 1.2


def test_the_same_seed_gives_the_same_pauses():
    def pauses(seed):
        bench = Bench(seed=seed)
        bench.connected().user.lost("reset")
        return pause_of(bench)

    assert pauses(3) == pauses(3) != pauses(4)


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5])
def test_a_refusal_counts_as_a_loss(code):
    bench = Bench()
    bench.configure()
    bench.device.mqtt.activate()
    bench.line.open()
    bench.line.say(Connack(code))
    assert bench.line.end == "closed"
    assert bench.status == "disconnected"
    assert pause_of(bench) <= 1.2


def test_without_auto_reconnect_the_device_stays_away_until_activated_again():
    bench = Bench()
    bench.connected(autoReconnect=False).user.lost("reset")
    assert bench.dialer.pending == []
    bench.device.mqtt.deactivate()
    bench.device.mqtt.activate()
    assert len(bench.dialer.lines) == 2


def test_while_disconnected_quality_zero_is_lost_and_the_rest_waits_up_to_the_limit():
    bench = Bench()
    network = "onvif:Device/axis:Network//."
    bench.connected((network, 0, "none"), (network, 1, "none")).user.lost("reset")
    limit = bench.device.profile.quirks.mqtt_queue_limit
    for number in range(limit + 5):
        bench.blocked(f"192.0.2.{number}")
    bench.dialer.pass_time(2)
    said = [
        (told["message"]["data"]["address"], message.qos)
        for message in bench.line.accept()[1:]
        if "address" in (told := json.loads(message.payload))["message"]["data"]
    ]
    assert said == [(f"192.0.2.{number}", 1) for number in range(5, limit + 5)]


def test_unacknowledged_messages_are_sent_again_without_a_session():
    bench = Bench()
    line = bench.connected(("onvif:Device/axis:Network//.", 1, "none"))
    bench.blocked()
    (sent,) = line.take()
    line.user.lost("reset")
    bench.dialer.pass_time(2)
    again = [m for m in bench.line.accept() if isinstance(m, Publish) and m.payload == sent.payload]
    assert [message.dup for message in again] == [False]


def test_unacknowledged_messages_are_sent_again_with_dup_on_a_session():
    bench = Bench()
    line = bench.connected(("onvif:Device/axis:Network//.", 1, "none"), cleanSession=False)
    bench.blocked()
    (sent,) = line.take()
    line.user.lost("reset")
    bench.dialer.pass_time(2)
    first, hello, *_ = bench.line.accept(present=True)
    assert (first.payload, first.dup, first.packet_id) == (sent.payload, True, sent.packet_id)
    assert hello.topic == connection(bench)


def test_tcp_tls_and_connack_together_take_no_longer_than_the_timeout():
    bench = Bench()
    bench.configure(connectTimeout=10)
    bench.device.mqtt.activate()
    bench.dialer.pass_time(6)
    bench.line.open()
    assert pause_of(bench) == pytest.approx(4)
    bench.dialer.pass_time(4)
    assert bench.line.end == "closed"


def test_an_idle_connection_has_one_timer_and_pings():
    bench = Bench()
    line = bench.connected(keepAliveInterval=60)
    assert len(bench.dialer.pending) == 1
    bench.dialer.pass_time(61)
    assert line.take() == [Pingreq()]
    line.say(Pingresp())
    assert len(bench.dialer.pending) == 1
    bench.dialer.pass_time(60)
    assert line.take() == [Pingreq()]
    bench.dialer.pass_time(61)
    assert line.end == "closed"
    assert bench.status == "disconnected"


def test_garbage_from_the_broker_ends_the_connection():
    bench = Bench()
    line = bench.connected()
    line.user.received(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert line.end == "closed"
    assert pause_of(bench) <= 1.2


def test_a_late_word_of_an_aborted_connection_is_not_heard():
    bench = Bench()
    line = bench.connected()
    bench.face.stop(orderly=False)
    bench.face.start()
    line.say(Pingresp())
    line.user.lost("aborted")
    assert len(bench.dialer.lines) == 2
    assert bench.dialer.pending == []


# the journal


def test_every_packet_is_journalled_with_its_cause_and_never_the_password():
    bench = Bench()
    bench.connected(PORT_FILTER, username="u", password="secret")
    bench.pulse(2)
    records = [record for record in bench.journal.since(0) if record.kind is Kind.MESSAGE]
    assert [r.data["packet"] for r in records][:4] == ["CONNECT", "CONNACK", "PUBLISH", "PUBLISH"]
    assert "secret" not in str(records)
    last = records[-1]
    assert last.data["topic"].endswith("/$source/port/2")
    cause = next(r for r in bench.journal.since(0) if r.number == last.cause)
    assert (cause.kind, cause.what) == (Kind.EVENT, "tns1:Device/tnsaxis:IO/VirtualInput")


def test_payloads_in_the_journal_are_bounded():
    bench, line, _ = subscribed({"topicFilter": "#"})
    line.say(Publish("t", b"x" * 100_000))
    last = [r for r in bench.journal.since(0) if r.kind is Kind.MESSAGE and r.data["direction"] == "in"][-1]
    assert last.data["payload"] == "x" * 512
