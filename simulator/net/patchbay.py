"""Where all connections, listeners and UDP sockets of a fleet come together, by device and service.

A hand that pulls a cable or starts a fault names a device and perhaps a service (`io-2`, `io-2/http`); this is
where the connections are found, those that stand and those that will come.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from simulator.errors import FleetError
from simulator.net.fault.kind import DatagramFault, Dice, Direction, Fault, Opening, OpeningFault, StreamFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.chance import Chance, Stream
    from simulator.net.activity import Activity
    from simulator.net.line import Line
    from simulator.net.pipe import Stage

Moment = Literal["begins", "strikes", "ends"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One service of one device: `io-2/http`. An empty service, as a fault's target, means all."""

    device: str
    service: str = ""

    def __str__(self) -> str:
        return f"{self.device}/{self.service}" if self.service else self.device

    def covers(self, other: Endpoint) -> bool:
        """True when `other` is this endpoint or a part of it."""
        return self.device == other.device and self.service in ("", other.service)


class Socketed(Opening, Protocol):
    """An acceptor or a datagram port."""

    endpoint: Endpoint


class Tally(Protocol):
    """Counts what passes through the interface of one device."""

    accepted: int
    dialled: int
    standing: int

    def segment_in(self, octets: int) -> None: ...
    def segment_out(self, octets: int) -> None: ...
    def datagram_in(self, octets: int) -> None: ...
    def datagram_out(self, octets: int) -> None: ...


@dataclass(slots=True)
class Reports:
    """Who is told: of connections (`opened`, `closed`, or why one failed), of faults, of our own mistakes."""

    connection: Callable[[Endpoint, str, str], None] = lambda _endpoint, _peer, _what: None
    fault: Callable[[Endpoint, str, Moment], None] = lambda _endpoint, _fault, _moment: None
    bug: Callable[[str, BaseException], None] = lambda _device, _error: None


class ActiveFault:
    """A fault that acts on an endpoint, and the handle to end it."""

    def __init__(self, fault: Fault, target: Endpoint, chance: Stream, patchbay: Patchbay) -> None:
        self.fault = fault
        self.target = target
        self.active = True
        self._chance = chance
        self._dice = Dice(fault, chance)
        self._patchbay = patchbay
        self._undo: list[tuple[object, Callable[[], None]]] = []
        self._timer: asyncio.TimerHandle | None = None
        if fault.duration is not None:
            self._timer = asyncio.get_running_loop().call_later(fault.duration, self.clear)

    @property
    def struck(self) -> int:
        """How many connections, listeners or datagrams it has struck."""
        return self._dice.struck

    @property
    def mechanism(self) -> str:
        """How it is done on this host, for the report."""
        return self.fault.mechanism

    def clear(self) -> None:
        """End it; what it held back is let go. Safe to repeat."""
        if not self.active:
            return
        self.active = False
        if self._timer is not None:
            self._timer.cancel()
        undo, self._undo = self._undo, []
        for _, end in undo:
            end()
        self._patchbay.fault_ended(self)

    def forget(self, user: object) -> None:
        """A connection or opening is gone."""
        self._undo = [entry for entry in self._undo if entry[0] is not user]

    def act_on_line(self, line: Line) -> None:
        """Act on a connection, if this is a stream fault and the connection is covered."""
        fault = self.fault
        if not isinstance(fault, StreamFault) or not self.target.covers(line.endpoint):
            return
        decision: list[bool] = []

        def admit() -> Stage | None:
            if not decision:
                decision.append(self._strikes(line.endpoint))
            return fault.stage(self._chance) if decision[0] else None

        if fault.direction is not Direction.TO_DEVICE:
            self._undo.append((line, line.add_pipe(line.outward, admit)))
        if fault.direction is not Direction.TO_CLIENT:
            self._undo.append((line, line.add_pipe(line.inward, admit)))

    def act_on_opening(self, opening: Socketed) -> None:
        """Act on a listener or UDP socket as a whole, if this is a fault of openings and it is covered."""
        fault = self.fault
        if (
            isinstance(fault, OpeningFault)
            and self.target.covers(opening.endpoint)
            and self._strikes(opening.endpoint)
        ):
            self._undo.append((opening, fault.begin(opening)))

    def fates(self, endpoint: Endpoint, direction: Direction) -> list[float] | None:
        """Delays of the copies of one datagram; None where this fault leaves it alone."""
        fault = self.fault
        if not isinstance(fault, DatagramFault) or not self.target.covers(endpoint):
            return None
        if fault.direction not in (Direction.BOTH, direction) or not self._strikes(endpoint):
            return None
        return list(fault.fates(self._chance))

    def _strikes(self, endpoint: Endpoint) -> bool:
        strikes = self._dice.strikes()
        if strikes:
            self._patchbay.reports.fault(endpoint, self.fault.name, "strikes")
        return strikes


