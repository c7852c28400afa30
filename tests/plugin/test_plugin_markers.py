"""Markers are checked before anything runs, and parameters of devices make readable ids."""

from __future__ import annotations

import pytest


def test_wrong_markers_are_one_usage_error_that_names_what_is_valid(inner):
    inner.file("""
@pytest.mark.axis(device=[])
def test_keyword(): pass

@pytest.mark.axis("12.9.57")
def test_position(): pass

@pytest.mark.axis(seed="7", evidence="never", devices={"name": "io-1"})
def test_values(): pass

@pytest.mark.axis_feature()
def test_feature(): pass

@pytest.mark.axis_expect_leak("sockets")
def test_leak(): pass
""")
    result = inner.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    takes = "it takes devices, firmware, seed, evidence, allow_unknown"
    result.stderr.fnmatch_lines(
        [
            f"ERROR: test_inner.py::test_keyword: marker axis does not take device; {takes}",
            f"test_inner.py::test_position: marker axis does not take positional arguments; {takes}",
            "test_inner.py::test_values: marker axis: devices must be a list of devices*",
            "test_inner.py::test_values: marker axis: seed must be a whole number, not '7'",
            "test_inner.py::test_values: marker axis: evidence must be one of off, on, retain-on-failure, not 'never'",
            "test_inner.py::test_feature: marker axis_feature takes names of features*",
            "test_inner.py::test_leak: marker axis_expect_leak takes 'connections' and 'subscriptions'*",
        ]
    )


def test_wrong_markers_are_told_under_xdist_too(inner):
    inner.file("""
@pytest.mark.axis(device=[])
def test_keyword(): pass
""")
    result = inner.run("-n", "1")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*marker axis does not take device; it takes devices, firmware, seed, evidence, *"]
    )


def test_a_feature_that_the_fleet_lacks_skips(inner):
    inner.file("""
@pytest.mark.axis_feature("http", "loopback")
def test_has(axis_io): pass

@pytest.mark.axis_feature("sip-tls")
def test_lacks(axis_io): raise AssertionError("is not reached")
""")
    result = inner.run("-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(
        ["SKIPPED * this fleet has no sip-tls; it has loopback, http, https, mqtt, stream*"]
    )


def test_devices_as_parameters_have_ids_of_their_fields(inner):
    inner.file("""
DOORS = [{}, {"mqtt": False}, {"firmware": "11.11.192", "supervised": {"1": "SerialFirst10k"}}]

@pytest.mark.parametrize("axis_io", DOORS, indirect=True)
def test_door(axis_io, request):
    fields = request.node.callspec.params["axis_io"]
    assert axis_io.firmware == fields.get("firmware", "12.9.57")
    assert (axis_io.description["mqtt"] is None) == (fields.get("mqtt") is False)

@pytest.mark.parametrize("axis_speaker", [{"name": "hall"}], indirect=True)
@pytest.mark.parametrize("axis_io", [{"name": "gate"}], indirect=True)
def test_both(axis_io, axis_speaker):
    assert (axis_io.name, axis_speaker.name) == ("gate", "hall")
""")
    result = inner.run("-v")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        [
            "*::test_door[[]default] PASSED*",
            "*::test_door[[]mqtt=False] PASSED*",
            "*::test_door[[]firmware=11.11.192-supervised.1=SerialFirst10k] PASSED*",
            "*::test_both[[]name=gate-name=hall] PASSED*",
        ]
    )


def test_markers_are_registered(inner):
    inner.run("--markers").stdout.fnmatch_lines(
        ["@pytest.mark.axis(devices=*", "@pytest.mark.axis_feature(*", "@pytest.mark.axis_expect_leak(*"]
    )
