"""What Eclipse paho's interoperability suite expects of a broker of MQTT 5, asked with paho-mqtt."""

from __future__ import annotations

import pytest
from broker_bench import PATIENCE, site
from net_bench import until
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions
from paho_peer import V3, WILL, PahoPeer, peers, said, until_echo

from simulator.site.broker.limits import Limits

pytestmark = pytest.mark.asyncio


def payloads(messages) -> list[str]:
    return [message.payload.decode() for message in messages]


async def test_every_quality_arrives_as_it_was_sent():
    async with site() as place, peers(place.port, "a", "b") as (a, b):
        assert await a.subscribe("t/+", 2) == [2]
        for qos in range(3):
            await b.publish(f"t/{qos}", str(qos), qos)
        assert [(m.topic, m.payload, m.qos, m.retain) for m in await a.got(3)] == [
            ("t/0", b"0", 0, False), ("t/1", b"1", 1, False), ("t/2", b"2", 2, False),
        ]  # fmt: skip


async def test_retained_messages_with_their_properties_until_an_empty_one():
    async with site() as place, peers(place.port, "a") as (a,):
        for qos in range(3):
            pairs = [("a", str(qos)), ("c", "3")]
            await a.publish(f"t/{qos}", f"q{qos}", qos, retain=True, UserProperty=pairs)
        await a.subscribe("t/+", 2)
        got = await a.got(3)
        assert sorted((m.topic, m.retain, m.qos) for m in got) == [
            ("t/0", True, 0),
            ("t/1", True, 1),
            ("t/2", True, 2),
        ]
        assert all(m.properties.UserProperty[1] == ("c", "3") for m in got)
        for qos in range(3):
            await a.publish(f"t/{qos}", b"", qos, retain=True)
        await a.got(3)
        await a.subscribe("echo", 1)
        await a.subscribe("t/+", 2)
        assert await until_echo(a) == []


async def test_a_will_with_properties():
    async with site() as place, peers(place.port, "watcher") as (watcher,):
        await watcher.subscribe("will", 2)
        a = PahoPeer("a")
        a.client.will_set("will", "client gone", 1, properties=said(WILL, UserProperty=[("k", "v")]))
        await a.connect(place.port)
        a.vanish()
        (will,) = await watcher.got(1)
        assert (will.payload, will.properties.UserProperty) == (b"client gone", [("k", "v")])


@pytest.mark.parametrize(("code", "told"), [(0, []), (4, ["gone"])])
async def test_a_goodbye_may_ask_for_the_will(code, told):
    async with site() as place, peers(place.port, "watcher") as (watcher,):
        await watcher.subscribe("will", 1)
        await watcher.subscribe("echo", 1)
        a = PahoPeer("a")
        a.client.will_set("will", "gone", 1)
        await a.connect(place.port)
        a.client.disconnect(reasoncode=ReasonCode(PacketTypes.DISCONNECT, identifier=code))
        await until(lambda: not place.broker.router.connected("a"), PATIENCE)
        a.client.loop_stop()
        assert payloads(await until_echo(watcher)) == told


async def test_an_id_is_assigned_and_can_be_used_again():
    async with site() as place:
        a = await PahoPeer("").connect(place.port, clean=True, SessionExpiryInterval=60)
        name = a.properties.AssignedClientIdentifier
        assert name
        await a.leave()
        again = await PahoPeer(name).connect(place.port, clean=False)
        assert again.flags.session_present
        again.vanish()


async def test_messages_wait_for_an_absent_client():
    async with site() as place, peers(place.port, "b") as (b,):
        a = await PahoPeer("a").connect(place.port, SessionExpiryInterval=99)
        await a.subscribe("t/#", 2)
        await a.leave()
        for qos in range(3):
            await b.publish(f"t/{qos}", f"q{qos}", qos)
        again = await PahoPeer("a").connect(place.port, clean=False, SessionExpiryInterval=99)
        assert again.flags.session_present
        assert payloads(await again.got(2)) == ["q1", "q2"]
        again.vanish()


async def test_dollar_topics_are_not_for_wildcards():
    async with site() as place, peers(place.port, "a", "b") as (a, b):
        await a.subscribe("+/+", 2)
        await a.subscribe("echo", 1)
        await b.publish("$other/topic", "x", 1)
        assert await until_echo(a) == []


