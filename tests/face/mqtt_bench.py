"""A device with its MQTT face, a dialer made of lists, and the far end as packets."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.device import Device
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.face.mqtt import MqttFace
from simulator.journal import Journal
from simulator.wire.mqtt.encode import encode
from simulator.wire.mqtt.packet import Connack, Packet, Puback, Publish, Suback, Subscribe
from simulator.wire.mqtt.reader import PacketReader


@dataclass(order=True)
class Call:
    due: float
    number: int
    callback: object = field(compare=False)

    def cancel(self):
        self.callback = None


class Line:
    """One dialled connection, seen from the broker."""

    def __init__(self, user, host, port, tls, timeout):
        self.user, self.host, self.port, self.tls, self.timeout = user, host, port, tls, timeout
        self.reader = PacketReader()
        self.received: list[Packet] = []
        self.writes = 0
        self.end = ""

    def cancel(self):
        self.end = self.end or "cancelled"

    def write(self, data):
        self.writes += 1
        self.reader.feed(data)
        while (packet := self.reader.read()) is not None:
            self.received.append(packet)

    def close(self):
        self.end = self.end or "closed"

    def abort(self):
        self.end = self.end or "aborted"

    def open(self):
        self.user.opened(self)

    def say(self, *packets):
        self.user.received(b"".join(map(encode, packets)))

    def take(self, kind=None):
        """What came since the last look, perhaps of one kind only; the rest is dropped."""
        taken, self.received = self.received, []
        return [packet for packet in taken if kind is None or isinstance(packet, kind)]

    def accept(self, *, present=False):
        """Connect, acknowledge everything, and return what the device said after CONNACK."""
        self.open()
        self.take()
        self.say(Connack(0, present))
        return self.acknowledge()

    def acknowledge(self):
        said = self.take()
        for packet in said:
            if isinstance(packet, Publish) and packet.qos == 1:
                self.say(Puback(packet.packet_id))
            elif isinstance(packet, Subscribe):
                self.say(Suback(packet.packet_id, tuple(qos for _, qos in packet.filters)))
        return said


class FakeDialer:
    def __init__(self):
        self.time = 1000.0
        self.calls: list[Call] = []
        self.lines: list[Line] = []

    def now(self):
        return self.time

    def call_later(self, delay, callback):
        call = Call(self.time + delay, len(self.calls), callback)
        heapq.heappush(self.calls, call)
        return call

    def dial(self, user, host, port, *, tls=None, timeout=60.0, proxy=None):
        self.lines.append(Line(user, host, port, tls, timeout))
        return self.lines[-1]

    @property
    def pending(self):
        """Wire seconds until each timer that is set."""
        return sorted(call.due - self.time for call in self.calls if call.callback is not None)

    def pass_time(self, seconds):
        target = self.time + seconds
        while self.calls and self.calls[0].due <= target:
            call = heapq.heappop(self.calls)
            self.time = max(self.time, call.due)
            if call.callback is not None:
                call.callback()
        self.time = target


class Bench:
    """A running A9210, its face started. `configure` takes what mqtt/client.cgi takes."""

    def __init__(self, *, model="A9210", seed=7):
        self.clock = SimClock(stepped=True)
        self.journal = Journal(self.clock)
        world = World(self.clock, Chance(seed), self.journal)
        self.device = Device("io-1", 1, load_profile(model, "12.9.57"), world, lambda address: address)
        self.dialer = FakeDialer()
        self.face = MqttFace(self.device, self.dialer)
        self.device.lifecycle.running_from_the_start()
        self.face.start()

    @property
    def serial(self):
        return self.device.identity.serial

    @property
    def line(self):
        return self.dialer.lines[-1]

    @property
    def status(self):
        return self.device.mqtt.connection_status

    def configure(self, **params):
        settings = {"server": {"protocol": "tcp", "host": "127.0.0.1"}, **params}
        for name in ("lastWillTestament", "connectMessage", "disconnectMessage"):
            settings.setdefault(name, {"useDefault": True})
        self.device.mqtt.configure_client(settings)

    def publish_all(self, *filters, **params):
        rules = [{"topicFilter": topic, "qos": qos, "retain": retain} for topic, qos, retain in filters]
        self.device.mqtt.configure_publication({**params, "eventFilterList": rules})

    def connected(self, *filters, **params):
        """Configured, active and connected; returns the line, everything said so far taken."""
        if filters:
            self.publish_all(*filters)
        self.configure(**params)
        self.device.mqtt.activate()
        self.line.accept()
        return self.line

    def pulse(self, port=1, *, active=True):
        """A virtual input changes: a stateful event."""
        self.device.events.publish("tns1:Device/tnsaxis:IO/VirtualInput", {"port": port}, active=active)

    def blocked(self, address="192.0.2.1"):
        """A stateless event."""
        self.device.events.publish("tns1:Device/tnsaxis:Network/BlockedIP", {}, address=address)
