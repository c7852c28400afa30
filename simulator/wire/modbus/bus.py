"""An RS-485 bus: the slaves on it, one transaction at a time, and what goes wrong (Modbus sheet 1.1, 1.5, 1.9).

Masters bring their own time: the module waits in device time, a TCP peer in wire time. The bus itself has no clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from simulator.wire.modbus.crc import sealed
from simulator.wire.modbus.fault import BusFault, Portion, collided
from simulator.wire.modbus.frame import BROADCAST, REFUSED, ExceptionCode, request_length

if TYPE_CHECKING:
    from simulator.wire.modbus.fault import Portions
    from simulator.wire.modbus.unit import Unit

CHARACTERS_BETWEEN = 3.5
FASTEST_WITH_CHARACTERS, FIXED_GAP = 19200, 0.00175
"""Above this baud rate the gap between frames is a fixed time (Modbus over Serial Line 1.02, 2.5.1.1)."""


class Master(Protocol):
    """Who asks: the module, or a TCP peer."""

    def hear(self, data: bytes) -> None:
        """Bytes of the answer; of an answer to another master it hears nothing."""

    def later(self, delay: float, do: Callable[[], None]) -> None:
        """Do something after so many seconds of this master's time. It happens even when the master has gone."""


class Beyond(Protocol):
    """Slaves that are not ours, behind a connection."""

    def ask(self, frame: bytes, heard: Callable[[bytes], None], over: Callable[[], None]) -> None:
        """Pass a request on; `heard` gets what comes back, and `over` is called once when nothing more will."""


@dataclass(slots=True)
class LineTiming:
    """How long bytes take. `response` is what a slave needs before it answers, in seconds."""

    baud: int = 9600
    bits: int = 10
    """Bits of a character: 10 for 8N1, 11 for 8E1 and 8N2."""
    response: float = 0.005

    def seconds(self, request: bytes, answer: bytes) -> float:
        """From the first bit of the request to the last of the answer (Modbus sheet 1.5)."""
        character = self.bits / self.baud
        gap = FIXED_GAP if self.baud > FASTEST_WITH_CHARACTERS else CHARACTERS_BETWEEN * character
        return (len(request) + len(answer)) * character + gap + self.response


@dataclass(slots=True)
class Tally:
    """What a bus has carried."""

    requests: int = 0
    answers: int = 0
    silences: int = 0
    errors: int = 0
    """Requests that collided."""


Watcher = Callable[[str, bytes], None]
"""Hears `request` or `answer` and the bytes of each portion that passes."""


