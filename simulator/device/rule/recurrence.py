"""When a schedule happens: the subset of RFC 5545 that the event service takes (io-events sheet 2.5).

    DTSTART:19700101T080000 DTEND:19700101T150000 RRULE:FREQ=WEEKLY;BYDAY=TU,WE,TH

blank- or newline-separated, in the local time of the device. Frequencies YEARLY (BYMONTH), MONTHLY (BYDAY with an
ordinal), WEEKLY (BYDAY), DAILY, HOURLY, MINUTELY and SECONDLY, each with INTERVAL. Weeks begin on Monday.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_STEPS: Final = {
    "DAILY": timedelta(days=1),
    "HOURLY": timedelta(hours=1),
    "MINUTELY": timedelta(minutes=1),
    "SECONDLY": timedelta(seconds=1),
}
_FIELDS: Final = {"YEARLY": {"BYMONTH"}, "MONTHLY": {"BYDAY"}, "WEEKLY": {"BYDAY"}}
LONGEST: Final = 1000
"""Characters of a schedule."""
HORIZON: Final = 100 * 12
"""Periods that are looked through for an occurrence: leap days and fifth Mondays are rare, but not so rare."""
_MOMENT = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d)(?::?(\d\d))?", re.ASCII)
_WEEKDAY = re.compile(r"(-?[0-5])?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_WHOLE = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


class ScheduleRefused(FleetError):
    """Text that is no schedule."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Start, length and repetition. All moments are local, without a zone."""

    start: datetime
    length: timedelta | None
    """None for a pulse."""
    frequency: str = ""
    """Empty: once."""
    interval: int = 1
    months: tuple[int, ...] = ()
    weekdays: tuple[tuple[int, int], ...] = ()
    """Ordinal, 0 for every one, and day, 0 for Monday."""

    @classmethod
    def parse(cls, text: str) -> Recurrence:
        """Raises ScheduleRefused."""
        if len(text) > LONGEST:
            raise ScheduleRefused("the schedule is too long")
        lines = dict(_lines(text))
        if "DTSTART" not in lines:
            raise ScheduleRefused("a schedule has a DTSTART")
        start = _moment(lines.pop("DTSTART"))
        end = _moment(lines.pop("DTEND")) if "DTEND" in lines else None
        rule = lines.pop("RRULE", "")
        if lines:
            raise ScheduleRefused(f"{next(iter(lines))} is not supported")
        if end is not None and end <= start:
            raise ScheduleRefused("DTEND is not after DTSTART")
        length = None if end is None else end - start
        return cls(start, length, *_rule(rule)) if rule else cls(start, length)

    @property
    def pulse(self) -> bool:
        return self.length is None

    def last(self, moment: datetime) -> datetime | None:
        """The latest occurrence at `moment` or before."""
        for occurrence in self._backwards(moment):
            if occurrence <= moment:
                return occurrence
        return None

    def next(self, moment: datetime) -> datetime | None:
        """The first occurrence after `moment`; None if there is none in the next hundred years."""
        for occurrence in self._forwards(moment):
            if occurrence > moment:
                return occurrence
        return None

    def active(self, moment: datetime) -> bool:
        """Whether an interval is running."""
        last = self.last(moment)
        return last is not None and self.length is not None and moment < last + self.length

    def change(self, moment: datetime) -> datetime | None:
        """When it has to be looked at again: the end of what is running, or the next beginning."""
        last = self.last(moment)
        if last is not None and self.length is not None and moment < last + self.length:
            return last + self.length
        return self.next(moment)

    def _forwards(self, moment: datetime) -> Iterator[datetime]:
        first = self._period(max(moment, self.start))
        for index in range(first, first + HORIZON):
            yield from self._occurrences(index)
            if not self.frequency:
                return

    def _backwards(self, moment: datetime) -> Iterator[datetime]:
        if moment < self.start:
            return
        first = self._period(moment)
        for index in range(first, max(-1, first - HORIZON), -1):
            yield from reversed(self._occurrences(index))
            if not self.frequency:
                return

    def _period(self, moment: datetime) -> int:
        """Number of the period of this rule in which a moment lies, or the one before."""
        if not self.frequency:
            return 0
        step = _STEPS.get(self.frequency)
        if step is not None:
            return (moment - self.start) // step // self.interval
        if self.frequency == "WEEKLY":
            return (moment - _monday(self.start)) // timedelta(weeks=1) // self.interval
        months = (moment.year - self.start.year) * 12
        if self.frequency == "MONTHLY":
            return (months + moment.month - self.start.month) // self.interval
        return (moment.year - self.start.year) // self.interval

    def _occurrences(self, index: int) -> list[datetime]:
        """Those of one period, in order, none before the start."""
        try:
            found = self._candidates(index)
        except OverflowError:  # beyond the year 9999
            return []
        return sorted(one for one in found if one >= self.start)

    def _candidates(self, index: int) -> list[datetime]:
        count, step = index * self.interval, _STEPS.get(self.frequency)
        if not self.frequency:
            return [self.start]
        if step is not None:
            return [self.start + count * step]
        if self.frequency == "WEEKLY":
            monday = _monday(self.start) + timedelta(weeks=count)
            days = [day for _, day in self.weekdays] or [self.start.weekday()]
            return [datetime.combine(monday + timedelta(days=day), self.start.time()) for day in set(days)]
        if self.frequency == "MONTHLY":
            year, month = divmod(self.start.year * 12 + self.start.month - 1 + count, 12)
            return self._in_month(year, month + 1)
        months = self.months or (self.start.month,)
        return [one for month in set(months) for one in self._on_day(self.start.year + count, month)]

    def _in_month(self, year: int, month: int) -> list[datetime]:
        if not self.weekdays:
            return self._on_day(year, month)
        first = _date(year, month, 1)
        if first is None:
            return []
        days = [first + timedelta(days=day) for day in range(31) if _date(year, month, day + 1) is not None]
        found: set[datetime] = set()
        for ordinal, weekday in self.weekdays:
            fitting = [day for day in days if day.weekday() == weekday]
            if ordinal == 0:
                found.update(fitting)
            elif abs(ordinal) <= len(fitting):
                found.add(fitting[ordinal - 1 if ordinal > 0 else ordinal])
        return [datetime.combine(day, self.start.time()) for day in found]

    def _on_day(self, year: int, month: int) -> list[datetime]:
        """The day of the start; months that do not have it are left out (RFC 5545 3.3.10)."""
        day = _date(year, month, self.start.day)
        return [] if day is None else [datetime.combine(day, self.start.time())]


