"""The server's end of an MQTT 5 connection, packet by packet, on a clock of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.mqtt.delivery import Inflow, Outflow
from simulator.wire.mqtt.encode import encode
from simulator.wire.mqtt.event import Acknowledged
from simulator.wire.mqtt.packet import (
    Auth,
    Connack,
    Connect,
    Disconnect,
    Pingreq,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Subscribe,
    Unsubscribe,
    Will,
)
from simulator.wire.mqtt.properties import NONE, Properties
from simulator.wire.mqtt.reader import PacketReader
from simulator.wire.mqtt.reason import Reason
from simulator.wire.mqtt.server import ServerSession, Terms


def packets_of(data: bytes) -> list:
    reader, found = PacketReader(), []
    reader.level = 5
    reader.feed(data)
    while (packet := reader.read()) is not None:
        found.append(packet)
    return found


class Server:
    """A server session that has accepted a client of MQTT 5."""

    def __init__(self, said=NONE, *, keep_alive=60, outflow=None, inflow=None, terms=None, answer=None):
        self.outflow, self.inflow = outflow or Outflow(20), inflow or Inflow()
        self.session = ServerSession(0.0, largest=1000, terms=terms or Terms(3, 2))
        self.get(Connect("c", keep_alive=keep_alive, level=5, properties=said))
        self.session.resume(self.outflow, self.inflow)
        self.session.send(answer or Connack(0), 0.0)
        self.first = self.out()

    def get(self, *packets, now=0.0):
        return self.session.receive(b"".join(encode(packet, 5) for packet in packets), now)

    def out(self):
        return packets_of(self.session.take_output())


def test_connack_tells_what_the_client_may_do():
    (connack,) = Server().first
    assert connack.properties == Properties(receive_maximum=3, topic_alias_maximum=2, maximum_packet_size=1005)


def test_a_server_keep_alive_replaces_a_longer_one_and_none():
    for asked in (0, 61):
        server = Server(keep_alive=asked, terms=Terms(keep_alive=60))
        assert server.first[0].properties.server_keep_alive == 60
        assert server.session.next_deadline() == 90.0
    assert Server(keep_alive=30, terms=Terms(keep_alive=60)).first[0].properties.server_keep_alive is None


def test_silence_ends_with_a_word():
    server = Server(keep_alive=10)
    (ended,) = server.session.tick(15.0)
    assert ended.reason == "keep alive expired"
    assert server.out() == [Disconnect(Reason.KEEP_ALIVE_TIMEOUT)]


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        (Connect("c", level=5), Reason.PROTOCOL_ERROR),
        (Auth(0x19), Reason.PROTOCOL_ERROR),
        (Publish("a", b"", properties=Properties(topic_alias=3)), Reason.TOPIC_ALIAS_INVALID),
        (Publish("", b"", properties=Properties(topic_alias=2)), Reason.PROTOCOL_ERROR),
        (Publish("a", b"", properties=Properties(subscription_ids=(1,))), Reason.PROTOCOL_ERROR),
        (Publish("a", b"x" * 2000), Reason.PACKET_TOO_LARGE),
        (Disconnect(0, Properties(session_expiry=5)), Reason.PROTOCOL_ERROR),
    ],
)
def test_what_may_not_come_is_answered_with_its_reason(packet, code):
    server = Server()
    *_, ended = server.get(packet)
    assert ended.violation
    (goodbye,) = server.out()
    assert (type(goodbye), goodbye.code) == (Disconnect, code)
    assert goodbye.properties.reason_string == ended.violation


def test_a_malformed_packet_is_answered_with_its_reason():
    server = Server()
    (ended,) = server.session.receive(b"\x36\x05\x00\x01a\x00\x01", 1.0)
    assert ended.violation == "PUBLISH with QoS 3"
    assert [packet.code for packet in server.out()] == [Reason.MALFORMED_PACKET]


def test_a_malformed_connect_of_mqtt_5_is_answered_in_connack():
    session = ServerSession(0.0)
    (ended,) = session.receive(bytes.fromhex("100e00044d5154540503003c00000161"), 0.0)
    assert "reserved connect flag" in ended.violation
    assert [(type(p), p.code) for p in packets_of(session.take_output())] == [(Connack, 0x81)]


def test_a_malformed_connect_of_3_1_1_is_not_answered():
    session = ServerSession(0.0)
    session.receive(bytes.fromhex("100d00044d5154540403003c000161"), 0.0)
    assert session.take_output() == b""


def test_aliases_come_back_as_topics():
    server = Server()
    first, second, third = server.get(
        Publish("a/b", b"1", properties=Properties(topic_alias=1)),
        Publish("", b"2", properties=Properties(topic_alias=1, content_type="t")),
        Publish("c", b"3", properties=Properties(topic_alias=1)),
    )
    assert [(p.topic, p.payload) for p in (first, second, third)] == [("a/b", b"1"), ("a/b", b"2"), ("c", b"3")]
    assert second.properties == Properties(content_type="t")


def test_the_server_uses_aliases_up_to_what_the_client_takes():
    server = Server(Properties(topic_alias_maximum=1))
    for topic in ("a", "b", "a", "b"):
        server.session.send(Publish(topic, b""), 0.0)
    assert [(p.topic, p.properties.topic_alias) for p in server.out()] == [
        ("a", 1),
        ("b", None),
        ("", 1),
        ("b", None),
    ]
    Server().session.send(Publish("a", b""), 0.0)


def test_a_message_larger_than_the_client_takes_is_passed_over():
    server = Server(Properties(maximum_packet_size=20))
    assert not server.session.send(Publish("a", b"x" * 20, 1), 0.0)
    assert server.session.send(Publish("a", b"x", 1), 0.0)
    (sent,) = server.out()
    assert sent.payload == b"x"
    assert len(server.outflow) == 1


def test_no_more_under_way_than_the_client_takes():
    server = Server(Properties(receive_maximum=1))
    server.session.send(Publish("a", b"", 1), 0.0)
    assert not server.session.room
    assert server.get(Puback(1)) == [Acknowledged(1)]
    assert server.session.room


def test_a_resumed_session_sends_again_within_the_receive_maximum():
    outflow = Outflow(20)
    for topic in "abc":
        outflow.begin(Publish(topic, b"", 1))
    server = Server(Properties(receive_maximum=2), outflow=outflow)
    assert [p.topic for p in server.first[1:]] == ["a", "b"]
    assert all(p.dup for p in server.first[1:])
    assert not server.session.room
    server.get(Puback(1))
    assert [p.topic for p in server.out()] == ["c"]


def test_more_unreleased_messages_than_allowed_end_the_connection():
    server = Server()
    server.get(*(Publish("a", b"", 2, packet_id=number) for number in (1, 2, 3)))
    server.out()
    *_, ended = server.get(Publish("a", b"", 2, packet_id=4))
    assert "more than 3 messages" in ended.violation
    assert [packet.code for packet in server.out()] == [Reason.RECEIVE_MAXIMUM_EXCEEDED]


def test_messages_are_answered_by_what_became_of_them():
    server = Server()
    once, twice = server.get(Publish("a", b"", 1, packet_id=1), Publish("a", b"", 2, packet_id=2))
    assert server.out() == []
    server.session.acknowledge(once, Reason.NO_MATCHING_SUBSCRIBERS)
    server.session.acknowledge(twice, Reason.QUOTA_EXCEEDED)
    assert server.out() == [Puback(1, Reason.NO_MATCHING_SUBSCRIBERS), Pubrec(2, Reason.QUOTA_EXCEEDED)]
    assert len(server.inflow) == 0


def test_unknown_ids_are_called_unknown():
    server = Server()
    server.get(Pubrec(9), Pubrel(8))
    assert server.out() == [Pubrel(9, Reason.PACKET_ID_NOT_FOUND), Pubcomp(8, Reason.PACKET_ID_NOT_FOUND)]


def test_a_refused_delivery_is_over():
    server = Server()
    server.session.send(Publish("a", b"", 2), 0.0)
    assert server.get(Pubrec(1, Reason.QUOTA_EXCEEDED)) == [Acknowledged(1)]
    assert [type(packet) for packet in server.out()] == [Publish]


def test_close_with_a_code_is_the_last_word():
    server = Server()
    server.session.close(Reason.SESSION_TAKEN_OVER)
    server.session.close(Reason.SERVER_SHUTTING_DOWN)
    assert server.out() == [Disconnect(Reason.SESSION_TAKEN_OVER)]


@pytest.mark.parametrize("code", [0, 4])
def test_goodbye_is_handed_on(code):
    server = Server(Properties(session_expiry=10))
    goodbye = Disconnect(code, Properties(session_expiry=20))
    assert server.get(goodbye)[0] == goodbye
    assert server.out() == []


streams = st.lists(
    st.sampled_from(
        [
            encode(packet, 5)
            for packet in (
                Connect("c", level=5, properties=Properties(topic_alias_maximum=2, session_expiry=9)),
                Connect("d", level=5, will=Will("w", b"x", properties=Properties(will_delay=1))),
                Publish("t", b"y", properties=Properties(topic_alias=1)),
                Publish("", b"y", properties=Properties(topic_alias=1)),
                Publish("t", b"", 1, packet_id=1),
                Publish("t", b"", 2, packet_id=2),
                Pubrel(2),
                Puback(3, 0x10),
                Subscribe((("a/#", 0x1D),), 4, Properties(subscription_ids=(1,))),
                Pingreq(),
                Unsubscribe(("a",), 5),
                Disconnect(4),
                Connack(),
                Auth(0x18),
            )
        ]
    )
    | st.binary(max_size=12),
    max_size=8,
).map(b"".join)


def served(data: bytes, size: int) -> tuple:
    session, events = ServerSession(0.0, terms=Terms(2, 2)), []
    for start in range(0, len(data), size):
        fresh = session.receive(data[start : start + size], 1.0)
        while fresh:
            events += fresh
            for event in fresh:
                if isinstance(event, Connect):
                    session.send(Connack(), 1.0)
                elif isinstance(event, Publish):
                    session.acknowledge(event, Reason.SUCCESS)
            fresh = session.receive(b"", 1.0)
    return events, session.ended


@pytest.mark.fuzz
@given(streams, st.integers(1, 7))
def test_the_session_takes_anything_and_portions_do_not_matter(data, size):
    assert served(data, 1) == served(data, size) == served(data, max(1, len(data)))
