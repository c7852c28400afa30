"""Requests out of a TCP stream: the rules of the sheet, 1.3, one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.modbus.crc import sealed
from simulator.wire.modbus.frame import answer_length, request_length
from simulator.wire.modbus.framing import RequestReader

GOOD = sealed(bytes.fromhex("4003012C0002"))
OTHER = sealed(bytes.fromhex("400600CF1234"))
PRESENT = (0x40, 0x41)


class Line:
    """A reader with what it said."""

    def __init__(self) -> None:
        self.complaints: list[tuple[str, bytes]] = []
        self.reader = RequestReader(PRESENT, lambda why, data: self.complaints.append((why, data)))

    def hear(self, *portions: bytes) -> list[bytes]:
        heard = []
        for portion in portions:
            self.reader.feed(portion)
            heard += self.drained(self.reader.read)
        return heard

    def gap(self) -> list[bytes]:
        return self.drained(self.reader.gap) + self.drained(self.reader.read)

    @staticmethod
    def drained(read) -> list[bytes]:
        return list(iter(read, None))


def test_a_frame_may_come_byte_by_byte():
    assert Line().hear(*(bytes((byte,)) for byte in GOOD)) == [GOOD]


def test_every_frame_of_a_segment_is_read_in_order():
    assert Line().hear(GOOD + OTHER + GOOD + OTHER[:3], OTHER[3:]) == [GOOD, OTHER, GOOD, OTHER]


@pytest.mark.parametrize(
    "junk", [b"\xff", b"\x00\x00\x00", b"\x13\x37" * 20, GOOD[:5], GOOD[:-1] + b"\x00", b"\x40\x03"]
)
def test_a_good_frame_after_junk_is_read(junk: bytes):
    line = Line()
    assert line.hear(junk + GOOD) + line.gap() == [GOOD]
    assert line.reader.dropped == len(junk)
    assert b"".join(data for _, data in line.complaints) == junk


def test_junk_that_comes_alone_does_not_swallow_the_next_frame():
    assert Line().hear(b"\x99\x88\x77", GOOD) == [GOOD]


def test_a_truncated_frame_is_dropped_after_the_gap():
    line = Line()
    assert line.hear(GOOD[:6]) == []
    assert line.gap() == []
    assert line.complaints == [("unfinished frame", GOOD[:6])]
    assert line.hear(GOOD) == [GOOD]


def test_a_frame_hidden_in_an_unfinished_one_is_read_after_the_gap():
    line = Line()
    assert line.hear(bytes.fromhex("4010000000507F") + GOOD) == []
    assert line.gap() == [GOOD]


@pytest.mark.parametrize("counted", [2, 6])
def test_a_request_whose_byte_count_disagrees_is_one_frame(counted: int):
    wrong = sealed(bytes.fromhex("401000CF0002") + bytes((counted, 1, 2, 3, 4)))
    line = Line()
    assert line.hear(wrong[:8], wrong[8:]) + line.gap() == [wrong]


def test_an_unknown_function_ends_where_the_checksum_is_right():
    unknown = sealed(bytes.fromhex("014100000000"))
    assert Line().hear(unknown + GOOD) == [unknown, GOOD]
    assert Line().hear(unknown[:4], unknown[4:]) == [unknown]


def test_more_than_a_frame_of_rubbish_is_not_kept():
    line = Line()
    for _ in range(100):
        line.hear(b"\x01\x99" * 200)
    assert line.reader.pending <= 256
    assert line.hear(GOOD) == [GOOD]


def test_a_long_frame_that_begins_in_rubbish_is_read():
    long = sealed(bytes.fromhex("401000000076EC") + bytes(range(236)))
    line = Line()
    heard = line.hear(b"\x55\x99" * 150, *(bytes((byte,)) for byte in long))
    assert heard == [long]
    assert line.reader.dropped == 300


@pytest.mark.parametrize(
    ("request_", "length"),
    [
        ("010F0000000A02CD017068", 11), ("401000CF00020412345678", 13), ("01170003000200", 0), ("01", 0),
        ("011700030002000E000102", 15), ("0116", 10), ("012B", 7), ("0118", 6), ("011407", 12), ("0107", 4), ("0141", -1),
    ],
)  # fmt: skip
def test_lengths_of_requests(request_: str, length: int):
    assert request_length(bytes.fromhex(request_)) == length


@pytest.mark.parametrize(
    ("answer", "length"),
    [
        ("010304", 9), ("0183", 5), ("0106", 8), ("0116", 10), ("0107", 5), ("01180004", 10), ("0111", 0), ("0141", -1),
        ("012B0E01810000010003414243", 15), ("012B0E0181000002000341", 0),
    ],
)  # fmt: skip
def test_lengths_of_answers(answer: str, length: int):
    assert answer_length(bytes.fromhex(answer)) == length


frames = st.builds(
    lambda unit, function, rest: sealed(bytes((unit, function)) + rest),
    st.sampled_from(PRESENT),
    st.sampled_from([1, 2, 3, 4, 5, 6, 8]),
    st.binary(min_size=4, max_size=4),
)


@given(st.lists(frames, max_size=8), st.lists(st.integers(1, 9), min_size=1))
def test_any_cutting_gives_the_same_frames(sent: list[bytes], cuts: list[int]):
    stream, portions, at, turn = b"".join(sent), [], 0, 0
    while at < len(stream):
        size = cuts[turn % len(cuts)]
        portions.append(stream[at : at + size])
        at, turn = at + size, turn + 1
    assert Line().hear(*portions) == sent


@pytest.mark.fuzz
@given(st.lists(st.binary(max_size=80), max_size=12))
def test_rubbish_is_bounded_and_the_next_good_frame_is_read(portions: list[bytes]):
    line = Line()
    line.hear(*portions)
    assert line.reader.pending <= 256
    line.gap()
    assert line.reader.pending == 0
    assert line.hear(GOOD) == [GOOD]
