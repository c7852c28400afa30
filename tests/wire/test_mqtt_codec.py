"""MQTT packets: golden bytes of the sheet (section 3.7), round trips, and arbitrary input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.mqtt.encode import encode, remaining_length
from simulator.wire.mqtt.packet import (
    Connack,
    Connect,
    Disconnect,
    OtherConnect,
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

SERIAL = "B8A44F010203"
WILL = Will(f"axis/{SERIAL}/event/connection", b'{"connected":false}', 1, retain=True)

GOLDEN = [
    (Connect("a"), "100d00044d5154540402003c000161"),
    (
        Connect(SERIAL, will=WILL, username="u", password=b"p"),
        "105700044d51545404ee003c000c4238413434463031303230330022617869732f4238413434463031303230332f6576"
        "656e742f636f6e6e656374696f6e00137b22636f6e6e6563746564223a66616c73657d000175000170",
    ),
    (Publish("a/b", b"hi", 1, packet_id=10), "32090003612f62000a6869"),
    (Publish("a/b", b"hi", retain=True), "31070003612f626869"),
    (Subscribe((("a/#", 1),), 11), "8208000b0003612f2301"),
    (Suback(11, (1,)), "9003000b01"),
    (Unsubscribe(("a/#",), 12), "a207000c0003612f23"),
    (Pingreq(), "c000"),
    (Pingresp(), "d000"),
    (Disconnect(), "e000"),
    (Connack(5), "20020005"),
    (Connack(0, session_present=True), "20020100"),
    (Pubrel(3), "62020003"),
]


def read_all(reader: PacketReader) -> list:
    found = []
    while (packet := reader.read()) is not None:
        found.append(packet)
    return found


def decoded(data: bytes, *, level: int = 4):
    reader = PacketReader()
    reader.level = level
    reader.feed(data)
    return reader.read()


@pytest.mark.parametrize(("packet", "golden"), GOLDEN, ids=lambda value: str(value)[:30])
def test_golden_packets_both_ways(packet, golden):
    assert encode(packet).hex() == golden
    assert decoded(bytes.fromhex(golden)) == packet


@pytest.mark.parametrize(
    ("length", "golden"),
    [(0, "00"), (127, "7f"), (128, "8001"), (16383, "ff7f"), (16384, "808001"), (2097152, "80808001")],
)
def test_golden_lengths(length, golden):
    assert remaining_length(length).hex() == golden


def test_longest_length_is_four_bytes_and_no_more():
    assert remaining_length(268_435_455).hex() == "ffffff7f"
    with pytest.raises(ValueError, match="268435456"):
        remaining_length(268_435_456)


@pytest.mark.parametrize(
    ("data", "what", "offset"),
    [
        ("00", "reserved", 0),
        ("f000", "reserved", 0),
        ("36050001610001", "QoS 3", 0),
        ("38030001610a", "DUP", 0),
        ("60020001", "flags", 0),
        ("6a020001", "flags", 0),
        ("80080001000161", "flags", 0),
        ("c100", "flags", 0),
        ("30ffffffff01", "four bytes", 1),
        ("3002ff", "", None),
        ("30020000", "wildcard", 4),
        ("300300012b", "wildcard", 4),
        ("300300ff61", "middle", 5),
        ("30030001ff", "UTF-8", 4),
        ("3005000300eda0", "NUL|UTF-8", None),
        ("3005 0003 eda080", "UTF-8", 4),
        ("30050003610062", "NUL", 2),
        ("320500016100 00", "packet id 0", 5),
        ("40020000", "packet id 0", 2),
        ("4003000101", "left over", 4),
        ("82020001", "without a filter", 4),
        ("8206000100016103", "QoS byte", 7),
        ("a2020001", "without a filter", 4),
        ("100c00044d5154540403003c0000", "reserved connect flag", 9),
        ("100c00044d5154540412003c0000", "without a will", 9),
        ("100c00044d515454041e003c0000", "QoS 3", 9),
        ("100c00044d5154540442003c0000", "without a user", 9),
        ("100c00044d5154580402003c0000", "protocol name", 4),
        ("20020200", "CONNACK", 2),
        ("9003000103", "SUBACK", 4),
    ],
)
def test_what_the_standard_forbids_names_the_byte(data, what, offset):
    raw = bytes.fromhex(data)
    if offset is None and not what:
        assert decoded(raw) is None
        return
    with pytest.raises(MalformedMessage, match=what) as caught:
        decoded(raw)
    if offset is not None:
        assert caught.value.offset == offset


def test_offset_counts_from_the_start_of_the_stream():
    reader = PacketReader()
    reader.feed(encode(Pingreq()) * 3 + b"\x40\x02\x00\x00")
    assert [reader.read() for _ in range(3)] == [Pingreq()] * 3
    with pytest.raises(MalformedMessage) as caught:
        reader.read()
    assert caught.value.offset == 8


def test_dup_of_control_packets_was_legal_in_3_1_only():
    assert decoded(bytes.fromhex("6a020001"), level=3) == Pubrel(1)
    assert decoded(bytes.fromhex("8a06000100016101"), level=3) == Subscribe((("a", 1),), 1)


@pytest.mark.parametrize(
    ("data", "level"),
    [
        ("100c00044d5154540602003c0000", 6),
        ("100e00064d514973647004 02003c0000", 4),
        ("100c00044d5154540302003c0000", 3),
        ("100c00044d5154548402003c0000", 0x84),
    ],
)
def test_other_levels_are_told_apart_before_the_rest_is_read(data, level):
    assert decoded(bytes.fromhex(data)) == OtherConnect(level)


def test_3_1_has_its_own_name():
    packet = Connect("a", level=3)
    assert encode(packet).hex() == "100f00064d51497364700302003c000161"
    assert decoded(encode(packet)) == packet


def test_a_packet_over_the_limit_is_refused_before_it_has_come():
    reader = PacketReader(largest=100)
    reader.feed(b"\x30\x65")
    with pytest.raises(MalformedMessage, match="101 bytes"):
        reader.read()


@pytest.mark.parametrize(
    "packet",
    [
        Publish("a\0b", b""),
        Publish("a" * 65536, b""),
        Publish("\ud800", b""),
        Publish("a", b"", 1),
        Connect("a", password=b"p"),
        Connect("a", will=Will("t", b"x" * 65536)),
    ],
    ids=lambda packet: type(packet).__name__,
)
def test_what_no_packet_can_carry_is_a_value_error(packet):
    with pytest.raises(ValueError):
        encode(packet)


text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
names = st.text(st.characters(exclude_characters="\0+#", exclude_categories=["Cs"]), min_size=1, max_size=20)
ids = st.integers(1, 0xFFFF)
qos = st.integers(0, 2)
publishes = st.builds(
    lambda topic, payload, level, retain, dup, packet_id: Publish(
        topic, payload, level, retain, dup and level > 0, packet_id if level else 0
    ),
    names,
    st.binary(max_size=300),
    qos,
    st.booleans(),
    st.booleans(),
    ids,
)
connects = st.builds(
    lambda name, clean, alive, will, user, password, level: Connect(
        name, clean, alive, will, user, password if user is not None else None, level
    ),
    text,
    st.booleans(),
    st.integers(0, 0xFFFF),
    st.none() | st.builds(Will, names, st.binary(), qos, st.booleans()),
    st.none() | text,
    st.none() | st.binary(),
    st.sampled_from([3, 4]),
)
packets = st.one_of(
    connects,
    publishes,
    st.builds(Connack, st.integers(0, 255), st.booleans()),
    *(st.builds(kind, ids) for kind in (Puback, Pubrec, Pubrel, Pubcomp, Unsuback)),
    st.builds(Subscribe, st.lists(st.tuples(text, qos), min_size=1, max_size=4).map(tuple), ids),
    st.builds(Suback, ids, st.lists(st.sampled_from([0, 1, 2, 0x80]), min_size=1).map(tuple)),
    st.builds(Unsubscribe, st.lists(text, min_size=1, max_size=4).map(tuple), ids),
    st.sampled_from([Pingreq(), Pingresp(), Disconnect()]),
)


@given(st.lists(packets, max_size=4), st.integers(1, 50))
def test_any_packets_survive_the_wire_in_any_portions(sent, size):
    stream = b"".join(map(encode, sent))
    reader, received = PacketReader(), []
    for start in range(0, len(stream), size):
        reader.feed(stream[start : start + size])
        received += read_all(reader)
    assert received == sent
    assert reader.pending == 0


def outcome(data: bytes, size: int) -> tuple:
    reader, received = PacketReader(largest=1000), []
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
        lambda packet, at, value: encode(packet)[: at % 40] + bytes([value]) + encode(packet)[at % 40 + 1 :],
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
    for packet in whole[0]:
        if not isinstance(packet, OtherConnect) and not (isinstance(packet, Connack)):
            assert decoded(encode(packet), level=4) == packet
    if whole[1]:
        assert 0 <= whole[2] <= len(data)
