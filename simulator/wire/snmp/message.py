"""Messages: the envelope of v1 and v2c with its community, and that of v3 with its security parameters.

RFC 1157, RFC 1901, RFC 3412 section 6, RFC 3414 section 2.4; SNMP sheet 2.2 and 2.5. What follows the outermost
sequence in a datagram is not looked at (sheet 2.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from simulator.errors import MalformedMessage
from simulator.wire.snmp.ber import element, expect, header, integer_at, integer_element
from simulator.wire.snmp.pdu import Pdu, TrapV1, read_pdu

LARGEST_DATAGRAM = 65_507
"""Bytes of a UDP payload over IPv4, and of a message that this agent takes."""
SMALLEST_SIZE = 484
"""`msgMaxSize` at least (RFC 3412 section 6.3)."""
USM = 3
"""The user-based security model."""


class Version(IntEnum):
    """As the first element of a message has it."""

    V1 = 0
    V2C = 1
    V3 = 3


class Flag(IntEnum):
    """`msgFlags`; together they are plain numbers."""

    AUTH = 1
    PRIV = 2
    REPORTABLE = 4


@dataclass(slots=True)
class CommunityMessage:
    """v1 or v2c."""

    version: int
    community: bytes
    pdu: Pdu | TrapV1

    def encoded(self) -> bytes:
        return community_message(self.version, self.community, self.pdu.encoded())


@dataclass(slots=True)
class Secured:
    """A message of v3, its scoped unit perhaps encrypted."""

    msg_id: int
    max_size: int
    flags: int
    model: int
    engine_id: bytes
    boots: int
    time: int
    user: bytes
    auth: bytes
    priv: bytes
    scoped: bytes
    """A scopedPDU with tag and length, or its cipher text without."""
    auth_at: int = 0
    """Where in the whole message `auth` stands."""

    def encoded(self) -> bytes:
        """The whole message; sets `auth_at`."""
        parameters = element(
            0x30,
            element(4, self.engine_id)
            + integer_element(self.boots)
            + integer_element(self.time)
            + element(4, self.user)
            + element(4, self.auth)
            + element(4, self.priv),
        )
        flags = bytes((self.flags,))
        head = (
            integer_element(self.msg_id)
            + integer_element(self.max_size)
            + element(4, flags)
            + integer_element(self.model)
        )
        data = element(4, self.scoped) if self.flags & _PRIV else self.scoped
        whole = element(0x30, integer_element(Version.V3) + element(0x30, head) + element(4, parameters) + data)
        behind = len(data) + len(element(4, self.priv)) + len(self.auth)
        self.auth_at = len(whole) - behind
        return whole


@dataclass(slots=True)
class Scoped:
    """A unit in its context (RFC 3412 section 6.8)."""

    engine_id: bytes
    context: bytes
    pdu: Pdu | TrapV1

    def encoded(self) -> bytes:
        return scoped_pdu(self.engine_id, self.context, self.pdu.encoded())


Message = CommunityMessage | Secured
_AUTH, _PRIV = int(Flag.AUTH), int(Flag.PRIV)


def community_message(version: int, community: bytes, pdu: bytes) -> bytes:
    """The envelope around an encoded unit."""
    return element(0x30, _envelope(version, community) + pdu)


@lru_cache(maxsize=256)
def _envelope(version: int, community: bytes) -> bytes:
    return bytes((2, 1, version)) + element(4, community)


def scoped_pdu(engine_id: bytes, context: bytes, pdu: bytes) -> bytes:
    """The context around an encoded unit."""
    return element(0x30, element(4, engine_id) + element(4, context) + pdu)


def version_of(data: bytes) -> tuple[int, int, int]:
    """The version that a message says it has, where it goes on, and its end. Raises MalformedMessage."""
    at, end = expect(data, 0, len(data), 0x30)
    version, at = integer_at(data, at, end)
    return version, at, end


def read_message(data: bytes) -> Message:
    """A message of any version, as a manager reads it. Raises MalformedMessage."""
    version, at, end = version_of(data)
    if version == Version.V3:
        return read_secured(data, at, end)
    if version not in (Version.V1, Version.V2C):
        raise MalformedMessage(f"version {version}")
    community, at = read_community(data, at, end)
    return CommunityMessage(version, community, read_pdu(data, at, end))


def read_community(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """The community, and where the unit begins. Raises MalformedMessage."""
    start, stop = expect(data, at, end, 4)
    return data[start:stop], stop


def read_secured(data: bytes, at: int, end: int) -> Secured:
    """What follows the version of a v3 message. Raises MalformedMessage."""
    start, stop = expect(data, at, end, 0x30)
    msg_id, at = integer_at(data, start, stop)
    max_size, at = integer_at(data, at, stop)
    flags, at = _octets(data, at, stop)
    model, at = integer_at(data, at, stop)
    if len(flags) != 1 or msg_id < 0 or max_size < SMALLEST_SIZE:
        raise MalformedMessage("header data out of range", offset=start)
    if flags[0] & (_AUTH | _PRIV) == _PRIV:
        raise MalformedMessage("privacy without authentication", offset=start)
    message = Secured(msg_id, max_size, flags[0], model, b"", 0, 0, b"", b"", b"", b"")
    start, at = expect(data, stop, end, 4)
    if model == USM:
        _read_usm(message, data, start, at)
    tag, start, stop = header(data, at, end)
    if tag != (4 if flags[0] & _PRIV else 0x30):
        raise MalformedMessage("data that are not as the flags say", offset=at)
    message.scoped = data[start:stop] if tag == 4 else data[at:stop]
    return message


def _read_usm(message: Secured, data: bytes, start: int, stop: int) -> None:
    at, end = expect(data, start, stop, 0x30)
    message.engine_id, at = _octets(data, at, end)
    message.boots, at = integer_at(data, at, end)
    message.time, at = integer_at(data, at, end)
    message.user, at = _octets(data, at, end)
    message.auth_at, after = expect(data, at, end, 4)
    message.auth = data[message.auth_at : after]
    message.priv, at = _octets(data, after, end)


def read_scoped(data: bytes) -> Scoped:
    """A scopedPDU; padding behind it is not looked at. Raises MalformedMessage."""
    at, end = expect(data, 0, len(data), 0x30)
    engine_id, at = _octets(data, at, end)
    context, at = _octets(data, at, end)
    return Scoped(engine_id, context, read_pdu(data, at, end))


def _octets(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    start, stop = expect(data, at, end, 4)
    return data[start:stop], stop
