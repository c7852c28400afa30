"""The time stamp of an event: one for all carriers (io-events sheet 2.3 and 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.device.event import Event


def milliseconds(device: Device, event: Event) -> int:
    """Milliseconds since 1970 by the device's own clock, which may be wrong."""
    return round(device.time.at(event.at).timestamp() * 1000)
