"""The DHCP message codec and the readers of option values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.dhcp import option
from simulator.wire.dhcp.message import Message, Op, Type, decode, encode
from simulator.wire.dhcp.option import Code

MAC = bytes.fromhex("b8a44f010203")
FIXED = 240

addresses = st.ip_addresses(v=4).map(str)
messages = st.builds(
    Message,
    op=st.sampled_from(list(Op)),
    xid=st.integers(0, 2**32 - 1),
    chaddr=st.binary(min_size=6, max_size=6),
    options=st.dictionaries(
        st.integers(1, 254).filter(lambda code: code != 52), st.binary(max_size=600), max_size=6
    ),
    secs=st.integers(0, 0xFFFF),
    flags=st.integers(0, 0xFFFF),
    ciaddr=addresses,
    yiaddr=addresses,
    siaddr=addresses,
    giaddr=addresses,
)


@given(messages)
def test_what_is_encoded_decodes_to_the_same(message):
    assert decode(encode(message)) == message


@pytest.mark.fuzz
@given(st.binary(max_size=700))
def test_garbage_is_refused_and_nothing_else(data):
    try:
        decode(data)
    except MalformedMessage as error:
        assert 0 <= error.offset <= 1000


@pytest.mark.fuzz
@given(messages, st.data())
def test_damage_is_refused_or_read(message, data):
    damaged = bytearray(encode(message))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(damaged)[: data.draw(st.integers(0, len(damaged)))]
    try:
        read = decode(cut)
    except MalformedMessage:
        return
    readers = (
        option.addresses, option.number, option.text, option.address,
        lambda options, _: option.prefix_length(options),
        lambda options, _: option.search_domains(options),
        lambda options, _: option.static_routes(options),
    )  # fmt: skip
    for reader in readers:
        for code in (*read.options, 1, 119, 121):
            reader(read.options, code)


def test_a_message_is_padded_to_300_bytes():
    data = encode(Message(Op.REQUEST, 1, MAC, {53: b"\x01"}))
    assert len(data) == 300
    assert data[236:244] == bytes.fromhex("63825363350101ff")


def test_the_parts_of_a_long_option_are_joined():
    data = encode(Message(Op.REPLY, 1, MAC, {43: bytes(300)}))
    assert data[FIXED : FIXED + 2] == bytes([43, 255])
    assert decode(data).options[43] == bytes(300)


def test_overload_leads_into_file_and_then_sname():
    message = Message(Op.REPLY, 1, MAC, {53: b"\x02", 52: b"\x03"})
    message.file, message.sname = bytes([12, 2]) + b"ab\xff", bytes([12, 1]) + b"c\xff"
    read = decode(encode(message))
    assert read.options == {53: b"\x02", 12: b"abc"}
    assert (read.file, read.sname) == (b"", b"")


@pytest.mark.parametrize(
    ("change", "offset"),
    [
        (lambda d: d[:239], 239),
        (lambda d: b"\x03" + d[1:], 0),
        (lambda d: d[:1] + b"\x06" + d[2:], 1),
        (lambda d: d[:236] + b"\x63\x82\x53\x64" + d[240:], 236),
        (lambda d: d[:240] + b"\x35", 241),
        (lambda d: d[:240] + b"\x35\x05\x01", 241),
    ],
)
def test_what_is_refused_says_where(change, offset):
    with pytest.raises(MalformedMessage) as caught:
        decode(change(encode(Message(Op.REQUEST, 1, MAC, {53: b"\x01"}))))
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("value", "kind"), [(b"\x05", Type.ACK), (b"\x09", None), (b"", None), (b"\x01\x01", None)]
)
def test_the_type_is_option_53(value, kind):
    assert Message(Op.REPLY, 1, MAC, {53: value}).type is kind


@pytest.mark.parametrize(
    ("mask", "length"),
    [("ffff0000", 16), ("ffffffff", 32), ("00000000", 0), ("ff00ff00", None), ("ffff", None), ("", None)],
)
def test_masks(mask, length):
    assert option.prefix_length({1: bytes.fromhex(mask)}) == length
    if length is not None:
        assert option.mask_bytes(length).hex() == mask


def test_search_domains_follow_compression_as_in_rfc_3397():
    golden = b"\x03eng\x05apple\x03com\x00\x09marketing\xc0\x04"
    assert option.search_domains({119: golden}) == ("eng.apple.com", "marketing.apple.com")
    names = ("eng.apple.com", "marketing.apple.com")
    assert option.search_domains({119: option.search_domains_bytes(names)}) == names


@pytest.mark.parametrize(
    "value", [b"\xc0\x00", b"\x01a\xc0\x00\xc0\x02", b"\x05ab", b"\xc0", b"\x40a", b"\x01\xff\x00"]
)
def test_search_domains_that_make_no_sense_are_absent(value):
    assert option.search_domains({119: value}) == ()


def test_static_routes_as_in_rfc_3442():
    routes = (("0.0.0.0/0", "10.0.0.1"), ("10.17.0.0/16", "10.0.0.2"), ("10.27.129.0/24", "10.0.0.3"))
    packed = option.static_routes_bytes(routes)
    assert packed.hex() == "000a000001" + "100a110a000002" + "180a1b810a000003"
    assert option.static_routes({121: packed}) == routes
    assert option.static_routes({121: packed[:-1]}) == ()
    assert option.static_routes({121: b"\x21" + bytes(9)}) == ()


def test_numbers_and_text():
    assert option.number({51: option.number_bytes(float("inf"))}, Code.LEASE_TIME) == option.INFINITE
    assert option.number({51: b"\0\0\1"}, 51) is None
    assert option.text({12: b"axis\0"}, 12) == "axis"
    assert option.text({12: b"a\x1b[2J"}, 12) == ""
    assert option.addresses({6: bytes(5)}, 6) == ()
