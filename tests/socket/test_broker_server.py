"""The embedded broker against clients that break rules, say nothing, flood, or do not read."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest
from broker_bench import HOST, site
from net_bench import until

from simulator.errors import FleetError
from simulator.journal import Kind
from simulator.site.broker.limits import Limits
from simulator.wire.mqtt.encode import encode
from simulator.wire.mqtt.packet import (
    Connack,
    Connect,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Will,
)

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize(
    ("data", "violation"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "PUBACK with flags 7"),
        (encode(Pingreq()), "PINGREQ before CONNECT"),
        (encode(Connect("a")) + encode(Connect("a")), "CONNECT from a connected client"),
        (encode(Connect("a")) + b"\x30\xff\xff\xff\x7f", "packet of 268435455 bytes"),
        (encode(Connect("a")) + b"\x36\x00", "QoS 3"),
    ],
)
async def test_a_broken_rule_ends_the_connection_and_is_a_finding(data, violation):
    async with site() as bench, bench.client() as neighbour:
        peer = await bench.raw()
        peer.writer.write(data)
        while await peer.next() is not None:
            pass
        (record,) = [r for r in bench.journal.since(0) if r.kind is Kind.VIOLATION]
        assert violation in record.data["violation"]
        await neighbour.publish("still/there", "", qos=1)
        await peer.close()


async def test_a_client_may_subscribe_without_waiting_for_connack():
    async with site() as bench:
        peer = await bench.raw()
        await peer.send(Connect("a"), Subscribe((("t", 1),), 7), Publish("t", b"x", 1, packet_id=8))
        said = [await peer.next() for _ in range(4)]
        assert said[:2] == [Connack(), Suback(7, (1,))]
        assert {type(packet) for packet in said[2:]} == {Puback, Publish}
        await peer.close()


async def test_keep_alive_expires_after_one_and_a_half_times_and_leaves_the_will():
    async with site() as bench:
        watcher = await bench.raw(Connect("watcher"))
        await watcher.send(Subscribe((("will", 0),), 1))
        await watcher.next()
        loop = asyncio.get_running_loop()
        silent = await bench.raw(Connect("silent", keep_alive=1, will=Will("will", b"gone")))
        began = loop.time()
        assert (await watcher.next()).payload == b"gone"
        assert 1.4 < loop.time() - began < 3
        assert await silent.next() is None
        await silent.close()
        await watcher.close()


async def test_silent_refusal_answers_nothing_and_keeps_the_connection():
    async with site() as bench:
        bench.broker.refuse("silent")
        peer = await bench.raw()
        await peer.send(Connect("a"), Pingreq())
        await until(lambda: bench.records("broker.silent"))
        for _ in range(20):
            await asyncio.sleep(0)
        assert bench.records("broker.disconnected") == []
        bench.broker.drop("a")
        assert await peer.next() is None
        await peer.close()


async def test_refusal_by_reset():
    async with site() as bench:
        bench.broker.refuse("reset")
        peer = await bench.raw()
        await peer.send(Connect("a"))
        with pytest.raises(ConnectionResetError):
            await peer.next()
        await peer.close()
        with pytest.raises(ValueError, match="no way to refuse"):
            bench.broker.refuse("politely")


async def test_connections_are_bounded():
    async with site(limits=Limits(connections=2)) as bench:
        peers = [await bench.raw(Connect(name)) for name in "ab"]
        third = await bench.raw()
        with pytest.raises((ConnectionError, AssertionError)):
            assert await third.next() is not None
        for peer in (*peers, third):
            await peer.close()


async def test_a_flood_starves_nobody_and_a_reader_that_does_not_read_costs_little():
    async with site(limits=Limits(queue=500)) as bench:
        sleeper = await bench.raw(Connect("sleeper", keep_alive=0))
        sleeper.writer.transport.pause_reading()
        reader = await bench.raw(Connect("reader"))
        for peer in (sleeper, reader):
            await peer.send(Subscribe((("#", 1),), 1))
        bystander = await bench.raw(Connect("bystander"))
        flood = encode(Publish("flood", b"x" * 4000)) * 2500
        flooders = [await bench.raw(Connect(f"flooder-{number}")) for number in range(4)]
        for flooder in flooders:
            flooder.writer.write(flood + encode(Publish("flood/end", b"", 1, packet_id=1)))
        pings, ends = 0, 0
        while ends < len(flooders):
            packet = await reader.next()
            if isinstance(packet, Publish) and packet.qos:
                await reader.send(Puback(packet.packet_id))
                ends += 1
            elif ends == 0 and pings < 20:
                await bystander.send(Pingreq())
                assert await bystander.next() == Pingresp()
                pings += 1
        assert pings == 20, "answered in the middle of the flood"
        queue = bench.broker.router._sessions["sleeper"].queue
        assert len(queue) <= 500
        assert queue.dropped > 1000
        assert bench.records("broker.dropped")[0].data == {"client": "sleeper", "messages": 1}
        for peer in (sleeper, reader, bystander, *flooders):
            peer.writer.transport.abort()


async def test_a_client_that_never_takes_its_messages_is_not_read_any_further():
    async with site(limits=Limits(unwritten=4096)) as bench:
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect((HOST, bench.port))
            sock.sendall(encode(Connect("greedy", keep_alive=0)) + encode(Subscribe((("t", 0),), 1)))
            await until(lambda: bench.records("broker.subscribe"))
            (connection,) = bench.broker._connections
            sock.setblocking(False)
            refused, rest = 0, b""
            while refused < 100:
                rest = rest or encode(Publish("t", b"x" * 10_000))
                try:
                    rest = rest[sock.send(rest) :]
                    refused = 0
                except BlockingIOError:
                    refused += 1
                await asyncio.sleep(0)
            assert not connection._writable
            assert connection._transport.get_write_buffer_size() < 1 << 19
            assert connection._wire.pending < 1 << 19


async def test_a_packet_larger_than_the_unread_bytes_gets_through():
    async with site(limits=Limits(unread=1000)) as bench:
        peer = await bench.raw(Connect("a"))
        await peer.send(Publish("t", b"x" * 500_000, 1, packet_id=1), Publish("t", b"y", 1, packet_id=2))
        assert [await peer.next(), await peer.next()] == [Puback(1), Puback(2)]
        await peer.close()


async def test_a_refused_client_that_does_not_close_is_cut():
    async with site() as bench:
        bench.broker.refuse(3)
        with socket.create_connection((HOST, bench.port)) as sock:
            sock.sendall(encode(Connect("a")))
            await until(lambda: bench.records("broker.disconnected"))
            assert sock.recv(100) == encode(Connack(3))
            assert sock.recv(100) == b""


async def test_a_reset_by_the_client_is_a_loss():
    async with site() as bench:
        peer = await bench.raw(Connect("a", will=Will("w", b"x")))
        sock = peer.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.writer.transport.abort()
        await until(lambda: bench.records("broker.will"))


async def test_start_and_stop_can_be_repeated():
    async with site() as bench:
        await bench.broker.start_again()
        with pytest.raises(FleetError, match="running already"):
            await bench.broker.start(lambda: pytest.fail("must not open"))
        await bench.broker.stop()
        await bench.broker.stop()
        await bench.broker.start_again()
        peer = await bench.raw(Connect("a"))
        await peer.close()


async def test_idle_clients_hold_one_timer_together():
    async with site() as bench:
        peers = [await bench.raw(Connect(f"c{number}", keep_alive=60)) for number in range(20)]
        scheduled = [h for h in asyncio.get_running_loop()._scheduled if not h.cancelled()]
        assert len(scheduled) <= 1
        for peer in peers:
            await peer.close()
