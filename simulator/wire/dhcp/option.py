"""Values of DHCP options as bytes and back (RFC 2132, 3397, 3442, 4833).

Readers are lenient: a value that makes no sense reads as absent, as clients treat it.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from ipaddress import IPv4Address

INFINITE = 0xFFFFFFFF
"""A lease time that never ends."""


class Code(IntEnum):
    """Options that the devices use."""

    SUBNET_MASK = 1
    ROUTER = 3
    NAME_SERVERS = 6
    HOST_NAME = 12
    DOMAIN = 15
    BROADCAST = 28
    NTP_SERVERS = 42
    REQUESTED_ADDRESS = 50
    LEASE_TIME = 51
    TYPE = 53
    SERVER = 54
    REQUEST_LIST = 55
    TEXT = 56
    LARGEST = 57
    RENEWAL = 58
    REBINDING = 59
    VENDOR_CLASS = 60
    CLIENT_ID = 61
    CLIENT_NAME = 81
    POSIX_TIME_ZONE = 100
    IANA_TIME_ZONE = 101
    SEARCH_DOMAINS = 119
    STATIC_ROUTES = 121


Options = dict[int, bytes]


def address_bytes(*addresses: str) -> bytes:
    """Addresses one after the other."""
    return b"".join(IPv4Address(address).packed for address in addresses)


def number_bytes(seconds: float) -> bytes:
    """Whole seconds as 32 bits; infinity, and whatever does not fit, as `INFINITE`."""
    return struct.pack("!I", INFINITE if seconds >= INFINITE else int(seconds))


def addresses(options: Options, code: int) -> tuple[str, ...]:
    """A list of addresses; empty if absent or not a multiple of four bytes long."""
    value = options.get(code, b"")
    if len(value) % 4:
        return ()
    return tuple(str(IPv4Address(value[i : i + 4])) for i in range(0, len(value), 4))


def address(options: Options, code: int) -> str:
    """The first address, or empty."""
    return next(iter(addresses(options, code)), "")


def number(options: Options, code: int) -> int | None:
    """A 32-bit number of seconds, or None."""
    value = options.get(code, b"")
    return int.from_bytes(value, "big") if len(value) == 4 else None


def text(options: Options, code: int) -> str:
    """Printable ASCII without the final zero that some servers send, or empty."""
    value = options.get(code, b"").rstrip(b"\0")
    return value.decode("ascii") if value.isascii() and value.decode("ascii").isprintable() else ""


def prefix_length(options: Options) -> int | None:
    """The subnet mask as a prefix length; None if absent or not a mask."""
    value = options.get(Code.SUBNET_MASK, b"")
    bits = f"{int.from_bytes(value, 'big'):032b}"
    if len(value) != 4 or "01" in bits:
        return None
    return bits.count("1")


def mask_bytes(length: int) -> bytes:
    """24 -> ff ff ff 00"""
    return struct.pack("!I", (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF)


def search_domains_bytes(domains: tuple[str, ...]) -> bytes:
    """Domain names as length-prefixed labels, not compressed (RFC 3397)."""
    return b"".join(
        b"".join(bytes([len(label)]) + label.encode("ascii") for label in domain.split(".")) + b"\0"
        for domain in domains
    )


def search_domains(options: Options) -> tuple[str, ...]:
    """Domain names with compression followed (RFC 3397); empty if they make no sense."""
    value = options.get(Code.SEARCH_DOMAINS, b"")
    found: list[str] = []
    position = 0
    while position < len(value):
        labels, position = _labels(value, position)
        if labels is None:
            return ()
        found.append(".".join(labels))
    return tuple(name for name in found if name)


def _labels(value: bytes, position: int) -> tuple[list[str] | None, int]:
    """One name, and where the next begins; None for a loop, an overrun or a label that is not printable."""
    labels: list[str] = []
    end = 0
    limit = position
    while position < len(value):
        length = value[position]
        if length == 0:
            return labels, end or position + 1
        if length >= 0xC0:
            end = end or position + 2
            position = int.from_bytes(value[position : position + 2], "big") & 0x3FFF
            if position >= limit:  # pointers go backwards only, or they could go round for ever
                return None, 0
            limit = position
            continue
        label = value[position + 1 : position + 1 + length]
        if length > 63 or len(label) < length or not label.isascii() or not label.decode().isprintable():
            return None, 0
        labels.append(label.decode())
        position += 1 + length
    return None, 0


def static_routes_bytes(routes: tuple[tuple[str, str], ...]) -> bytes:
    """Routes as prefix length, significant bytes of the network, router (RFC 3442)."""
    packed = b""
    for network, router in routes:
        base, _, length = network.partition("/")
        significant = (int(length) + 7) // 8
        packed += bytes([int(length)]) + IPv4Address(base).packed[:significant] + IPv4Address(router).packed
    return packed


def static_routes(options: Options) -> tuple[tuple[str, str], ...]:
    """Classless static routes as (network in CIDR form, router); empty if they make no sense."""
    value = options.get(Code.STATIC_ROUTES, b"")
    routes: list[tuple[str, str]] = []
    position = 0
    while position < len(value):
        length = value[position]
        significant = (length + 7) // 8
        network = value[position + 1 : position + 1 + significant]
        router = value[position + 1 + significant : position + 5 + significant]
        if length > 32 or len(router) != 4:
            return ()
        routes.append((f"{IPv4Address(network.ljust(4, bytes(1)))}/{length}", str(IPv4Address(router))))
        position += 5 + significant
    return tuple(routes)
