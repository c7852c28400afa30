"""The module as Modbus master: the sensors of the device's list become polls, answers become values (Modbus sheet 1.8).

Each bus is polled in turn by due time, with one request outstanding at most. One timer per bus stands in the device's
clock, whatever the number of sensors; frames are made once, when the list changes.
"""

from __future__ import annotations

import contextvars
import heapq
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from simulator.device.lifecycle import Phase
from simulator.device.sensor import box_present
from simulator.wire.modbus.master import MasterSession, Outcome
from simulator.wire.modbus.request import Request, read_request
from simulator.wire.modbus.unit import MOST_BITS_READ, MOST_WORDS_READ
from simulator.wire.modbus.value import WIDTHS, decode, raw_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from simulator.clock import Timer
    from simulator.device.device import Device
    from simulator.device.quirks import ModbusQuirks
    from simulator.device.sensor import Sensor
    from simulator.device.sensor_template import Point
    from simulator.journal import Record
    from simulator.wire.modbus.bus import Master


class BusWay(Protocol):
    """What the master needs of a bus."""

    def ask(self, master: Master, frame: bytes) -> None: ...
    def withdraw(self, master: Master) -> None: ...
    def cause(self, address: int) -> Record | None:
        """What was last done to the sensors with this address, which is why they answer as they do."""


@dataclass(frozen=True, slots=True)
class Read:
    """One request of a poll, and which points its answer brings."""

    request: Request
    points: tuple[Point, ...]

    def values(self, answer: bytes) -> Iterator[tuple[str, float | None]]:
        """Each point's value, None for NaN, infinity and the sentinels of the template."""
        words = self.request.words(answer)
        for point in self.points:
            at = point.at - self.request.start
            yield point.name, value_of(point, words[at : at + WIDTHS[point.data_type]])


def value_of(point: Point, words: Sequence[int]) -> float | None:
    """What a template makes of the registers of one point."""
    if point.invalid and raw_of(words, point.word_order) in point.invalid:
        return None
    number = decode(words, point.data_type, point.word_order)
    return round(number * point.scale + point.offset, 9) if math.isfinite(number) else None


def plan_reads(address: int, points: Sequence[Point], widest_gap: int) -> tuple[Read, ...]:
    """As few requests as the gaps between registers allow."""
    reads: list[Read] = []
    for function in sorted({point.function for point in points}):
        group: list[Point] = []
        for point in sorted((p for p in points if p.function == function), key=lambda p: p.at):
            if group and not _joins(group, point, widest_gap):
                reads.append(_read(address, function, group))
                group = []
            group.append(point)
        reads.append(_read(address, function, group))
    return tuple(reads)


def _joins(group: Sequence[Point], point: Point, widest_gap: int) -> bool:
    most = MOST_BITS_READ if point.function <= 2 else MOST_WORDS_READ
    fits = point.at + WIDTHS[point.data_type] - group[0].at <= most
    return fits and point.at - _end(group) <= widest_gap


def _end(group: Sequence[Point]) -> int:
    return max(point.at + WIDTHS[point.data_type] for point in group)


def _read(address: int, function: int, group: Sequence[Point]) -> Read:
    start = group[0].at
    return Read(read_request(address, function, start, _end(group) - start), tuple(group))


class _Poll:
    """A sensor on its bus."""

    __slots__ = ("at", "interval", "reads", "sensor", "values")

    def __init__(self, sensor: Sensor, reads: tuple[Read, ...], interval: float) -> None:
        self.sensor, self.reads, self.interval = sensor, reads, interval
        self.at = 0
        """Which of its requests is under way."""
        self.values: dict[str, float | None] = {}


class ModbusFace:
    """Polls while the device runs. `bus_of` gives the bus of a box."""

    def __init__(self, device: Device, bus_of: Callable[[int], BusWay]) -> None:
        self._device = device
        self._bus_of = bus_of
        self._polling: list[_BusPolling] = []
        self._running = False
        sensors, quirks = device.sensors, device.profile.quirks.modbus
        if sensors is not None and quirks is not None:
            self._sensors, self._quirks = sensors, quirks
            sensors.on_change(self._list_changed)
            device.lifecycle.on_phase(self._phase_changed)

    def close(self) -> None:
        """Poll no more."""
        self._running = False
        for polling in self._polling:
            polling.stop()
        self._polling.clear()

    def _phase_changed(self, phase: Phase) -> None:
        if phase is Phase.RUNNING:
            self._running = True
            self._list_changed()
        elif phase is not Phase.STARTING:
            self.close()

    def _list_changed(self) -> None:
        """Frames and turns are made anew; the first poll of each sensor is due at once."""
        if not self._running:
            return
        for polling in self._polling:
            polling.stop()
        boxes: dict[int, list[Sensor]] = {}
        for sensor in self._sensors:
            boxes.setdefault(sensor.settings.box, []).append(sensor)
        self._polling = [
            _BusPolling(self._device, self._quirks, box, self._bus_of(box), self._polls(sensors))
            for box, sensors in boxes.items()
        ]

    def _polls(self, sensors: Sequence[Sensor]) -> list[_Poll]:
        polls = []
        for sensor in sensors:
            settings = sensor.settings
            reads = plan_reads(settings.address, settings.template.points, self._quirks.widest_gap)
            polls.append(_Poll(sensor, reads, self._sensors.interval(settings)))
        return polls


