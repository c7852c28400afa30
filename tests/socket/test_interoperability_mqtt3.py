"""What Eclipse paho's interoperability suite expects of a broker of MQTT 3.1.1, asked with paho-mqtt."""

from __future__ import annotations

import pytest
from broker_bench import PATIENCE, site
from net_bench import until
from paho_peer import V3, PahoPeer, peers, until_echo

pytestmark = pytest.mark.asyncio


def old(name: str, *, clean: bool = True, **settings) -> PahoPeer:
    return PahoPeer(name, V3, clean_session=clean, **settings)


async def test_every_quality_arrives_as_it_was_sent():
    async with site() as place, peers(place.port, "a", "b", version=V3) as (a, b):
        assert await a.subscribe("t/+", 2) == [2]
        for qos in range(3):
            await b.publish(f"t/{qos}", str(qos), qos)
        assert [(m.topic, m.payload, m.qos, m.retain) for m in await a.got(3)] == [
            ("t/0", b"0", 0, False), ("t/1", b"1", 1, False), ("t/2", b"2", 2, False),
        ]  # fmt: skip


async def test_retained_messages_until_an_empty_one():
    async with site() as place, peers(place.port, "a", version=V3) as (a,):
        for qos in range(3):
            await a.publish(f"t/{qos}", f"q{qos}", qos, retain=True)
        await a.subscribe("t/+", 2)
        assert sorted((m.topic, m.retain, m.qos) for m in await a.got(3)) == [
            ("t/0", True, 0), ("t/1", True, 1), ("t/2", True, 2),
        ]  # fmt: skip
        for qos in range(3):
            await a.publish(f"t/{qos}", b"", qos, retain=True)
        await a.got(3)
        await a.subscribe("echo", 1)
        await a.subscribe("t/+", 2)
        assert await until_echo(a) == []


async def test_a_will():
    async with site() as place, peers(place.port, "watcher", version=V3) as (watcher,):
        await watcher.subscribe("will", 2)
        a = old("a")
        a.client.will_set("will", "gone", 2, retain=True)
        await a.connect(place.port)
        a.vanish()
        assert [(m.payload, m.retain) for m in await watcher.got(1)] == [(b"gone", False)]


async def test_a_will_is_not_sent_after_disconnect():
    async with site() as place, peers(place.port, "watcher", version=V3) as (watcher,):
        await watcher.subscribe("will", 2)
        await watcher.subscribe("echo", 1)
        a = old("a")
        a.client.will_set("will", "gone", 2)
        await a.connect(place.port)
        await a.leave()
        assert await until_echo(watcher) == []


async def test_an_empty_id_needs_a_clean_session():
    async with site() as place:
        a = await old("").connect(place.port)
        assert not a.connack.is_failure
        a.vanish()
        peer = await place.raw()
        peer.writer.write(bytes.fromhex("100c00044d5154540400003c0000"))
        assert (await peer.next()).code == 2
        assert await peer.next() is None
        await peer.close()


async def test_messages_wait_for_an_absent_client():
    async with site() as place, peers(place.port, "b", version=V3) as (b,):
        a = await old("a", clean=False).connect(place.port)
        await a.subscribe("t/#", 2)
        await a.leave()
        for qos in range(3):
            await b.publish(f"t/{qos}", f"q{qos}", qos)
        again = await old("a", clean=False).connect(place.port)
        assert again.flags.session_present
        assert [m.payload for m in await again.got(2)] == [b"q1", b"q2"]
        again.vanish()


async def test_overlapping_subscriptions_give_the_highest_quality_once():
    async with site() as place, peers(place.port, "a", version=V3) as (a,):
        await a.subscribe("t/#", 2)
        await a.subscribe("t/+", 1)
        await a.subscribe("echo", 1)
        await a.publish("t/a", "x", 2)
        assert [(m.payload, m.qos) for m in await until_echo(a)] == [(b"x", 2)]


async def test_a_silent_client_leaves_its_will():
    async with site() as place, peers(place.port, "watcher", version=V3) as (watcher,):
        await watcher.subscribe("will", 2)
        a = old("a")
        a.client.will_set("will", "keepalive expiry", 2)
        await a.connect(place.port, keep_alive=1)
        a.client.loop_stop()
        assert [m.payload for m in await watcher.got(1)] == [b"keepalive expiry"]
        a.vanish()


@pytest.mark.parametrize("qos", [1, 2])
async def test_what_was_not_acknowledged_comes_again(qos):
    async with site() as place, peers(place.port, "b", version=V3) as (b,):
        a = await old("a", clean=False, manual_ack=True).connect(place.port)
        await a.subscribe("t", qos)
        await b.publish("t", "x", qos)
        await a.got(1)
        a.vanish()
        again = await old("a", clean=False).connect(place.port)
        if qos == 1:
            assert [(m.dup, m.payload) for m in await again.got(1)] == [(True, b"x")]
        else:
            await again.subscribe("echo", 1)
            assert len(await until_echo(again)) <= 1, "never twice"
        again.vanish()


async def test_a_filter_that_is_none_is_refused():
    async with site() as place, peers(place.port, "a", version=V3) as (a,):
        a.client._send_subscribe(False, [(b"a/#/b", 1)])
        await until(lambda: a.granted, PATIENCE)
        assert a.granted == [0x80]


async def test_dollar_topics_are_not_for_wildcards():
    async with site() as place, peers(place.port, "a", version=V3) as (a,):
        await a.subscribe("+/+", 2)
        await a.subscribe("echo", 1)
        await a.publish("$other/topic", "x", 1)
        assert await until_echo(a) == []


async def test_unsubscribed_is_quiet():
    async with site() as place, peers(place.port, "a", version=V3) as (a,):
        for topic in ("t/0", "t/1", "echo"):
            await a.subscribe(topic, 2)
        await a.unsubscribe("t/0")
        await a.publish("t/0", "no", 1)
        await a.publish("t/1", "yes", 1)
        assert [m.payload for m in await until_echo(a)] == [b"yes"]


async def test_a_second_client_of_the_same_id_takes_over():
    async with site() as place:
        first = await old("a").connect(place.port)
        second = await old("a").connect(place.port)
        await until(lambda: first.goodbye is not None, PATIENCE)
        assert second.client.is_connected()
        second.vanish()
        first.vanish()
