"""A device's MQTT client against a real mosquitto, and mosquitto_sub looking at what arrives there."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from broker_bench import HOST, PATIENCE, Mosquitto, mosquitto, run
from net_bench import Bench, bench, until

from simulator.chance import Chance
from simulator.device.device import Device
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.face.mqtt import MqttFace
from simulator.journal import Journal, Kind
from simulator.net.dialer import SocketDialer
from simulator.net.patchbay import Endpoint

pytestmark = [pytest.mark.asyncio, pytest.mark.peer("mosquitto", "mosquitto_sub", "mosquitto_pub", "stdbuf")]


class Rig:
    """A running I/O module that is configured for one broker and publishes its virtual inputs."""

    def __init__(self, fleet: Bench, broker: Mosquitto, number: int = 1) -> None:
        self.broker = broker
        self.journal = Journal(fleet.clock)
        world = World(fleet.clock, Chance(7), self.journal)
        self.device = Device(
            f"io-{number}", number, load_profile("A9210", "12.9.57"), world, lambda address: address
        )
        address = fleet.provider.plan.device(number)
        dialer = SocketDialer(
            Endpoint(self.device.name, "mqtt"), lambda: address, fleet.provider, fleet.bay, fleet.tls
        )
        self.face = MqttFace(self.device, dialer)
        self.device.lifecycle.running_from_the_start()
        self.configure()
        self.face.start()

    @property
    def prefix(self) -> str:
        return f"axis/{self.device.identity.serial}"

    def configure(self, qos: int = 1, retain: str = "property") -> None:
        messages = {
            name: {"useDefault": True} for name in ("lastWillTestament", "connectMessage", "disconnectMessage")
        }
        server = {"protocol": "tcp", "host": HOST, "port": self.broker.port}
        self.device.mqtt.configure_client({"server": server, **messages})
        topics = {"topicFilter": "onvif:Device/axis:IO/VirtualInput", "qos": qos, "retain": retain}
        self.device.mqtt.configure_publication({"eventFilterList": [topics]})

    async def connect(self) -> None:
        self.device.mqtt.activate()
        await self.status("connected")
        await until(self.acknowledged, PATIENCE)

    def acknowledged(self) -> bool:
        """Whether the broker has everything, the states that were published at the beginning too."""
        seen = [record.data for record in self.journal.since(0) if record.kind is Kind.MESSAGE]
        sent = [one for one in seen if one["packet"] == "PUBLISH" and one["direction"] == "out" and one["qos"]]
        answered = [one for one in seen if one["packet"] in ("PUBACK", "PUBCOMP") and one["direction"] == "in"]
        return len(sent) == len(answered)

    async def status(self, wanted: str) -> None:
        await until(lambda: self.device.mqtt.connection_status == wanted, PATIENCE)

    def pulse(self, port: int, *, active: bool = True) -> None:
        self.device.events.publish("tns1:Device/tnsaxis:IO/VirtualInput", {"port": port}, active=active)

    async def retained(self, topic: str) -> str:
        """The retained message of a topic as mosquitto has it, or empty."""
        _, output, _ = await run("mosquitto_sub", *self.place, "-t", topic, "-C", "1", "-W", "2")
        return output.strip()

    @property
    def place(self) -> tuple[str, ...]:
        return "-h", HOST, "-p", str(self.broker.port)

    @asynccontextmanager
    async def watching(self, topic: str, count: int):
        """Subscribed with mosquitto_sub; `await` what it yields for that many lines of topic, QoS, RETAIN, payload."""
        process = await asyncio.create_subprocess_exec(
            *(
                "stdbuf",
                "-oL",
                "mosquitto_sub",
                *self.place,
                "-d",
                "-q",
                "2",
                "-t",
                topic,
                "-C",
                str(count),
                "-F",
                "=%t %q %r %p",
            ),
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(PATIENCE):
            while b"SUBACK" not in await process.stdout.readline():
                pass

        async def lines() -> list[list[str]]:
            async with asyncio.timeout(PATIENCE):
                output, _ = await process.communicate()
            return [line[1:].split(" ", 3) for line in output.decode().splitlines() if line.startswith("=")]

        try:
            yield lines
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()


@asynccontextmanager
async def rig(folder):
    async with bench() as fleet:
        with mosquitto(folder) as broker:
            await broker.start()
            made = Rig(fleet, broker)
            try:
                yield made
            finally:
                made.face.stop(orderly=False)


async def test_connect_event_and_goodbye_as_mosquitto_sees_them(tmp_path):
    async with rig(tmp_path) as made:
        async with made.watching(f"{made.prefix}/event/connection", 2) as lines:
            await made.connect()
            made.device.mqtt.deactivate()
            await made.status("disconnected")
            hello, goodbye = await lines()
        assert hello[1:3] == goodbye[1:3] == ["1", "0"]
        assert json.loads(hello[3])["description"] == "Connected"
        assert json.loads(goodbye[3])["description"] == "Disconnected"
        assert json.loads(await made.retained(f"{made.prefix}/event/connection"))["connected"] is False


@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_an_event_arrives_with_exact_topic_and_payload(tmp_path, qos):
    async with rig(tmp_path) as made:
        made.configure(qos=qos, retain="none")
        await made.connect()
        topic = f"{made.prefix}/event/tns:onvif/Device/tns:axis/IO/VirtualInput/$source/port/7"
        async with made.watching(topic, 1) as lines:
            made.pulse(7)
            ((got, quality, _, payload),) = await lines()
        assert (got, quality) == (topic, str(qos))
        told = json.loads(payload)
        assert isinstance(told.pop("timestamp"), int)
        assert told == {
            "topic": "onvif:Device/axis:IO/VirtualInput",
            "message": {"source": {"port": "7"}, "key": {}, "data": {"active": "1"}},
        }


async def test_power_loss_leaves_the_will_and_the_retained_state(tmp_path):
    async with rig(tmp_path) as made:
        await made.connect()
        async with made.watching(f"{made.prefix}/event/connection", 2) as lines:
            made.pulse(3)
            topic = f"{made.prefix}/event/tns:onvif/Device/tns:axis/IO/VirtualInput/$source/port/3"
            assert json.loads(await made.retained(topic))["message"]["data"] == {"active": "1"}
            made.face.stop(orderly=False)
            *_, will = await lines()
        assert json.loads(will[3]) == {
            "serialNumber": made.device.identity.serial,
            "connected": False,
            "description": "Connection Lost",
            "timestamp": None,
        }


async def test_events_of_an_outage_arrive_after_it_and_the_state_is_the_present_one(tmp_path):
    async with rig(tmp_path) as made:
        await made.connect()
        made.broker.stop()
        await made.status("disconnected")
        made.pulse(1)
        made.pulse(1, active=False)
        await made.broker.start()
        await made.status("connected")
        topic = f"{made.prefix}/event/tns:onvif/Device/tns:axis/IO/VirtualInput/$source/port/1"

        async def state() -> str:
            return (
                json.loads(await made.retained(topic) or "{}").get("message", {}).get("data", {}).get("active", "")
            )

        async with asyncio.timeout(PATIENCE):
            while await state() != "0":
                pass


async def test_messages_of_others_become_events(tmp_path):
    async with rig(tmp_path) as made:
        made.device.mqtt.configure_subscription({"mqttFilterList": [{"topicFilter": "cmd/#", "qos": 2}]})
        heard = []
        made.device.events.listen(lambda event: heard.append(event) if "MQTT/Message" in event.topic else None)
        await made.connect()
        await until(lambda: any(r.data.get("packet") == "SUBACK" for r in made.journal.since(0)), PATIENCE)
        for qos in "012":
            assert (await run("mosquitto_pub", *made.place, "-t", "cmd/x", "-m", f"say {qos}", "-q", qos))[0] == 0
        await until(lambda: len(heard) == 3, PATIENCE)
        assert [dict(event.data)["mqtt-payload"] for event in heard] == ["say 0", "say 1", "say 2"]
