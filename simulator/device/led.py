"""The lamps of a device, derived from its state and never set.

Exactly the tables "LED indicators" of the two manuals. Where several rows hold at once, the order in the profile's
quirks decides, because the manuals do not say. How fast traffic makes the network lamp flash is no state of the
device and not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.device.lifecycle import Activity, Phase
from simulator.device.port_plan import PortKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.device.device import Device


class Color(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class Rhythm(StrEnum):
    """How a lamp is lit; one with several colours alternates between them."""

    STEADY = "steady"
    FLASHING = "flashing"
    SLOW = "slow flash"
    FAST = "fast flash"
    THREE_TIMES = "flashes three times"


@dataclass(frozen=True, slots=True)
class Led:
    """One lamp as it is now. Without colours it is unlit."""

    name: str
    colors: tuple[Color, ...] = ()
    rhythm: Rhythm = Rhythm.STEADY

    def __str__(self) -> str:
        return f"{'/'.join(self.colors)} {self.rhythm}" if self.colors else "unlit"


STATUS, NETWORK, POWER, RELAY = "status", "network", "power", "relay"
_STARTING = frozenset({Phase.BOOTING, Phase.STARTING})
_CHANGING = frozenset({Activity.UPGRADING, Activity.ROLLING_BACK, Activity.DEFAULTING})


def leds(device: Device) -> tuple[Led, ...]:
    """All lamps of the device, in the order of its manual."""
    return _LAMPS[device.profile.model](device)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a manual's table for the status LED."""

    holds: Callable[[Device], bool]
    colors: tuple[Color, ...]
    rhythm: Rhythm = Rhythm.STEADY


def _changing(device: Device) -> bool:
    return device.lifecycle.activity in _CHANGING


def _starting(device: Device) -> bool:
    return device.lifecycle.phase in _STARTING


def _starting_or_restoring(device: Device) -> bool:
    return _starting(device) or device.lifecycle.activity is Activity.DEFAULTING


def _locating(device: Device) -> bool:
    return device.audio is not None and device.audio.locating


def _network_missing(device: Device) -> bool:
    return not device.network.link or device.network.primary is None


def _upgrade_failed(device: Device) -> bool:
    return device.firmware.last_upgrade_failed


def _just_started(device: Device) -> bool:
    since = device.world.clock.now() - device.lifecycle.phase_since
    return device.lifecycle.phase is Phase.RUNNING and since < device.profile.quirks.green_after_start_seconds


def _cloud_pressed(device: Device) -> bool:
    return device.world.clock.now() < device.button.flashing_until


_FAILED = _Row(_upgrade_failed, (Color.RED,), Rhythm.SLOW)
SPEAKER_STATUS = {
    "changing": _Row(_changing, (Color.AMBER,), Rhythm.FLASHING),
    "starting": _Row(_starting, (Color.AMBER,)),
    "locating": _Row(_locating, (Color.RED, Color.GREEN), Rhythm.FAST),
    "network_missing": _Row(_network_missing, (Color.AMBER, Color.RED), Rhythm.FLASHING),
    "upgrade_failed": _FAILED,
    "just_started": _Row(_just_started, (Color.GREEN,)),
}
"""Unlit if none of these holds."""
IO_MODULE_STATUS = {
    "starting": _Row(_starting_or_restoring, (Color.AMBER,)),
    "cloud_pressed": _Row(_cloud_pressed, (Color.GREEN,), Rhythm.THREE_TIMES),
    "upgrade_failed": _FAILED,
}
"""Green if none of these holds."""


def _speaker(device: Device) -> tuple[Led, ...]:
    return (_status(device, SPEAKER_STATUS, ()),)


def _io_module(device: Device) -> tuple[Led, ...]:
    return _status(device, IO_MODULE_STATUS, (Color.GREEN,)), _network(device), _power(device), _relay(device)


def _status(device: Device, rows: Mapping[str, _Row], otherwise: tuple[Color, ...]) -> Led:
    if not device.lifecycle.powered:
        return Led(STATUS)
    for name in device.profile.quirks.status_led_order:
        if rows[name].holds(device):
            return Led(STATUS, rows[name].colors, rows[name].rhythm)
    return Led(STATUS, otherwise)


def _network(device: Device) -> Led:
    if not device.lifecycle.powered or not device.network.link:
        return Led(NETWORK)
    slow = device.parameters.get("Network.Media").startswith("10baseT-")
    return Led(NETWORK, (Color.AMBER if slow else Color.GREEN,))


def _power(device: Device) -> Led:
    if not device.lifecycle.powered:
        return Led(POWER)
    if device.lifecycle.activity is Activity.UPGRADING:
        return Led(POWER, (Color.GREEN, Color.AMBER), Rhythm.FLASHING)
    return Led(POWER, (Color.GREEN,))


def _relay(device: Device) -> Led:
    """The manual's note: the relay is active when COM is connected to NO."""
    closed = any(port.closed for port in device.ports if port.kind is PortKind.RELAY)
    return Led(RELAY, (Color.GREEN,) if closed else ())


_LAMPS: dict[str, Callable[[Device], tuple[Led, ...]]] = {"C1410": _speaker, "A9210": _io_module}
