"""The embedded broker as mosquitto's command-line clients see it."""

from __future__ import annotations

import asyncio

import pytest
from broker_bench import HOST, PATIENCE, run, site
from net_bench import until

pytestmark = [pytest.mark.asyncio, pytest.mark.peer("mosquitto_sub", "mosquitto_pub")]


async def listening(port: int, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        "mosquitto_sub", "-h", HOST, "-p", str(port), *arguments, stdout=asyncio.subprocess.PIPE
    )


async def lines(process: asyncio.subprocess.Process) -> list[str]:
    async with asyncio.timeout(PATIENCE):
        output, _ = await process.communicate()
    return output.decode().splitlines()


@pytest.mark.parametrize("version", ["mqttv31", "mqttv311"])
async def test_topic_payload_quality_and_retain(version):
    async with site() as bench:
        process = await listening(
            bench.port, "-V", version, "-i", "s", "-t", "a/#", "-q", "2", "-C", "4", "-F", "%t %p %q %r"
        )
        await until(lambda: bench.records("broker.subscribe"))
        sent = (("a", "0", "0", ()), ("a/b", "1", "1", ()), ("a/b/c", "2", "2", ()), ("a/r", "r", "0", ("-r",)))
        place = ("-h", HOST, "-p", str(bench.port), "-V", version, "-i", "p")
        for topic, payload, qos, more in sent:
            assert await run("mosquitto_pub", *place, "-t", topic, "-m", payload, "-q", qos, *more) == (0, "", "")
        assert await lines(process) == ["a 0 0 0", "a/b 1 1 0", "a/b/c 2 2 0", "a/r r 0 0"]
        late = await listening(bench.port, "-V", version, "-i", "s", "-t", "a/+", "-C", "1", "-F", "%t %p %q %r")
        assert await lines(late) == ["a/r r 0 1"]


async def test_a_killed_client_leaves_its_will():
    async with site() as bench:
        watcher = await listening(bench.port, "-t", "will", "-C", "1")
        victim = await listening(bench.port, "-t", "x", "--will-topic", "will", "--will-payload", "gone")
        await until(lambda: len(bench.records("broker.subscribe")) == 2)
        victim.kill()
        await victim.communicate()
        assert await lines(watcher) == ["gone"]


async def test_a_persistent_session_over_a_restart_of_the_broker():
    async with site() as bench:
        sleeper = await listening(bench.port, "-c", "-i", "sleeper", "-q", "1", "-t", "t", "-E")
        await sleeper.communicate()
        await run("mosquitto_pub", "-h", HOST, "-p", str(bench.port), "-q", "1", "-t", "t", "-m", "missed")
        await bench.broker.restart()
        back = await listening(bench.port, "-c", "-i", "sleeper", "-q", "1", "-t", "t", "-C", "1")
        assert await lines(back) == ["missed"]


async def test_mqtt_5_properties_travel():
    async with site() as bench:
        form = "%t %p %q %r %C %R %D %F %P %S"
        process = await listening(
            bench.port, "-V", "mqttv5", "-i", "s", "-t", "a/#", "-q", "1", "-C", "1", "-F", form, "-D", "subscribe",
            "subscription-identifier", "7",
        )  # fmt: skip
        await until(lambda: bench.records("broker.subscribe"))
        said = [
            ("content-type", "text/plain"), ("response-topic", "answer/here"), ("correlation-data", "abc"),
            ("payload-format-indicator", "1"), ("message-expiry-interval", "60"),
        ]  # fmt: skip
        given = [part for name, value in said for part in ("-D", "publish", name, value)]
        place = ("-h", HOST, "-p", str(bench.port), "-V", "mqttv5", "-i", "p", "-t", "a/b", "-m", "hi", "-q", "1")
        user = ("-D", "publish", "user-property", "colour", "blue")
        assert await run("mosquitto_pub", *place, *given, *user) == (0, "", "")
        assert await lines(process) == ["a/b hi 1 0 text/plain answer/here abc 1 colour:blue 7"]


async def test_refused_in_the_words_of_mqtt_5():
    async with site(users={"u": "right"}) as bench:
        arguments = ("-h", HOST, "-p", str(bench.port), "-V", "mqttv5", "-t", "t", "-m", "x", "-u", "u")
        code, _, errors = await run("mosquitto_pub", *arguments, "-P", "wrong")
        assert code != 0
        assert "Bad User Name or Password" in errors


async def test_tls(tmp_path):
    async with site(secure=True) as bench:
        authority = tmp_path / "ca.pem"
        authority.write_bytes(bench.tls.authority_pem)
        arguments = (
            "-h",
            HOST,
            "-p",
            str(bench.broker.tls_port),
            "--cafile",
            str(authority),
            "-t",
            "t",
            "-m",
            "x",
        )
        assert (await run("mosquitto_pub", *arguments, "-q", "2"))[0] == 0
        (record,) = bench.records("broker.publish")
        assert record.data["topic"] == "t"
