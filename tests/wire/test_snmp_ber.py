"""BER: bytes of the sheet (section 2.2), round trips, and arbitrary input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.snmp.ber import element, header, integer_content, oid_content, oid_of, oid_text, parse_oid
from simulator.wire.snmp.message import CommunityMessage, read_message, read_scoped
from simulator.wire.snmp.pdu import Kind, Pdu
from simulator.wire.snmp.stream import LARGEST_MESSAGE, MessageStream
from simulator.wire.snmp.value import EXCEPTIONS, Tag, VarBind, content_of, plain

ARC = st.integers(0, 0xFFFFFFFF)
OIDS = st.one_of(
    st.tuples(st.integers(0, 1), st.integers(0, 39)), st.tuples(st.just(2), st.integers(0, 0xFFFFFFFF - 80))
).flatmap(lambda head: st.lists(ARC, max_size=126).map(lambda tail: (*head, *tail)))
VALUES = st.one_of(
    st.tuples(st.just(Tag.INTEGER), st.integers(-0x80000000, 0x7FFFFFFF)),
    st.tuples(st.sampled_from([Tag.COUNTER32, Tag.GAUGE32, Tag.TICKS]), st.integers(0, 0xFFFFFFFF)),
    st.tuples(st.just(Tag.COUNTER64), st.integers(0, 0xFFFFFFFFFFFFFFFF)),
    st.tuples(st.sampled_from([Tag.OCTETS, Tag.OPAQUE]), st.binary(max_size=300)),
    st.tuples(st.just(Tag.ADDRESS), st.binary(min_size=4, max_size=4)),
    st.tuples(st.just(Tag.OID), OIDS),
    st.tuples(st.sampled_from(sorted(EXCEPTIONS | {Tag.NULL})), st.none()),
)


@pytest.mark.parametrize(
    ("tag", "value", "encoded"),
    [
        (Tag.COUNTER32, 4294967295, "410500ffffffff"),
        (Tag.TICKS, 360000, "4303057e40"),
        (Tag.INTEGER, 0, "020100"),
        (Tag.INTEGER, 127, "02017f"),
        (Tag.INTEGER, 128, "02020080"),
        (Tag.INTEGER, -1, "0201ff"),
        (Tag.INTEGER, -128, "020180"),
        (Tag.INTEGER, -129, "0202ff7f"),
        (Tag.INTEGER, -0x80000000, "020480000000"),
        (Tag.COUNTER64, 0xFFFFFFFFFFFFFFFF, "460900ffffffffffffffff"),
        (Tag.ADDRESS, bytes((127, 1, 0, 1)), "40047f010001"),
        (Tag.OCTETS, b"", "0400"),
        (Tag.OID, (0, 0), "060100"),
        (Tag.OID, (1, 3, 6, 1, 4, 1, 368, 1, 1), "06092b06010401827001" + "01"),
        (Tag.OID, (2, 999, 3), "0603883703"),
        (Tag.NO_SUCH_OBJECT, None, "8000"),
    ],
)
def test_values_have_the_bytes_of_the_standard(tag: Tag, value: object, encoded: str) -> None:
    assert element(tag, content_of(tag, value)).hex() == encoded
    data = bytes.fromhex(encoded)
    found, start, stop = header(data, 0, len(data))
    assert (found, plain(found, data[start:stop])) == (tag, value)


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65_535, 65_536, 70_000])
def test_a_length_is_written_in_its_shortest_form(size: int) -> None:
    data = element(4, bytes(size))
    octets = 0 if size < 128 else (size.bit_length() + 7) // 8
    assert len(data) == 2 + octets + size
    assert header(data, 0, len(data)) == (4, 2 + octets, len(data))


@pytest.mark.parametrize("data", ["0481057075626c69", "048200067075626c6963", "0484000000067075626c6963"])
def test_long_lengths_are_taken_in_with_leading_zeros(data: str) -> None:
    raw = bytes.fromhex(data)
    start, stop = header(raw, 0, len(raw))[1:]
    assert raw[start:stop] in (b"publi", b"public")


@pytest.mark.parametrize(
    ("data", "why"),
    [("0480", "indefinite"), ("0405aa", "longer"), ("04", "without"), ("0489010203", "length of the length")],
)
def test_what_cannot_be_a_length_is_malformed(data: str, why: str) -> None:
    raw = bytes.fromhex(data)
    with pytest.raises(MalformedMessage, match=why):
        header(raw, 0, len(raw))


@pytest.mark.parametrize(
    "content",
    [
        b"\x2b\x90\x80\x80\x80\x00",  # 2^32
        b"\x2b\x86",  # does not end
        b"\x2b" + b"\x01" * 127,  # 129 sub-identifiers
    ],
)
def test_a_name_beyond_its_bounds_is_malformed(content: bytes) -> None:
    with pytest.raises(MalformedMessage):
        oid_of(content)


def test_a_name_without_content_is_zero_zero() -> None:
    assert oid_of(b"") == (0, 0)


@given(OIDS)
def test_names_come_back(oid: tuple[int, ...]) -> None:
    assert oid_of(oid_content(oid)) == oid
    assert parse_oid(oid_text(oid)) == oid
    assert parse_oid(f".{oid_text(oid)}") == oid


@pytest.mark.parametrize("text", ["", "1", "3.1", "1.40", "1.3.x", "1.3.-1", "1.3.4294967296", "1..3", "1.3.٣"])
def test_text_that_is_no_name(text: str) -> None:
    with pytest.raises(ValueError, match="identifier"):
        parse_oid(text)


@given(VALUES)
def test_values_come_back(pair: tuple[Tag, object]) -> None:
    tag, value = pair
    assert plain(tag, content_of(tag, value)) == value


@given(st.integers(-(1 << 40), 1 << 40))
def test_integers_are_minimal(number: int) -> None:
    content = integer_content(number)
    assert int.from_bytes(content, "big", signed=True) == number
    assert len(content) == 1 or content[0] not in (0, 0xFF) or (content[0] ^ content[1]) & 0x80


@given(
    st.sampled_from([kind for kind in Kind if kind is not Kind.TRAP_V1]),
    st.integers(-0x80000000, 0x7FFFFFFF),
    st.lists(st.tuples(OIDS, VALUES), max_size=8),
    st.sampled_from([0, 1]),
    st.binary(max_size=40),
)
def test_messages_come_back(kind: Kind, number: int, bound: list[object], version: int, community: bytes) -> None:
    bindings = tuple(VarBind.of(oid, *pair) for oid, pair in bound)
    message = CommunityMessage(version, community, Pdu(kind, number, 0, 0, bindings))
    assert read_message(message.encoded() + b"junk behind it") == message


@pytest.mark.fuzz
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_a_message_or_malformed(data: bytes) -> None:
    for read in (read_message, read_scoped):
        try:
            message = read(data)
        except MalformedMessage:
            continue
        assert message.encoded()


GOOD = bytes.fromhex("302702010104067075626c6963a01a02021234020100020100300e300c06082b060102010103000500")


@pytest.mark.fuzz
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_message_with_wrong_bytes_is_a_message_or_malformed(changes: list[tuple[int, int]]) -> None:
    data = bytearray(GOOD)
    for place, octet in changes:
        data[place] = octet
    try:
        message = read_message(bytes(data))
    except MalformedMessage:
        return
    assert message.encoded()


@given(st.lists(st.binary(max_size=300), max_size=6), st.data())
def test_a_stream_is_cut_into_its_messages(contents: list[bytes], data: st.DataObject) -> None:
    messages = [element(0x30, content) for content in contents]
    whole, stream, found = b"".join(messages), MessageStream(), []
    while whole:
        size = data.draw(st.integers(1, len(whole)))
        found += stream.feed(whole[:size])
        whole = whole[size:]
    assert found == messages


@pytest.mark.parametrize("data", ["02", "0401", "3080", "3083ffffff"])
def test_a_stream_that_cannot_be_followed(data: str) -> None:
    with pytest.raises(MalformedMessage):
        MessageStream().feed(bytes.fromhex(data) + bytes(4))


@pytest.mark.fuzz
@given(st.lists(st.binary(max_size=100), max_size=10))
def test_a_stream_keeps_little(pieces: list[bytes]) -> None:
    stream = MessageStream()
    try:
        found = [message for piece in pieces for message in stream.feed(piece)]
    except MalformedMessage:
        return
    assert all(0 < len(message) <= LARGEST_MESSAGE + 10 for message in found)
