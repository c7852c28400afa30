"""One multicast group that a device listens to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.rtp.heard import Heard
    from simulator.wire.rtp.statistics import StreamStatistics


class GroupSession:
    """Made by `MediaEngine.join`. Active from the first valid packet until `idle` seconds without one."""

    heard: Heard
    active: bool

    def on_active(self, listener: Callable[[bool], None]) -> None:
        """Tell when a stream begins, and when it has ended."""
        raise NotImplementedError

    @property
    def statistics(self) -> StreamStatistics:
        raise NotImplementedError

    def leave(self) -> None:
        """Leave the group and close the socket. Safe to repeat."""
        raise NotImplementedError
