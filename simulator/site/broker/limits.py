"""The bounds that keep a hostile or careless client from costing the broker more than it should."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, the rest are counts. What mosquitto 2.0 has as default is marked so."""

    packet: int = 1 << 20
    """Largest packet body; a longer one ends the connection."""
    queue: int = 20_000
    """Messages waiting for one client. More than mosquitto's 1000: a fleet that connects publishes all its states at
    once, and an observer that is slower than that must not miss any."""
    queue_bytes: int = 16 << 20
    """Payload bytes waiting for one client."""
    in_flight: int = 20
    """QoS 1 and 2 messages sent to one client and not acknowledged (mosquitto: 20)."""
    unreleased: int = 100
    """QoS 2 messages of one client of MQTT 5 that wait for their PUBREL: its receive maximum."""
    aliases: int = 10
    """Topic aliases one client of MQTT 5 may use (mosquitto: 10)."""
    keep_alive: int | None = None
    """Longest keep alive of a client of MQTT 5, in seconds; a longer one, or none, is replaced. None: any."""
    connections: int = 20_000
    sessions: int = 20_000
    """Sessions, those of absent clients included."""
    filters: int = 1000
    """Subscriptions of one client; further ones are refused with SUBACK 0x80."""
    filter_bytes: int = 128 << 20
    """Cost of all subscriptions of all clients together."""
    levels: int = 200
    """Levels of a topic or filter (mosquitto: 200)."""
    retained: int = 200_000
    """Retained messages."""
    retained_bytes: int = 256 << 20
    """Cost of all retained messages together."""
    unread: int = 64 << 10
    """Bytes of one client taken from the socket before the broker has looked at them."""
    unwritten: int = 256 << 10
    """Bytes for one client in the write buffer before deliveries wait in its queue."""


def path_cost(path: str) -> int:
    """What a topic or filter costs in a tree of levels, about, in bytes: its text, and a node for each level."""
    return len(path) + 128 * (path.count("/") + 1)
