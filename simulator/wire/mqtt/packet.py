"""The control packets of MQTT 3.1 and 3.1.1 (OASIS MQTT 3.1.1 chapter 3; MQTT sheet 3.2).

They are what the codec reads and writes, and also the commands and events of the two sessions: who wants to
subscribe sends a `Subscribe` with packet id 0 and the session fills the id in.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

LEVEL_3_1 = 3
"""MQTT 3.1, protocol name `MQIsdp`."""
LEVEL_3_1_1 = 4
"""MQTT 3.1.1, protocol name `MQTT`."""
LEVEL_5 = 5
"""MQTT 5, protocol name `MQTT`."""

PROTOCOL_NAMES = {LEVEL_3_1: "MQIsdp", LEVEL_3_1_1: "MQTT", LEVEL_5: "MQTT"}

FAILURE = 0x80
"""SUBACK return code: the server refuses this filter."""


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


@dataclass(frozen=True, slots=True)
class Connect:
    """First packet of a client. `keep_alive` in seconds, 0 to 65535, 0 for none."""

    client_id: str
    clean_session: bool = True
    keep_alive: int = 60
    will: Will | None = None
    username: str | None = None
    password: bytes | None = None
    level: int = LEVEL_3_1_1


@dataclass(frozen=True, slots=True)
class OtherConnect:
    """A CONNECT of a protocol level that is not spoken here; the rest of it has not been read."""

    level: int


@dataclass(frozen=True, slots=True)
class Connack:
    """Answer to CONNECT; `level` decides the form: a client of level 5 expects a reason code and properties."""

    code: int = ConnectCode.ACCEPTED
    session_present: bool = False
    level: int = LEVEL_3_1_1


@dataclass(frozen=True, slots=True)
class Publish:
    """An application message. `packet_id` is 0 exactly with QoS 0, or before the session has given one."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    dup: bool = False
    packet_id: int = 0


@dataclass(frozen=True, slots=True)
class Puback:
    packet_id: int


@dataclass(frozen=True, slots=True)
class Pubrec:
    packet_id: int


@dataclass(frozen=True, slots=True)
class Pubrel:
    packet_id: int


@dataclass(frozen=True, slots=True)
class Pubcomp:
    packet_id: int


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Filters with the highest QoS wanted for each, in order."""

    filters: tuple[tuple[str, int], ...]
    packet_id: int = 0


@dataclass(frozen=True, slots=True)
class Suback:
    """Per filter the QoS granted, or `FAILURE`."""

    packet_id: int
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    filters: tuple[str, ...]
    packet_id: int = 0


@dataclass(frozen=True, slots=True)
class Unsuback:
    packet_id: int


@dataclass(frozen=True, slots=True)
class Pingreq:
    """Client: are you there?"""


@dataclass(frozen=True, slots=True)
class Pingresp:
    """Server: yes."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Client: goodbye; the will is not to be published."""


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
)
