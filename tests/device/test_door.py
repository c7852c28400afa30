"""AXIS Door Monitoring: the table of io-events sheet 1.13, row by row, and what the application refuses."""

from __future__ import annotations

import pytest
from device_bench import Bench

from simulator.device.door import DoorSetting
from simulator.device.door_monitoring import DoorMonitoring
from simulator.device.loop import EndOfLine, Loop
from simulator.device.parameter import Refused

DPS, REX = 1, 7
TOO_LONG, ACCESS = 20.0, 5.0


class Doorway:
    """One monitored door of a running module: shut, and supervised where asked."""

    def __init__(self, *, supervised: bool = False, closed: bool = True) -> None:
        self.bench = Bench("A9210")
        if supervised:
            self.bench.device.ports[DPS].install(EndOfLine.SERIAL_1K)
        if closed:
            self.leaf.close_switch()
            self.bench.advance(0.1)
        self.monitoring.configure(DoorSetting(1, DPS, REX, TOO_LONG, ACCESS))

    @property
    def monitoring(self) -> DoorMonitoring:
        assert self.bench.device.door_monitoring is not None
        return self.bench.device.door_monitoring

    @property
    def leaf(self) -> Loop:
        return self.loop(DPS)

    def loop(self, number: int) -> Loop:
        loop = self.bench.device.ports[number].loop
        assert loop is not None
        return loop

    def open(self) -> None:
        self.leaf.open_switch()
        self.bench.advance(0.1)

    def close(self) -> None:
        self.leaf.close_switch()
        self.bench.advance(0.1)

    def request(self, *, held: bool = False) -> None:
        self.loop(REX).close_switch()
        self.bench.advance(0.1)
        if not held:
            self.loop(REX).open_switch()
            self.bench.advance(0.1)

    @property
    def told(self) -> tuple[str, str, str]:
        """Position, alarm and mode, from the events."""
        return self.state("DoorPhysicalState"), self.state("DoorAlarm"), self.state("DoorMode")

    def state(self, topic: str) -> str:
        (state,) = self.bench.states(f"Door/State/{topic}")
        assert state["DoorToken"] == "Door 1"
        return state["State"]


def test_a_door_at_rest() -> None:
    assert Doorway().told == ("Closed", "Normal", "Locked")


def test_a_door_opened_without_a_request_is_forced() -> None:
    door = Doorway()
    door.open()
    assert door.told == ("Open", "DoorForcedOpen", "Locked")
    door.close()
    assert door.told == ("Closed", "Normal", "Locked")


def test_a_request_lets_it_open_and_closing_uses_the_access_up() -> None:
    door = Doorway()
    door.request()
    assert door.told == ("Closed", "Normal", "Accessed")
    door.open()
    assert door.told == ("Open", "Normal", "Accessed")
    door.close()
    assert door.told == ("Closed", "Normal", "Locked")
    door.open()
    assert door.told[1] == "DoorForcedOpen"


def test_access_ends_with_its_time() -> None:
    door = Doorway()
    door.request()
    door.bench.advance(ACCESS - 0.5)
    assert door.told[2] == "Accessed"
    door.bench.advance(0.5)
    assert door.told[2] == "Locked"
    door.open()
    assert door.told[1] == "DoorForcedOpen"


def test_a_request_that_is_held_lets_it_open_after_the_access_time_too() -> None:
    door = Doorway()
    door.request(held=True)
    door.bench.advance(ACCESS + 1)
    assert door.told[2] == "Locked"
    door.open()
    assert door.told == ("Open", "Normal", "Locked")


def test_another_request_extends_the_access() -> None:
    door = Doorway()
    door.request()
    door.bench.advance(ACCESS - 1)
    door.request()
    door.bench.advance(ACCESS - 1)
    assert door.told[2] == "Accessed"


@pytest.mark.parametrize("requested", [True, False])
def test_a_door_left_open(requested: bool) -> None:
    door = Doorway()
    if requested:
        door.request()
    door.open()
    door.bench.advance(TOO_LONG - 0.5)
    assert door.told[1] == ("Normal" if requested else "DoorForcedOpen")
    door.bench.advance(0.5)
    assert door.told[:2] == ("Open", "DoorOpenTooLong")
    door.close()
    assert door.told == ("Closed", "Normal", "Locked")
    door.bench.advance(TOO_LONG * 2)
    assert door.told[1] == "Normal"


