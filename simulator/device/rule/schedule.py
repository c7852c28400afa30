"""Schedules as events: an interval is a state, a pulse an occurrence (io-events sheet 2.2, 2.5).

Whoever has the same schedule in the same time zone shares one timer of the fleet's clock: the four schedules from the
factory cost a thousand devices no more than one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING

from simulator.device.rule.recurrence import Recurrence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.clock import SimClock, Timer
    from simulator.device.event import Items, Key

INTERVAL = "tns1:UserAlarm/tnsaxis:Recurring/Interval"
PULSE = "tns1:UserAlarm/tnsaxis:Recurring/Pulse"
GENERATED = "com.axis.schedules.genid."
"""How the ids begin that the device chooses."""


@lru_cache(maxsize=1024)
def recurrence(text: str) -> Recurrence:
    """Raises ScheduleRefused."""
    return Recurrence.parse(text)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule or pulse as it is kept."""

    id: str
    name: str
    text: str
    """iCalendar, as it was given."""

    @classmethod
    def of(cls, token: str, name: str, text: str) -> Schedule:
        """Raises ScheduleRefused for text that is no schedule."""
        recurrence(text)
        return cls(token, name, text)

    @property
    def recurrence(self) -> Recurrence:
        return recurrence(self.text)

    @property
    def pulse(self) -> bool:
        return self.recurrence.pulse

    @property
    def key(self) -> Key:
        """Topic and source of an interval's state."""
        return INTERVAL, (("id", self.id),)


@dataclass(frozen=True, slots=True)
class Wall:
    """What a device takes for the time: its zone, and how far its clock was set off."""

    zone: tzinfo
    offset: timedelta

    def local(self, clock: SimClock) -> datetime:
        """Local date and time now, without a zone."""
        return (clock.wall() + self.offset).astimezone(self.zone).replace(tzinfo=None)

    def seconds(self, clock: SimClock, local: datetime) -> float:
        """Device time of a local moment; the first of two where clocks are put back."""
        utc = local.replace(tzinfo=self.zone).astimezone(UTC)
        return (utc - self.offset - clock.epoch).total_seconds()


Hear = Callable[["Schedule", bool], None]
"""Told of a schedule: whether an interval runs from now on; of a pulse, always true."""
_Key = tuple[tuple["Schedule", ...], Wall]


@dataclass(slots=True)
class Board:
    """The schedules of one fleet that anybody goes by."""

    _rows: dict[_Key, _Row] = field(default_factory=dict)

    def watch(self, clock: SimClock, schedules: tuple[Schedule, ...], wall: Wall, hear: Hear) -> Watch:
        """Call `hear` whenever one of the schedules begins or ends, or pulses."""
        key = (schedules, wall)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = _Row(clock, schedules, wall)
            row.arm()
        token = object()
        row.watchers[token] = hear

        def stop() -> None:
            row.watchers.pop(token, None)
            if not row.watchers:
                row.disarm()
                self._rows.pop(key, None)

        return Watch(row.states(), stop)


@dataclass(frozen=True, slots=True)
class Watch:
    """What one who watches is given."""

    states: tuple[tuple[Mapping[Key, None], Items], ...]
    """Topic and source of the intervals that run and of those that rest, with their data: as `EventBus.assume` takes
    them, shared by all who watch."""
    stop: Callable[[], None]
    """Ends it."""


@dataclass(slots=True)
class _Row:
    """One set of schedules in one zone, and who goes by it. One timer, for the next change of any."""

    clock: SimClock
    schedules: tuple[Schedule, ...]
    wall: Wall
    watchers: dict[object, Hear] = field(default_factory=dict)
    timer: Timer | None = None
    dues: dict[Schedule, datetime] = field(default_factory=dict)
    """Local moment of the next change of each schedule that will change."""
    known: tuple[tuple[Mapping[Key, None], Items], ...] | None = None

    def arm(self) -> None:
        """See when each changes, and set the timer for the first. Nobody in particular is its cause."""
        now = self.wall.local(self.clock)
        for schedule in self.schedules:
            self._look_ahead(schedule, now)
        self._set_timer()

    def states(self) -> tuple[tuple[Mapping[Key, None], Items], ...]:
        """Which intervals run and which rest, worked out once until something changes."""
        if self.known is None:
            now = self.wall.local(self.clock)
            intervals = [(one, one.recurrence.active(now)) for one in self.schedules if not one.pulse]
            sides = [
                ({one.key: None for one, running in intervals if running is wanted}, (("active", text),))
                for wanted, text in ((True, "1"), (False, "0"))
            ]
            self.known = tuple((keys, data) for keys, data in sides if keys)
        return self.known

    def disarm(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def _look_ahead(self, schedule: Schedule, moment: datetime) -> None:
        due = schedule.recurrence.change(moment)
        if due is None:
            self.dues.pop(schedule, None)
        else:
            self.dues[schedule] = due

    def _set_timer(self) -> None:
        if self.dues:
            at = max(self.clock.now(), self.wall.seconds(self.clock, min(self.dues.values())))
            self.timer = Context().run(self.clock.call_at, at, self._rang)

    def _rang(self) -> None:
        """What was missed while the machine slept is made up for once."""
        self.timer = self.known = None
        first = min(self.dues.values())
        now = max(first, self.wall.local(self.clock))
        for schedule in [schedule for schedule, due in self.dues.items() if due <= now]:
            active = schedule.pulse or schedule.recurrence.active(now)
            self._look_ahead(schedule, now)
            for hear in tuple(self.watchers.values()):
                hear(schedule, active)
        if self.watchers and self.timer is None:
            self._set_timer()
