"""What a media session does beyond carrying sound, seen by a far end of bare sockets."""

from __future__ import annotations

import asyncio
import socket
from itertools import pairwise

import pytest
from media_bench import Media, Phone, agreed, heard_tone, media, until

from simulator.errors import AddressTaken, FleetError
from simulator.net.media.session import MediaSession
from simulator.wire.rtp import rtcp
from simulator.wire.rtp.packet import Packet
from simulator.wire.rtp.srtp import SUITES, Keys, Unprotector
from simulator.wire.sound.tone import Tone

pytestmark = pytest.mark.asyncio
SUITE = "AES_CM_128_HMAC_SHA1_80"


async def gathered(phone: Phone, count: int, seconds: float = 5.0) -> list[Packet]:
    """The next `count` packets."""
    found: list[Packet] = []

    def enough() -> bool:
        found.extend(phone.packets())
        return len(found) >= count

    await until(enough, seconds)
    return found


# ports


async def test_ports_advance_by_two_and_do_not_come_back():
    async with media() as bench:
        first, second = bench.open(), bench.open()
        assert (first.port, first.rtcp_port, second.port) == (4000, 4001, 4002)
        first.stop()
        assert bench.open().port == 4004
        assert bench.open(2).port == 4000


async def test_the_lowest_free_pair_is_taken_where_the_policy_says_so():
    async with media() as bench:
        first, second = (bench.open(port_policy="reuse_lowest") for _ in range(2))
        first.stop()
        assert (second.port, bench.open(port_policy="reuse_lowest").port) == (4002, 4000)


async def test_a_busy_port_is_skipped_even_if_only_that_of_rtcp():
    async with media() as bench:
        address = bench.fleet.provider.plan.device(1)
        with socket.socket(type=socket.SOCK_DGRAM) as busy:
            busy.bind((address, 4003))
            assert [bench.open().port for _ in range(2)] == [4000, 4004]


async def test_an_odd_start_port_is_used_as_given_and_the_end_begins_anew():
    async with media() as bench:
        assert [bench.open(port=5001).port for _ in range(2)] == [5001, 5003]
        assert [bench.open(port=65_533).port for _ in range(1)] == [65_533]
        with pytest.raises(AddressTaken):
            bench.open(port=65_533)


async def test_ports_are_free_after_the_end():
    async with media() as bench:
        session = bench.open()
        session.stop()
        session.stop()
        with socket.socket(type=socket.SOCK_DGRAM) as again:
            again.bind((bench.fleet.provider.plan.device(1), 4000))
        assert len(bench.engine) == 0
        assert len(bench.engine.ticker) == 0


async def test_one_address_for_all_is_enough():
    async with media("ephemeral") as bench:
        one, other = bench.open(1), bench.open(2)
        one.start(agreed(other), Tone(1000))
        other.start(agreed(one))
        await heard_tone(other, 1000, -20)


# sending


async def test_50_packets_a_second_leave_from_the_agreed_port_with_a_steady_clock():
    async with media() as bench:
        session, phone = bench.open(), bench.phone()
        session.start(agreed(phone))
        packets = await gathered(phone, 50)
        assert packets[0].marker
        assert not any(packet.marker for packet in packets[1:])
        assert {packet.payload for packet in packets} == {b"\xff" * 160}
        assert {packet.ssrc for packet in packets} == {session.ssrc}
        steps = {
            ((b.sequence - a.sequence) % 65536, (b.timestamp - a.timestamp) % 2**32) for a, b in pairwise(packets)
        }
        assert steps == {(1, 160)}
        assert session.statistics.sent_packets >= 50


async def test_the_same_seed_gives_the_same_numbers():
    seen = []
    for _ in range(2):
        async with media() as bench:
            session, phone = bench.open(), bench.phone()
            session.start(agreed(phone))
            (packet,) = (await gathered(phone, 1))[:1]
            seen.append((packet.ssrc, packet.sequence, packet.timestamp, session.cname))
    assert seen[0] == seen[1]


