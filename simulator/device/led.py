"""The lamps of a device, derived from its state and never set.

Exactly the tables "LED indicators" of the two manuals. Where several rows hold at once, the order below
decides; the manuals do not say. How fast traffic makes the network lamp flash is no state of the device and not
shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.device.lifecycle import Activity, Phase
from simulator.device.port_plan import PortKind

if TYPE_CHECKING:
    from collections.abc import Callable

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


def _speaker(device: Device) -> tuple[Led, ...]:
    return (_speaker_status(device),)


def _speaker_status(device: Device) -> Led:
    lifecycle = device.lifecycle
    if not lifecycle.powered:
        return Led(STATUS)
    if lifecycle.activity in _CHANGING:
        return Led(STATUS, (Color.AMBER,), Rhythm.FLASHING)
    if lifecycle.phase in _STARTING:
        return Led(STATUS, (Color.AMBER,))
    if device.audio is not None and device.audio.locating:
        return Led(STATUS, (Color.RED, Color.GREEN), Rhythm.FAST)
    if not device.network.link or device.network.primary is None:
        return Led(STATUS, (Color.AMBER, Color.RED), Rhythm.FLASHING)
    if device.firmware.last_upgrade_failed:
        return Led(STATUS, (Color.RED,), Rhythm.SLOW)
    if _just_started(device):
        return Led(STATUS, (Color.GREEN,))
    return Led(STATUS)


def _just_started(device: Device) -> bool:
    since = device.world.clock.now() - device.lifecycle.phase_since
    return device.lifecycle.phase is Phase.RUNNING and since < device.profile.quirks.green_after_start_seconds


def _io_module(device: Device) -> tuple[Led, ...]:
    return _io_status(device), _network(device), _power(device), _relay(device)


def _io_status(device: Device) -> Led:
    lifecycle = device.lifecycle
    if not lifecycle.powered:
        return Led(STATUS)
    if lifecycle.phase in _STARTING or lifecycle.activity is Activity.DEFAULTING:
        return Led(STATUS, (Color.AMBER,))
    if device.world.clock.now() < device.button.flashing_until:
        return Led(STATUS, (Color.GREEN,), Rhythm.THREE_TIMES)
    if device.firmware.last_upgrade_failed:
        return Led(STATUS, (Color.RED,), Rhythm.SLOW)
    return Led(STATUS, (Color.GREEN,))


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
