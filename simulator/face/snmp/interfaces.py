"""Interfaces and their extension (RFC 2863; SNMP sheet 2.8): `lo` is 1, `eth0` is 2, because monitoring systems take
the serial number from ifPhysAddress.2."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from simulator.face.snmp.context import TICKS as PER_SECOND
from simulator.face.snmp.row import (
    COUNTER,
    COUNTER64,
    GAUGE,
    INTEGER,
    MIB2,
    OCTETS,
    TICKS,
    Group,
    instance,
    row,
    scalar,
)
from simulator.wire.snmp.object_tree import Writer
from simulator.wire.snmp.pdu import Status

if TYPE_CHECKING:
    from simulator.device.profile import Profile
    from simulator.face.snmp.context import Context
    from simulator.face.snmp.row import Cell, Read
    from simulator.wire.snmp.object_tree import Instance
    from simulator.wire.snmp.value import Plain

LOOPBACK, ETHERNET = 1, 2
INTERFACES = (*MIB2, 2)
ENTRY = (*INTERFACES, 2, 1)
X_ENTRY = (*MIB2, 31, 1, 1, 1)
UP, DOWN = 1, 2
_SOFTWARE_LOOPBACK, _CSMACD = 24, 6
_ADMIN_STATUS = 7
_NOT_COUNTED = (10, 11, 13, 14, 15, 16, 17, 19, 20)


def group(profile: Profile) -> Group:
    """One 10/100 Mbit/s port beside the loopback."""
    found = [scalar(INTERFACES, 1, INTEGER, 2), *_loopback(profile), *_ethernet()]
    if profile.quirks.snmp_if_x_table:
        found += _extension(LOOPBACK, b"lo", 10, DOWN)
        found += _extension(ETHERNET, b"eth0", 100, UP)
    return Group(found)


def _loopback(profile: Profile) -> list[Instance]:
    still: list[Cell] = [(column, COUNTER, 0) for column in _NOT_COUNTED]
    cells: list[Cell] = [
        (1, INTEGER, LOOPBACK),
        (2, OCTETS, b"lo"),
        (3, INTEGER, _SOFTWARE_LOOPBACK),
        (4, INTEGER, profile.quirks.snmp_loopback_mtu),
        (5, GAUGE, 10_000_000),
        (6, OCTETS, b""),
        (8, INTEGER, UP),
        (9, TICKS, 0),
        *still,
    ]
    return [*row(ENTRY, (LOOPBACK,), cells), _admin_status(LOOPBACK)]


def _ethernet() -> list[Instance]:
    cells: list[Cell] = [
        (1, INTEGER, ETHERNET),
        (2, OCTETS, b"eth0"),
        (3, INTEGER, _CSMACD),
        (4, INTEGER, 1500),
        (5, GAUGE, 100_000_000),
        (6, OCTETS, lambda context: bytes.fromhex(context.device.identity.serial)),
        (8, INTEGER, oper_status),
        (9, TICKS, _last_change),
        (10, COUNTER, attrgetter("device.traffic.in_octets")),
        (11, COUNTER, attrgetter("device.traffic.in_packets")),
        (13, COUNTER, 0),
        (14, COUNTER, 0),
        (15, COUNTER, 0),
        (16, COUNTER, attrgetter("device.traffic.out_octets")),
        (17, COUNTER, attrgetter("device.traffic.out_packets")),
        (19, COUNTER, 0),
        (20, COUNTER, 0),
    ]
    return [*row(ENTRY, (ETHERNET,), cells), _admin_status(ETHERNET)]


def oper_status(context: Context) -> int:
    """Up while the cable is in."""
    return UP if context.device.network.link else DOWN


def _last_change(context: Context) -> int:
    return int((context.link_changed - context.started) * PER_SECOND) & 0xFFFFFFFF


def _admin_status(index: int) -> Instance:
    """The only interface cannot be switched off, which would end the conversation."""

    def check(_context: Context, value: Plain) -> Status:
        if value not in (UP, DOWN, 3):
            return Status.WRONG_VALUE
        return Status.NO_ERROR if value == UP else Status.NOT_WRITABLE

    writer = Writer(check, lambda _context, _value: None)
    return instance((*ENTRY, _ADMIN_STATUS, index), INTEGER, UP, writer)


def _extension(index: int, name: bytes, megabits: int, connector: int) -> list[Instance]:
    own = index == ETHERNET

    def counted(count: str) -> Read | Plain:
        return (lambda context: getattr(context.device.traffic, count)) if own else 0

    cells: list[Cell] = [
        (1, OCTETS, name),
        *[(column, COUNTER, 0) for column in (2, 3, 4, 5)],
        (6, COUNTER64, counted("in_octets")),
        (7, COUNTER64, counted("in_packets")),
        (8, COUNTER64, 0),
        (9, COUNTER64, 0),
        (10, COUNTER64, counted("out_octets")),
        (11, COUNTER64, counted("out_packets")),
        (12, COUNTER64, 0),
        (13, COUNTER64, 0),
        (14, INTEGER, UP if own else DOWN),
        (15, GAUGE, megabits),
        (16, INTEGER, 2),
        (17, INTEGER, 1 if connector == UP else 2),
        (18, OCTETS, b""),
        (19, TICKS, 0),
    ]
    return row(X_ENTRY, (index,), cells)