async def test_on_hold_rtp_stops_and_rtcp_goes_on_and_resuming_is_marked():
    async with media() as bench:
        session, phone = bench.open(rtcp_interval=0.1), bench.phone()
        session.start(agreed(phone))
        before = await gathered(phone, 5)
        session.update(agreed(phone, direction="inactive"))
        phone.reports()
        before += phone.packets()
        reports: list[object] = []
        await until(lambda: reports.extend(phone.reports()) or len(reports) >= 3)
        before += phone.packets()[:1]
        assert phone.packets() == []
        session.update(agreed(phone))
        after = await gathered(phone, 2)
        assert after[0].marker
        assert (after[0].sequence - before[-1].sequence) % 65536 == 1
        assert (after[0].timestamp - before[-1].timestamp) % 2**32 > 800
        assert after[0].ssrc == before[0].ssrc


@pytest.mark.parametrize(
    "remote",
    [
        None,
        ("0.0.0.0", 4000),
        ("127.0.0.1", 0),
        ("127.0.0.1", 65_536),
        ("localhost", 4000),
        ("::1", 4000),
        ("", 4000),
    ],
)
async def test_without_an_address_nothing_is_sent_and_no_name_is_looked_up(remote: tuple[str, int] | None):
    async with media() as bench:
        session = bench.open()
        session.start(agreed(remote))
        await until(lambda: session.heard.position > 0.1)
        assert session.statistics.sent_packets == 0
        assert session.peer is None
        session.stop()


async def test_a_re_invite_may_change_codec_and_packet_time():
    async with media() as bench:
        one, other = bench.open(1), bench.open(2)
        one.start(agreed(other), Tone(1000))
        other.start(agreed(one))
        await heard_tone(other, 1000, -20)
        for session, peer in ((other, one), (one, other)):
            session.update(agreed(peer, "G722", 9, ptime=40))
        one.speak(Tone(3900, level=-30))
        await heard_tone(other, 3900, -30)
        assert other.statistics.codec == "G722/8000"


# receiving


async def test_rtp_follows_the_peer_after_ten_packets_from_elsewhere():
    async with media() as bench:
        session, told, real = bench.open(), bench.phone(), bench.phone()
        session.start(agreed(told))
        real.say(session, 9)
        await until(lambda: session.statistics.strangers == 9)
        assert session.peer == told.place
        real.say(session, 3)
        await until(lambda: session.peer == real.place)
        await gathered(real, 3)
        assert bench.noted("latched") == [{"peer": "{}:{}".format(*real.place)}]
        assert session.statistics.received_packets == 2


async def test_a_stranger_is_not_heard():
    async with media() as bench:
        session, peer, stranger = bench.open(latch="first"), bench.phone(), bench.phone()
        session.start(agreed(peer))
        peer.say(session, 5)
        await until(lambda: session.statistics.received_packets == 4)
        stranger.say(session, 50)
        await until(lambda: session.statistics.strangers == 50)
        peer.say(session)
        await until(lambda: session.statistics.received_packets == 5)
        assert session.peer == peer.place


async def test_a_new_ssrc_keeps_the_call():
    async with media() as bench:
        session, phone = bench.open(), bench.phone()
        session.start(agreed(phone))
        phone.say(session, 5, ssrc=1)
        phone.say(session, 5, ssrc=2)
        await until(lambda: session.statistics.ssrc_changes == 1)
        await until(lambda: session.statistics.received_packets == 8)
        assert bench.noted("ssrc changed") == [{"ssrc": 2, "before": 1}]


async def test_silence_of_the_peer_is_told_once_and_again_after_it_spoke():
    async with media() as bench:
        session, phone = bench.open(timeout=0.2), bench.phone()
        told: list[float] = []
        session.on_timeout(lambda: told.append(session.heard.position))
        session.start(agreed(phone))
        await until(lambda: told)
        assert told[0] == pytest.approx(0.2, abs=0.1)
        phone.say(session, 3)
        await until(lambda: len(told) == 2)
        session.update(agreed(phone, direction="sendonly"))
        await asyncio.sleep(0)
        await until(lambda: session.heard.position > told[-1] + 0.4)
        assert len(told) == 2


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 40, b"\x80", b"\xff" * 2000, bytes.fromhex("90000001000000020000000300000fff")]
)
async def test_what_is_no_rtp_is_counted_and_disturbs_nothing(data: bytes):
    async with media() as bench:
        session, phone = bench.open(), bench.phone()
        session.start(agreed(phone))
        phone.rtp.sendto(data, (session.address, session.port))
        phone.control.sendto(data, (session.address, session.rtcp_port))
        phone.say(session, 3)
        await until(lambda: session.statistics.received_packets == 2)
        await until(lambda: session.statistics.malformed == 2)


