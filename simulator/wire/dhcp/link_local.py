"""IPv4 link-local addresses: RFC 3927 without I/O.

A candidate in 169.254.1.0 to 169.254.254.255 is probed three times and then claimed, 4 to 7 s after the start. A
conflict while probing leads to the next candidate, after ten conflicts only once a minute. A conflict in use is
met by an announcement; a second one within 10 s costs the address, unless the device always defends, as AXIS OS 12
does. `now` is device seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.chance import Stream

FIRST = int(IPv4Address("169.254.1.0"))
COUNT = int(IPv4Address("169.254.255.0")) - FIRST
# RFC 3927 section 9
PROBE_WAIT = 1.0
PROBES = 3
PROBE_APART = (1.0, 2.0)
ANNOUNCE_WAIT = 2.0
ANNOUNCEMENTS = 2
ANNOUNCE_APART = 2.0
MANY_CONFLICTS = 10
RATE_LIMIT = 60.0
DEFEND_INTERVAL = 10.0


class Phase(StrEnum):
    IDLE = "idle"
    PROBING = "probing"
    CLAIMED = "claimed"


# What the owner tells


@dataclass(frozen=True, slots=True)
class Begin:
    """Get an address; `at_once` without probing, for a device that has had it for days."""

    at_once: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """Stop; a claimed address is no longer used."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Another host uses or probes for this address (ARP)."""

    address: str


# What the owner is told


@dataclass(frozen=True, slots=True)
class Probe:
    """Ask by ARP, sender address 0.0.0.0, whether somebody has the address."""

    address: str


@dataclass(frozen=True, slots=True)
class Announce:
    """Say by gratuitous ARP that the address is ours."""

    address: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """Nobody answered: put the address on the interface."""

    address: str


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Another host insists: take the address off the interface."""

    address: str


Output = Probe | Announce | Claimed | GivenUp


@dataclass(slots=True)
class LinkLocal:
    """One device's link-local address. `candidates` is seeded with the MAC: a device comes back to its own."""

    candidates: Stream
    chance: Stream
    always_defends: bool = True
    phase: Phase = Phase.IDLE
    address: str = ""
    _output: list[Output] = field(default_factory=list)
    _due: float | None = None
    _count: int = 0
    _conflicts: int = 0
    _defended_at: float | None = None

    def receive(self, data: Heard, now: float) -> None:
        """Another host was heard."""
        if data.address != self.address or self.phase is Phase.IDLE:
            return
        if self.phase is Phase.CLAIMED and self._defends(now):
            self._output.append(Announce(self.address))
            return
        if self.phase is Phase.CLAIMED:
            self._output.append(GivenUp(self.address))
        self._conflicts += 1
        self.address = ""
        self._probe_from(now + (RATE_LIMIT if self._conflicts > MANY_CONFLICTS else 0.0))

    def _defends(self, now: float) -> bool:
        first = self._defended_at is None or now - self._defended_at >= DEFEND_INTERVAL
        self._defended_at = now
        return first or self.always_defends

    def send(self, event: Begin | End, now: float) -> None:
        """Begin or end; beginning again while at it changes nothing."""
        if isinstance(event, End):
            self.phase, self._due, self._conflicts = Phase.IDLE, None, 0
        elif self.phase is Phase.IDLE and event.at_once:
            self._pick()
            self._claim(None)
        elif self.phase is Phase.IDLE:
            self._probe_from(now)

    def take_output(self) -> list[Output]:
        """What is to be done since the last call, in order."""
        output, self._output = self._output, []
        return output

    def next_deadline(self) -> float | None:
        """Device time at which `tick` has something to do; None for never."""
        return self._due

    def tick(self, now: float) -> None:
        """Do what is due: the next probe, the claim, an announcement."""
        if self._due is None or self._due > now:
            return
        if self.phase is Phase.CLAIMED:
            self._announce(now)
        elif self._count < PROBES:
            self._probe(now)
        else:
            self._claim(now)

    def _pick(self) -> None:
        if not self.address:
            self.address = str(IPv4Address(FIRST + self.candidates.randrange(COUNT)))

    def _probe_from(self, start: float) -> None:
        self._pick()
        self.phase, self._count, self._defended_at = Phase.PROBING, 0, None
        self._due = start + self.chance.uniform(0.0, PROBE_WAIT)

    def _probe(self, now: float) -> None:
        self._count += 1
        self._due = now + (self.chance.uniform(*PROBE_APART) if self._count < PROBES else ANNOUNCE_WAIT)
        self._output.append(Probe(self.address))

    def _claim(self, now: float | None) -> None:
        self.phase, self._count, self._due = Phase.CLAIMED, 0, None
        self._output.append(Claimed(self.address))
        if now is not None:
            self._announce(now)

    def _announce(self, now: float) -> None:
        self._count += 1
        self._output.append(Announce(self.address))
        self._due = now + ANNOUNCE_APART if self._count < ANNOUNCEMENTS else None
