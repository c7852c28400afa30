"""Reason codes of MQTT 5, and breaches of the protocol that carry one (OASIS MQTT 5.0 section 2.4; MQTT sheet 3.3)."""

from __future__ import annotations

from enum import IntEnum

from simulator.errors import ClientViolation, MalformedMessage


class Reason(IntEnum):
    """Below 0x80: as wished. 0x80 and above: failure."""

    SUCCESS = 0x00
    GRANTED_QOS_1 = 0x01
    GRANTED_QOS_2 = 0x02
    DISCONNECT_WITH_WILL = 0x04
    NO_MATCHING_SUBSCRIBERS = 0x10
    NO_SUBSCRIPTION_EXISTED = 0x11
    CONTINUE_AUTHENTICATION = 0x18
    RE_AUTHENTICATE = 0x19
    UNSPECIFIED = 0x80
    MALFORMED_PACKET = 0x81
    PROTOCOL_ERROR = 0x82
    IMPLEMENTATION_SPECIFIC = 0x83
    UNSUPPORTED_VERSION = 0x84
    CLIENT_ID_INVALID = 0x85
    BAD_CREDENTIALS = 0x86
    NOT_AUTHORIZED = 0x87
    SERVER_UNAVAILABLE = 0x88
    SERVER_BUSY = 0x89
    BANNED = 0x8A
    SERVER_SHUTTING_DOWN = 0x8B
    BAD_AUTHENTICATION_METHOD = 0x8C
    KEEP_ALIVE_TIMEOUT = 0x8D
    SESSION_TAKEN_OVER = 0x8E
    FILTER_INVALID = 0x8F
    TOPIC_INVALID = 0x90
    PACKET_ID_IN_USE = 0x91
    PACKET_ID_NOT_FOUND = 0x92
    RECEIVE_MAXIMUM_EXCEEDED = 0x93
    TOPIC_ALIAS_INVALID = 0x94
    PACKET_TOO_LARGE = 0x95
    MESSAGE_RATE_TOO_HIGH = 0x96
    QUOTA_EXCEEDED = 0x97
    ADMINISTRATIVE_ACTION = 0x98
    PAYLOAD_FORMAT_INVALID = 0x99
    RETAIN_NOT_SUPPORTED = 0x9A
    QOS_NOT_SUPPORTED = 0x9B
    USE_ANOTHER_SERVER = 0x9C
    SERVER_MOVED = 0x9D
    SHARED_NOT_SUPPORTED = 0x9E
    CONNECTION_RATE_EXCEEDED = 0x9F
    MAXIMUM_CONNECT_TIME = 0xA0
    SUBSCRIPTION_IDS_NOT_SUPPORTED = 0xA1
    WILDCARDS_NOT_SUPPORTED = 0xA2


class ProtocolBreach(ClientViolation):
    """A packet that may not come here and now; `code` is what a peer of MQTT 5 is told."""

    def __init__(self, what: str, code: Reason = Reason.PROTOCOL_ERROR) -> None:
        super().__init__(what)
        self.code = code


class BadPacket(MalformedMessage):
    """Bytes that are no packet; `code` is what a peer of MQTT 5 is told, `level` its level where a broken CONNECT
    still said it."""

    def __init__(
        self, what: str, *, offset: int = 0, code: Reason = Reason.MALFORMED_PACKET, level: int = 0
    ) -> None:
        super().__init__(what, offset=offset)
        self.code = code
        self.level = level


def code_of(error: ClientViolation) -> Reason:
    """The reason code of a breach: that which it carries, or the general one of its kind."""
    if isinstance(error, ProtocolBreach | BadPacket):
        return error.code
    return Reason.MALFORMED_PACKET if isinstance(error, MalformedMessage) else Reason.PROTOCOL_ERROR
