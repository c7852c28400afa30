"""What each fixture gives, shown by a pytest of its own."""

from __future__ import annotations

import sys

import pytest


def test_two_lines_start_a_device_that_answers(inner, tell):
    inner.file(
        tell
        + """
def test_io(axis_io):
    assert ready(axis_io.url) == "yes"

def test_speaker(axis_speaker):
    assert ready(axis_speaker.url) == "yes"
    assert axis_speaker.playing is False

def test_both(axis_io, axis_speaker):
    assert {axis_io.name, axis_speaker.name} == {"io-1", "speaker-1"}
    assert axis_io.serial != axis_speaker.serial
"""
    )
    inner.run().assert_outcomes(passed=3)


def test_each_test_has_a_fresh_fleet_and_one_engine_serves_them_all(inner, tell):
    inner.file(
        tell
        + """
@pytest.mark.axis(devices=[{"name": "door", "model": "A9210"}, {"name": "hall", "model": "C1410"}])
def test_first(axis_fleet, axis_io, axis_process):
    assert [device.name for device in axis_fleet] == ["door", "hall"]
    assert axis_io.name == "door"
    axis_io.set("yes", fact="relay/0")
    assert axis_io.relay.active
    tell("first", axis_process.pid)

def test_second(axis_fleet, axis_io, axis_process):
    assert [device.name for device in axis_fleet] == ["io-1"]
    assert not axis_io.relay.active
    tell("second", axis_process.pid)

def test_third(axis_fleet):
    assert list(axis_fleet) == []
    added = axis_fleet.add("late", model="A9210")
    assert axis_fleet["late"].serial == added.serial
"""
    )
    inner.run().assert_outcomes(passed=3)
    assert inner.told("first") == inner.told("second")


def test_clock_is_moved_by_hand_when_virtual(inner):
    inner.file("""
import time
from simulator.errors import FleetError

def test_advance(axis_io, axis_clock):
    begun = time.monotonic()
    axis_clock.pause()
    assert axis_clock.now == 0
    axis_clock.advance("90s")
    assert axis_clock.now == 90
    axis_io.reboot()
    assert axis_io.state["phase"] != "running"
    axis_clock.advance("10m")
    assert axis_io.state["phase"] == "running"
    assert time.monotonic() - begun < 30
    with pytest.raises(FleetError, match="stepped"):
        axis_clock.rate(5)

def test_expectations_move_it_too(axis_io, axis_clock):
    axis_io.input(1).cut()
    axis_io.expect.everywhere("tampering", within="5m").wait()
    assert axis_clock.now < 300
""")
    inner.run("--axis-clock", "virtual").assert_outcomes(passed=2)


def test_clock_runs_rests_and_hurries_when_real(inner):
    inner.file("""
from simulator.errors import FleetError

def test_real(axis_fleet, axis_clock):
    axis_clock.pause()
    stopped = axis_clock.now
    with pytest.raises(FleetError, match="paused"):
        axis_clock.advance("1s")
    assert axis_clock.now == stopped
    axis_clock.resume()
    axis_clock.rate(20)
    axis_clock.advance("4s")
    assert axis_clock.now >= stopped + 4
""")
    inner.run().assert_outcomes(passed=1)


def test_capaxis_tells_what_client_and_fleet_did(inner, tell):
    inner.file(
        tell
        + """
def test_journal(axis_io, capaxis):
    ready(axis_io.url)
    asked = capaxis.of("request")
    assert [(one["device"], one["what"]) for one in asked] == [("io-1", "POST /axis-cgi/systemready.cgi")]
    capaxis.clear()
    assert capaxis.records == []
    axis_io.input(1).cut()
    axis_io.expect.everywhere("tampering", within=20).wait()
    assert [one["what"] for one in capaxis.of("action")] == ["cut"]
    assert any("SupervisedPort" in one["data"].get("topic", "") for one in capaxis.of("mqtt"))
    assert capaxis.of("request") == [], "our own observers are no client"
"""
    )
    inner.run().assert_outcomes(passed=1)


def test_factory_makes_fleets_that_outlive_a_test(inner, tell):
    inner.file(
        tell
        + """
@pytest.fixture(scope="module")
def site(axis_fleet_factory):
    fleet = axis_fleet_factory(devices=[{"name": "io-1", "model": "A9210"}], seed=3)
    yield fleet
    fleet.close()

def test_one(site):
    site["io-1"].input(1).short()

def test_two(site, axis_io):
    assert site["io-1"].input(1).state["ohms"] == 0
    assert axis_io.input(1).state["ohms"] != 0, "the fleet of the test is another"
    assert ready(site["io-1"].url) == "yes"
    assert site["io-1"].address != axis_io.address

def test_closed_at_the_end(axis_fleet_factory):
    fleet = axis_fleet_factory()
    tell("pid", fleet.engine.pid)
"""
    )
    inner.run().assert_outcomes(passed=3)


def test_options_can_be_overridden_by_a_fixture(inner):
    inner.pytester.makeconftest("""
import dataclasses
import pytest

@pytest.fixture(scope="session")
def axis_options(axis_options):
    return dataclasses.replace(axis_options, firmware=("11.11.192",), account={"user": "boss", "password": "secret"})
""")
    inner.file("""
def test_override(axis_io):
    assert axis_io.firmware == "11.11.192"
    assert (axis_io.user, axis_io.password) == ("boss", "secret")
""")
    inner.run().assert_outcomes(passed=1)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's list of children")
def test_nothing_starts_before_it_is_asked_for(inner):
    inner.file("""
def test_no_child(axis_options, tmp_path):
    children = pathlib.Path(f"/proc/self/task/{os.getpid()}/children")
    assert children.read_text() == ""
""")
    inner.run().assert_outcomes(passed=1)


def test_an_unknown_field_of_a_device_is_named(inner):
    inner.file("""
@pytest.mark.parametrize("axis_io", [{"modulse": 3}], indirect=True)
def test_typo(axis_io): pass
""")
    result = inner.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*FleetError: modulse: Extra inputs are not permitted*"])