@pytest.mark.parametrize("deed", ["cut", "short"])
def test_a_supervised_sensor_that_is_tampered_with(deed: str) -> None:
    door = Doorway(supervised=True)
    getattr(door.leaf, deed)()
    door.bench.advance(0.1)
    assert door.told[0] == "Fault"
    assert (door.state("DoorFault"), door.state("DoorTamper")) == ("FaultDetected", "TamperDetected")
    door.leaf.restore()
    door.bench.advance(0.1)
    assert door.told == ("Closed", "Normal", "Locked")
    assert (door.state("DoorFault"), door.state("DoorTamper")) == ("NotInFault", "NotInTamper")


def test_a_door_that_opened_behind_a_fault_was_forced() -> None:
    door = Doorway(supervised=True)
    door.leaf.cut()
    door.open()
    door.leaf.restore()
    door.bench.advance(0.1)
    assert door.told[:2] == ("Open", "DoorForcedOpen")


def test_an_open_door_that_faults_and_returns_is_not_forced_and_its_time_runs_on() -> None:
    door = Doorway(supervised=True)
    door.request()
    door.open()
    door.leaf.cut()
    door.bench.advance(1)
    door.leaf.restore()
    door.bench.advance(0.1)
    assert door.told[:2] == ("Open", "Normal")
    door.bench.advance(TOO_LONG)
    assert door.told[1] == "DoorOpenTooLong"


def test_a_door_found_open_is_not_forced_but_may_be_open_too_long() -> None:
    door = Doorway(closed=False)
    assert door.told == ("Open", "Normal", "Locked")
    door.bench.advance(TOO_LONG)
    assert door.told[1] == "DoorOpenTooLong"


def test_it_goes_on_after_a_restart_and_ends_with_a_factory_default() -> None:
    door = Doorway()
    device = door.bench.device
    device.lifecycle.power_cut()
    assert door.monitoring.doors == ()
    assert door.bench.states("DoorPhysicalState") == []
    door.leaf.open_switch()
    door.bench.advance(60)
    device.lifecycle.power_on()
    door.bench.boot()
    assert door.told[:2] == ("Open", "Normal")
    device.lifecycle.factory_default()
    door.bench.advance(120)
    assert door.monitoring.settings() == ()
    assert door.bench.states("DoorPhysicalState") == []


def test_a_removed_door_is_told_of_no_more() -> None:
    door = Doorway()
    door.open()
    door.monitoring.remove(1)
    assert door.bench.states("DoorAlarm") == []
    door.bench.advance(TOO_LONG * 2)
    assert door.bench.states("DoorAlarm") == []


def test_five_doors_go_their_own_ways() -> None:
    door = Doorway()
    for number, dps in ((2, 2), (3, 5), (4, 9), (5, 10)):
        door.loop(dps).close_switch()
        door.bench.advance(0.1)
        door.monitoring.configure(DoorSetting(number, dps, None, TOO_LONG, ACCESS))
    door.loop(5).open_switch()
    door.bench.advance(0.1)
    alarms = {state["DoorToken"]: state["State"] for state in door.bench.states("DoorAlarm")}
    assert alarms == {f"Door {n}": "DoorForcedOpen" if n == 3 else "Normal" for n in range(1, 6)}


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        (DoorSetting(6, 2, None, 20, 5), "numbered 1 to 5"),
        (DoorSetting(0, 2, None, 20, 5), "numbered 1 to 5"),
        (DoorSetting(2, 0, None, 20, 5), "not at 0"),
        (DoorSetting(2, 2, 5, 20, 5), "I/O 1 or I/O 2"),
        (DoorSetting(2, 1, None, 20, 5), "belongs to another"),
        (DoorSetting(2, 2, 7, 20, 5), "belongs to another"),
        (DoorSetting(2, 8, 8, 20, 5), "at once"),
        (DoorSetting(2, 2, None, 0, 5), "times"),
        (DoorSetting(2, 2, None, 20, float("inf")), "times"),
    ],
)
def test_what_the_application_does_not_take(setting: DoorSetting, why: str) -> None:
    door = Doorway()
    with pytest.raises(Refused, match=why):
        door.monitoring.configure(setting)
    assert len(door.monitoring.settings()) == 1
