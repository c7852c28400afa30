"""RTCP byte by byte, and what is made of it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.rtp.rtcp import (
    Description,
    Goodbye,
    Other,
    ReceptionBlock,
    Report,
    SenderInfo,
    encode,
    middle,
    ntp_time,
    parse,
    round_trip,
)

BLOCK = ReceptionBlock(0xCAFEBABE, 64, -2, 0x10005, 33, 0x11223344, 0x10000)
GOLDEN = [
    ("80C90001 00000007", (Report(7),)),
    (
        "81C9000700000007 CAFEBABE 40FFFFFE 00010005 00000021 11223344 00010000",
        (Report(7, (BLOCK,)),),
    ),
    (
        "80C80006 00000007 E6A1B2C380000000 000003E8 00000032 00001F40",
        (Report(7, sender=SenderInfo(0xE6A1B2C380000000, 1000, 50, 8000)),),
    ),
    ("81CA0003 00000007 0104 61626364 0000", (Description.of(7, "abcd"),)),
    ("81CA0003 00000007 0105 6162636465 00", (Description.of(7, "abcde"),)),
    ("81CA0002 00000007 0101 61 00", (Description.of(7, "a"),)),
    ("81CB0001 00000007", (Goodbye((7,)),)),
    ("81CB0003 00000007 04 62796521 000000", (Goodbye((7,), b"bye!"),)),
    ("80C90001 00000007 81CB0001 00000007", (Report(7), Goodbye((7,)))),
    ("81CE0002 00000001 00000002", (Other(206, 1, bytes.fromhex("0000000100000002")),)),
]


@pytest.mark.parametrize(("wire", "parts"), GOLDEN)
def test_known_bytes_are_the_known_parts_and_back(wire: str, parts: tuple):
    assert parse(bytes.fromhex(wire)) == parts
    assert encode(parts) == bytes.fromhex(wire)


def test_padding_of_the_last_part_is_passed_over():
    assert parse(bytes.fromhex("A0C90002 00000007 00000004")) == (Report(7),)


@pytest.mark.parametrize(
    "wire",
    [
        "",
        "80C9",
        "40C90001 00000007",
        "80C90002 00000007",
        "80C90000",
        "81C90001 00000007",
        "80C80002 00000007 00000000",
        "81CA0001 00000007",
        "81CA0002 00000007 01FF6162",
        "82CB0001 00000007",
        "81CB0002 00000007 FF000000",
        "A0C90001 00000000",
        "A0C90001 00000004 80C90001 00000007",
        "A0C90000",
    ],
)
def test_lengths_that_do_not_fit_are_refused(wire: str):
    with pytest.raises(MalformedMessage):
        parse(bytes.fromhex(wire))


def test_ntp_counts_from_1900():
    assert ntp_time(0.5) == (2_208_988_800 << 32) + (1 << 31)
    assert middle(0x1122334455667788) == 0x33445566


def test_the_round_trip_leaves_out_what_the_peer_waited():
    sent = ntp_time(1_000_000.0)
    block = ReceptionBlock(1, 0, 0, 0, 0, middle(sent), int(2.5 * 65536))
    assert round_trip(block, ntp_time(1_000_002.75)) == pytest.approx(0.25, abs=1e-4)
    assert round_trip(ReceptionBlock(1, 0, 0, 0, 0), ntp_time(1_000_002.75)) is None


def test_loss_is_kept_within_its_24_bits():
    for lost, shown in ((1 << 30, 0x7FFFFF), (-(1 << 30), -0x800000)):
        (report,) = parse(Report(1, (ReceptionBlock(2, 0, lost, 0, 0),)).encode())
        assert isinstance(report, Report)
        assert report.blocks[0].lost == shown


def test_the_name_of_a_source_is_found():
    description = Description(((1, ((2, b"x"),)), (2, ((1, b"one"), (6, b"tool")))))
    assert (description.cname(2), description.cname(1), description.cname(3)) == ("one", None, None)


thirty_two = st.integers(0, 0xFFFFFFFF)
blocks = st.builds(
    ReceptionBlock,
    thirty_two,
    st.integers(0, 255),
    st.integers(-0x800000, 0x7FFFFF),
    thirty_two,
    thirty_two,
    thirty_two,
    thirty_two,
)
infos = st.builds(SenderInfo, st.integers(0, (1 << 64) - 1), thirty_two, thirty_two, thirty_two)
items = st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=255)), max_size=4).map(tuple)
parts = (
    st.builds(Report, thirty_two, st.lists(blocks, max_size=31).map(tuple), st.none() | infos)
    | st.builds(Description, st.lists(st.tuples(thirty_two, items), max_size=5).map(tuple))
    | st.builds(Goodbye, st.lists(thirty_two, max_size=31).map(tuple), st.binary(max_size=255))
    | st.builds(
        Other,
        st.sampled_from([204, 205, 206, 207]),
        st.integers(0, 31),
        st.binary(max_size=20).map(lambda d: d + bytes(-len(d) % 4)),
    )
)
compounds = st.lists(parts, min_size=1, max_size=4).map(tuple)


@given(compounds)
def test_every_compound_is_read_as_it_was_written(compound: tuple):
    assert parse(encode(compound)) == compound


samples = st.sampled_from([bytes.fromhex(wire) for wire, _ in GOLDEN])
changed = st.tuples(samples, samples, st.integers(0, 60), st.binary(min_size=1, max_size=2)).map(
    lambda made: (made[0] + made[1])[: made[2]] + made[3] + (made[0] + made[1])[made[2] + len(made[3]) :]
)


@pytest.mark.fuzz
@given(st.binary(max_size=80) | changed)
def test_any_bytes_are_rtcp_or_malformed(data: bytes):
    with contextlib.suppress(MalformedMessage):
        assert parse(data)