def _date(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day)  # noqa: DTZ001 - local time of the device
    except ValueError:
        return None


def _monday(moment: datetime) -> datetime:
    return datetime.combine(moment, time()) - timedelta(days=moment.weekday())


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split():
        name, colon, value = line.partition(":")
        if not colon:
            raise ScheduleRefused(f"no line of a schedule: {line[:40]!r}")
        yield name, value


def _moment(text: str) -> datetime:
    found = _MOMENT.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - local time of the device
        if moment.year < 2:  # so that weeks can be counted from the Monday before
            raise ValueError
    except ValueError:
        raise ScheduleRefused(f"no date and time: {text[:40]!r}") from None
    return moment


def _rule(text: str) -> tuple[str, int, tuple[int, ...], tuple[tuple[int, int], ...]]:
    parts = dict(part.partition("=")[::2] for part in text.rstrip(";").split(";"))
    frequency = parts.pop("FREQ", "")
    if frequency not in _STEPS and frequency not in _FIELDS:
        raise ScheduleRefused(f"no frequency {frequency[:20]!r}")
    interval = parts.pop("INTERVAL", "1")
    if not _WHOLE.fullmatch(interval):
        raise ScheduleRefused(f"no interval {interval[:20]!r}")
    for strange in parts.keys() - _FIELDS.get(frequency, set()):
        raise ScheduleRefused(f"{strange[:20]} does not go with {frequency}")
    months = _months(parts["BYMONTH"]) if "BYMONTH" in parts else ()
    weekdays = _weekdays(parts["BYDAY"], frequency) if "BYDAY" in parts else ()
    return frequency, int(interval), months, weekdays


def _months(text: str) -> tuple[int, ...]:
    numbers = text.split(",")
    if not all(number.isascii() and number.isdecimal() and 1 <= int(number[:3]) <= 12 for number in numbers):
        raise ScheduleRefused(f"no months: {text[:40]!r}")
    return tuple(sorted({int(number) for number in numbers}))


def _weekdays(text: str, frequency: str) -> tuple[tuple[int, int], ...]:
    found = [_WEEKDAY.fullmatch(day) for day in text.split(",")]
    days = tuple((int(one[1] or 0), DAYS.index(one[2])) for one in found if one is not None)
    if len(days) != len(found) or (frequency == "WEEKLY" and any(ordinal for ordinal, _ in days)):
        raise ScheduleRefused(f"no weekdays: {text[:40]!r}")
    return days
