"""The journal is bounded, numbered and watched."""

from __future__ import annotations

import json

from simulator.clock import SimClock
from simulator.journal import Journal, Kind


def test_numbers_go_on_over_the_bound_and_over_clearing() -> None:
    journal = Journal(SimClock(stepped=True), capacity=3)
    for index in range(5):
        journal.append(Kind.NOTE, "", str(index))
    assert [record.number for record in journal.since(0)] == [3, 4, 5]
    assert [record.number for record in journal.since(4)] == [5]
    assert journal.dropped == 2
    journal.clear()
    assert journal.dropped == 0
    assert journal.append(Kind.NOTE, "", "next").number == 6
    assert journal.dropped == 0


def test_a_watcher_sees_each_record_once_until_it_stops() -> None:
    journal, seen = Journal(SimClock(stepped=True)), []
    stop = journal.watch(lambda record: seen.append(record.what))
    journal.append(Kind.NOTE, "", "one")
    stop()
    stop()
    journal.append(Kind.NOTE, "", "two")
    assert seen == ["one"]


def test_a_record_is_plain_json() -> None:
    journal = Journal(SimClock(stepped=True))
    record = journal.append(Kind.STATE, "io-1", "port", port=3, closed=True)
    shown = json.loads(json.dumps(record.as_json()))
    assert shown.pop("wire") > 0
    assert shown == {
        "number": 1,
        "at": 0.0,
        "kind": "state",
        "device": "io-1",
        "what": "port",
        "data": {"port": 3, "closed": True},
        "cause": None,
    }
