"""An application message inside the broker."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import ceil

from simulator.wire.mqtt.packet import Publish
from simulator.wire.mqtt.properties import NONE, Properties

TOPIC_SHOWN = 200
"""Characters of a topic in the record of a delivery."""
OBSERVER = "axsim-observer"
"""How the client ids of our own observers begin: what they say and get is no part of the story."""


@dataclass(slots=True)
class Message:
    """What was published. One object is shared by all who get it."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = NONE
    """Those that belong to the message and travel with it; without its expiry."""
    expires: float | None = None
    """Wire time after which nobody gets it any more."""
    number: int = field(default=0, compare=False)
    """The record of the journal that tells of its publication."""

    def over(self, now: float) -> bool:
        return self.expires is not None and now >= self.expires

    @property
    def cost(self) -> int:
        """Bytes that it takes in a store, about."""
        extra = self.properties
        return len(self.payload) + (0 if extra is NONE else _weight(extra))


def _weight(properties: Properties) -> int:
    texts = (properties.content_type, properties.response_topic, properties.correlation_data)
    return sum(len(text) for text in texts if text) + sum(
        64 + len(name) + len(value) for name, value in properties.user
    )


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way to one client, at that subscription's QoS."""

    message: Message
    qos: int
    retained: bool = False
    """RETAIN on the wire: an old message [MQTT-3.3.1-8], or what the publisher said where MQTT 5 asked for that."""
    identifiers: tuple[int, ...] = ()
    """Of the subscriptions of MQTT 5 it comes by."""

    def packet(self, now: float) -> Publish:
        """As it is sent now."""
        message = self.message
        properties = message.properties
        if self.identifiers or message.expires is not None:
            left = None if message.expires is None else max(1, ceil(message.expires - now))
            properties = replace(properties, subscription_ids=self.identifiers, message_expiry=left)
        return Publish(message.topic, message.payload, self.qos, self.retained, properties=properties)


def message_of(topic: str, payload: bytes, qos: int, retain: bool, said: Properties, now: float) -> Message:
    """What a client published, from the properties it gave: the alias is its own affair, the expiry a moment."""
    if said is NONE:
        return Message(topic, payload, qos, retain)
    expires = None if said.message_expiry is None else now + said.message_expiry
    kept = replace(said, message_expiry=None, will_delay=None, topic_alias=None, subscription_ids=())
    return Message(topic, payload, qos, retain, kept if kept != NONE else NONE, expires)
