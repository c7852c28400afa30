"""How a specification switches a device's SNMP agent on: as its installer would, through the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.snmp import LINK_DOWN
from simulator.errors import FleetError
from simulator.face.snmp.additional import read_additional

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.fleet.specification import SnmpSpecification, TrapSpecification

SITE = "site"
_GENERIC = {
    "coldStart": "SNMP.Trap.T0.ColdStart.Enabled",
    "warmStart": "SNMP.Trap.T0.WarmStart.Enabled",
    "linkUp": "SNMP.Trap.T0.LinkUp.Enabled",
    "linkDown": LINK_DOWN,
    "authenticationFailure": "SNMP.Trap.T0.AuthFail.Enabled",
}


def switch_on(device: Device, chosen: SnmpSpecification, receiver: tuple[str, int]) -> None:
    """Raises FleetError where the device has no agent, or the file of objects cannot be read.

    `receiver` is where the bench's own observers take traps.
    """
    if not device.snmp.available:
        raise FleetError(f"{device.name} has no SNMP settings")
    values = {
        "SNMP.V1": "v1" in chosen.versions,
        "SNMP.V2c": "v2c" in chosen.versions,
        "SNMP.V3": "v3" in chosen.versions,
        "SNMP.V1ReadCommunity": chosen.read_community,
        "SNMP.V1WriteCommunity": chosen.write_community,
        "SNMP.TransportProtocol": chosen.transport,
        **(_trap_values(chosen.trap, receiver) if chosen.trap else {}),
        "SNMP.Enabled": True,
    }
    for name, value in values.items():
        device.parameters.write(name, value if isinstance(value, str) else "yes" if value else "no")
    if chosen.password is not None:
        device.snmp.set_password(chosen.password)
    if chosen.objects:
        read_additional(chosen.objects)
        device.snmp.additional = chosen.objects
    if chosen.trap is not None:
        device.snmp.informs, device.snmp.port_alarms = chosen.trap.inform, chosen.trap.ports


def _trap_values(trap: TrapSpecification, receiver: tuple[str, int]) -> dict[str, str | bool]:
    return {
        "SNMP.Trap.Enabled": True,
        "SNMP.Trap.T0.Address": "{}:{}".format(*receiver) if trap.to == SITE else trap.to,
        "SNMP.Trap.T0.Community": trap.community,
        **{name: generic in trap.generic for generic, name in _GENERIC.items()},
    }
