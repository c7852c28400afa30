"""What a session tells its owner, beside the packets of the peer themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.wire.mqtt.packet import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Publish,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A delivery of QoS 1 or 2 is complete, and there is room for another."""

    packet_id: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over: close the connection. `violation` says that the peer broke a rule, and which."""

    reason: str
    violation: str = ""
    offset: int = 0
    """Byte of the stream at which a malformed packet stopped making sense."""


ClientEvent = Connack | Publish | Suback | Unsuback | Acknowledged | Ended
ServerEvent = Connect | Publish | Subscribe | Unsubscribe | Disconnect | Acknowledged | Ended

Watcher = Callable[[str, Packet], None]
"""Called with `in` or `out` and each packet that passes: the journal's eye."""


def unseen(direction: str, packet: Packet) -> None:
    """A watcher that does not look."""
