"""RTP packets byte by byte."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.rtp.packet import Packet, encode, is_rtcp, parse

GOLDEN = [
    ("8000 1234 00000A0B DEADBEEF FFFE", Packet(0, 0x1234, 0xA0B, 0xDEADBEEF, b"\xff\xfe")),
    ("80E5 0001 000000A0 00000007 050A0140", Packet(101, 1, 160, 7, bytes.fromhex("050A0140"), marker=True)),
    ("8208 0001 00000002 00000003 0000000A 0000000B D5", Packet(8, 1, 2, 3, b"\xd5", contributors=(10, 11))),
    (
        "9060 FFFF FFFFFFFF FFFFFFFF BEDE0001 10AA0000 2A",
        Packet(96, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, b"*", extension=(0xBEDE, bytes.fromhex("10AA0000"))),
    ),
    ("A000 0001 00000002 00000003 FF 000003", Packet(0, 1, 2, 3, b"\xff", padding=3)),
    ("8000 0001 00000002 00000003", Packet(0, 1, 2, 3, b"")),
]


@pytest.mark.parametrize(("wire", "packet"), GOLDEN)
def test_known_bytes_are_the_known_packet_and_back(wire: str, packet: Packet):
    assert parse(bytes.fromhex(wire)) == packet
    assert packet.encode() == bytes.fromhex(wire)


@pytest.mark.parametrize(
    "wire",
    [
        "",
        "8000 1234 00000A0B DEADBE",
        "4000 1234 00000A0B DEADBEEF",
        "C000 1234 00000A0B DEADBEEF",
        "8200 1234 00000A0B DEADBEEF 00000001",
        "9000 1234 00000A0B DEADBEEF BEDE",
        "9000 1234 00000A0B DEADBEEF BEDE0002 00000000",
        "A000 1234 00000A0B DEADBEEF FF00",
        "A000 1234 00000A0B DEADBEEF FF03",
    ],
)
def test_lengths_that_do_not_fit_are_refused(wire: str):
    with pytest.raises(MalformedMessage):
        parse(bytes.fromhex(wire))


def test_what_a_sender_writes_is_the_same_packet():
    assert encode(101, 7, 8, 9, b"x", True) == Packet(101, 7, 8, 9, b"x", marker=True).encode()


@pytest.mark.parametrize(
    ("second", "control"), [(200, True), (203, True), (207, True), (0, False), (0x80 | 101, False)]
)
def test_on_a_shared_port_the_second_byte_tells_rtcp(second: int, control: bool):
    assert is_rtcp(bytes((0x80, second)) + bytes(10)) is control


words = st.binary(max_size=32).map(lambda data: data + bytes(-len(data) % 4))
packets = st.builds(
    Packet,
    payload_type=st.integers(0, 127),
    sequence=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(0, 0xFFFFFFFF),
    payload=st.binary(max_size=300),
    marker=st.booleans(),
    contributors=st.lists(st.integers(0, 0xFFFFFFFF), max_size=15).map(tuple),
    extension=st.none() | st.tuples(st.integers(0, 0xFFFF), words),
    padding=st.integers(0, 255),
)


@given(packets)
def test_every_packet_is_read_as_it_was_written(packet: Packet):
    assert parse(packet.encode()) == packet


@pytest.mark.fuzz
@given(st.integers(0, 255), st.binary(max_size=60))
def test_any_bytes_are_a_packet_or_malformed(first: int, rest: bytes):
    for data in (rest, bytes((0x80 | first & 0x3F,)) + rest):
        with contextlib.suppress(MalformedMessage):
            packet = parse(data)
            assert parse(packet.encode()) == packet
