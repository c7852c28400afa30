"""The system group (RFC 3418; SNMP sheet 2.8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulator.device.snmp import CONTACT, LOCATION, LONGEST_SYSTEM_TEXT
from simulator.device.snmp import NAME as SYSTEM_NAME
from simulator.face.snmp.row import INTEGER, MIB2, NAME, OCTETS, TICKS, Group, scalar
from simulator.wire.snmp.ber import parse_oid
from simulator.wire.snmp.object_tree import Writer
from simulator.wire.snmp.pdu import Status

if TYPE_CHECKING:
    from simulator.device.profile import Profile
    from simulator.face.snmp.context import Context
    from simulator.face.snmp.row import Read
    from simulator.wire.snmp.value import Plain

SYSTEM = (*MIB2, 1)
SERVICES = 64
"""`sysServices` as recorded: layer 7."""
_BUILD = re.compile(r"(\w{3}) +(\d{1,2}) (.*)")


def group(profile: Profile) -> Group:
    """Texts that were set stay over restarts, as parameters do."""
    quirks = profile.quirks
    return Group(
        [
            scalar(SYSTEM, 1, OCTETS, _description),
            scalar(SYSTEM, 2, NAME, parse_oid(quirks.snmp_object_id)),
            scalar(SYSTEM, 3, TICKS, lambda context: context.ticks),
            scalar(SYSTEM, 4, OCTETS, _text(CONTACT), _text_writer(CONTACT)),
            scalar(SYSTEM, 5, OCTETS, _name, _text_writer(SYSTEM_NAME)),
            scalar(SYSTEM, 6, OCTETS, _text(LOCATION), _text_writer(LOCATION)),
            scalar(SYSTEM, 7, INTEGER, SERVICES),
            scalar(SYSTEM, 8, TICKS, 0),
        ]
    )


def _description(context: Context) -> bytes:
    """`; AXIS D4200-VE; Network Strobe Speaker; 12.10.68; Apr 29 2026 17:33; 9CF; 1`"""
    device = context.device
    get, product = device.parameters.get, device.product
    version = get("Properties.Firmware.Version", device.firmware.running.version)
    built = get("Properties.Firmware.BuildDate", product.build_date)
    hardware = get("Properties.System.HardwareID", product.hardware_id)
    parts = ("", product.prod_short_name, product.prod_type, version, _padded(built), hardware, "1")
    return "; ".join(parts).encode()


def _padded(built: str) -> str:
    """The day of the month takes two places."""
    found = _BUILD.fullmatch(built)
    return f"{found[1]} {found[2]:>2} {found[3]}" if found else built


def _text(parameter: str) -> Read:
    return lambda context: context.device.parameters.get(parameter).encode()


def _name(context: Context) -> bytes:
    device = context.device
    given = device.parameters.get(SYSTEM_NAME)
    fallback = device.network.host_name if device.profile.quirks.snmp_sys_name == "host_name" else ""
    return (given or fallback).encode()


def _text_writer(parameter: str) -> Writer:
    def check(_context: Context, value: Plain) -> Status:
        assert isinstance(value, bytes)
        if len(value) > LONGEST_SYSTEM_TEXT:
            return Status.WRONG_LENGTH
        return Status.NO_ERROR if value.isascii() and value.decode().isprintable() else Status.WRONG_VALUE

    def commit(context: Context, value: Plain) -> None:
        assert isinstance(value, bytes)
        context.device.parameters.put(parameter, value.decode())

    return Writer(check, commit)