class Bus:
    """Slaves are added and removed at any time; two with one address both answer, and spoil each other's frame."""

    def __init__(self, *, timing: LineTiming | None = None, gateway: bool = False, collide: bool = False) -> None:
        self.timing = timing
        """None where answers come at once."""
        self.gateway = gateway
        """An absent unit is answered with exception 0B, as a gateway does; a bare bus is silent."""
        self.collide = collide
        """Overlapping requests spoil each other; otherwise the later one waits."""
        self.powered = True
        """Without power no slave of the bus answers."""
        self.beyond: Beyond | None = None
        self.faults: list[BusFault] = []
        self.on_strike: Callable[[BusFault, bytes], None] = lambda _fault, _frame: None
        self.tally = Tally()
        self._units: dict[int, list[Unit]] = {}
        self._watchers: list[Watcher] = []
        self._waiting: deque[tuple[Master, bytes]] = deque()
        self._holding = 0
        """Portions, or a request passed on, that keep the bus busy."""
        self._spoiled = False
        self._running = False

    def __contains__(self, address: object) -> bool:
        """Whether a slave with this address may be there: behind a connection any may."""
        return address in self._units or self.beyond is not None

    @property
    def busy(self) -> bool:
        return self._holding > 0

    def add(self, unit: Unit) -> None:
        """Connect a slave."""
        self._units.setdefault(unit.address, []).append(unit)

    def remove(self, unit: Unit) -> None:
        """Disconnect a slave. Safe to repeat."""
        for address, units in tuple(self._units.items()):
            if unit in units:
                units.remove(unit)
                if not units:
                    del self._units[address]

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Hear all that passes; returns the function that ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def ask(self, master: Master, frame: bytes) -> None:
        """Put a request on the bus. It waits while another transaction is under way, or collides with it."""
        if self.collide and self._holding:
            self.tally.errors += 1 if self._spoiled else 2
            self._spoiled = True
            return
        if self._running or self._holding or self._waiting:
            self._waiting.append((master, frame))
            self._go_on()
            return
        self._running = True
        try:
            self._transact(master, frame)
        finally:
            self._running = False
        if self._waiting:
            self._go_on()

    def withdraw(self, master: Master) -> None:
        """Forget the waiting requests of a master."""
        if self._waiting:
            self._waiting = deque(entry for entry in self._waiting if entry[0] is not master)

    def waiting(self, master: Master) -> int:
        """Requests of a master that wait for their turn."""
        return sum(1 for one, _ in self._waiting if one is master)

    def _go_on(self) -> None:
        if self._running:  # an answer that came at once made its master ask again
            return
        self._running = True
        try:
            while self._waiting and not self._holding:
                self._transact(*self._waiting.popleft())
        finally:
            self._running = False

    def _transact(self, master: Master, frame: bytes) -> None:
        self._spoiled = False
        self.tally.requests += 1
        for watcher in self._watchers:
            watcher("request", frame)
        if self.beyond is not None and frame[0] not in self._units:
            self._pass_on(self.beyond, master, frame)
            return
        if not self.faults and self.timing is None:  # by far the usual case
            answer = self._answer(frame) if self.powered else None
            if answer is None:
                self.tally.silences += 1
            else:
                self._deliver(master, answer)
            return
        self._send(master, self._portions(frame))

    def _send(self, master: Master, portions: Portions) -> None:
        if not portions:
            self.tally.silences += 1
        self._holding += sum(1 for portion in portions if portion.holds and portion.at)
        for portion in portions:
            if portion.at:
                self._later(master, portion)
            else:
                self._deliver(master, portion.data)

    def _later(self, master: Master, portion: Portion) -> None:
        def due() -> None:
            if portion.holds:
                self._holding -= 1
            if not (portion.holds and self._spoiled):
                self._deliver(master, portion.data)
            self._go_on()

        master.later(portion.at, due)

    def _deliver(self, master: Master, data: bytes) -> None:
        self.tally.answers += 1
        for watcher in self._watchers:
            watcher("answer", data)
        master.hear(data)

    def _pass_on(self, beyond: Beyond, master: Master, frame: bytes) -> None:
        self._holding += 1

        def over() -> None:
            self._holding -= 1
            self._go_on()

        beyond.ask(frame, lambda data: self._deliver(master, data), over)

    def _portions(self, frame: bytes) -> Portions:
        """What leaves the slaves, after every fault that strikes has had its way."""
        if not self.powered:
            return []
        striking = [fault for fault in self.faults if fault.strikes(frame)] if self.faults else []
        for fault in striking:
            self.on_strike(fault, frame)
        prevented = next((fault for fault in striking if fault.prevents), None)
        if prevented is not None:
            portions = prevented.instead(frame)
        else:
            answer = self._answer(frame)
            portions = [Portion(answer)] if answer is not None else []
        for fault in striking:
            if portions and not fault.prevents:
                portions = fault.shaped(frame, portions)
        return self._timed(frame, portions) if self.timing is not None else portions

    def _answer(self, frame: bytes) -> bytes | None:
        units = self._units.get(frame[0])
        if frame[0] == BROADCAST:
            for unit in [unit for units in self._units.values() for unit in units]:
                unit.answer(frame)
            return None
        if units is None:
            if self.gateway and frame[0] <= 247 and not frame[1] & REFUSED:
                code = ExceptionCode.GATEWAY_TARGET_FAILED
                return sealed(bytes((frame[0], frame[1] | REFUSED, code)))
            return None
        if len(units) == 1:
            return units[0].answer(frame)
        answers = [answer for unit in tuple(units) if (answer := unit.answer(frame)) is not None]
        return collided(answers) if answers else None

    def _timed(self, frame: bytes, portions: Portions) -> Portions:
        timing = self.timing
        if timing is None:
            return portions
        length = request_length(frame)
        asked = frame if length <= 0 else frame[:length]
        total = b"".join(portion.data for portion in portions)
        lag = timing.seconds(asked, total)
        return [Portion(portion.data, portion.at + lag, portion.holds) for portion in portions]
