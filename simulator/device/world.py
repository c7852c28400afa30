"""What a device is given from outside: time, chance and the journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.device.rule.schedule import Board

if TYPE_CHECKING:
    from simulator.chance import Chance
    from simulator.clock import SimClock
    from simulator.journal import Journal


@dataclass(frozen=True, slots=True)
class World:
    """The ground floor, as one device sees it. Shared by all devices of a fleet."""

    clock: SimClock
    chance: Chance
    journal: Journal
    schedules: Board = field(default_factory=Board, compare=False)
    """What schedules the devices of the fleet go by: equal ones share a timer."""
