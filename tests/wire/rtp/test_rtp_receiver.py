"""The peer's half of a stream: sources, types, counts, reports about it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance
from simulator.wire.rtp import rtcp
from simulator.wire.rtp.heard import Heard
from simulator.wire.rtp.negotiated import MediaSettings, Negotiated, Playout
from simulator.wire.rtp.packet import Packet
from simulator.wire.rtp.receiver import Receiver
from simulator.wire.rtp.report import Reporter
from simulator.wire.rtp.sender import Sender
from simulator.wire.rtp.telephone_event import Event
from simulator.wire.sound.analysis import level
from simulator.wire.sound.codec import codec_named

PCMU = codec_named("PCMU")
LOUD = PCMU.encoder().encode(np.array([8000, 8000, -8000, -8000] * 40, np.int16))


class End:
    """A receiver on a clock that stands until a packet comes."""

    def __init__(self, *, exclusive: float = 0.0, **settings: Any) -> None:
        self.now = 10.0
        self.notes: list[str] = []
        self.heard = Heard(lambda: self.now)
        self.receiver = Receiver(MediaSettings(**settings), self.heard, self.note, exclusive=exclusive)
        self.receiver.configure({0: PCMU}, 101, 0.02, hears=True)
        self.heard.begin()
        self.receiver.begin(self.now)

    def note(self, what: str, **data: object) -> None:
        self.notes.append(what)

    def take(
        self, number: int, ssrc: int = 1, kind: int = 0, payload: bytes = LOUD, stamp: int | None = None
    ) -> str:
        self.now += 0.02
        timestamp = number * 160 if stamp is None else stamp
        return self.receiver.receive(Packet(kind, number % 65536, timestamp % 2**32, ssrc, payload), self.now)

    def stream(self, *numbers: int, ssrc: int = 1) -> None:
        for number in numbers:
            self.take(number, ssrc)


def test_packets_are_counted_and_heard():
    end = End()
    end.stream(*range(50))
    receiver = end.receiver
    assert (receiver.packets, receiver.octets, receiver.expected, receiver.lost) == (49, 49 * 160, 49, 0)
    assert receiver.first_packet == pytest.approx(10.04)
    assert receiver.last_packet == pytest.approx(11.0)
    assert receiver.max_gap == pytest.approx(0.02)
    assert level(end.heard.samples(0.2, 0.8)) > -20
    assert receiver.codec_name == "PCMU/8000"


def test_another_payload_type_disturbs_nothing():
    end = End()
    end.stream(0, 1)
    for number in range(20):
        end.take(40_000 + number, kind=97)
    end.stream(2, 3)
    assert end.receiver.wrong_type == 20
    assert (end.receiver.packets, end.receiver.lost) == (3, 0)


def test_a_new_source_takes_over_after_its_probation():
    end = End()
    end.stream(0, 1, 2)
    end.take(700, ssrc=2)
    assert end.receiver.ssrc_changes == 0
    end.stream(701, 702, ssrc=2)
    assert end.receiver.ssrc_changes == 1
    assert end.notes == ["ssrc changed"]
    assert (end.receiver.packets, end.receiver.expected) == (4, 4)


def test_a_second_source_waits_where_the_first_is_exclusive():
    end = End(exclusive=0.5)
    end.stream(0, 1, 2)
    end.stream(*range(100, 110), ssrc=2)
    assert end.receiver.packets == 2
    end.now += 0.5
    end.stream(110, 111, 112, ssrc=2)
    assert end.receiver.packets == 4


def test_sound_is_not_for_us_on_hold_but_counted():
    end = End()
    end.receiver.configure({0: PCMU}, 101, 0.02, hears=False)
    end.stream(*range(20))
    assert end.take(20, kind=101, payload=Event(5, 160).encode()) == ""
    assert end.receiver.packets == 20
    assert end.heard.stored == 0


def test_digits_are_told_and_broken_ones_counted():
    end = End()
    end.stream(0, 1)
    told = [
        end.take(2 + n, kind=101, payload=Event(9, 160 * n + 160, end=n > 3).encode(), stamp=320) for n in range(7)
    ]
    assert told == ["9", "", "", "", "", "", ""]
    end.take(9, kind=101, payload=b"x")
    assert end.receiver.malformed == 1
    assert end.receiver.reception is not None
    assert end.receiver.reception.jitter < 1e-6


def test_a_sender_that_begins_anew_is_heard_again():
    end = End()
    end.stream(*range(10))
    end.stream(*range(30_000, 30_010))
    assert end.notes == ["sequence restarted"]
    assert end.receiver.packets == 9 + 9


def test_late_packets_are_counted_and_not_heard():
    end = End(playout=Playout(0.02, 0.02, 0.02))
    end.stream(0, 1, 2, 3)
    before = end.heard.stored
    end.take(5)
    end.now += 0.1
    end.take(4)
    assert end.receiver.late == 1
    assert end.receiver.reordered == 1
    assert end.heard.stored == before + 160


@pytest.mark.fuzz
@given(st.binary(max_size=240))
def test_any_packets_in_any_order_are_counted(data: bytes):
    """Each eight bytes say how a packet differs from its neighbour: source, type, number, time, pause, length."""
    end = End()
    sent = wrong = 0
    for place in range(0, len(data) - 7, 8):
        source, kind, number, far, stamp, high, pause, size = data[place : place + 8]
        end.now += pause / 100
        sequence = (number if far < 200 else number * far) % 65536
        packet = Packet(
            (0, 0, 101, 13)[kind % 4], sequence, stamp << high % 32 & 0xFFFFFFFF, source % 2, bytes(size)
        )
        end.receiver.receive(packet, end.now)
        sent += 1
        wrong += packet.payload_type == 13
    receiver = end.receiver
    assert receiver.packets + receiver.wrong_type + receiver.duplicate <= sent
    assert receiver.wrong_type == wrong
    assert end.heard.stored <= 255 * sent
    assert len(end.heard.samples(0, 0.05)) == 800


def reporting(end: End) -> tuple[Sender, Reporter]:
    sender = Sender(Chance(3).stream("s"))
    sender.configure(PCMU, 0, 20, None, speaking=True)
    return sender, Reporter(sender, end.receiver, 5.0, "name", 1_000_000.0, Chance(3).stream("r"))


def test_reports_say_what_was_received_and_when():
    end = End()
    sender, reporter = reporting(end)
    first, name = rtcp.parse(reporter.report(end.now, 8000))
    assert first == rtcp.Report(sender.ssrc)
    assert isinstance(name, rtcp.Description)
    assert name.cname(sender.ssrc) == "name"
    assert reporter.due is not None
    assert end.now + 2.5 <= reporter.due <= end.now + 7.5
    end.stream(0, 1, 2, 4)
    reporter.receive(rtcp.Report(1, (), rtcp.SenderInfo(0x1122334455667788, 5, 6, 7)).encode(), end.now)
    end.now += 0.5
    stamp = sender.timestamp
    sender.next_packet()
    reporter.mark(end.now - 0.1, stamp)
    report, _ = rtcp.parse(reporter.report(end.now, 8000))
    assert isinstance(report, rtcp.Report)
    assert report.sender == rtcp.SenderInfo(rtcp.ntp_time(1_000_000.0 + end.now), (stamp + 800) % 2**32, 1, 160)
    (block,) = report.blocks
    assert (block.ssrc, block.lost, block.fraction_lost, block.highest) == (1, 1, 64, 4)
    assert (block.last_report, block.delay) == (0x33445566, 32768)


def test_who_has_not_sent_for_two_reports_sends_no_sender_report():
    end = End()
    sender, reporter = reporting(end)
    sender.next_packet()
    kinds = []
    for _ in range(4):
        report, _ = rtcp.parse(reporter.report(end.now, 8000))
        assert isinstance(report, rtcp.Report)
        kinds.append("RR" if report.sender is None else "SR")
    sender.next_packet()
    report, _ = rtcp.parse(reporter.report(end.now, 8000))
    assert isinstance(report, rtcp.Report)
    assert kinds == ["SR", "SR", "RR", "RR"]
    assert report.sender is not None


def test_the_peers_report_about_us_gives_the_round_trip_and_goodbye_is_noticed():
    end = End()
    sender, reporter = reporting(end)
    sent = rtcp.middle(rtcp.ntp_time(1_000_000.0 + end.now))
    end.now += 1.25
    about = rtcp.ReceptionBlock(sender.ssrc, 0, 3, 9, 80, sent, 65536)
    reporter.receive(
        rtcp.encode((rtcp.Report(1, (about,)), rtcp.Description.of(1, "peer"), rtcp.Goodbye((1,)))), end.now
    )
    assert reporter.round_trip == pytest.approx(0.25, abs=1e-3)
    assert reporter.remote == about
    assert reporter.peer_cname == "peer"
    assert reporter.peer_left


@pytest.mark.parametrize(
    ("direction", "remote", "sends", "hears"),
    [
        ("sendrecv", ("10.0.0.1", 4000), True, True),
        ("sendonly", ("10.0.0.1", 4000), True, False),
        ("recvonly", ("10.0.0.1", 4000), False, True),
        ("inactive", ("10.0.0.1", 4000), False, False),
        ("sendrecv", ("0.0.0.0", 4000), False, True),
        ("sendrecv", None, False, True),
    ],
)
def test_directions_and_the_old_hold(direction: Any, remote: Any, sends: bool, hears: bool):
    one = Negotiated("PCMU", 0, remote, direction=direction)
    assert (one.sends, one.hears) == (sends, hears)