class _BusPolling:
    """The master on one bus."""

    def __init__(
        self, device: Device, quirks: ModbusQuirks, box: int, bus: BusWay, polls: Sequence[_Poll]
    ) -> None:
        assert device.sensors is not None
        self._device, self._sensors, self._box, self._bus = device, device.sensors, box, bus
        self._clock = device.world.clock
        self._session = MasterSession(
            timeout=quirks.answer_timeout, retries=quirks.retries, search=quirks.resynchronises
        )
        now = self._clock.now()
        self._due = [(now, turn, poll) for turn, poll in enumerate(polls)]
        self._turn = len(self._due)
        self._poll: _Poll | None = None
        self._pumping = False
        self._stopped = False
        self._timer: Timer | None = None
        self._arm(now)

    def stop(self) -> None:
        """Forget what is outstanding."""
        self._stopped = True
        self._session.give_up()
        self._bus.withdraw(self)
        if self._timer is not None:
            self._timer.cancel()

    # What the bus calls

    def hear(self, data: bytes) -> None:
        """Bytes of an answer, perhaps of an old one."""
        outcome = self._session.receive(data, self._clock.now())
        if outcome is not None:
            self._ended(outcome)
            self._pump()

    def later(self, delay: float, do: Callable[[], None]) -> None:
        """The module waits in device time."""
        self._clock.call_later(delay, do)

    # One request after another

    def _tick(self) -> None:
        self._timer = None
        outcome = self._session.tick(self._clock.now())
        if outcome is not None:
            self._ended(outcome)
        self._pump()

    def _pump(self) -> None:
        """Send what is due. A bus in memory answers before `ask` returns, so that this loop does many polls at once."""
        if self._pumping or self._stopped:
            return
        self._pumping = True
        try:
            while self._has_to_send():
                self._bus.withdraw(self)
                self._bus.ask(self, self._session.take_output())
        finally:
            self._pumping = False
        self._rearm()

    def _has_to_send(self) -> bool:
        session = self._session
        if self._stopped or (not session.busy and not self._begin()):
            return False
        return session.pending

    def _begin(self) -> bool:
        """Let the session have the next request that is due."""
        now = self._clock.now()
        poll = self._poll
        while poll is None:
            if not self._due or self._due[0][0] > now:
                return False
            poll = self._take(now)
        self._session.send(poll.reads[poll.at].request, now)
        return True

    def _take(self, now: float) -> _Poll | None:
        """The poll whose turn it is; its next one is an interval later, or the first of them that is not past."""
        due, _, poll = self._due[0]
        following = due + poll.interval
        self._turn += 1
        heapq.heapreplace(self._due, (following if following > now else now + poll.interval, self._turn, poll))
        if not box_present(self._device, self._box):
            self._sensors.failed(poll.sensor, "the box is offline", at_once=True)
            return None
        poll.at, poll.values = 0, {}
        self._poll = poll
        return poll

    def _ended(self, outcome: Outcome) -> None:
        cause = self._bus.cause(outcome.request.unit)
        if cause is None:
            self._conclude(outcome)
            return
        with self._device.world.journal.because(cause):
            self._conclude(outcome)

    def _conclude(self, outcome: Outcome) -> None:
        """An exception means that the sensor is there and has no value."""
        poll = self._poll
        if poll is None:
            return
        read = poll.reads[poll.at]
        if outcome.failure:
            self._poll = None
            self._sensors.failed(poll.sensor, outcome.failure)
            return
        poll.values.update(
            read.values(outcome.answer) if outcome.answer else dict.fromkeys(p.name for p in read.points)
        )
        poll.at += 1
        if poll.at == len(poll.reads):
            self._poll = None
            self._sensors.measured(poll.sensor, poll.values)

    def _arm(self, due: float) -> None:
        """Without the cause of whoever made the list: a poll has none but what it finds."""
        self._timer = contextvars.Context().run(self._clock.call_at, due, self._tick)

    def _rearm(self) -> None:
        if self._stopped:
            return
        deadline = self._session.next_deadline()
        if deadline is None:
            deadline = self._due[0][0] if self._due else None
        timer = self._timer
        if timer is not None and timer.due == deadline:
            return
        if timer is not None:
            timer.cancel()
            self._timer = None
        if deadline is not None:
            self._arm(deadline)
