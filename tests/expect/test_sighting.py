"""What an observer keeps: everything in order, and of each event what was told last."""

from __future__ import annotations

from typing import Any

from simulator.expect.observer.sighting import MOST_STATES, Sightings


def note(port: str, state: str, topic: str = "tns1:Device/tnsaxis:IO/Port") -> dict[str, Any]:
    return {"topic": topic, "message": {"source": {"port": port}, "data": {"state": state}}}


def seen(*notes: Any, device: str = "io-1") -> Sightings:
    sightings = Sightings("stream")
    for one in notes:
        sightings.add(device, {"text": "as it came"}, one)
    return sightings


def test_of_each_source_the_last_state_is_kept() -> None:
    sightings = seen(note("1", "0"), note("2", "0"), note("1", "1"))
    assert sightings.told("io-1") == [note("2", "0"), note("1", "1")]
    assert [one["number"] for one in sightings.after(1, "io-1")] == [2, 3]


def test_devices_are_kept_apart() -> None:
    assert seen(note("1", "0")).told("io-2") == []


def test_what_is_no_event_is_seen_and_tells_nothing() -> None:
    strange = [None, "text", [], {"topic": 7, "message": {}}, {"topic": "t"}, {"topic": "t", "message": "m"}]
    sightings = seen(*strange)
    assert sightings.told("io-1") == []
    assert len(sightings.after(0)) == len(strange)


def test_a_stranger_who_invents_events_fills_no_memory() -> None:
    sightings = seen(*(note(str(number), "1") for number in range(MOST_STATES + 10)))
    told = sightings.told("io-1")
    assert len(told) == MOST_STATES
    assert told[0] == note("10", "1")
