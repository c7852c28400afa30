"""What a device knows about its IPv4 addresses: the lease of a DHCP server and the addresses it holds."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lease:
    """One lease as the device understood it. Times are device seconds, lengths seconds; infinity never ends."""

    address: str
    prefix_length: int = 24
    server: str = ""
    """Server identifier (option 54)."""
    obtained_at: float = 0.0
    """When the request that was acknowledged left (RFC 2131 section 4.4.1)."""
    seconds: float = math.inf
    renewal: float = math.inf
    """T1, seconds after `obtained_at`."""
    rebinding: float = math.inf
    """T2, seconds after `obtained_at`."""
    router: str = ""
    broadcast: str = ""
    name_servers: tuple[str, ...] = ()
    ntp_servers: tuple[str, ...] = ()
    host_name: str = ""
    domain: str = ""
    search_domains: tuple[str, ...] = ()
    posix_time_zone: str = ""
    iana_time_zone: str = ""
    routes: tuple[tuple[str, str], ...] = ()
    """Classless static routes (option 121): network in CIDR form and its router."""

    @property
    def ends_at(self) -> float:
        """Device time at which the address must be given up."""
        return self.obtained_at + self.seconds

    def renews(self, other: Lease | None) -> bool:
        """Whether this is the same address on the same network, only later."""
        return other is not None and (other.address, other.prefix_length) == (self.address, self.prefix_length)


@dataclass(frozen=True, slots=True)
class HeldAddress:
    """One address on the interface, in the words of `getNetworkInfo` (core sheet 3.1)."""

    address: str
    """The address sockets are bound to, and the one the device reports."""
    prefix_length: int
    origin: str
    """`dhcp`, `linkLocal` or `static`"""
    scope: str
    """`global` or `link`"""
    real: str
    """The address a device on a real network would have: 169.254.3.4 where `address` is 127.17.3.4."""
    broadcast: str = ""

    @property
    def netmask(self) -> str:
        """The prefix as a dotted mask."""
        return netmask_of(self.prefix_length)


def netmask_of(prefix_length: int) -> str:
    """24 -> `255.255.255.0`."""
    return _dotted((0xFFFFFFFF << (32 - prefix_length)) & 0xFFFFFFFF)


def broadcast_of(address: str, prefix_length: int) -> str:
    """The highest address of the subnet."""
    return _dotted(int.from_bytes(map(int, address.split(".")), "big") | (0xFFFFFFFF >> prefix_length))


def _dotted(bits: int) -> str:
    return ".".join(str(bits >> shift & 255) for shift in (24, 16, 8, 0))
