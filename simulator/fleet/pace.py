"""A device's way out whose timers run on device time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.net.dialer import SocketDialer

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from weakref import WeakValueDictionary

    from simulator.clock import SimClock, Timer


class DeviceTimeDialer(SocketDialer):
    """For a stepped fleet with its own broker: reconnecting and keep-alive wait for device time, so that a run is the
    same however fast the machine is. Towards a foreign broker they must not (network sheet 15)."""

    def __init__(
        self,
        clock: SimClock,
        ends: WeakValueDictionary[str, socket.socket],
        *arguments: Any,
        **options: Any,
    ) -> None:
        """`ends` holds the near ends of all connections, as address and port: so the broker knows the devices, and
        times them by their own clock."""
        super().__init__(*arguments, **options)
        self._clock = clock
        self._ends = ends

    def now(self) -> float:
        """Device time."""
        return self._clock.now()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call back after `delay` device seconds."""
        return self._clock.call_later(max(0.0, delay), callback)

    def _connected(self, sock: socket.socket) -> None:
        host, port = sock.getsockname()[:2]
        self._ends[f"{host}:{port}"] = sock
