"""Multicast groups that devices listen to, with bare sockets as the senders."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from media_bench import Media, media, until
from net_bench import WORKER

from simulator.errors import FleetError, MalformedMessage
from simulator.net.media.group import GroupSession
from simulator.wire.rtp.packet import Packet
from simulator.wire.rtp.srtp import SUITES, Protector

pytestmark = pytest.mark.asyncio
GROUP, OTHER = f"239.77.2.{WORKER + 1}", f"239.77.3.{WORKER + 1}"
PORT = 20_004


class Pager:
    """Sends to groups at one interface."""

    def __init__(self, address: str) -> None:
        self.sock = socket.socket(type=socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
        self.number = 0

    def page(self, count: int = 3, group: str = GROUP, ssrc: int = 1, kind: int = 0, seal: Any = bytes) -> None:
        for _ in range(count):
            packet = Packet(kind, self.number, self.number * 160, ssrc, b"\x20" * 160)
            self.sock.sendto(seal(packet.encode()), (group, PORT))
            self.number += 1


@contextmanager
def pager(bench: Media) -> Iterator[Pager]:
    made = Pager(bench.fleet.provider.plan.device(1))
    try:
        yield made
    finally:
        made.sock.close()


def join(bench: Media, number: int = 1, group: str = GROUP, **more: Any) -> GroupSession:
    address = bench.fleet.provider.plan.device(number)
    return bench.engine.join(f"speaker-{number}", address, group, PORT, more.pop("codec", "PCMU"), **more)


async def test_every_member_gets_a_copy_and_no_other_group_is_heard():
    async with media() as bench:
        members, elsewhere = [join(bench, number) for number in (1, 2, 3)], join(bench, 1, OTHER)
        with pager(bench) as one:
            one.page(5)
            await until(lambda: all(member.statistics.received_packets == 4 for member in members))
            one.page(3, OTHER)
            await until(lambda: elsewhere.statistics.received_packets == 2)
        assert all(member.statistics.received_packets == 4 for member in members)


async def test_a_stream_is_active_until_it_was_silent():
    async with media() as bench:
        member, told = join(bench, idle=0.2), []
        member.on_active(told.append)
        with pager(bench) as one:
            one.page()
            await until(lambda: told == [True])
            assert len(bench.engine.ticker) == 1
            await until(lambda: told == [True, False])
            assert len(bench.engine.ticker) == 0
            one.page()
            await until(lambda: told == [True, False, True])
            member.leave()
            assert told == [True, False, True, False]


async def test_a_second_sender_is_ignored_while_the_first_is_active():
    async with media() as bench:
        member = join(bench, idle=0.2)
        with pager(bench) as one:
            one.page(3, ssrc=1)
            await until(lambda: member.active)
            one.page(10, ssrc=2)
            one.page(1, ssrc=1)
            await until(lambda: not member.active)
            assert member.statistics.received_packets == 3
            one.page(3, ssrc=2)
            await until(lambda: member.statistics.received_packets == 5)


async def test_only_the_codec_that_is_set_is_heard():
    async with media() as bench:
        member = join(bench, codec="PCMA")
        with pager(bench) as one:
            one.page(3, kind=0)
            one.page(3, kind=8)
            await until(lambda: member.statistics.received_packets == 2)
        assert member.statistics.wrong_type == 3


@pytest.mark.parametrize("suite", ["AES_CM_128_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_80"])
async def test_with_a_key_only_what_was_made_with_it_is_heard(suite: str):
    key = bytes(range(SUITES[suite].key_length))
    async with media() as bench:
        member = join(bench, key=key)
        with pager(bench) as one:
            one.page(3)
            await until(lambda: member.statistics.unauthenticated == 3)
            assert not member.active
            one.page(3, seal=Protector(SUITES[suite], key).protect)
            await until(lambda: member.active)


async def test_what_cannot_be_joined_is_refused():
    async with media() as bench:
        with pytest.raises(FleetError):
            join(bench, group="127.1.2.3")
        for wrong in ({"codec": "opus"}, {"key": bytes(29)}):
            with pytest.raises(MalformedMessage):
                join(bench, **wrong)
        assert len(bench.engine) == 0


async def test_nothing_comes_after_leaving():
    async with media() as bench:
        stays, leaves = join(bench, 1), join(bench, 2)
        leaves.leave()
        leaves.leave()
        with pager(bench) as one:
            one.page(5)
            await until(lambda: stays.active)
        assert leaves.statistics.received_packets == 0
        assert len(bench.engine) == 1
