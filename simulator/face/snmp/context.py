"""What the objects of one agent are read from: the device, and what only the agent knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.wire.snmp.counters import Counters

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.device import Device
    from simulator.wire.snmp.usm import Usm

TICKS = 100
"""TimeTicks in a second."""


@dataclass(frozen=True, slots=True)
class Socket:
    """An open port of the device, as tcpConnTable and udpTable list it."""

    transport: str
    """`tcp` or `udp`"""
    address: str
    port: int
    peer: tuple[str, int] | None = None
    """The other end of a connection that stands."""


def no_sockets() -> tuple[Socket, ...]:
    return ()


@dataclass(slots=True)
class Context:
    """One per agent."""

    device: Device
    sockets: Callable[[], tuple[Socket, ...]] = no_sockets
    """Open ports, told by the host."""
    started: float = 0.0
    """Device seconds at which the agent started: `sysUpTime` counts from here."""
    link_changed: float = 0.0
    """Device seconds of the last change of the link since then, or `started`."""
    counters: Counters = field(default_factory=Counters)
    usm: Usm | None = None
    serial: int = 0
    """`snmpSerialNo`"""
    structure: int = 0
    """Raised whenever rows of a table may have come or gone."""

    @property
    def ticks(self) -> int:
        """`sysUpTime` in hundredths of a second; wraps after 497.1 days."""
        return int((self.device.world.clock.now() - self.started) * TICKS) & 0xFFFFFFFF

    def shape(self) -> tuple[int, int, int]:
        """Changes whenever rows of a table may have come or gone: addresses, ports and connections."""
        traffic = self.device.traffic
        return self.structure, traffic.accepted + traffic.dialled, traffic.standing
