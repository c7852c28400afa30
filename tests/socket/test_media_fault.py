"""Faults on what we send: each does on the wire what it says, and ends."""

from __future__ import annotations

from typing import Any

import pytest
from media_bench import Phone, agreed, heard_tone, media, until

from simulator.net.media.session import MediaSession
from simulator.wire.rtp import rtcp
from simulator.wire.rtp.fault import RtpFault
from simulator.wire.rtp.packet import Packet
from simulator.wire.rtp.srtp import SUITES, Keys, Unauthenticated, Unprotector
from simulator.wire.sound.tone import Tone

pytestmark = pytest.mark.asyncio
SUITE = "AES_CM_128_HMAC_SHA1_80"


def number(packet: Packet, first: Packet) -> int:
    """Places after the first packet."""
    return (packet.sequence - first.sequence + 32768) % 65536 - 32768


async def sent(phone: Phone, count: int) -> list[Packet]:
    found: list[Packet] = []
    await until(lambda: found.extend(phone.packets()) or len(found) >= count)
    return found


class Call:
    def __init__(self, session: MediaSession, phone: Phone, first: Packet) -> None:
        self.session, self.phone, self.first = session, phone, first

    async def spoiled(self, count: int, **fault: Any) -> list[int]:
        """Numbers of the packets that leave while a fault acts."""
        self.session.begin_fault(RtpFault(**fault))
        self.phone.packets()
        return [number(packet, self.first) for packet in await sent(self.phone, count)]


async def call(bench: Any, **settings: Any) -> Call:
    session, phone = bench.open(**settings), bench.phone()
    session.start(agreed(phone))
    return Call(session, phone, (await sent(phone, 2))[0])


async def test_loss_leaves_gaps_in_the_numbers():
    async with media() as bench:
        numbers = await (await call(bench)).spoiled(20, loss=0.5)
        assert numbers == sorted(set(numbers))
        assert numbers[-1] - numbers[0] > 25


async def test_duplicates_leave_twice():
    async with media() as bench:
        numbers = await (await call(bench)).spoiled(20, duplicate=1.0)
        assert all(numbers.count(one) == 2 for one in set(numbers[:-1]))


async def test_reordered_packets_leave_behind_their_successor():
    async with media() as bench:
        numbers = await (await call(bench)).spoiled(40, reorder=0.3)
        assert numbers != sorted(numbers)
        assert set(range(min(numbers), numbers[-1] - 2)) <= set(numbers)


async def test_jitter_is_seen_by_a_receiver_and_makes_its_buffer_deeper():
    async with media() as bench:
        one, other = bench.open(1), bench.open(2)
        one.start(agreed(other))
        other.start(agreed(one))
        await until(lambda: other.statistics.received_packets > 10)
        one.begin_fault(RtpFault(jitter=0.06))
        await until(lambda: other.statistics.jitter > 0.008 and other.statistics.late > 0, 10)


async def test_a_tone_survives_jitter_and_loss():
    async with media() as bench:
        one, other = bench.open(1), bench.open(2)
        one.start(agreed(other), Tone(1000))
        other.start(agreed(one))
        one.begin_fault(RtpFault(jitter=0.06, loss=0.05))
        await heard_tone(other, 1000, -20, within=2.0)
        await until(lambda: other.statistics.lost > 3)


async def test_another_payload_type_is_not_heard():
    async with media() as bench:
        one, other = bench.open(1), bench.open(2)
        one.start(agreed(other))
        other.start(agreed(one))
        await until(lambda: other.statistics.received_packets > 5)
        one.begin_fault(RtpFault(payload_type=77))
        await until(lambda: other.statistics.wrong_type > 5)


async def test_a_new_ssrc_and_a_jump_in_the_numbers_happen_once():
    async with media() as bench:
        current = await call(bench)
        before = current.session.ssrc
        numbers = await current.spoiled(10, new_ssrc=True, sequence_jump=5000)
        assert current.session.ssrc != before
        assert min(numbers) >= 5000
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_one_way_is_silent_but_for_reports():
    async with media() as bench:
        current = await call(bench, rtcp_interval=0.1)
        fault = RtpFault(one_way=True)
        current.session.begin_fault(fault)
        current.phone.packets()
        current.phone.reports()
        reports: list[object] = []
        await until(lambda: reports.extend(current.phone.reports()) or len(reports) >= 2)
        assert current.phone.packets() == []
        current.session.end_fault(fault)
        (packet, *_) = await sent(current.phone, 1)
        assert number(packet, current.first) > 2


async def test_stop_is_silent_altogether():
    async with media() as bench:
        current = await call(bench, rtcp_interval=0.1)
        current.session.begin_fault(RtpFault(stop=True))
        current.phone.packets()
        current.phone.reports()
        started = current.session.heard.position
        await until(lambda: current.session.heard.position > started + 0.3)
        assert current.phone.packets() == []
        assert current.phone.reports() == []
        current.session.stop()
        assert current.phone.reports() == []


async def test_a_wrong_key_is_wrong_until_the_fault_ends():
    length = SUITES[SUITE].key_length
    async with media() as bench:
        session, phone = bench.open(), bench.phone()
        session.start(agreed(phone, keys=Keys(SUITE, bytes([1]) * length, bytes([2]) * length)))
        inbound = Unprotector(SUITES[SUITE], bytes([1]) * length)
        inbound.unprotect((await sent(phone, 1))[0].encode())
        fault = RtpFault(wrong_key=True)
        session.begin_fault(fault)
        phone.packets()
        with pytest.raises(Unauthenticated):
            inbound.unprotect((await sent(phone, 1))[0].encode())
        session.end_fault(fault)
        phone.packets()
        inbound.unprotect((await sent(phone, 1))[0].encode())


@pytest.mark.parametrize("drift", [100_000, -100_000])
async def test_a_clock_that_drifts_sends_more_or_less_packets_in_the_same_time(drift: float):
    async with media() as bench:
        current = await call(bench)
        session = current.session
        session.begin_fault(RtpFault(drift=drift))
        begun, sent_before = session.heard.position, session.statistics.sent_packets
        await until(lambda: session.heard.position > begun + 2.0)
        seconds = session.heard.position - begun
        assert session.statistics.sent_packets - sent_before == pytest.approx(
            50 * seconds * (1 + drift / 1e6), abs=4
        )


async def test_a_session_that_ends_forgets_what_was_on_its_way():
    async with media() as bench:
        current = await call(bench)
        await current.spoiled(2, jitter=0.06)
        current.session.stop()
        current.phone.packets()
        started = bench.engine.now()
        await until(lambda: bench.engine.now() > started + 0.1)
        assert current.phone.packets() == []
        assert isinstance(current.phone.reports()[-1][-1], rtcp.Goodbye)