async def test_unsubscribe_tells_what_was_there():
    async with site() as place, peers(place.port, "a") as (a,):
        for topic in ("t/0", "t/1", "echo"):
            await a.subscribe(topic, 2)
        assert await a.unsubscribe("t/0") == [0]
        assert await a.unsubscribe("t/0") == [0x11]
        await a.publish("t/0", "no", 1)
        await a.publish("t/1", "yes", 1)
        assert payloads(await until_echo(a)) == ["yes"]


async def test_a_session_expires_and_may_be_shortened_by_disconnect():
    async with site() as place:
        for expiry, present in ((0, False), (60, True)):
            a = await PahoPeer(f"a{expiry}").connect(place.port, SessionExpiryInterval=expiry)
            await a.leave()
            a = await PahoPeer(f"a{expiry}").connect(place.port, clean=False, SessionExpiryInterval=60)
            assert a.flags.session_present is present
            a.client.disconnect(properties=said(14, SessionExpiryInterval=0))
            await until(lambda a=a: a.goodbye is not None, PATIENCE)
            a.client.loop_stop()
            a = await PahoPeer(f"a{expiry}").connect(place.port, clean=False)
            assert not a.flags.session_present
            await a.leave()


async def test_a_delayed_will_comes_with_the_end_of_the_session():
    async with site() as place, peers(place.port, "watcher") as (watcher,):
        await watcher.subscribe("will", 1)
        a = PahoPeer("a")
        a.client.will_set("will", "gone", 1, properties=said(WILL, WillDelayInterval=60))
        await a.connect(place.port, SessionExpiryInterval=1)
        a.vanish()
        assert payloads(await watcher.got(1)) == ["gone"]


async def test_a_group_shares_and_others_get_all():
    async with site() as place, peers(place.port, "a", "b", "c") as (a, b, c):
        for one in (a, b):
            await one.subscribe("$share/group/t/#", 1)
        await c.subscribe("t/#", 1)
        for number in range(10):
            await c.publish(f"t/{number}", str(number), 1)
        assert len(await c.got(10)) == 10
        await until(lambda: len(a.messages) + len(b.messages) == 10, PATIENCE)
        assert sorted(payloads(a.messages) + payloads(b.messages)) == [str(number) for number in range(10)]
        assert a.messages
        assert b.messages


async def test_no_local():
    async with site() as place, peers(place.port, "a", "b") as (a, b):
        await a.subscribe("t", 2, noLocal=True)
        await a.subscribe("echo", 1)
        await b.subscribe("t", 2)
        await a.publish("t", "mine", 1)
        assert payloads(await b.got(1)) == ["mine"]
        assert await until_echo(a) == []


async def test_retain_as_published():
    async with site() as place, peers(place.port, "a") as (a,):
        await a.subscribe("t/1", 2, retainAsPublished=True)
        await a.subscribe("t/2", 2)
        for topic in ("t/1", "t/2"):
            await a.publish(topic, "kept", 1, retain=True)
            await a.publish(topic, "not", 1)
        got = sorted((m.topic, m.payload, m.retain) for m in await a.got(4))
        assert [retain for *_, retain in got] == [True, False, False, False]


@pytest.mark.parametrize(("handling", "counts"), [(0, [1, 1]), (1, [1, 0]), (2, [0, 0])])
async def test_retain_handling(handling, counts):
    async with site() as place, peers(place.port, "a") as (a,):
        await a.publish("t", "kept", 1, retain=True)
        await a.subscribe("echo", 1)
        for count in counts:
            await a.subscribe("t", 2, retainHandling=handling)
            assert len(await until_echo(a)) == count


async def test_subscription_identifiers():
    async with site() as place, peers(place.port, "a", "b") as (a, b):
        await a.subscribe("t/a", 2, identifier=456789)
        await b.subscribe("t/a", 2, identifier=2)
        await b.subscribe("t/+", 2, identifier=3)
        await b.publish("t/a", "x", 2)
        assert (await a.got(1))[0].properties.SubscriptionIdentifier == [456789]
        await until(lambda: b.messages, PATIENCE)
        found = {number for message in b.messages for number in message.properties.SubscriptionIdentifier}
        assert found == {2, 3}


