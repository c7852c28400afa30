"""Keypresses in RTP: every one is told once, whatever the network does."""

from __future__ import annotations

import contextlib
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.rtp.telephone_event import DIGITS, Event, KeypressReader, keypress, parse

PACKET_TIME = 0.02


def sent(digits: str, duration: int = 1600) -> list[tuple[bytes, int]]:
    """Payloads and timestamps of keys pressed one after the other."""
    packets, stamp = [], 1000
    for digit in digits:
        packets += [(event.encode(), stamp) for event in keypress(digit, duration, 160)]
        stamp += 2 * duration
    return packets


def read(packets: list[tuple[bytes, int]], when: Literal["first", "end"] = "first") -> str:
    reader = KeypressReader(PACKET_TIME, when)
    told, now = "", 0.0
    for payload, stamp in packets:
        told += reader.receive(payload, stamp, now)
        now += PACKET_TIME
    return told + reader.tick(now + 1)


def test_the_bytes_are_those_of_the_rfc():
    assert Event(5, 0x0140, volume=10).encode() == bytes.fromhex("050A0140")
    assert Event(11, 800, end=True).encode() == bytes.fromhex("0B8A0320")
    assert parse(bytes.fromhex("10CA0320")) == Event(16, 800, end=True, volume=10, reserved=True)


def test_a_keypress_grows_and_ends_three_times():
    assert list(keypress("7", 640, 160)) == [
        Event(7, 160),
        Event(7, 320),
        Event(7, 480),
        *[Event(7, 640, end=True)] * 3,
    ]


@pytest.mark.parametrize(("digit", "duration"), [("", 800), ("55", 800), ("x", 800), ("5", 0), ("5", 65536)])
def test_what_is_no_key_cannot_be_pressed(digit: str, duration: int):
    with pytest.raises(ValueError, match="key"):
        keypress(digit, duration, 160)


@pytest.mark.parametrize("when", ["first", "end"])
def test_all_keys_are_read(when: Literal["first", "end"]):
    assert read(sent(DIGITS), when) == DIGITS


def test_the_first_packet_tells_or_the_end_does():
    first, end = KeypressReader(PACKET_TIME), KeypressReader(PACKET_TIME, "end")
    begun, over = Event(3, 160).encode(), Event(3, 480, end=True).encode()
    assert (first.receive(begun, 9, 0.0), end.receive(begun, 9, 0.0)) == ("3", "")
    assert (first.receive(over, 9, 0.1), end.receive(over, 9, 0.1)) == ("", "3")


def test_a_key_whose_end_is_lost_is_over_after_three_packet_times():
    reader = KeypressReader(PACKET_TIME, "end")
    assert reader.receive(Event(4, 160).encode(), 9, 1.0) == ""
    deadline = reader.next_deadline()
    assert deadline == pytest.approx(1.06)
    assert reader.tick(1.05) == ""
    assert reader.tick(1.06) == "4"
    assert reader.next_deadline() is None


def test_a_key_held_longer_than_an_event_can_say_is_one_key():
    reader = KeypressReader(PACKET_TIME)
    told = reader.receive(Event(1, 65535).encode(), 1000, 0.0)
    told += reader.receive(Event(1, 160).encode(), 1000 + 65535, 0.02)
    told += reader.receive(Event(1, 320, end=True).encode(), 1000 + 65535, 0.04)
    assert told == "1"


def test_an_event_that_is_no_key_is_passed_over():
    assert read([(Event(66, 160).encode(), 1), *sent("8")]) == "8"


@given(st.text(DIGITS, max_size=6), st.data(), st.sampled_from(["first", "end"]))
def test_loss_repetition_and_late_copies_neither_lose_nor_double_a_key(
    digits: str, data: st.DataObject, when: Literal["first", "end"]
):
    packets = []
    for digit, stamp in zip(digits, range(5000, 1_000_000, 5000), strict=False):
        events = [(event.encode(), stamp) for event in keypress(digit, 960, 160)]
        kept = data.draw(st.lists(st.sampled_from(events), min_size=1, max_size=12))
        packets += sorted(kept, key=events.index)
        packets += data.draw(st.lists(st.sampled_from(packets[-40:]), max_size=3))
    assert read(packets, when) == digits


@pytest.mark.fuzz
@given(st.lists(st.tuples(st.binary(max_size=8), st.integers(0, 5)), max_size=20))
def test_any_payload_is_an_event_or_malformed(packets: list[tuple[bytes, int]]):
    reader = KeypressReader(PACKET_TIME)
    for payload, stamp in packets:
        with contextlib.suppress(MalformedMessage):
            told = reader.receive(payload, stamp, 0.0)
            assert set(told) <= set(DIGITS)
            assert len(parse(payload).encode()) == 4
