"""paho-mqtt's client with everything it was told, for tests of the broker: its network loop runs in a thread."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import paho.mqtt.client as paho
from broker_bench import HOST, PATIENCE
from net_bench import until
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

V3, V5 = paho.MQTTv311, paho.MQTTv5
CONNECT, PUBLISH, SUBSCRIBE, WILL = (
    PacketTypes.CONNECT, PacketTypes.PUBLISH, PacketTypes.SUBSCRIBE, PacketTypes.WILLMESSAGE,
)  # fmt: skip


def said(packet: int, **properties: Any) -> Properties:
    """Properties by their paho names."""
    made = Properties(packet)
    for name, value in properties.items():
        setattr(made, name, value)
    return made


class PahoPeer:
    """One client. Everything that is waited for is waited for at most `PATIENCE` seconds."""

    def __init__(self, name: str, version: int = V5, **settings: Any) -> None:
        if version == V3:
            settings.setdefault("clean_session", True)
        self.version = version
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2, name, protocol=version, reconnect_on_failure=False, **settings
        )
        self.messages: list[paho.MQTTMessage] = []
        self.connack: Any = None
        self.flags: Any = None
        self.properties: Any = None
        self.goodbye: Any = None
        self.granted: list[int] = []
        self.unsubscribed: list[int] | None = None
        self.client.on_message = lambda client, data, message: self.messages.append(message)
        self.client.on_connect = self._connected
        self.client.on_disconnect = self._disconnected
        self.client.on_subscribe = self._subscribed
        self.client.on_unsubscribe = self._unsubscribed

    async def connect(self, port: int, *, clean: bool = True, keep_alive: int = 60, **properties: Any) -> PahoPeer:
        """Connect and wait for CONNACK."""
        self.connack = self.goodbye = None
        more = {"clean_start": clean, "properties": said(CONNECT, **properties)} if self.version == V5 else {}
        self.client.connect(HOST, port, keepalive=keep_alive, **more)
        self.client.loop_start()
        await until(lambda: self.connack is not None, PATIENCE)
        return self

    async def subscribe(
        self, topic: str, qos: int = 0, *, identifier: int | None = None, **options: Any
    ) -> list[int]:
        """Subscribe, wait for SUBACK and return its codes."""
        self.granted = []
        if self.version == V5:
            more = said(SUBSCRIBE, **({} if identifier is None else {"SubscriptionIdentifier": identifier}))
            self.client.subscribe(topic, options=SubscribeOptions(qos, **options), properties=more)
        else:
            self.client.subscribe(topic, qos)
        await until(lambda: self.granted, PATIENCE)
        return self.granted

    async def unsubscribe(self, topic: str) -> list[int]:
        self.unsubscribed = None
        self.client.unsubscribe(topic)
        await until(lambda: self.unsubscribed is not None, PATIENCE)
        return self.unsubscribed or []

    async def publish(
        self, topic: str, payload: bytes | str = b"", qos: int = 0, *, retain: bool = False, **properties: Any
    ) -> None:
        """Publish, and wait until it is acknowledged or, with QoS 0, written."""
        more = said(PUBLISH, **properties) if properties else None
        info = self.client.publish(topic, payload, qos, retain, more)
        await until(info.is_published, PATIENCE)

    async def got(self, count: int) -> list[paho.MQTTMessage]:
        """Wait for so many messages, take them, and say them."""
        await until(lambda: len(self.messages) >= count, PATIENCE)
        return self.take()

    def take(self) -> list[paho.MQTTMessage]:
        taken, self.messages = self.messages, []
        return taken

    async def leave(self) -> None:
        """DISCONNECT."""
        self.client.disconnect()
        await until(lambda: self.goodbye is not None, PATIENCE)
        self.client.loop_stop()

    def vanish(self) -> None:
        """Close the socket without a word."""
        sock = self.client.socket()
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self.client.loop_stop()
        self.client._sock_close()

    def _connected(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        self.flags, self.properties, self.connack = flags, properties, reason

    def _disconnected(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        self.goodbye = reason

    def _subscribed(self, client: Any, data: Any, mid: int, reasons: Any, properties: Any) -> None:
        self.granted = [reason.value for reason in reasons]

    def _unsubscribed(self, client: Any, data: Any, mid: int, reasons: Any, properties: Any) -> None:
        self.unsubscribed = [reason.value for reason in reasons or []]


@contextlib.asynccontextmanager
async def peers(port: int, *names: str, version: int = V5) -> AsyncIterator[list[PahoPeer]]:
    """Clients that are connected, and gone afterwards."""
    made = [await PahoPeer(name, version).connect(port) for name in names]
    try:
        yield made
    finally:
        for one in made:
            one.vanish()


async def until_echo(peer: PahoPeer, topic: str = "echo") -> list[paho.MQTTMessage]:
    """Everything that came before an echo of the peer's own, which it must be subscribed to: nothing else is coming."""
    mark = f"mark-{id(peer)}"
    await peer.publish(topic, mark, 1)
    await until(lambda: any(message.payload == mark.encode() for message in peer.messages), PATIENCE)
    return [message for message in peer.take() if message.payload != mark.encode()]
