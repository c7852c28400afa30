"""Schedules against another implementation of RFC 5545: dateutil."""

from datetime import datetime as moment_of
from datetime import timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from simulator.device.rule.recurrence import DAYS, Recurrence, ScheduleRefused


def at(*parts):
    """Local time of a device, without a zone."""
    return moment_of(*parts)  # noqa: DTZ001


STARTS = st.datetimes(at(1970, 1, 1), at(2040, 1, 1)).map(lambda moment: moment.replace(microsecond=0))


@st.composite
def rules(draw):
    frequency = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"]))
    parts = [f"FREQ={frequency}"]
    days = st.lists(st.sampled_from(DAYS), min_size=1, max_size=4, unique=True)
    if frequency == "YEARLY" and draw(st.booleans()):
        months = draw(st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True))
        parts.append("BYMONTH=" + ",".join(map(str, months)))
    if frequency == "WEEKLY" and draw(st.booleans()):
        parts.append("BYDAY=" + ",".join(draw(days)))
    if frequency == "MONTHLY" and draw(st.booleans()):
        ordinals = st.sampled_from(["1", "2", "3", "4", "5", "-1", "-2", "-5"])
        plain = draw(st.booleans())  # dateutil takes plain days and ordinals together for both at once
        parts.append("BYDAY=" + ",".join(("" if plain else draw(ordinals)) + day for day in draw(days)))
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 7))}")
    return ";".join(parts)


@given(STARTS, rules(), st.timedeltas(timedelta(days=-400), timedelta(days=4000)))
def test_the_next_and_the_last_occurrence_are_those_of_dateutil(start, rule, distance):
    moment = start + distance
    ours = Recurrence.parse(f"DTSTART:{start:%Y%m%dT%H%M%S} RRULE:{rule}")
    theirs = rrulestr(f"RRULE:{rule}", dtstart=start)
    near = theirs if "SECONDLY" not in rule and "MINUTELY" not in rule else None
    if near is not None:
        assert ours.next(moment) == near.after(moment)
        assert ours.last(moment) == near.before(moment, inc=True)
    else:  # counting seconds for years takes dateutil minutes: begin near the moment, in step with the start
        step = {"S": 1, "M": 60}[rule[5]] * int(rule.partition("INTERVAL=")[2] or 1)
        skipped = max(0, (moment - start) // timedelta(seconds=step) - 2) * step
        near = rrulestr(f"RRULE:{rule}", dtstart=start + timedelta(seconds=skipped))
        assert ours.next(moment) == near.after(moment)
        assert ours.last(moment) == near.before(moment, inc=True)


@given(
    STARTS,
    rules(),
    st.timedeltas(timedelta(minutes=1), timedelta(days=3)),
    st.timedeltas(max_value=timedelta(days=900)),
)
def test_an_interval_changes_only_when_it_says_so(start, rule, length, distance):
    moment = start + max(distance, timedelta(days=-30))
    ours = Recurrence.parse(f"DTSTART:{start:%Y%m%dT%H%M%S} DTEND:{start + length:%Y%m%dT%H%M%S} RRULE:{rule}")
    change = ours.change(moment)
    if change is not None:
        assert change > moment
        assert ours.active(change - timedelta(microseconds=1)) is ours.active(moment)


def test_the_documented_example_is_active_on_its_days_from_eight_to_three():
    ours = Recurrence.parse("DTSTART:19700101T080000 DTEND:19700101T150000 RRULE:FREQ=WEEKLY;BYDAY=TU,WE,TH")
    tuesday = at(2026, 3, 3)
    assert [hour for hour in range(24) if ours.active(tuesday.replace(hour=hour))] == list(range(8, 15))
    assert not ours.active(at(2026, 3, 2, 9))


def test_dates_with_dashes_and_without_seconds_are_taken():
    assert Recurrence.parse("DTSTART:2011-12-12T06:00").start == at(2011, 12, 12, 6)
    assert Recurrence.parse("DTSTART:20111212T06:00\nDTEND:20111212T09:00").length == timedelta(hours=3)


def test_without_a_rule_it_happens_once():
    ours = Recurrence.parse("DTSTART:20260301T090000")
    assert ours.next(at(2026, 3, 1)) == at(2026, 3, 1, 9)
    assert ours.next(at(2026, 3, 1, 9)) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DTSTART",
        "DTSTART:20260230T000000",
        "DTSTART:20260301T090000 DTEND:20260301T090000",
        "DTSTART:20260301T090000 RRULE:FREQ=FORTNIGHTLY",
        "DTSTART:20260301T090000 RRULE:FREQ=DAILY;INTERVAL=0",
        "DTSTART:20260301T090000 RRULE:FREQ=DAILY;BYDAY=MO",
        "DTSTART:20260301T090000 RRULE:FREQ=WEEKLY;BYDAY=1MO",
        "DTSTART:20260301T090000 RRULE:FREQ=YEARLY;BYMONTH=13",
        "DTSTART:20260301T090000 RRULE:FREQ=DAILY;COUNT=2",
        "DTSTART:20260301T090000 EXDATE:20260302T090000",
        "DTSTART:20260301T090000 " * 60,
    ],
)
def test_what_is_no_schedule_is_refused(text):
    with pytest.raises(ScheduleRefused):
        Recurrence.parse(text)


@pytest.mark.parametrize("rule", ["YEARLY;BYMONTH=2", "YEARLY;INTERVAL=999999999", "MONTHLY;INTERVAL=999999999"])
def test_what_never_happens_is_found_out_soon(rule):
    ours = Recurrence.parse(f"DTSTART:20260130T000000 RRULE:FREQ={rule}")
    assert ours.next(at(2026, 2, 1)) is None


@pytest.mark.fuzz
@given(st.text(st.sampled_from("DTSARENULRQ:=;,-0123456789TMOWEHF \n"), max_size=80) | st.text(max_size=60))
def test_any_text_is_a_schedule_or_refused(text):
    try:
        ours = Recurrence.parse(text)
    except ScheduleRefused:
        return
    ours.change(at(2026, 3, 1))
    ours.active(at(2026, 3, 1))
