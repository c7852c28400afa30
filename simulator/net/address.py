"""Which address a device has on this host.

A fleet owns four consecutive /16 networks of 127/8 (network sheet, section 7), B being the first:

    127.B.0.0/16      the LAN: DHCP pool and static addresses; device n stands at 127.B.h.l
    127.(B+1).0.0/16  link-local: 169.254.a.b is 127.(B+1).a.b
    127.(B+2).0.0/16  private static: 192.168.c.d is 127.(B+2).c.d
    127.(B+3).0.0/16  infrastructure: DHCP server, DNS, broker, test clients

The block is locked by a TCP socket bound to 127.(B+3).255.254:8007 for as long as the plan lives, so that two
fleets, or two workers of a test run, never meet. Mode `ephemeral` has one address for everybody.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address

from simulator.errors import AddressTaken, FleetError

FIRST_BLOCK = 16
"""127.0.0.0/16 belongs to the host: 127.0.0.1, .53, 127.0.1.1. A margin is kept."""
BLOCKS = 60
GUARD_PORT = 8007
LOCALHOST = "127.0.0.1"
PER_SUBNET = 254
"""Device numbers per third octet: .0 and .255 are skipped."""
LARGEST_NUMBER = 256 * PER_SUBNET

INFRASTRUCTURE = {
    "dhcp": "0.1",
    "router": "0.1",
    "dns": "0.2",
    "ntp": "0.3",
    "broker": "0.4",
    "registrar": "0.5",
    "syslog": "0.6",
    "traps": "0.7",
    "buses": "0.8",
    "receivers": "0.9",
    "registrar-2": "0.10",
    "pager": "0.11",
    "client": "1.1",
}


class AddressPlan:
    """The addresses of one fleet. `first` is B; None puts everything on 127.0.0.1."""

    def __init__(self, first: int | None, guard: socket.socket | None = None) -> None:
        self.first = first
        self._guard = guard

    @classmethod
    def claim(cls, worker: int = 0) -> AddressPlan:
        """Lock a free block, trying that of `worker` first. Raises AddressTaken when all sixty are held."""
        for attempt in range(BLOCKS):
            first = FIRST_BLOCK + 4 * ((worker + attempt) % BLOCKS)
            guard = _lock(first)
            if guard is not None:
                return cls(first, guard)
        raise AddressTaken(f"all {BLOCKS} address blocks of 127/8 are held", hint="end other fleets on this host")

    @classmethod
    def single(cls) -> AddressPlan:
        """One address for all: what is told apart by ports needs no block."""
        return cls(None)

    def close(self) -> None:
        """Give the block back; safe to repeat."""
        if self._guard is not None:
            self._guard.close()
            self._guard = None

    @property
    def block(self) -> int | None:
        """Index of the block, 0 to 59; None where there is none."""
        return None if self.first is None else (self.first - FIRST_BLOCK) // 4

    def device(self, number: int) -> str:
        """Wire address of device `number` on the LAN, counted from 1. Raises FleetError beyond 65,024."""
        if not 1 <= number <= LARGEST_NUMBER:
            raise FleetError(f"device number {number} is outside 1 to {LARGEST_NUMBER}")
        high, low = divmod(number - 1, PER_SUBNET)
        return self._wire(0, f"{high}.{low + 1}")

    def infrastructure(self, role: str) -> str:
        """Wire address of a part of the site, such as `broker`. Raises KeyError for an unknown role."""
        return self._wire(3, INFRASTRUCTURE[role])

    def translate(self, address: str) -> str:
        """Wire address that stands for a real one: 169.254/16 and 192.168/16 are mapped, own ones stay.

        Raises FleetError for an address that has no place in the block.
        """
        octets = _octets(address)
        tail = f"{octets[2]}.{octets[3]}"
        if octets[:2] == (169, 254):
            return self._wire(1, tail)
        if octets[:2] == (192, 168):
            return self._wire(2, tail)
        if octets[0] == 127 and (self.first is None or 0 <= octets[1] - self.first <= 3):
            return address if self.first is not None else LOCALHOST
        raise FleetError(
            f"{address} has no place on this host",
            hint=f"use {self.networks()}, 169.254.0.0/16 or 192.168.0.0/16",
        )

    def claimed(self, wire: str) -> str:
        """The real address that a mapped wire address stands for; any other stays as it is."""
        octets = _octets(wire)
        tail = f"{octets[2]}.{octets[3]}"
        if self.first is None or octets[0] != 127:
            return wire
        return {1: f"169.254.{tail}", 2: f"192.168.{tail}"}.get(octets[1] - self.first, wire)

    def networks(self) -> str:
        """The LAN in slash notation."""
        return f"{LOCALHOST}/32" if self.first is None else f"127.{self.first}.0.0/16"

    def _wire(self, offset: int, tail: str) -> str:
        return LOCALHOST if self.first is None else f"127.{self.first + offset}.{tail}"


def _octets(address: str) -> tuple[int, ...]:
    try:
        return tuple(IPv4Address(address).packed)
    except ValueError:
        raise FleetError(f"{address!r} is no IPv4 address") from None


def _lock(first: int) -> socket.socket | None:
    guard = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        guard.bind((f"127.{first + 3}.255.254", GUARD_PORT))
    except OSError:
        guard.close()
        return None
    return guard