async def test_request_and_response():
    async with site() as place, peers(place.port, "a", "b") as (a, b):
        await a.subscribe("answers", 2)
        await b.subscribe("questions", 2)
        await a.publish("questions", "?", 1, ResponseTopic="answers", CorrelationData=b"334")
        (question,) = await b.got(1)
        correlation = question.properties.CorrelationData
        await b.publish(question.properties.ResponseTopic, "!", 1, CorrelationData=correlation)
        (answer,) = await a.got(1)
        assert (answer.payload, answer.properties.CorrelationData) == (b"!", b"334")


async def test_aliases_of_the_client_end_with_the_connection():
    async with site() as place, peers(place.port, "watcher") as (watcher,):
        await watcher.subscribe("t", 1)
        a = await PahoPeer("a").connect(place.port, SessionExpiryInterval=99)
        assert a.properties.TopicAliasMaximum == 10
        await a.publish("t", "1", 1, TopicAlias=1)
        a.client._send_publish(99, b"", b"2", 1, properties=said(3, TopicAlias=1))
        assert [(m.topic, m.payload) for m in await watcher.got(2)] == [("t", b"1"), ("t", b"2")]
        a.client._send_publish(98, b"", b"3", 1, properties=said(3, TopicAlias=11))
        await until(lambda: a.goodbye is not None, PATIENCE)
        assert a.goodbye.value == 0x94
        a.vanish()


async def test_the_broker_uses_the_aliases_a_client_allows():
    async with site() as place:
        a = await PahoPeer("a").connect(place.port, TopicAliasMaximum=1)
        await a.subscribe("t", 2)
        for qos in range(3):
            await a.publish("t", str(qos), qos)
        got = await a.got(3)
        assert [m.properties.TopicAlias for m in got] == [1, 1, 1]
        assert [m.topic for m in got] == ["t", "", ""], "paho shows what is on the wire"
        a.vanish()


async def test_maximum_packet_size_both_ways():
    async with site(limits=Limits(packet=5000)) as place, peers(place.port, "b") as (b,):
        a = await PahoPeer("a").connect(place.port, MaximumPacketSize=64)
        await a.subscribe("t", 1)
        await b.publish("t", "x" * 100, 1)
        await b.publish("t", "short", 1)
        assert payloads(await a.got(1)) == ["short"]
        limit = b.properties.MaximumPacketSize
        b.client.publish("t", "x" * limit, 0)
        await until(lambda: b.goodbye is not None, PATIENCE)
        assert b.goodbye.value == 0x95
        a.vanish()


async def test_server_keep_alive():
    async with site(limits=Limits(keep_alive=60)) as place:
        a = await PahoPeer("a").connect(place.port, keep_alive=120)
        assert a.properties.ServerKeepAlive == 60
        a.vanish()


async def test_a_client_that_is_silent_is_told_and_its_will_published():
    async with site() as place, peers(place.port, "watcher") as (watcher,):
        await watcher.subscribe("will", 2)
        a = PahoPeer("a")
        a.client.will_set("will", "keepalive expiry", 2)
        await a.connect(place.port, keep_alive=1)
        a.client.loop_stop()
        assert payloads(await watcher.got(1)) == ["keepalive expiry"]
        a.vanish()


async def test_more_unfinished_messages_than_the_broker_takes():
    async with site(limits=Limits(unreleased=5)) as place:
        a = await PahoPeer("a").connect(place.port)
        assert a.properties.ReceiveMaximum == 5
        for number in range(1, 7):
            a.client._send_publish(number, b"t", b"x", 2)
        await until(lambda: a.goodbye is not None, PATIENCE)
        assert a.goodbye.value == 0x93
        a.vanish()


async def test_payload_format_and_content_type():
    async with site() as place, peers(place.port, "a") as (a,):
        await a.subscribe("t", 2)
        await a.publish("t", "x", 0, PayloadFormatIndicator=1, ContentType="My name")
        (message,) = await a.got(1)
        assert (message.properties.PayloadFormatIndicator, message.properties.ContentType) == (1, "My name")


