"""Monitored doors: set up by hand or with the fleet, and seen on the broker and in the truth."""

from __future__ import annotations

import pytest
from engine_bench import EngineBench, module, speaker

from simulator.errors import FleetError


def test_a_door_of_the_fleet_is_told_on_the_broker(bench: EngineBench) -> None:
    bench.fleet(module(mqtt=True, doors={1: {"dps": 1, "rex": 7, "open_too_long": 20, "access": 5}}))
    subscriber = bench.subscriber()
    bench.act("close", "io-1/input/1")
    bench.advance(0.2)
    bench.act("open", "io-1/input/1")
    bench.advance(0.2)
    topic, payload = subscriber.wait_for("DoorForcedOpen")[-1]
    assert topic.endswith("Door/State/DoorAlarm/$source/DoorToken/Door 1")
    assert payload["message"]["data"] == {"State": "DoorForcedOpen"}
    bench.advance(20)
    subscriber.wait_for("DoorOpenTooLong")
    door = bench.state()["doors"]["1"]
    assert (door["state"], door["alarm"], door["mode"]) == ("Open", "DoorOpenTooLong", "Locked")


def test_a_door_is_added_and_removed_by_hand(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("monitor-door", {"device": "io-1", "door": 2, "dps": 9, "access": "3s"})
    assert bench.state()["doors"]["2"]["access"] == 3
    bench.act("monitor-door", {"device": "io-1", "door": 2, "do": "remove"})
    assert bench.state()["doors"] == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"device": "*", "dps": 1},
        {"device": "io-1"},
        {"device": "io-1", "dps": 1, "rex": 9},
        {"device": "io-1", "dps": 3},
    ],
)
def test_a_door_that_is_not_taken_changes_nothing(bench: EngineBench, fields: dict[str, object]) -> None:
    bench.fleet(module(), speaker())
    with pytest.raises(FleetError):
        bench.act("monitor-door", {"door": 1, **fields})
    assert bench.state()["doors"] == {}


def test_a_speaker_watches_no_door(bench: EngineBench) -> None:
    with pytest.raises(FleetError, match="Door Monitoring"):
        bench.fleet(speaker(doors={1: {"dps": 1}}))
