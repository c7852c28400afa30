"""Datagrams overtake each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.net.fault.kind import DatagramFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.chance import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpReorder(DatagramFault):
    """A struck datagram comes `delay` late, give or take `jitter`, so that later ones overtake it."""

    name = "udp_reorder"
    mechanism = "held back behind the receiving or before the sending socket; real to both ends"

    chance: float = 0.5
    delay: float = 0.05
    """Wire seconds."""
    jitter: float = 0.0

    def fates(self, chance: Stream) -> Sequence[float]:
        return (max(0.0, self.delay + chance.uniform(-self.jitter, self.jitter)),)
