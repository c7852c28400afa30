"""The Axis enterprise objects (AXIS-VIDEO-MIB; SNMP sheet 2.9): sensors, casing, storage, and from 12.10 the system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.image_offer import version_numbers
from simulator.device.storage import DISRUPTION
from simulator.face.snmp.context import TICKS as PER_SECOND
from simulator.face.snmp.row import GAUGE, INTEGER, OCTETS, TICKS, Group, instance, scalars

if TYPE_CHECKING:
    from simulator.device.profile import Profile
    from simulator.face.snmp.context import Context
    from simulator.face.snmp.row import Cell, Read
    from simulator.wire.snmp.object_tree import Instance

AXIS = (1, 3, 6, 1, 4, 1, 368)
VIDEO_OBJECTS = (*AXIS, 4, 1)
TEMPERATURE_ENTRY = (*VIDEO_OBJECTS, 3, 1)
CASING_ENTRY = (*VIDEO_OBJECTS, 6, 1)
STORAGE_ENTRY = (*VIDEO_OBJECTS, 8, 1)
SYSTEM = (*VIDEO_OBJECTS, 100)
SYSTEM_SINCE = (12, 10)
"""The first AXIS OS with the branch 100."""
LONGEST_NAME = 32
MOST_DISKS = 2
_OK, _OUT_OF_BOUNDARY = 1, 3
_CLOSED, _OPEN = 1, 2
_NO, _YES = 1, 2
_COMMON = 1


def group(profile: Profile) -> Group:
    """What the product has: sensors by its profile, a casing on the module, storage as its parameters name it."""
    found: list[Instance] = []
    for number in range(len(profile.quirks.sensor_celsius)):
        index = (_COMMON, number + 1)
        found.append(instance((*TEMPERATURE_ENTRY, 3, *index), INTEGER, _sensor_status(number)))
        found.append(instance((*TEMPERATURE_ENTRY, 4, *index), INTEGER, _sensor_value(number)))
    if profile.model == "A9210":
        found.append(instance((*CASING_ENTRY, 2, 1), OCTETS, _casing_name))
        found.append(instance((*CASING_ENTRY, 3, 1), INTEGER, _casing_status))
    for number in range(MOST_DISKS):
        found.append(instance((*STORAGE_ENTRY, 2, number + 1), OCTETS, _disk_name(number)))
        found.append(instance((*STORAGE_ENTRY, 3, number + 1), INTEGER, _disk_disruption(number)))
    if version_numbers(profile.firmware) >= SYSTEM_SINCE:
        found += _system(profile)
    return Group(found)


def shortened(name: str) -> str:
    """A name longer than 32 characters loses its middle to `..`, as the MIB says."""
    if len(name) <= LONGEST_NAME:
        return name
    half = (LONGEST_NAME - 2) // 2
    return f"{name[:half]}..{name[-half:]}"


def _sensor_status(number: int) -> Read:
    def read(context: Context) -> int | None:
        for sensor in context.device.enclosure.sensors():
            if sensor.number == number:
                return _OUT_OF_BOUNDARY if not sensor.low < sensor.celsius < sensor.high else _OK
        return None

    return read


def _sensor_value(number: int) -> Read:
    def read(context: Context) -> int | None:
        found = (one.celsius for one in context.device.enclosure.sensors() if one.number == number)
        celsius = next(found, None)
        return None if celsius is None else max(-176, min(150, round(celsius)))

    return read


def _casing_name(context: Context) -> bytes:
    return shortened(context.device.profile.quirks.casing_name).encode()


def _casing_status(context: Context) -> int:
    return _OPEN if context.device.enclosure.casing_open else _CLOSED


def _disk_name(number: int) -> Read:
    def read(context: Context) -> bytes | None:
        disks = context.device.storage.disks
        return shortened(disks[number]).encode() if number < len(disks) else None

    return read


def _disk_disruption(number: int) -> Read:
    """What the device last said of the disk, or says of one that is not connected."""

    def read(context: Context) -> int | None:
        disks = context.device.storage.disks
        if number >= len(disks):
            return None
        disrupted = context.device.profile.quirks.missing_disk_disruption
        for event in context.device.events.states():
            if event.topic == DISRUPTION and dict(event.source).get("disk_id") == disks[number]:
                disrupted = dict(event.data).get("disruption") == "1"
        return _YES if disrupted else _NO

    return read


def _system(profile: Profile) -> list[Instance]:
    quirks = profile.quirks
    memory, flash = quirks.snmp_memory, quirks.snmp_flash
    return [
        *scalars((*SYSTEM, 1), _utilisation(memory)),
        *scalars((*SYSTEM, 2), _utilisation(flash)),
        *scalars((*SYSTEM, 3), [(1, GAUGE, quirks.snmp_cpu), (2, OCTETS, quirks.snmp_load.encode())]),
        *scalars(
            SYSTEM,
            [
                (4, TICKS, lambda context: int(context.device.lifecycle.uptime() * PER_SECOND) & 0xFFFFFFFF),
                (5, OCTETS, lambda context: context.device.firmware.running.version.encode()),
                (6, OCTETS, lambda context: context.device.identity.serial.encode()),
                (7, OCTETS, b"Axis Communications"),
                (8, OCTETS, profile.product.prod_nbr.encode()),
            ],
        ),
    ]


def _utilisation(kilobytes: tuple[int, int]) -> list[Cell]:
    total, used = kilobytes
    return [(1, GAUGE, used * 100 // total), (2, GAUGE, total), (3, GAUGE, used)]