async def test_nothing_is_heard_before_the_start():
    async with media() as bench:
        session, phone = bench.open(), bench.phone()
        phone.say(session, 5)
        for _ in range(20):  # turns of the loop: what the kernel has is read
            await asyncio.sleep(0)
        session.start(agreed(phone))
        phone.say(session, 2)
        await until(lambda: session.statistics.received_packets >= 1)
        assert session.statistics.received_packets == 1
        assert not session.heard.samples(-1, 0).any()


async def test_a_pulled_cable_is_silence_in_both_directions():
    async with media() as bench:
        session, phone = bench.open(), bench.phone()
        session.start(agreed(phone))
        await gathered(phone, 2)
        bench.fleet.bay.freeze("speaker-1")
        phone.packets()
        phone.say(session, 20)
        started = session.heard.position
        await until(lambda: session.heard.position > started + 0.2)
        assert phone.packets() == []
        assert session.statistics.received_packets == 0
        bench.fleet.bay.thaw("speaker-1")
        await gathered(phone, 2)


# keypresses


@pytest.mark.parametrize(("codec", "payload_type"), [("PCMU", 0), ("L16/16000", 98), ("opus", 96)])
async def test_keypresses_go_through(codec: str, payload_type: int):
    async with media() as bench:
        one, other = bench.open(1), bench.open(2)
        one.start(agreed(other, codec, payload_type, digits_type=101))
        other.start(agreed(one, codec, payload_type, digits_type=101))
        await until(lambda: other.statistics.received_packets > 2)
        for digit in "1#A":
            one.press(digit, 0.06)
        await until(lambda: bench.digits == ["1", "#", "A"])


async def test_a_key_cannot_be_pressed_where_it_is_not_agreed_or_none():
    async with media() as bench:
        session, phone = bench.open(), bench.phone()
        with pytest.raises(FleetError):
            session.press("1")
        session.start(agreed(phone))
        with pytest.raises(FleetError, match="not agreed"):
            session.press("1")
        session.update(agreed(phone, digits_type=101))
        for wrong in ("x", "12"):
            with pytest.raises(FleetError, match="key"):
                session.press(wrong)


# RTCP


async def test_reports_come_at_once_and_then_by_the_interval_and_end_with_bye():
    async with media() as bench:
        session, phone = bench.open(rtcp_interval=0.2), bench.phone()
        session.start(agreed(phone))
        reports: list[tuple[rtcp.Part, ...]] = []
        await until(lambda: reports.extend(phone.reports()) or len(reports) >= 3)
        for first, name, *rest in reports:
            assert isinstance(first, rtcp.Report)
            assert isinstance(name, rtcp.Description)
            assert name.cname(session.ssrc) == session.cname
            assert not rest
        sender = reports[-1][0].sender  # type: ignore[union-attr]
        assert sender is not None
        assert 0 < sender.packets <= session.statistics.sent_packets
        assert sender.octets == 160 * sender.packets
        session.stop()
        last = phone.reports()[-1]
        assert last[-1] == rtcp.Goodbye((session.ssrc,))


async def test_both_ends_know_the_round_trip_and_the_loss_of_the_other():
    async with media() as bench:
        one, other = bench.open(1, rtcp_interval=0.1), bench.open(2, rtcp_interval=0.1)
        one.start(agreed(other))
        other.start(agreed(one))
        await until(lambda: one.statistics.round_trip is not None and other.statistics.round_trip is not None)
        assert one.statistics.round_trip == pytest.approx(0, abs=0.1)
        assert one.statistics.remote_lost == 0
        other.stop()
        await until(lambda: one.peer_left)
        assert bench.noted("rtcp bye")


async def test_reports_about_loss_are_true():
    async with media() as bench:
        session, phone = bench.open(rtcp_interval=0.1), bench.phone()
        session.start(agreed(phone))
        phone.say(session, 6)
        phone.sequence += 4
        phone.say(session, 6)
        await until(lambda: session.statistics.received_packets == 11)
        phone.reports()
        blocks: list[rtcp.ReceptionBlock] = []
        await until(lambda: blocks.extend(part.blocks[0] for part, *_ in phone.reports() if part.blocks) or blocks)  # type: ignore[union-attr]
        assert (blocks[-1].ssrc, blocks[-1].lost, blocks[-1].highest) == (77, 4, 15)
        assert (session.statistics.lost, session.statistics.expected) == (4, 15)


