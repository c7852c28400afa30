"""Datagrams arrive more than once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.net.fault.kind import DatagramFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.chance import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpDuplicate(DatagramFault):
    """A struck datagram arrives `copies` times more."""

    name = "udp_duplicate"
    mechanism = "handed on or sent more than once; real to both ends"

    copies: int = 1

    def fates(self, chance: Stream) -> Sequence[float]:
        return (0.0,) * (self.copies + 1)
