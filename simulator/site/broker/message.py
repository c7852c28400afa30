"""An application message inside the broker."""

from __future__ import annotations

from dataclasses import dataclass, field

TEXT_SHOWN = 512
"""Characters of a payload in the journal."""
TOPIC_SHOWN = 200
"""Characters of a topic in the record of a delivery."""
OBSERVER = "axsim-observer"
"""How the client ids of our own observers begin: what they say and get is no part of the story."""


@dataclass(frozen=True, slots=True)
class Message:
    """What was published. One object is shared by all who get it."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    number: int = field(default=0, compare=False)
    """The record of the journal that tells of its publication."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way to one client, at that subscription's QoS; `retained` if it is old [MQTT-3.3.1-8]."""

    message: Message
    qos: int
    retained: bool = False


def shown(payload: bytes) -> str:
    """A payload for the journal: text, bounded."""
    return payload[: TEXT_SHOWN * 4].decode(errors="replace")[:TEXT_SHOWN]
