"""MQTT 5 packets: golden bytes, round trips, what the standard forbids, and arbitrary input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.mqtt.encode import encode, remaining_length
from simulator.wire.mqtt.packet import (
    Auth,
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
from simulator.wire.mqtt.properties import NEVER, Properties
from simulator.wire.mqtt.reader import PacketReader

GOLDEN = [
    (Connect("a", level=5), "100e00044d5154540502003c00000161"),
    (
        Connect("a", False, 30, level=5, properties=Properties(session_expiry=NEVER, receive_maximum=20)),
        "101600044d5154540500001e0811ffffffff210014000161",
    ),
    (
        Connect("a", will=Will("w", b"x", properties=Properties(will_delay=5)), level=5),
        "101a00044d5154540506003c000001610518000000050001770001" + "78",
    ),
    (Connack(0, session_present=True), "2003010000"),
    (Connack(0x87, properties=Properties(reason_string="no")), "20080087051f00026e6f"),
    (Publish("a/b", b"hi", 1, packet_id=10), "320a0003612f62000a006869"),
    (Publish("", b"hi", properties=Properties(topic_alias=3)), "300800000323000368" + "69"),
    (Puback(3), "40020003"),
    (Puback(3, 0x10), "4003000310"),
    (Pubrec(3, 0x97, Properties(user=(("k", "v"),))), "500b00039707260001" + "6b000176"),
    (Pubrel(3, 0x92), "6203000392"),
    (Subscribe((("a/#", 0x2D),), 11, Properties(subscription_ids=(200,))), "820c000b030bc8010003612f232d"),
    (Suback(11, (1, 0x8F)), "9005000b00018f"),
    (Unsubscribe(("a/#",), 12), "a208000c000003612f23"),
    (Unsuback(12, (0, 0x11)), "b005000c000011"),
    (Disconnect(), "e000"),
    (Disconnect(0x8E), "e0018e"),
    (Auth(0x18, Properties(authentication_method="m")), "f0061804150001" + "6d"),
]


def decoded(data: bytes, *, level: int = 5):
    reader = PacketReader()
    reader.level = level
    reader.feed(data)
    return reader.read()


@pytest.mark.parametrize(("packet", "golden"), GOLDEN, ids=lambda value: str(value)[:30])
def test_golden_packets_both_ways(packet, golden):
    assert encode(packet, 5).hex() == golden
    assert decoded(bytes.fromhex(golden)) == packet


@pytest.mark.parametrize(
    ("data", "what", "code"),
    [
        ("30060001610301ff00", "longer than the packet", 0x81),
        ("3006000161027f00", "no property", 0x81),
        ("3006000161021100", "does not belong|middle", 0x82),
        ("3006000161020102", "payload_format of 2", 0x82),
        ("3008000161" + "0401000101", "twice", 0x82),
        ("300700016103230000", "topic_alias of 0", 0x94),
        ("3003000000", "neither", 0x82),
        ("300400012b00", "wildcard", 0x90),
        ("300400016180", "middle", 0x81),
        ("3005000161" + "8000", "longer than needed", 0x81),
        ("3008000161" + "ffffffff01", "four bytes", 0x81),
        ("8209000102" + "0b00" + "00016100", "subscription_ids of 0", 0x82),
        ("820b0001040b010b0100016100", "twice", 0x82),
        ("82070001000001" + "6103", "options", 0x82),
        ("82070001000001" + "6130", "options", 0x82),
        ("82070001000001" + "6140", "options", 0x82),
        ("82030001" + "00", "without a filter", 0x82),
        ("a2030001" + "00", "without a filter", 0x82),
        ("9003000b00", "SUBACK", 0x81),
        ("40060001000221" + "00", "does not belong|middle", 0x82),
        ("100e00044d5154540503003c00000161", "reserved connect flag", 0x81),
        ("101100044d5154540502003c03210000000161", "receive_maximum of 0", 0x82),
        ("101300044d5154540502003c052700000000000161", "maximum_packet_size of 0", 0x82),
        ("101000044d5154540502003c0217020001" + "61", "request_problem of 2", 0x82),
    ],
)
def test_what_the_standard_forbids_has_a_reason_code(data, what, code):
    raw = bytes.fromhex(data)
    with pytest.raises(MalformedMessage, match=what) as caught:
        decoded(raw)
    assert caught.value.code == code
    assert 0 <= caught.value.offset <= len(raw)


def test_no_local_on_a_shared_subscription_is_an_error():
    packet = Subscribe((("$share/g/a", 4),), 1)
    with pytest.raises(MalformedMessage, match="No Local"):
        decoded(encode(packet, 5))


def test_a_broken_connect_still_tells_its_level():
    reader = PacketReader()
    reader.feed(bytes.fromhex("100e00044d5154540503003c00000161"))
    with pytest.raises(MalformedMessage):
        reader.read()
    assert reader.level == 5


def test_auth_and_properties_are_unknown_to_the_older_levels():
    with pytest.raises(MalformedMessage, match="reserved"):
        decoded(bytes.fromhex("f000"), level=4)
    assert encode(Publish("a", b"x", properties=Properties(content_type="t"))) == encode(Publish("a", b"x"))
    assert encode(Disconnect(0x8E)) == encode(Disconnect())
    assert encode(Unsuback(12, (0, 0x11))).hex() == "b002000c"


text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
names = st.text(st.characters(exclude_characters="\0+#", exclude_categories=["Cs"]), min_size=1, max_size=12)
ids = st.integers(1, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)
qos = st.integers(0, 2)
codes = st.integers(0, 255)
user = st.lists(st.tuples(text, text), max_size=3).map(tuple)


def properties(**kinds):
    """Any of these properties, none of them included."""
    fields = {name: st.none() | kind for name, kind in kinds.items()}
    return st.builds(Properties, user=user, **fields)


of_messages = {
    "payload_format": st.integers(0, 1),
    "message_expiry": u32,
    "content_type": text,
    "response_topic": names,
    "correlation_data": st.binary(max_size=8),
}
reasons = properties(reason_string=text)
connects = st.builds(
    Connect,
    text,
    st.booleans(),
    st.integers(0, 0xFFFF),
    st.none()
    | st.builds(Will, names, st.binary(max_size=9), qos, st.booleans(), properties(will_delay=u32, **of_messages)),
    st.none() | text,
    st.none() | st.binary(max_size=9),
    st.just(5),
    properties(
        session_expiry=u32,
        receive_maximum=ids,
        maximum_packet_size=st.integers(1, 0xFFFFFFFF),
        topic_alias_maximum=st.integers(0, 0xFFFF),
        request_problem=st.integers(0, 1),
        request_response=st.integers(0, 1),
        authentication_method=text,
        authentication_data=st.binary(max_size=8),
    ),
)
publishes = st.builds(
    lambda topic, payload, level, retain, dup, packet_id, said: Publish(
        topic, payload, level, retain, dup and level > 0, packet_id if level else 0, said
    ),
    names,
    st.binary(max_size=300),
    qos,
    st.booleans(),
    st.booleans(),
    ids,
    properties(topic_alias=ids, subscription_ids=st.just((1, 268_435_455)), **of_messages).map(
        lambda said: said if said.subscription_ids is not None else Properties(user=said.user)
    ),
)
options = st.tuples(qos, st.sampled_from([0, 8]), st.sampled_from([0, 0x10, 0x20])).map(sum)
connacks = st.builds(
    Connack,
    codes,
    st.booleans(),
    properties(
        reason_string=text, assigned_client_id=text, server_keep_alive=ids, maximum_qos=st.integers(0, 1),
        retain_available=st.integers(0, 1), shared_available=st.integers(0, 1), server_reference=text,
    ),
)  # fmt: skip
packets = st.one_of(
    connects,
    publishes,
    connacks,
    *(st.builds(kind, ids, codes, reasons) for kind in (Puback, Pubrec, Pubrel, Pubcomp)),
    st.builds(Subscribe, st.lists(st.tuples(names, options), min_size=1, max_size=4).map(tuple), ids, reasons.map(
        lambda said: Properties(user=said.user, subscription_ids=(5,)))),
    st.builds(Suback, ids, st.lists(codes, min_size=1, max_size=4).map(tuple), reasons),
    st.builds(Unsubscribe, st.lists(text, min_size=1, max_size=4).map(tuple), ids,
              user.map(lambda pairs: Properties(user=pairs))),
    st.builds(Unsuback, ids, st.lists(codes, max_size=4).map(tuple), reasons),
    st.builds(Disconnect, codes, reasons),
    st.builds(Auth, codes, reasons),
    st.sampled_from([Pingreq(), Pingresp()]),
)  # fmt: skip


@given(st.lists(packets, max_size=4), st.integers(1, 50))
def test_any_packets_survive_the_wire_in_any_portions(sent, size):
    stream = b"".join(encode(packet, 5) for packet in sent)
    reader, received = PacketReader(), []
    reader.level = 5
    for start in range(0, len(stream), size):
        reader.feed(stream[start : start + size])
        while (packet := reader.read()) is not None:
            received.append(packet)
    assert received == sent
    assert reader.pending == 0


def outcome(data: bytes, size: int) -> tuple:
    reader, received = PacketReader(largest=1000), []
    reader.level = 5
    try:
        for start in range(0, len(data), size):
            reader.feed(data[start : start + size])
            while (packet := reader.read()) is not None:
                received.append(packet)
    except MalformedMessage as error:
        return received, error.what, error.offset
    return received, "", reader.pending


hostile = st.one_of(
    st.binary(max_size=60),
    st.builds(
        lambda first, body: bytes([first]) + remaining_length(len(body)) + body,
        st.integers(0, 255),
        st.binary(max_size=40),
    ),
    st.builds(
        lambda packet, at, value: encode(packet, 5)[: at % 40] + bytes([value]) + encode(packet, 5)[at % 40 + 1 :],
        packets,
        st.integers(0, 39),
        st.integers(0, 255),
    ),
)


@pytest.mark.fuzz
@given(hostile)
def test_arbitrary_bytes_give_packets_or_a_clear_error_and_never_depend_on_portions(data):
    whole = outcome(data, max(1, len(data)))
    assert outcome(data, 1) == whole
    if whole[1]:
        assert 0 <= whole[2] <= len(data)