async def test_rtcp_shares_the_port_where_agreed():
    async with media() as bench:
        one, other = bench.open(1, rtcp_interval=0.1), bench.open(2, rtcp_interval=0.1)
        one.start(agreed((other.address, other.port), rtcp_mux=True))
        other.start(agreed((one.address, one.port), rtcp_mux=True))
        await until(lambda: one.statistics.round_trip is not None)
        assert one.statistics.malformed == one.statistics.wrong_type == 0


async def test_without_an_interval_there_is_no_rtcp():
    async with media() as bench:
        session, phone = bench.open(rtcp_interval=0), bench.phone()
        session.start(agreed(phone))
        await gathered(phone, 10)
        session.stop()
        assert phone.reports() == []


async def test_one_that_loses_power_says_no_goodbye():
    async with media() as bench:
        session, phone = bench.open(), bench.phone()
        session.start(agreed(phone))
        await gathered(phone, 3)
        phone.reports()
        session.abandon()
        assert phone.reports() == []
        assert len(bench.engine) == 0


# SRTP


def keys(suite: str, ours: int, theirs: int) -> Keys:
    length = SUITES[suite].key_length
    return Keys(suite, bytes([ours]) * length, bytes([theirs]) * length)


def secured(
    bench: Media, one: tuple[str, int, int], other: tuple[str, int, int]
) -> tuple[MediaSession, MediaSession]:
    first, second = bench.open(1, rtcp_interval=0.1), bench.open(2, rtcp_interval=0.1)
    first.start(agreed(second, keys=keys(*one)), Tone(1000))
    second.start(agreed(first, keys=keys(*other)), Tone(440))
    return first, second


@pytest.mark.parametrize("suite", list(SUITES))
async def test_every_suite_carries_sound_and_reports(suite: str):
    async with media() as bench:
        one, other = secured(bench, (suite, 1, 2), (suite, 2, 1))
        await heard_tone(one, 440, -20)
        await heard_tone(other, 1000, -20)
        await until(lambda: one.statistics.round_trip is not None)
        assert one.statistics.unauthenticated == other.statistics.unauthenticated == 0


async def test_a_wrong_key_is_noticed_and_nothing_is_heard():
    async with media() as bench:
        one, other = secured(bench, (SUITE, 1, 2), (SUITE, 2, 9))
        await until(lambda: other.statistics.unauthenticated > 20)
        assert other.statistics.received_packets == 0
        assert one.statistics.received_packets > 0
        assert bench.noted("decryption fails")


async def test_new_keys_of_a_re_invite_are_used_and_old_ones_kept_go_on():
    async with media() as bench:
        one, other = secured(bench, (SUITE, 1, 2), (SUITE, 2, 1))
        await heard_tone(other, 1000, -20)
        one.update(agreed(other, keys=keys(SUITE, 1, 2)))
        before = other.statistics
        await until(lambda: other.statistics.received_packets > before.received_packets + 10)
        assert other.statistics.unauthenticated == 0
        one.update(agreed(other, keys=keys(SUITE, 3, 2)))
        other.update(agreed(one, keys=keys(SUITE, 2, 3)))
        one.speak(Tone(1500))
        await heard_tone(other, 1500, -20)


async def test_what_leaves_is_not_in_the_clear():
    async with media() as bench:
        session, phone = bench.open(), bench.phone()
        session.start(agreed(phone, keys=keys(SUITE, 1, 2)))
        packet = (await gathered(phone, 1))[0]
        assert packet.payload[:160] != b"\xff" * 160
        clear = Unprotector(SUITES[SUITE], bytes([1]) * 30).unprotect(packet.encode())
        assert clear[12:] == b"\xff" * 160


async def test_the_sound_stays_after_the_end():
    async with media() as bench:
        one, other = bench.open(1), bench.open(2)
        one.start(agreed(other), Tone(1000))
        other.start(agreed(one))
        await heard_tone(other, 1000, -20)
        position = other.heard.position
        before = other.heard.samples(0, position)
        other.stop()
        assert (other.heard.samples(0, position) == before).all()
        position = other.heard.position
        await until(lambda: one.heard.position > position + 0.05)
        assert other.heard.position == position
