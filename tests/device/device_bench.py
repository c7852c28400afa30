"""A device on a stepped clock, for tests of its physical components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.device import Device
from simulator.device.event import Event
from simulator.device.lifecycle import Phase
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.journal import Journal, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator


class Bench:
    """One device, its clock, and the events it has published since the bench was made."""

    def __init__(self, model: str, *, firmware: str = "12.9.57", running: bool = True, seed: int = 1) -> None:
        self.clock = SimClock(stepped=True)
        self.journal = Journal(self.clock)
        world = World(self.clock, Chance(seed), self.journal)
        self.device = Device("dut", 1, load_profile(model, firmware), world, lambda address: address)
        self.published: list[Event] = []
        if running:
            self.device.lifecycle.running_from_the_start()
        self.device.events.listen(self.published.append)

    def advance(self, seconds: float) -> None:
        """Let device time pass: everything due fires at its own instant."""
        target = self.clock.now() + seconds
        while (due := self.clock.next_due()) is not None and due <= target:
            self.clock.step_to(due)
            self.clock.run_due()
        self.clock.step_to(target)

    def boot(self) -> None:
        """Let time pass until the device runs."""
        while self.device.lifecycle.phase is not Phase.RUNNING:
            self.advance(1.0)

    def heard(self, topic: str) -> list[dict[str, str]]:
        """Source and data of the events of a topic that ends in `topic`, oldest first."""
        return [dict(e.source) | dict(e.data) for e in self.published if e.topic.endswith(topic)]

    def states(self, topic: str) -> list[dict[str, str]]:
        """Present states of a topic."""
        return [dict(e.source) | dict(e.data) for e in self.device.events.states() if e.topic.endswith(topic)]

    def noted(self, what: str) -> Iterator[dict[str, Any]]:
        """Data of the journal's records of a change of state."""
        return (r.data for r in self.journal.since(0) if r.kind is Kind.STATE and r.what == what)
