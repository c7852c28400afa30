"""`--axis-attach`: tests against a fleet that somebody else has started."""

from __future__ import annotations

import pytest

from simulator.fleet.child import Child
from simulator.fleet.session import Session


@pytest.fixture
def running():
    engine = Child("simulator.fleet.engine")
    session = Session(engine.caller)
    session.populate({"seed": 7, "devices": [{"name": "gate", "model": "A9210"}]})
    yield session
    session.close()
    engine.stop()


def test_tests_use_the_running_fleet_and_leave_it_standing(inner, running):
    inner.file("""
left = []

def test_uses_what_is_there(axis_io, axis_fleet, axis_process):
    assert axis_io.name == "gate" and axis_process.pid is None
    axis_io.input(1).cut()
    axis_io.expect.state(port=1, closed=False, within=20).wait()

def test_sees_only_its_own_part_of_the_journal(axis_io, capaxis):
    assert capaxis.of("action") == []

@pytest.mark.axis_feature("sip-tls")
def test_lacks(axis_io): raise AssertionError

@pytest.mark.parametrize("axis_io", [{"mqtt": False}], indirect=True)
def test_wants_its_own(axis_io): raise AssertionError

@pytest.mark.axis(devices=[{"name": "gate", "model": "A9210"}, {"name": "hall", "model": "C1410"}])
def test_adds_what_lacks(axis_speaker): assert axis_speaker.name == "hall"

def test_leaves_a_connection(axis_io):
    host, _, port = axis_io.url.removeprefix("http://").partition(":")
    left.append(socket.create_connection((host, int(port or 80))))

def test_is_not_blamed_for_it(axis_io): left.pop().close()
""")
    url = running.caller.call("GET", "/v1/health")["control"]
    result = inner.run(f"--axis-attach={url}")
    result.assert_outcomes(passed=5, skipped=2, errors=1)
    result.stdout.fnmatch_lines([f"axis: * addresses={url} *", "*left connections open *: gate http from *"])
    assert [device.name for device in running] == ["gate", "hall"]
    assert running["gate"].input(1).state["closed"] is False


def test_nobody_there_is_told(inner):
    inner.file("def test_io(axis_io): pass")
    result = inner.run("--axis-attach=http://127.0.0.1:9")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E*EngineGone: the engine does not answer (*Connection refused)"])
