"""AXIS A9210 Network I/O Relay Module: what it has beyond every network device.

The port map is that of io-events sheet 1.1: numbers from VAPIX "Supervised I/O" and a public measurement,
connectors from the manual. Numbers 3, 4 and 6 are found by elimination.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.alarm import Alarms
from simulator.device.door_monitoring import DoorMonitoring
from simulator.device.expansion import Expansion
from simulator.device.loop import AUXILIARY, INPUT_ONLY
from simulator.device.port_plan import PortKind, plan
from simulator.device.power_supply import PowerSource

if TYPE_CHECKING:
    from simulator.device.device import Device

PORTS = (
    plan(0, PortKind.RELAY, "Relay connector"),
    plan(1, PortKind.INPUT, "Input 1, pin 2", INPUT_ONLY),
    plan(2, PortKind.INPUT, "Input 1, pin 4", INPUT_ONLY),
    plan(3, PortKind.OUTPUT, "RS485 and I/O, pin 5"),
    plan(4, PortKind.OUTPUT, "RS485 and I/O, pin 6"),
    plan(5, PortKind.INPUT, "RS485 and I/O, pin 7", INPUT_ONLY),
    plan(6, PortKind.OUTPUT, "RS485 and I/O, pin 8"),
    plan(7, PortKind.CONFIGURABLE, "I/O, pin 3", AUXILIARY),
    plan(8, PortKind.CONFIGURABLE, "I/O, pin 4", AUXILIARY),
    plan(9, PortKind.INPUT, "Input 2, first block", INPUT_ONLY),
    plan(10, PortKind.INPUT, "Input 2, second block", INPUT_ONLY),
)
"""Shared by all devices of the model."""


def equip(device: Device) -> None:
    """Solder the ports in, and the line for expansion modules.

    A brief press of the button is the one-click cloud connection (manual, Buttons).
    """
    device.ports.fit(PORTS)
    device.alarms = Alarms(device)
    device.door_monitoring = DoorMonitoring(device)
    device.power.inputs = (PowerSource.POE, PowerSource.DC)
    device.expansion = Expansion(device)
    device.button.short_press = device.button.acknowledge