async def test_messages_expire_and_say_what_is_left():
    async with site() as place, peers(place.port, "b") as (b,):
        a = await PahoPeer("a").connect(place.port, SessionExpiryInterval=99)
        await a.subscribe("t", 2)
        await a.leave()
        await b.publish("t", "dead", 1, MessageExpiryInterval=0)
        await b.publish("t", "alive", 1, MessageExpiryInterval=6)
        again = await PahoPeer("a").connect(place.port, clean=False)
        (message,) = await again.got(1)
        assert message.payload == b"alive"
        assert 1 <= message.properties.MessageExpiryInterval <= 6
        again.vanish()


async def test_what_was_not_acknowledged_comes_again():
    async with site() as place, peers(place.port, "b") as (b,):
        a = PahoPeer("a", manual_ack=True)
        await a.connect(place.port, SessionExpiryInterval=99)
        await a.subscribe("t", 1)
        await b.publish("t", "x", 1)
        (first,) = await a.got(1)
        a.vanish()
        again = await PahoPeer("a").connect(place.port, clean=False)
        (second,) = await again.got(1)
        assert (first.dup, second.dup, second.payload) == (False, True, b"x")
        again.vanish()


async def test_overlapping_subscriptions_give_the_highest_quality_once():
    async with site() as place, peers(place.port, "a") as (a,):
        await a.subscribe("t/#", 2)
        await a.subscribe("t/+", 1)
        await a.subscribe("echo", 1)
        await a.publish("t/a", "x", 2)
        assert [(m.payload, m.qos) for m in await until_echo(a)] == [(b"x", 2)]


async def test_a_filter_that_is_none():
    async with site() as place, peers(place.port, "a") as (a,):
        a.client._send_subscribe(False, [(b"a/#/b", SubscribeOptions(1))], said(8))
        await until(lambda: a.granted, PATIENCE)
        assert a.granted == [0x8F]


async def test_a_take_over_is_told():
    async with site() as place:
        first = await PahoPeer("a").connect(place.port)
        second = await PahoPeer("a").connect(place.port)
        await until(lambda: first.goodbye is not None, PATIENCE)
        assert first.goodbye.value == 0x8E
        second.vanish()
        first.vanish()


async def test_a_stop_is_told():
    async with site() as place:
        a = await PahoPeer("a").connect(place.port)
        await place.broker.stop()
        await until(lambda: a.goodbye is not None, PATIENCE)
        assert a.goodbye.value == 0x8B
        a.vanish()


async def test_extended_authentication_is_refused():
    async with site() as place:
        a = await PahoPeer("a").connect(place.port, AuthenticationMethod="SCRAM-SHA-1", AuthenticationData=b"x")
        assert a.connack.value == 0x8C
        a.vanish()


@pytest.mark.parametrize(("code", "told"), [(1, 0x84), (2, 0x85), (3, 0x88), (4, 0x86), (5, 0x87)])
async def test_hands_refuse_in_the_codes_of_mqtt_5(code, told):
    async with site() as place:
        place.broker.refuse(code)
        a = await PahoPeer("a").connect(place.port)
        assert a.connack.value == told
        a.vanish()


async def test_publishing_to_nobody_is_told():
    async with site() as place:
        codes = []
        a = PahoPeer("a")
        a.client.on_publish = lambda client, data, mid, reason, properties: codes.append(reason.value)
        await a.connect(place.port)
        for qos in (1, 2):
            await a.publish("nobody", "x", qos)
        await until(lambda: len(codes) == 2, PATIENCE)
        assert codes[0] == 0x10
        a.vanish()


async def test_old_and_new_understand_each_other():
    async with site() as place, peers(place.port, "new") as (new,), peers(place.port, "old", version=V3) as (old,):
        for one in (new, old):
            await one.subscribe("t/#", 2)
        await new.publish("t/new", "5", 2, ContentType="x", UserProperty=[("a", "b")], MessageExpiryInterval=60)
        await old.publish("t/old", "3", 1, retain=True)
        for one in (new, old):
            assert [(m.topic, m.payload, m.qos) for m in await one.got(2)] == [
                ("t/new", b"5", 2),
                ("t/old", b"3", 1),
            ]
