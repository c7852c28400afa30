"""The MQTT client of a device: connects as configured, publishes events, turns received messages into events.

What happens in which order after CONNACK, what is kept while disconnected and how it comes back: MQTT sheet 3.1;
topics and payloads: io-events sheet 3.3. Connection times are wire time, because the broker's half is real.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from simulator.device.certificate import DEVICE_ID
from simulator.face.mqtt_link import MqttLink
from simulator.face.mqtt_publication import Publisher
from simulator.face.mqtt_reception import Reception
from simulator.journal import Kind
from simulator.wire.mqtt.delivery import Inflow, Outflow
from simulator.wire.mqtt.event import Acknowledged, Ended
from simulator.wire.mqtt.packet import FAILURE, Connack, ConnectCode, Disconnect, Publish, Suback, Unsubscribe
from simulator.wire.mqtt.topic import valid_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.chance import Stream
    from simulator.device.device import Device
    from simulator.device.event import Event
    from simulator.device.mqtt_configuration import Part, Publication
    from simulator.face.transport import Cancellable, Dialer
    from simulator.wire.mqtt.event import ClientEvent

WINDOW = 1000
"""QoS 1 and 2 messages under way at once: a bound of the bench, so that a broker that never acknowledges costs
little. Further ones wait in the queue."""
JITTER = 0.2
"""Part by which a waiting time before a new attempt is longer or shorter, so that a fleet does not return at once."""


class MqttFace:
    """The client of one device. `start` and `stop` say whether the device's system runs; settings do the rest."""

    def __init__(self, device: Device, dialer: Dialer) -> None:
        self._device = device
        self._dialer = dialer
        self._running = False
        self._link: MqttLink | None = None
        self._leaving = False
        self._live = False
        """The present states have been published; events go out as they come."""
        self._retry: Cancellable | None = None
        self._attempts = 0
        self._chance: Stream | None = None
        self._publisher: Publisher | None = None
        self._boot = ""
        self._queue: deque[Publish] = deque()
        """QoS 1 and 2 messages that wait for a connection."""
        self._forget()
        self._reception = Reception(device)
        device.mqtt.on_change(self._configured)
        device.mqtt.on_publish(self._publish)
        device.events.listen(self._published)

    def start(self) -> None:
        """The system runs and has an address: connect if the client is active. Safe to repeat."""
        if self._running:
            return
        self._running = True
        if self._boot != self._device.lifecycle.bootid:  # what was not sent is lost with the memory it was in
            self._boot = self._device.lifecycle.bootid
            self._forget()
        self._begin()

    def stop(self, *, orderly: bool) -> None:
        """The system goes down with a disconnect message and DISCONNECT, or loses power or address without a word."""
        self._running = False
        self._end_link(orderly=orderly)

    # The connection

    def _begin(self) -> None:
        """Connect, unless there is a connection, or nothing to connect to."""
        self._cancel_retry()
        mqtt = self._device.mqtt
        if not self._running or not mqtt.active or self._link is not None:
            return
        missing = self._missing()
        if missing:
            self._device.logs.system("mqtt-client", "ERR", missing)
            self._device.note(Kind.CONNECTION, "mqtt", state="failed", reason=missing)
            return
        self._link = MqttLink(self._device, self._dialer, self, self._outflow, self._inflow)

    def _missing(self) -> str:
        """What the settings name and the device does not have, in words for its log; empty if nothing."""
        client, store = self._device.mqtt.client, self._device.certificates
        if not client.encrypted:
            return ""
        if client.ssl.client_cert_id not in ("", DEVICE_ID, *store.clients):
            return f"No client certificate {client.ssl.client_cert_id!r}"
        if client.ssl.validate_server_cert and client.ssl.ca_cert_id not in ("", *store.authorities):
            return f"No CA certificate {client.ssl.ca_cert_id!r}"
        return ""

    def _end_link(self, *, orderly: bool) -> None:
        self._cancel_retry()
        link = self._link
        if link is None:
            return
        self._live = False
        if not orderly or not link.open:
            self._link, self._leaving = None, False
            link.abort()
            if self._device.lifecycle.reachable:
                self._device.mqtt.connection_status = "disconnected"
            else:
                self._device.mqtt.forget_connection()
        elif not self._leaving:
            self._leaving = True
            self._say(link, self._device.mqtt.message("disconnect", link.settings))
            link.send(Disconnect())

    def happened(self, link: MqttLink, event: ClientEvent) -> None:
        """What a link has to tell. One that was aborted tells nothing more."""
        if link is not self._link:
            return
        if isinstance(event, Ended):
            self._ended(link, event)
        elif isinstance(event, Connack):
            if event.code == ConnectCode.ACCEPTED:
                self._welcomed(link)
        elif isinstance(event, Publish):
            self._reception.received(event)
        elif isinstance(event, Acknowledged):
            self._send_queued()
        elif isinstance(event, Suback) and FAILURE in event.codes:
            self._device.logs.system("mqtt-client", "WARNING", "The broker refused a subscription")

    def _welcomed(self, link: MqttLink) -> None:
        self._attempts = 0
        self._device.mqtt.connection_status = "connected"
        with link.together():
            self._say(link, self._device.mqtt.message("connect"))
            self._subscribe(link)
            self._queue = deque([*link.unsent(), *self._queue], self._queue.maxlen)
            self._live = True
            self._send_queued()
            self._publish_states()

    def _ended(self, link: MqttLink, event: Ended) -> None:
        left, self._leaving = self._leaving, False
        if not left:
            server = link.settings.server
            said = "Connection lost" if self._live else f"Could not connect to {server.host}:{server.port}"
            self._device.logs.system("mqtt-client", "WARNING", f"{said}: {event.reason}")
        self._link, self._live = None, False
        self._device.mqtt.connection_status = "disconnected"
        if left:
            self._begin()
        elif self._running and self._device.mqtt.active and self._device.mqtt.client.auto_reconnect:
            self._retry = self._dialer.call_later(self._pause(), self._begin)

    def _pause(self) -> float:
        """Wire seconds before the next attempt: twice as long each time, up to the firmware's limit."""
        quirks = self._device.profile.quirks
        pause = min(quirks.mqtt_backoff_longest, quirks.mqtt_backoff_first * 2.0 ** min(self._attempts, 16))
        self._attempts += 1
        if self._chance is None:
            self._chance = self._device.world.chance.stream("device", self._device.name, "mqtt", "backoff")
        return pause * self._chance.uniform(1 - JITTER, 1 + JITTER)

    def _cancel_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    # Settings

    def _configured(self, part: Part) -> None:
        """Settings take effect at once; those of the client by a new connection."""
        if part == "active":
            self._switched()
        elif part == "client":
            self._publisher = None
            self._end_link(orderly=True)
            self._attempts = 0
            self._begin()
        elif part == "publication":
            self._publisher = None
            if self._live:
                self._publish_states()
        elif self._link is not None and self._live:
            self._subscribe(self._link)

    def _switched(self) -> None:
        if self._device.mqtt.active:
            self._attempts = 0
            self._begin()
        else:
            self._end_link(orderly=True)
            self._queue.clear()

    def _subscribe(self, link: MqttLink) -> None:
        """One SUBSCRIBE with all filters, after an UNSUBSCRIBE for those that are gone."""
        gone = self._reception.configure()
        if gone:
            link.send(Unsubscribe(gone))
        wanted = self._reception.subscription()
        if wanted is not None:
            link.send(wanted)

    # Messages

    def _published(self, event: Event) -> None:
        """The device publishes an event. Until the connection is live, its states need no telling one by one."""
        if not self._running or not self._device.mqtt.active or self._leaving:
            return
        if event.stateful and self._link is not None and self._link.open and not self._live:
            return
        if not self._live and self._rendering.only_live:
            return
        for message in self._messages(event):
            self._offer(message)

    def _publish(self, said: Publication) -> None:
        """A message of an action rule; one whose topic MQTT cannot carry is not sent."""
        if valid_name(said.topic):
            self._offer(Publish(said.topic, said.payload.encode(), said.qos, said.retain))

    def _publish_states(self) -> None:
        for event in self._device.events.states():
            for message in self._messages(event):
                self._offer(message)

    @property
    def _rendering(self) -> Publisher:
        if self._publisher is None:
            self._publisher = Publisher(self._device)
        return self._publisher

    def _messages(self, event: Event) -> Iterator[Publish]:
        return self._rendering.messages(event)

    def _offer(self, message: Publish) -> None:
        """Send, or keep for later what is of QoS 1 or 2; the oldest is dropped when too many wait."""
        link = self._link if self._live else None
        if link is not None and (message.qos == 0 or (link.room and not self._queue)):
            link.send(message)
        elif message.qos:
            self._queue.append(message)

    def _send_queued(self) -> None:
        while self._queue and self._link is not None and self._live and self._link.room:
            self._link.send(self._queue.popleft())

    def _say(self, link: MqttLink, said: Publication | None) -> None:
        """A connect or disconnect message; one whose topic MQTT cannot carry is not sent."""
        if said is not None and valid_name(said.topic):
            link.send(Publish(said.topic, said.payload.encode(), said.qos, said.retain))

    def _forget(self) -> None:
        self._attempts = 0
        self._outflow, self._inflow = Outflow(WINDOW), Inflow()
        self._queue = deque(maxlen=self._device.profile.quirks.mqtt_queue_limit)
