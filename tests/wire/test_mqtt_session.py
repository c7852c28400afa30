"""The two ends of an MQTT connection, against each other and against scripted bytes, on a clock of their own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.mqtt.client import GOODBYE_PATIENCE, ClientSession
from simulator.wire.mqtt.delivery import Inflow, Outflow
from simulator.wire.mqtt.encode import encode
from simulator.wire.mqtt.event import Acknowledged, Ended
from simulator.wire.mqtt.packet import (
    Connack,
    Connect,
    Disconnect,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Will,
)
from simulator.wire.mqtt.reader import PacketReader
from simulator.wire.mqtt.server import CONNECT_PATIENCE, ServerSession


def packets_of(data: bytes) -> list:
    reader, found = PacketReader(), []
    reader.feed(data)
    while (packet := reader.read()) is not None:
        found.append(packet)
    return found


class Client:
    """A client session with its bytes as packets."""

    def __init__(self, *, keep_alive=60, outflow=None, inflow=None, clean=True, present=False, code=0, now=0.0):
        self.outflow, self.inflow = outflow or Outflow(), inflow or Inflow()
        self.seen: list = []
        self.session = ClientSession(
            self.outflow, self.inflow, watch=lambda way, packet: self.seen.append((way, packet))
        )
        self.session.send(Connect("c", clean, keep_alive), now)
        assert self.out() == [Connect("c", clean, keep_alive)]
        self.first = self.get(Connack(code, present), now=now)

    def get(self, *packets, now=0.0):
        return self.session.receive(b"".join(map(encode, packets)), now)

    def out(self):
        return packets_of(self.session.take_output())


class Server:
    """A server session that has accepted a client."""

    def __init__(self, *, keep_alive=60, outflow=None, inflow=None, present=False):
        self.outflow, self.inflow = outflow or Outflow(20), inflow or Inflow()
        self.session = ServerSession(0.0)
        self.get(Connect("c", keep_alive=keep_alive))
        self.session.resume(self.outflow, self.inflow)
        self.session.send(Connack(0, present), 0.0)
        self.first = self.out()

    def get(self, *packets, now=0.0):
        return self.session.receive(b"".join(map(encode, packets)), now)

    def out(self):
        return packets_of(self.session.take_output())


# the client's end


def test_client_opens_with_connack_zero():
    client = Client()
    assert client.first == [Connack()]
    assert client.session.open


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5])
def test_client_takes_a_refusal_as_the_end(code):
    client = Client(code=code)
    assert client.first == [Connack(code), Ended(f"refused with code {code}")]
    assert client.session.next_deadline() is None


def test_client_waits_for_connack_as_long_as_it_is_told():
    session = ClientSession(Outflow(), Inflow())
    session.send(Connect("c"), 100.0, patience=5)
    assert session.next_deadline() == 105.0
    assert session.tick(104.9) == []
    assert session.tick(105.0) == [Ended("no CONNACK in time")]


def test_client_takes_any_other_first_packet_as_a_violation():
    session = ClientSession(Outflow(), Inflow())
    session.send(Connect("c"), 0.0)
    (ended,) = session.receive(encode(Pingresp()), 0.0)
    assert "PINGRESP instead of CONNACK" in ended.violation


def test_client_pings_after_silence_of_its_own_and_gives_up_without_an_answer():
    client = Client(keep_alive=10)
    assert client.session.next_deadline() == 10.0
    client.session.send(Publish("t", b""), 4.0)
    client.out()
    assert client.session.next_deadline() == 14.0
    assert client.session.tick(14.0) == []
    assert client.out() == [Pingreq()]
    client.get(Pingresp(), now=15.0)
    assert client.session.next_deadline() == 24.0
    client.session.tick(24.0)
    assert client.session.tick(34.0) == [Ended("no PINGRESP in time")]


def test_keep_alive_zero_needs_no_timer():
    assert Client(keep_alive=0).session.next_deadline() is None
    assert Server(keep_alive=0).session.next_deadline() is None


def test_client_numbers_what_needs_a_number():
    client = Client()
    client.session.send(Publish("a", b"", 1), 0.0)
    client.session.send(Subscribe((("x", 1),)), 0.0)
    client.session.send(Publish("b", b"", 2), 0.0)
    client.session.send(Unsubscribe(("x",)), 0.0)
    assert client.out() == [
        Publish("a", b"", 1, packet_id=1),
        Subscribe((("x", 1),), 2),
        Publish("b", b"", 2, packet_id=3),
        Unsubscribe(("x",), 4),
    ]
    assert client.get(Puback(1), Suback(2, (1,)), Unsuback(4), Suback(9, (1,))) == [
        Acknowledged(1),
        Suback(2, (1,)),
        Unsuback(4),
    ]


def test_ids_are_reused_only_when_done():
    flow = Outflow()
    first = flow.begin(Publish("a", b"", 1)).packet_id
    for _ in range(65534):
        flow.acknowledge(Puback(flow.begin(Publish("b", b"", 1)).packet_id))
    assert flow.begin(Publish("c", b"", 1)).packet_id == 2
    assert first == 1


def test_quality_two_in_four_packets():
    client = Client()
    client.session.send(Publish("t", b"x", 2), 0.0)
    assert client.out() == [Publish("t", b"x", 2, packet_id=1)]
    assert client.get(Pubrec(1)) == []
    assert client.out() == [Pubrel(1)]
    assert client.get(Pubcomp(1)) == [Acknowledged(1)]


def test_quality_two_is_handed_on_once_and_pubrel_of_an_unknown_id_is_answered():
    for end in (Client(), Server()):
        message = Publish("t", b"x", 2, packet_id=7)
        again = Publish("t", b"x", 2, dup=True, packet_id=7)
        assert end.get(message, again) == [message]
        assert end.out() == [Pubrec(7), Pubrec(7)]
        end.get(Pubrel(7), Pubrel(7))
        assert end.out() == [Pubcomp(7), Pubcomp(7)]
        assert end.get(message) == [message]


def test_client_resends_in_order_on_a_resumed_session():
    first = Client(clean=False)
    for topic in "abc":
        first.session.send(Publish(topic, b"", 2), 0.0)
    first.session.send(Publish("d", b"", 1), 0.0)
    first.get(Pubrec(2), Pubrec(1))
    second = Client(clean=False, present=True, outflow=first.outflow, inflow=first.inflow)
    assert second.out() == [
        Publish("c", b"", 2, dup=True, packet_id=3),
        Publish("d", b"", 1, dup=True, packet_id=4),
        Pubrel(2),
        Pubrel(1),
    ]
    assert second.session.unsent() == []


def test_without_a_session_the_client_is_told_what_may_never_have_arrived():
    first = Client()
    first.session.send(Publish("a", b"", 1), 0.0)
    first.session.send(Publish("b", b"", 2), 0.0)
    first.get(Pubrec(2))
    second = Client(outflow=first.outflow, inflow=first.inflow)
    assert second.out() == []
    assert second.session.unsent() == [Publish("a", b"", 1)]
    assert second.session.unsent() == []
    assert len(second.outflow) == 0


def test_goodbye_waits_for_the_last_acknowledgement():
    client = Client()
    client.session.send(Publish("bye", b"", 1), 0.0)
    client.session.send(Disconnect(), 0.0)
    assert client.out() == [Publish("bye", b"", 1, packet_id=1)]
    assert client.get(Puback(1)) == [Acknowledged(1), Ended("disconnected")]
    assert client.out() == [Disconnect()]


def test_goodbye_does_not_wait_forever():
    client = Client()
    client.session.send(Publish("bye", b"", 1), 0.0)
    client.session.send(Disconnect(), 1.0)
    assert client.session.next_deadline() == 1.0 + GOODBYE_PATIENCE
    assert client.session.tick(1.0 + GOODBYE_PATIENCE) == [Ended("disconnected")]
    assert client.out()[-1] == Disconnect()


def test_goodbye_without_deliveries_is_at_once():
    client = Client()
    client.session.send(Disconnect(), 0.0)
    assert client.out() == [Disconnect()]
    assert client.session.ended


def test_what_cannot_be_encoded_takes_no_id():
    client = Client()
    with pytest.raises(ValueError):
        client.session.send(Publish("a\0", b"", 1), 0.0)
    assert len(client.outflow) == 0


def test_the_watcher_sees_every_packet_of_both_directions():
    client = Client()
    client.get(Publish("t", b"", 1, packet_id=5))
    assert client.seen == [
        ("out", Connect("c")),
        ("in", Connack()),
        ("in", Publish("t", b"", 1, packet_id=5)),
        ("out", Puback(5)),
    ]


# the server's end


def test_server_reads_no_further_than_connect_until_it_has_answered():
    session = ServerSession(0.0)
    data = encode(Connect("c")) + encode(Subscribe((("a", 0),), 1)) + encode(Publish("x", b"", 1, packet_id=2))
    assert session.receive(data, 0.0) == [Connect("c")]
    assert session.receive(b"", 0.0) == []
    session.send(Connack(), 0.0)
    assert session.receive(b"", 0.0) == [Subscribe((("a", 0),), 1), Publish("x", b"", 1, packet_id=2)]
    assert packets_of(session.take_output()) == [Connack(), Puback(2)]


def test_server_handles_a_bounded_number_of_packets_per_call():
    server = Server()
    data = encode(Publish("t", b"")) * 10
    assert len(server.session.receive(data, 0.0, 4)) == 4
    assert server.session.pending == len(data) * 6 // 10
    assert len(server.session.receive(b"", 0.0, 100)) == 6


@pytest.mark.parametrize(
    ("packets", "violation"),
    [
        ([Pingreq()], "PINGREQ before CONNECT"),
        ([Publish("t", b"")], "PUBLISH before CONNECT"),
        ([Connack()], "CONNACK before CONNECT"),
    ],
)
def test_server_ends_on_anything_before_connect(packets, violation):
    session = ServerSession(0.0)
    (ended,) = session.receive(b"".join(map(encode, packets)), 0.0)
    assert ended == Ended("protocol error", violation)
    assert session.take_output() == b""


@pytest.mark.parametrize("packet", [Connect("again"), Connack(), Suback(1, (0,)), Pingresp(), Unsuback(1)])
def test_server_ends_on_what_a_client_must_not_send(packet):
    (ended,) = Server().get(packet)
    assert ended.reason == "protocol error"


def test_what_came_before_a_malformed_packet_is_still_reported():
    server = Server()
    data = encode(Publish("a", b"")) + b"\x36\x00"
    events = server.session.receive(data, 0.0)
    assert events[0] == Publish("a", b"")
    assert events[1].violation == "PUBLISH with QoS 3"
    assert events[1].offset == len(encode(Connect("c"))) + len(encode(Publish("a", b"")))
    assert server.session.receive(b"more", 1.0) == []


@pytest.mark.parametrize("level", [2, 6, 0x84])
def test_levels_that_are_not_spoken_are_refused(level):
    session = ServerSession(0.0)
    connect = bytes.fromhex("100d00044d515454") + bytes([level]) + bytes.fromhex("02003c00000000")[:6]
    (ended,) = session.receive(connect, 0.0)
    assert ended.reason == f"protocol level {level} is not spoken"
    assert session.take_output().hex() == "20020001"


def test_server_gives_up_on_a_client_that_never_introduces_itself():
    session = ServerSession(50.0)
    session.receive(b"\x10", 55.0)
    assert session.next_deadline() == 50.0 + CONNECT_PATIENCE
    assert session.tick(60.0) == [Ended("no CONNECT")]


def test_server_allows_one_and_a_half_keep_alives():
    server = Server(keep_alive=10)
    server.get(Pingreq(), now=7.0)
    assert server.out() == [Pingresp()]
    assert server.session.next_deadline() == 22.0
    assert server.session.tick(21.9) == []
    assert server.session.tick(22.0) == [Ended("keep alive expired")]


def test_disconnect_ends_in_order():
    server = Server()
    assert server.get(Disconnect(), Publish("t", b"")) == [Disconnect(), Ended("client left")]


def test_refusal_ends_the_session():
    session = ServerSession(0.0)
    session.receive(encode(Connect("c")), 0.0)
    session.send(Connack(5), 0.0)
    assert session.ended
    assert packets_of(session.take_output()) == [Connack(5)]


def test_server_resends_after_connack():
    outflow = Outflow(20)
    outflow.begin(Publish("a", b"", 1))
    server = Server(outflow=outflow, present=True)
    assert server.first == [Connack(0, session_present=True), Publish("a", b"", 1, dup=True, packet_id=1)]


@pytest.mark.parametrize("wrong", [Puback(1), Pubcomp(1)])
def test_acknowledgement_of_the_wrong_kind_is_a_violation(wrong):
    client = Client()
    client.session.send(Publish("t", b"", 2), 0.0)
    (ended,) = client.get(wrong)
    assert ended.reason == "protocol error"


def test_pubrec_for_quality_one_is_a_violation():
    client = Client()
    client.session.send(Publish("t", b"", 1), 0.0)
    (ended,) = client.get(Pubrec(1))
    assert ended.reason == "protocol error"


def test_acknowledgements_of_unknown_ids_are_passed_over():
    client = Client()
    assert client.get(Puback(9), Pubcomp(9), Pubrec(9)) == []
    assert client.out() == [Pubrel(9)]


# both ends together

commands = st.lists(
    st.one_of(
        st.builds(
            lambda t, p, q: Publish(t, p, q), st.sampled_from("ab"), st.binary(max_size=9), st.integers(0, 2)
        ),
        st.just(Subscribe((("a", 1),))),
        st.just("lose the connection"),
    ),
    max_size=12,
)


@given(commands, commands, st.integers(1, 30))
def test_every_message_of_quality_two_arrives_once_and_in_order_over_lost_connections(
    from_client, from_server, cut
):
    flows = {"client": (Outflow(), Inflow()), "server": (Outflow(), Inflow())}
    sent, got = {"client": [], "server": []}, {"client": [], "server": []}
    plan = [("client", c) for c in from_client] + [("server", c) for c in from_server]
    client = server = None
    for number, (side, command) in enumerate([*plan, ("client", "lose the connection")]):
        if client is None:
            client, server = ClientSession(*flows["client"]), ServerSession(0.0)
            client.send(Connect("c", clean_session=False), 0.0)
            talk(client, server, flows, got, None, present=number > 0)
        if command == "lose the connection":
            client = None
        elif isinstance(command, Publish):
            (client if side == "client" else server).send(command, 0.0)
            sent[side] += [command] if command.qos == 2 else []
            talk(client, server, flows, got, cut if number % 3 == 0 else None, present=True)
            client = None if number % 3 == 0 else client
    client, server = ClientSession(*flows["client"]), ServerSession(0.0)
    client.send(Connect("c", clean_session=False), 0.0)
    talk(client, server, flows, got, None, present=True)
    assert [(m.topic, m.payload) for m in got["server"]] == [(m.topic, m.payload) for m in sent["client"]]
    assert [(m.topic, m.payload) for m in got["client"]] == [(m.topic, m.payload) for m in sent["server"]]
    assert len(flows["client"][0]) == len(flows["server"][0]) == 0


def talk(client, server, flows, got, cut, *, present):
    """Carry bytes both ways until nobody speaks, or until `cut` bytes have passed."""
    left = 1 << 30 if cut is None else cut
    while left > 0:
        up, down = client.take_output()[:left], server.take_output()[:left]
        if not up and not down:
            return
        left -= len(up) + len(down)
        events = server.receive(up, 0.0)
        if events and isinstance(events[0], Connect):
            server.resume(*flows["server"])
            server.send(Connack(0, session_present=present), 0.0)
            events += server.receive(b"", 0.0)
        got["server"] += [e for e in events if isinstance(e, Publish) and e.qos == 2]
        got["client"] += [e for e in client.receive(down, 0.0) if isinstance(e, Publish) and e.qos == 2]


streams = st.lists(
    st.sampled_from(
        [
            encode(packet)
            for packet in (
                Connect("c"),
                Connect("d", will=Will("w", b"x")),
                Publish("t", b"y"),
                Publish("t", b"", 1, packet_id=1),
                Publish("t", b"", 2, packet_id=2),
                Pubrel(2),
                Puback(3),
                Subscribe((("a/#", 1),), 4),
                Pingreq(),
                Unsubscribe(("a",), 5),
                Disconnect(),
                Connack(),
                Suback(1, (0,)),
                Pubrec(1),
                Pingresp(),
            )
        ]
    )
    | st.binary(max_size=12),
    max_size=8,
).map(b"".join)


def served(data: bytes, size: int) -> tuple:
    session, events = ServerSession(0.0), []
    for start in range(0, len(data), size):
        fresh = session.receive(data[start : start + size], 1.0)
        while fresh:
            events += fresh
            if isinstance(fresh[-1], Connect):
                session.send(Connack(), 1.0)
            fresh = session.receive(b"", 1.0)
    return events, session.take_output(), session.ended


def consumed(data: bytes, size: int) -> tuple:
    session, events = ClientSession(Outflow(), Inflow()), []
    session.send(Connect("c"), 0.0)
    for start in range(0, len(data), size):
        events += session.receive(data[start : start + size], 1.0)
    return events, session.take_output(), session.ended


@pytest.mark.fuzz
@given(streams, st.integers(1, 7))
def test_sessions_take_anything_and_portions_do_not_matter(data, size):
    assert served(data, 1) == served(data, size) == served(data, max(1, len(data)))
    data = encode(Connack()) + data
    assert consumed(data, 1) == consumed(data, max(1, len(data)))
