"""Datagrams are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.net.fault.kind import DatagramFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.chance import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpLoss(DatagramFault):
    """A struck datagram never arrives."""

    name = "udp_loss"
    mechanism = "dropped behind the receiving or before the sending socket; real to both ends"

    def fates(self, chance: Stream) -> Sequence[float]:
        return ()