class Patchbay:
    """One per fleet."""

    def __init__(self, activity: Activity, chance: Chance, reports: Reports | None = None) -> None:
        self.activity = activity
        self.reports = reports or Reports()
        self.tallies: dict[str, Tally] = {}
        """By device; one without is not counted."""
        self._chance = chance
        self._lines: dict[str, set[Line]] = {}
        self._openings: dict[str, list[Socketed]] = {}
        self._faults: list[ActiveFault] = []
        self._frozen: dict[str, asyncio.Event] = {}
        self._applied = 0

    # faults

    def apply(self, fault: Fault, target: Endpoint) -> ActiveFault:
        """Let a fault act on an endpoint until it is cleared.

        Raises FleetError for a fault of listeners where the device listens on no such service.
        """
        openings = [one for one in self._openings.get(target.device, ()) if target.covers(one.endpoint)]
        if isinstance(fault, OpeningFault) and not openings:
            raise FleetError(f"{fault.name} has nothing to act on: {target} does not listen")
        self._applied += 1
        stream = self._chance.stream("net", "fault", self._applied, str(target), fault.name)
        active = ActiveFault(fault, target, stream, self)
        self._faults.append(active)
        self.reports.fault(target, fault.name, "begins")
        for opening in openings:
            active.act_on_opening(opening)
        for line in self.lines(target):
            active.act_on_line(line)
        return active

    def faults(self) -> tuple[ActiveFault, ...]:
        """Those that act now."""
        return tuple(self._faults)

    def fault_ended(self, active: ActiveFault) -> None:
        if active in self._faults:
            self._faults.remove(active)
            self.reports.fault(active.target, active.fault.name, "ends")

    def fates(self, endpoint: Endpoint, direction: Direction) -> list[float]:
        """When the copies of one datagram arrive, in seconds from now; empty when it is lost."""
        if endpoint.device in self._frozen:
            return []
        delays = [0.0]
        for active in self._faults:
            struck = active.fates(endpoint, direction)
            if struck is not None:
                delays = [delay + more for delay in delays for more in struck]
        return delays

    @property
    def quiet(self) -> bool:
        """Nothing acts on any datagram: the short way."""
        return not self._faults and not self._frozen

    # cables and power

    def freeze(self, device: str) -> None:
        """Pull the cable: new connections are met with silence, those that stand with neither data nor end."""
        if device in self._frozen:
            return
        self._frozen[device] = asyncio.Event()
        for opening in self._openings.get(device, ()):
            opening.go_silent()
        for line in self.lines(Endpoint(device)):
            line.freeze()

    def thaw(self, device: str) -> None:
        """Plug it in again."""
        event = self._frozen.pop(device, None)
        if event is None:
            return
        for opening in self._openings.get(device, ()):
            opening.speak_again()
        for line in self.lines(Endpoint(device)):
            line.thaw()
        event.set()

    def frozen(self, device: str) -> bool:
        """True while the device's cable is pulled."""
        return device in self._frozen

    async def thawed(self, device: str) -> None:
        """Wait until the device's cable is plugged."""
        while (event := self._frozen.get(device)) is not None:
            await event.wait()

    def reset(self, target: Endpoint) -> int:
        """End all connections with RST, as a device does that lost its memory of them; returns how many.

        Those of a pulled cable end so when it is plugged.
        """
        lines = list(self.lines(target))
        for line in lines:
            line.reset()
        return len(lines)

    def close(self, target: Endpoint) -> int:
        """End all connections in order (FIN); returns how many."""
        lines = list(self.lines(target))
        for line in lines:
            line.finish()
        return len(lines)

    def count(self, target: Endpoint) -> int:
        """Open connections, those the device accepted and those it opened."""
        return sum(1 for _ in self.lines(target))

    def lines(self, target: Endpoint) -> Iterator[Line]:
        """The open connections of an endpoint."""
        return (line for line in tuple(self._lines.get(target.device, ())) if target.covers(line.endpoint))

    def shut_down(self) -> None:
        """The fleet ends: faults are cleared, all connections reset, all openings closed."""
        for active in self.faults():
            active.clear()
        lines = [line for device in tuple(self._lines) for line in self.lines(Endpoint(device))]
        for line in lines:
            line.reset()
        for device in tuple(self._frozen):
            self.thaw(device)
        for line in lines:  # some were frozen by themselves
            line.thaw()

    # what lines and openings tell

    def line_opened(self, line: Line) -> None:
        self._lines.setdefault(line.endpoint.device, set()).add(line)
        if line.tally is not None:
            line.tally.standing += 1
            line.tally.dialled += line.dialled
            line.tally.accepted += not line.dialled
        self.reports.connection(line.endpoint, line.peer, "opened")
        for active in self._faults:
            active.act_on_line(line)
        if line.endpoint.device in self._frozen:
            line.freeze()

    def line_closed(self, line: Line) -> None:
        lines = self._lines.get(line.endpoint.device, set())
        if line in lines and line.tally is not None:
            line.tally.standing -= 1
        lines.discard(line)
        for active in self._faults:
            active.forget(line)
        self.reports.connection(line.endpoint, line.peer, "closed")

    def opened(self, opening: Socketed) -> None:
        """A listener or UDP socket is there: present faults and a pulled cable act on it."""
        self._openings.setdefault(opening.endpoint.device, []).append(opening)
        for active in self._faults:
            active.act_on_opening(opening)
        if opening.endpoint.device in self._frozen:
            opening.go_silent()

    def closed(self, opening: Socketed) -> None:
        """It is gone."""
        openings = self._openings.get(opening.endpoint.device, [])
        if opening in openings:
            openings.remove(opening)
        for active in self._faults:
            active.forget(opening)
