"""HOST-RESOURCES-MIB in the extent that monitoring systems read (RFC 2790; SNMP sheet 2.8): an option of the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.face.snmp.context import TICKS as PER_SECOND
from simulator.face.snmp.row import COUNTER, GAUGE, INTEGER, MIB2, NAME, OCTETS, TICKS, Group, row, scalars

if TYPE_CHECKING:
    from simulator.device.profile import Profile
    from simulator.face.snmp.context import Context
    from simulator.face.snmp.row import Cell

HOST = (*MIB2, 25)
STORAGE_ENTRY = (*HOST, 2, 3, 1)
PROCESSOR_ENTRY = (*HOST, 3, 3, 1)
_RAM = (*HOST, 2, 1, 2)
_UNIT = 1024
_PROCESSES = 80
"""A number that a small Linux system has."""


def group(profile: Profile) -> Group:
    """Nothing unless the profile says that this firmware has it."""
    quirks = profile.quirks
    if not quirks.snmp_host_resources:
        return Group()
    total, used = quirks.snmp_memory
    storage: list[Cell] = [
        (1, INTEGER, 1),
        (2, NAME, _RAM),
        (3, OCTETS, b"Physical memory"),
        (4, INTEGER, _UNIT),
        (5, INTEGER, total),
        (6, INTEGER, used),
        (7, COUNTER, 0),
    ]
    return Group(
        [
            *scalars(
                (*HOST, 1),
                [
                    (1, TICKS, lambda context: int(context.device.lifecycle.uptime() * PER_SECOND) & 0xFFFFFFFF),
                    (2, OCTETS, _date),
                    (5, GAUGE, 0),
                    (6, GAUGE, _PROCESSES),
                    (7, INTEGER, 0),
                ],
            ),
            *scalars((*HOST, 2), [(2, INTEGER, total)]),
            *row(STORAGE_ENTRY, (1,), storage),
            *row(PROCESSOR_ENTRY, (1,), [(1, NAME, (0, 0)), (2, INTEGER, quirks.snmp_cpu)]),
        ]
    )


def _date(context: Context) -> bytes:
    """DateAndTime in eleven octets, local time with its distance from UTC (RFC 2579)."""
    local = context.device.time.local()
    offset = local.utcoffset()
    minutes = 0 if offset is None else int(offset.total_seconds()) // 60
    sign = b"+" if minutes >= 0 else b"-"
    hours, rest = divmod(abs(minutes), 60)
    parts = (local.month, local.day, local.hour, local.minute, local.second, local.microsecond // 100_000)
    return local.year.to_bytes(2, "big") + bytes(parts) + sign + bytes((hours, rest))
