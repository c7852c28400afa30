"""A device's way out whose timers run on device time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.net.dialer import SocketDialer

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.clock import SimClock, Timer


class DeviceTimeDialer(SocketDialer):
    """For a stepped fleet with its own broker: reconnecting and keep-alive wait for device time, so that a run is the
    same however fast the machine is. Towards a foreign broker they must not (network sheet 15)."""

    def __init__(self, clock: SimClock, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._clock = clock

    def now(self) -> float:
        """Device time."""
        return self._clock.now()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call back after `delay` device seconds."""
        return self._clock.call_later(max(0.0, delay), callback)
