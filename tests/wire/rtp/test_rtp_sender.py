"""Our half of a stream: numbers, times, silence, sound, keypresses, and what faults make of them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from simulator.chance import Chance
from simulator.wire.rtp.fault import RtpFault, Spoiler
from simulator.wire.rtp.packet import Packet, parse
from simulator.wire.rtp.sender import Sender
from simulator.wire.rtp.telephone_event import parse as event
from simulator.wire.sound.analysis import dominant
from simulator.wire.sound.codec import codec_named
from simulator.wire.sound.tone import Recording, Tone


def sender(codec: str = "PCMU", payload_type: int = 0, ptime: int = 20, *, seed: int = 1) -> Sender:
    made = Sender(Chance(seed).stream("sender"))
    made.configure(codec_named(codec), payload_type, ptime, 101, speaking=True)
    return made


def packets(one: Sender, count: int) -> list[Packet]:
    return [parse(made) for _ in range(count) if (made := one.next_packet()) is not None]


def hold(one: Sender) -> None:
    one.configure(codec_named("PCMU"), 0, 20, 101, speaking=False)


def resume(one: Sender) -> None:
    one.configure(codec_named("PCMU"), 0, 20, 101, speaking=True)


class Live:
    """A source whose time line goes on by itself; tells where it was read."""

    def __init__(self) -> None:
        self.position = 7.0
        self.read: list[float] = []

    def samples(self, begin: float, end: float) -> NDArray[np.int16]:
        self.read.append(round(begin, 3))
        return np.ones(round((end - begin) * 16000), np.int16)


def test_numbers_and_times_go_on_and_the_first_is_marked():
    one = sender()
    first, second, third = packets(one, 3)
    assert (first.marker, second.marker) == (True, False)
    assert (second.sequence - first.sequence) % 65536 == (third.sequence - second.sequence) % 65536 == 1
    assert (third.timestamp - first.timestamp) % 2**32 == 320
    assert first.payload == b"\xff" * 160
    assert {first.ssrc, second.ssrc, third.ssrc} == {one.ssrc}
    assert (one.packets, one.octets) == (3, 480)


def test_the_same_seed_gives_the_same_bytes():
    assert packets(sender(seed=3), 5) == packets(sender(seed=3), 5)
    assert packets(sender(seed=3), 1) != packets(sender(seed=4), 1)


@pytest.mark.parametrize(
    ("codec", "asked", "ptime", "step"),
    [
        ("PCMU", 20, 20, 160),
        ("PCMU", 10, 10, 80),
        ("G722", 30, 30, 240),
        ("opus", 30, 20, 960),
        ("PCMU", 60, 60, 480),
        ("PCMU", 5, 10, 80),
        ("L16/16000", 40, 40, 640),
    ],
)
def test_packets_have_the_agreed_length_or_the_next_that_can_be(codec: str, asked: int, ptime: int, step: int):
    one = sender(codec, 96, asked)
    first, second = packets(one, 2)
    assert one.packet_time == ptime / 1000
    assert (second.timestamp - first.timestamp) % 2**32 == step
    assert codec_named(codec).ticks(first.payload) == step


def test_nothing_is_sent_on_hold_while_the_clock_runs_and_resuming_is_marked():
    one = sender()
    (before,) = packets(one, 1)
    hold(one)
    assert packets(one, 10) == []
    resume(one)
    (after,) = packets(one, 1)
    assert after.marker
    assert (after.timestamp - before.timestamp) % 2**32 == 11 * 160
    assert (after.sequence - before.sequence) % 65536 == 1


@pytest.mark.parametrize("name", ["PCMU", "PCMA", "G722", "opus", "L16/48000"])
def test_a_source_is_heard_in_the_payload(name: str):
    one, codec = sender(name, 96), codec_named(name)
    one.read(Tone(1000))
    decoder = codec.decoder()
    samples = np.concatenate([decoder.decode(packet.payload) for packet in packets(one, 50)])
    peak = dominant(samples[len(samples) // 4 :], codec.rate)
    assert peak is not None
    assert (peak.frequency, peak.level) == (pytest.approx(1000, abs=1), pytest.approx(-20, abs=0.5))


def test_a_source_that_is_silent_is_not_asked():
    class Mute(Live):
        silent = True

    one, source = sender(), Mute()
    one.read(source)
    assert packets(one, 1)[0].payload == b"\xff" * 160
    assert source.read == []


def test_a_live_source_is_read_from_its_position_and_again_when_it_ran_away():
    one, source = sender(), Live()
    one.read(source)
    packets(one, 2)
    source.position = 7.1
    packets(one, 1)
    source.position = 9.0
    packets(one, 2)
    assert source.read == [7.0, 7.02, 7.04, 9.0, 9.02]


def test_a_source_that_is_read_ahead_goes_on_where_the_clock_is():
    one = sender("L16/16000", 96)
    one.read(Recording(np.arange(1, 32_001, dtype=np.int16)))
    begins = []
    for doing in (None, "hold", None, "key", None):
        if doing == "key":
            one.press("1", 0.02)
            packets(one, 3)
        one.configure(codec_named("L16/16000"), 96, 20, 101, speaking=doing != "hold")
        begins += [int.from_bytes(packet.payload[:2], "big") for packet in packets(one, 3)]
    assert [(begin - 1) / 320 for begin in begins] == [0, 1, 2, 6, 7, 8, 12, 13, 14, 15, 16, 17]


def test_a_keypress_takes_the_place_of_the_sound():
    one = sender()
    packets(one, 1)
    one.press("5", 0.08)
    one.press("#", 0.02)
    sent = packets(one, 13)
    keys = [packet for packet in sent if packet.payload_type == 101]
    events = [event(packet.payload) for packet in keys]
    assert [(one.digit, one.duration, one.end) for one in events] == [
        ("5", 160, False), ("5", 320, False), ("5", 480, False), *[("5", 640, True)] * 3, *[("#", 160, True)] * 3,
    ]  # fmt: skip
    assert len({packet.timestamp for packet in keys}) == 2
    assert [packet.marker for packet in keys] == [True, *[False] * 5, True, False, False]
    assert [packet.payload_type for packet in sent[9:]] == [0] * 4
    assert [packet.marker for packet in sent[9:]] == [True, False, False, False]
    sequences = [packet.sequence for packet in sent]
    assert all((later - earlier) % 65536 == 1 for earlier, later in pairwise(sequences))
    assert (sent[9].timestamp - keys[0].timestamp) % 2**32 == 9 * 160


def test_keys_that_wait_are_forgotten_on_hold():
    one = sender()
    one.press("1", 1.0)
    packets(one, 2)
    hold(one)
    assert not one.takes_keys
    resume(one)
    assert packets(one, 1)[0].payload_type == 0


def test_a_jump_and_a_new_ssrc():
    one = sender()
    (before,) = packets(one, 1)
    one.jump(5000, new_ssrc=True)
    (after,) = packets(one, 1)
    assert (after.sequence - before.sequence) % 65536 == 5001
    assert after.ssrc != before.ssrc


shares = st.floats(0, 1)
faults = st.builds(RtpFault, loss=shares, jitter=st.floats(0, 0.06), reorder=shares, duplicate=shares)


@given(st.integers(0, 2**32), faults)
def test_fates_stay_within_what_the_fault_says(seed: int, fault: RtpFault):
    spoiler = Spoiler(Chance(seed).stream("fault"))
    spoiler.begin(fault)
    fates = [spoiler.fates(0.02) for _ in range(50)]
    assert all(0 <= delay <= fault.jitter + 0.03 for copies in fates for delay in copies)
    assert all(len(copies) <= 2 for copies in fates)
    if fault.loss == 1:
        assert not any(fates)
    spoiler.end(fault)
    assert not spoiler.active
    assert spoiler.fates(0.02) == [0.0]


def test_shares_are_those_of_the_fault():
    spoiler = Spoiler(Chance(5).stream("fault"))
    spoiler.begin(RtpFault(loss=0.1))
    spoiler.begin(RtpFault(duplicate=0.2, jitter=0.06))
    fates = [spoiler.fates(0.02) for _ in range(10_000)]
    lost, doubled = sum(not copies for copies in fates), sum(len(copies) == 2 for copies in fates)
    assert lost == pytest.approx(1000, rel=0.15)
    assert doubled == pytest.approx(1800, rel=0.15)
    assert sum(copies[0] for copies in fates if copies) / 9000 == pytest.approx(0.03, rel=0.05)
