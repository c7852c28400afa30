"""The snmp group and the objects of the SNMP framework (RFC 3418, 3411, 3412, 3414; SNMP sheet 2.6 and 2.8)."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from simulator.face.snmp.row import (
    COUNTER,
    INTEGER,
    MIB2,
    MODULES,
    OCTETS,
    Group,
    instance,
    scalar,
    scalars,
)
from simulator.wire.snmp.counters import REPORTED
from simulator.wire.snmp.message import LARGEST_DATAGRAM
from simulator.wire.snmp.object_tree import Writer
from simulator.wire.snmp.pdu import Status

if TYPE_CHECKING:
    from simulator.device.profile import Profile
    from simulator.face.snmp.context import Context
    from simulator.face.snmp.row import Read
    from simulator.wire.snmp.object_tree import Instance
    from simulator.wire.snmp.value import Plain

SNMP = (*MIB2, 11)
ENGINE = (*MODULES, 10, 2, 1)
SERIAL_NUMBER = (*MODULES, 1, 1, 6)
ENABLED, DISABLED = 1, 2
_LARGEST = 0x7FFFFFFF
_COUNTERS = {
    1: "in_pkts",
    2: "out_pkts",
    3: "in_bad_versions",
    4: "in_bad_community_names",
    5: "in_bad_community_uses",
    6: "in_parse_errs",
    13: "in_total_req_vars",
    14: "in_total_set_vars",
    15: "in_get_requests",
    16: "in_get_nexts",
    17: "in_set_requests",
    20: "out_too_bigs",
    21: "out_no_such_names",
    22: "out_bad_values",
    24: "out_gen_errs",
    28: "out_get_responses",
    29: "out_traps",
    31: "silent_drops",
    32: "proxy_drops",
}
_NEVER = (8, 9, 10, 12, 18, 19, 25, 26, 27)
"""What an agent does not receive or send; 7 and 23 do not exist."""


def group(_profile: Profile) -> Group:
    """Counts of this agent since it started."""
    return Group([*_snmp(), *_engine(), *_reported()])


def _snmp() -> list[Instance]:
    return [
        *[scalar(SNMP, number, COUNTER, _count(name)) for number, name in _COUNTERS.items()],
        *[scalar(SNMP, number, COUNTER, 0) for number in _NEVER],
        scalar(SNMP, 30, INTEGER, _authentication_traps, Writer(_check_truth, _switch_traps)),
        scalar(SERIAL_NUMBER, 1, INTEGER, lambda context: context.serial, Writer(_check_serial, _raise_serial)),
    ]


def _count(name: str) -> Read:
    return attrgetter(f"counters.{name}")


def _authentication_traps(context: Context) -> int:
    return ENABLED if context.device.snmp.authentication_traps else DISABLED


def _check_truth(_context: Context, value: Plain) -> Status:
    return Status.NO_ERROR if value in (ENABLED, DISABLED) else Status.WRONG_VALUE


def _switch_traps(context: Context, value: Plain) -> None:
    context.device.snmp.switch_authentication_traps(value == ENABLED)


def _check_serial(context: Context, value: Plain) -> Status:
    """TestAndIncr: only who knows the present number may set it, and it goes up by one (RFC 2579)."""
    if not isinstance(value, int) or value < 0:
        return Status.WRONG_VALUE
    return Status.NO_ERROR if value == context.serial else Status.INCONSISTENT_VALUE


def _raise_serial(context: Context, value: Plain) -> None:
    assert isinstance(value, int)
    context.serial = 0 if value >= _LARGEST else value + 1


def _engine() -> list[Instance]:
    return scalars(
        ENGINE,
        [
            (1, OCTETS, lambda context: context.usm.engine_id if context.usm else None),
            (2, INTEGER, lambda context: context.usm.boots if context.usm else None),
            (
                3,
                INTEGER,
                lambda context: context.usm.time(context.device.world.clock.now()) if context.usm else None,
            ),
            (4, INTEGER, LARGEST_DATAGRAM),
        ],
    )


def _reported() -> list[Instance]:
    return [instance(oid, COUNTER, _count(name)) for name, oid in REPORTED.items() if name != "unknown_contexts"]
