"""The embedded broker as aiomqtt sees it, and what hands can do to it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import aiomqtt
import pytest
from broker_bench import HOST, site
from net_bench import until
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

pytestmark = pytest.mark.asyncio


async def first(client: aiomqtt.Client) -> aiomqtt.Message:
    async with asyncio.timeout(10):
        return await anext(aiter(client.messages))


@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_messages_of_each_quality_arrive_once_and_in_order(qos):
    async with site() as bench, bench.client() as watcher, bench.client() as speaker:
        await watcher.subscribe("a/+", qos=2)
        for number in range(100):
            await speaker.publish(f"a/{number % 3}", str(number), qos=qos)
        got = [await first(watcher) for _ in range(100)]
        assert [int(message.payload) for message in got] == list(range(100))
        assert {message.qos for message in got} == {qos}


async def test_retained_messages_and_wildcards():
    async with site() as bench, bench.client() as speaker:
        await speaker.publish("axis/1/event/x", "state", qos=1, retain=True)
        async with bench.client() as watcher:
            await watcher.subscribe("axis/+/event/#", qos=1)
            message = await first(watcher)
            assert (str(message.topic), message.payload, message.retain) == ("axis/1/event/x", b"state", True)
            await speaker.publish("axis/1/event/x", "news", qos=1, retain=True)
            assert not (await first(watcher)).retain


async def test_a_persistent_session_gets_what_it_missed():
    async with site() as bench, bench.client("speaker") as speaker:
        async with bench.client("sleeper", clean_session=False) as sleeper:
            await sleeper.subscribe("t", qos=2)
        for number in range(50):
            await speaker.publish("t", str(number), qos=1 + number % 2)
        async with bench.client("sleeper", clean_session=False) as sleeper:
            got = [await first(sleeper) for _ in range(50)]
        for qos in (1, 2):  # paho hands QoS 2 on one round trip later: order holds within each
            numbers = [int(message.payload) for message in got if message.qos == qos]
            assert numbers == list(range(qos - 1, 50, 2))


async def test_a_dropped_client_leaves_its_will():
    async with site() as bench, bench.client() as watcher:
        await watcher.subscribe("will/#")
        with contextlib.suppress(aiomqtt.MqttError):  # said once more when the client leaves
            async with bench.client("victim", will=aiomqtt.Will("will/victim", "gone", 1, retain=True)) as victim:
                assert bench.broker.drop("victim") == 1
                assert (await first(watcher)).payload == b"gone"
                with pytest.raises(aiomqtt.MqttError):
                    await first(victim)


async def test_restart_with_and_without_loss():
    async with site() as bench:
        port = bench.port
        for lose, expected in ((False, [b"kept"]), (True, [])):
            async with bench.client("s", clean_session=False) as client:
                await client.subscribe("t", qos=1)
            async with bench.client() as client:
                await client.publish("t", "kept", qos=1)
            await bench.broker.restart(lose_sessions=lose)
            assert bench.port == port
            async with bench.client("s", clean_session=False) as client:
                await client.subscribe("end", qos=1)
                await client.publish("end", "", qos=1)
                got = []
                while str((message := await first(client)).topic) != "end":
                    got.append(message.payload)
            assert got == expected


async def test_a_restart_ends_connections_and_keeps_their_wills():
    async with site() as bench:
        with contextlib.suppress(aiomqtt.MqttError):
            async with bench.client("v", will=aiomqtt.Will("w", "gone", retain=True)) as victim:
                await bench.broker.stop()
                assert not bench.broker.running
                with pytest.raises(ConnectionRefusedError):
                    await asyncio.open_connection(HOST, bench.port)
                await bench.broker.start_again()
                with pytest.raises(aiomqtt.MqttError):
                    await first(victim)
        async with bench.client() as watcher:
            await watcher.subscribe("w")
            assert (await first(watcher)).payload == b"gone"


@pytest.mark.parametrize(
    ("code", "text"), [(2, "Client identifier"), (3, "Server unavailable"), (4, "Bad user"), (5, "Not authorized")]
)
async def test_refusals_with_a_code(code, text):
    async with site() as bench:
        bench.broker.refuse(code)
        with pytest.raises(aiomqtt.MqttCodeError, match=text):
            await enter(bench)
        bench.broker.refuse(None)
        async with bench.client():
            pass


async def test_a_refusal_of_one_client_leaves_others_alone():
    async with site() as bench:
        bench.broker.refuse(5, "bad")
        async with bench.client("good"):
            with pytest.raises(aiomqtt.MqttError):
                async with bench.client("bad"):
                    pass


async def test_users():
    async with site(users={"root": "pass"}) as bench:
        async with bench.client(username="root", password="pass"):
            pass
        for settings in ({}, {"username": "root", "password": "no"}):
            with pytest.raises(aiomqtt.MqttCodeError):
                async with bench.client(**settings):
                    pass


async def test_a_stalled_broker_neither_answers_nor_closes_until_it_resumes():
    async with site() as bench, bench.client("c") as client:
        await client.subscribe("t", qos=1)
        bench.broker.stall("c")
        publishing = asyncio.create_task(client.publish("t", "late", qos=1))
        async with bench.client("other") as other:
            await other.publish("t", "by another", qos=1)
        assert not publishing.done()
        bench.broker.resume("c")
        await publishing
        assert {(await first(client)).payload, (await first(client)).payload} == {b"late", b"by another"}


async def test_a_stall_of_all_holds_new_clients_too():
    async with site() as bench:
        bench.broker.stall()
        entering = asyncio.create_task(enter(bench))
        await until(lambda: bench.broker._connections)
        for _ in range(20):
            await asyncio.sleep(0)
        assert not entering.done()
        assert bench.records("broker.connected") == []
        bench.broker.resume()
        await entering


async def enter(bench):
    async with bench.client("newcomer"):
        pass


async def test_a_delay_holds_answers_back():
    async with site() as bench, bench.client("c") as client:
        loop = asyncio.get_running_loop()
        bench.broker.delay(0.2, "c")
        began = loop.time()
        await client.publish("t", "x", qos=1)
        assert loop.time() - began >= 0.19
        bench.broker.delay(0, "c")


async def test_the_same_client_id_takes_over():
    async with site() as bench:
        with contextlib.suppress(aiomqtt.MqttError):
            async with bench.client("same") as old, bench.client("same"):
                with pytest.raises(aiomqtt.MqttError):
                    await first(old)
        assert "taken over" in {record.data["reason"] for record in bench.records("broker.disconnected")}


async def test_tls():
    async with site(secure=True) as bench:
        context = ssl.create_default_context(cadata=bench.tls.authority_pem.decode())
        async with bench.client(port=bench.broker.tls_port, tls_context=context) as client:
            await client.subscribe("t")
            await client.publish("t", "x" * 100_000, qos=1)
            assert len((await first(client)).payload) == 100_000


@pytest.mark.parametrize("version", [aiomqtt.ProtocolVersion.V311, aiomqtt.ProtocolVersion.V5])
@pytest.mark.parametrize("transport", ["tcp", "ssl", "ws", "wss"])
async def test_every_transport(transport, version):
    async with site(secure=True, web=True) as bench:
        settings = {"port": bench.broker.ports[transport], "protocol": version}
        if transport in ("ssl", "wss"):
            settings["tls_context"] = ssl.create_default_context(cadata=bench.tls.authority_pem.decode())
        if transport in ("ws", "wss"):
            settings |= {"transport": "websockets", "websocket_path": "/mqtt"}
        async with bench.client("me", **settings) as client:
            await client.subscribe("t", qos=2)
            await client.publish("t", "x" * 100_000, qos=2)
            assert len((await first(client)).payload) == 100_000


async def test_mqtt_5_and_3_1_1_talk_to_each_other():
    five, old = aiomqtt.ProtocolVersion.V5, aiomqtt.ProtocolVersion.V311
    async with (
        site() as bench,
        bench.client("new", protocol=five) as new,
        bench.client("old", protocol=old) as other,
    ):
        await new.subscribe("to/new", qos=1)
        await other.subscribe("to/old", qos=1)
        properties = Properties(PacketTypes.PUBLISH)
        properties.ContentType = "text/plain"
        await new.publish("to/old", "from 5", qos=1, properties=properties)
        await other.publish("to/new", "from 3.1.1", qos=1)
        assert (await first(other)).payload == b"from 5"
        assert (await first(new)).payload == b"from 3.1.1"


async def test_every_message_is_in_the_journal():
    async with site() as bench, bench.client("me") as client:
        await client.publish("t", "hello", qos=2, retain=True)
        (record,) = bench.records("broker.publish")
        assert record.data == {"client": "me", "topic": "t", "qos": 2, "retain": True, "payload": "hello"}
