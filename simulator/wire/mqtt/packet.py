"""The control packets of MQTT 3.1, 3.1.1 and 5 (OASIS MQTT 3.1.1 and 5.0 chapter 3; MQTT sheet 3.2 and 3.3).

Properties and the reason codes of acknowledgements are MQTT 5's; the older levels have no place for them on the wire.

They are what the codec reads and writes, and also the commands and events of the two sessions: who wants to
subscribe sends a `Subscribe` with packet id 0 and the session fills the id in.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from simulator.wire.mqtt.properties import NONE, Properties

LEVEL_3_1 = 3
"""MQTT 3.1, protocol name `MQIsdp`."""
LEVEL_3_1_1 = 4
"""MQTT 3.1.1, protocol name `MQTT`."""
LEVEL_5 = 5
"""MQTT 5, protocol name `MQTT`."""

PROTOCOL_NAMES = {LEVEL_3_1: "MQIsdp", LEVEL_3_1_1: "MQTT", LEVEL_5: "MQTT"}

FAILURE = 0x80
"""SUBACK return code: the server refuses this filter."""

QOS = 0x03
"""Subscription options: the highest QoS wanted."""
NO_LOCAL = 0x04
"""Subscription options of MQTT 5: not what this client itself publishes."""
AS_PUBLISHED = 0x08
"""Subscription options of MQTT 5: RETAIN as the publisher set it."""
RETAIN_HANDLING = 0x30
"""Subscription options of MQTT 5, what is retained: 00 send, 10 send if the subscription is new, 20 do not send."""


class Kind(IntEnum):
    """High nibble of the first byte."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14
    AUTH = 15
    """MQTT 5 only."""


class ConnectCode(IntEnum):
    """CONNACK return codes (MQTT 3.1.1 table 3.1)."""

    ACCEPTED = 0
    BAD_LEVEL = 1
    BAD_IDENTIFIER = 2
    UNAVAILABLE = 3
    BAD_CREDENTIALS = 4
    NOT_AUTHORIZED = 5


@dataclass(frozen=True, slots=True)
class Will:
    """What the server publishes if the client goes without DISCONNECT."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Connect:
    """First packet of a client. `keep_alive` in seconds, 0 to 65535, 0 for none. In MQTT 5 `clean_session` is
    Clean Start: how long the session lives is said by its expiry."""

    client_id: str
    clean_session: bool = True
    keep_alive: int = 60
    will: Will | None = None
    username: str | None = None
    password: bytes | None = None
    level: int = LEVEL_3_1_1
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class OtherConnect:
    """A CONNECT of a protocol level that is not spoken here; the rest of it has not been read."""

    level: int


@dataclass(frozen=True, slots=True)
class Connack:
    """Answer to CONNECT: a return code, or a reason code of MQTT 5."""

    code: int = ConnectCode.ACCEPTED
    session_present: bool = False
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Publish:
    """An application message. `packet_id` is 0 exactly with QoS 0, or before the session has given one. With a topic
    alias the topic may be empty on the wire."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    dup: bool = False
    packet_id: int = 0
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Puback:
    packet_id: int
    code: int = 0
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Pubrec:
    packet_id: int
    code: int = 0
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Pubrel:
    packet_id: int
    code: int = 0
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Pubcomp:
    packet_id: int
    code: int = 0
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Filters with the options of each, in order: the highest QoS wanted, and the other bits of MQTT 5."""

    filters: tuple[tuple[str, int], ...]
    packet_id: int = 0
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Suback:
    """Per filter the QoS granted, or `FAILURE`."""

    packet_id: int
    codes: tuple[int, ...]
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    filters: tuple[str, ...]
    packet_id: int = 0
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Unsuback:
    """Per filter a reason code in MQTT 5; none before."""

    packet_id: int
    codes: tuple[int, ...] = ()
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Pingreq:
    """Client: are you there?"""


@dataclass(frozen=True, slots=True)
class Pingresp:
    """Server: yes."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Client: goodbye; the will is not to be published, except with code 04. In MQTT 5 also the server's last word."""

    code: int = 0
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Auth:
    """Extended authentication of MQTT 5."""

    code: int = 0
    properties: Properties = NONE


Packet = (
    Connect
    | OtherConnect
    | Connack
    | Publish
    | Puback
    | Pubrec
    | Pubrel
    | Pubcomp
    | Subscribe
    | Suback
    | Unsubscribe
    | Unsuback
    | Pingreq
    | Pingresp
    | Disconnect
    | Auth
)
