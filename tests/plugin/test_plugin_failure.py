"""What a failure shows and keeps: expected, what came instead, the timeline, the evidence, how to repeat it."""

from __future__ import annotations

import json
import shlex
from xml.etree import ElementTree

FAILING = """
def test_wrong_state(axis_io):
    axis_io.input(1).cut()
    axis_io.expect.mqtt("tampering", state="shorted", within=0.5).wait()
"""


def test_failure_text_has_the_near_miss_the_timeline_and_the_repeat_command(inner):
    inner.file(FAILING)
    result = inner.run("--axis-seed=4711", "--axis-clock=virtual", "--junitxml=junit.xml")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            '>*state="shorted", within=0.5).wait()',
            'E*expected  mqtt: event tampering, state shorted, port 1   within 0.5 s of "cut io-1/input/1" (t=0.000)',
            "E*arrived   at t=0.0*: axis/B8A44F*/event/*SupervisedPort* -> differs in: state=cut, not shorted",
            "E*others    truth cut | vapix cut | stream cut | mqtt cut",
            "*- axis -*",
            "timeline  0.000 .. 0.0* (* of * lines)",
            "*0.000  io-1*action*cut target=io-1/input/1",
            "*io-1*event*SupervisedPort*'state': 'cut'*",
            "evidence  */axsim-evidence/test-inner-py-test-wrong-state-????????/timeline.html",
            "repeat    pytest test_inner.py::test_wrong_state --axis-seed 4711 --axis-clock virtual",
        ]
    )
    assert "promise.py" not in result.stdout.str(), "the traceback ends in the test"
    [case] = ElementTree.parse(inner.path / "junit.xml").iter("testcase")
    properties = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert properties.keys() == {"axis_seed", "axis_evidence"}
    folder = inner.path / "axsim-evidence" / inner.evidence[0]
    assert properties["axis_evidence"] == str(folder)
    fleet = json.loads((folder / "fleet.json").read_text())
    assert properties["axis_seed"] == str(fleet["seed"])
    assert "<html" in (folder / "timeline.html").read_text()
    told = [json.loads(line) for line in (folder / "timeline.jsonl").read_text().splitlines()]
    assert any(line["kind"] == "action" and line["what"] == "cut" for line in told)


def test_the_repeat_command_does_repeat(inner):
    inner.file("""
@pytest.mark.parametrize("axis_io", [{"name": "o'clock".replace("'", "-")}], indirect=True)
def test_serial(axis_io):
    assert axis_io.serial == ""
""")
    options = ["--axis-seed=9", "--axis-firmware=11.11.192", "--axis-firmware=12.9.57", "--axis-bind=127.0.0.1"]
    first = inner.run(*options, "-k", "11.11")
    first.assert_outcomes(failed=1, deselected=1)
    command = next(line for line in first.outlines if line.startswith("repeat "))
    again = inner.run(*shlex.split(command)[2:])
    again.assert_outcomes(failed=1)
    assert [line for line in first.outlines if "AssertionError" in line] == [
        line for line in again.outlines if "AssertionError" in line
    ]


def test_evidence_is_kept_as_asked(inner):
    inner.file("""
def test_passes(axis_io): pass

def test_fails(axis_io): raise ValueError

def test_fails_at_the_end(axis_io): axis_io.expect.online()

@pytest.mark.axis(evidence="on")
def test_always(axis_io): pass

@pytest.mark.axis(evidence="off")
def test_never(axis_io): raise ValueError
""")
    outcome = {"passed": 3, "failed": 2, "errors": 1}

    def kept(*arguments: str) -> list[str]:
        inner.run(*arguments).assert_outcomes(**outcome)
        return [name.removeprefix("test-inner-py-test-")[:-9] for name in inner.evidence]

    assert kept() == ["always", "fails", "fails-at-the-end"]
    assert kept("--axis-evidence=off") == ["always"], "what an earlier run left would mislead"


def test_a_folder_of_the_user_is_never_touched(inner):
    inner.file("""
def test_mine(axis_io, axis_output_path):
    assert list(axis_output_path.glob("[!.]*")) == []
    (axis_output_path / "screenshot.png").write_bytes(b"png")

def test_fails(axis_io): raise ValueError
""")
    inner.run().assert_outcomes(passed=1, failed=1)
    fails, mine = (inner.path / "axsim-evidence" / name for name in inner.evidence)
    assert (mine / "screenshot.png").read_bytes() == b"png"
    assert not (mine / "timeline.html").exists(), "evidence is retained on failure only"

    for folder in (fails, mine):
        (folder / ".axsim-evidence").unlink()
        (folder / "diary.txt").write_text("mine")
    result = inner.run()
    result.assert_outcomes(failed=1, errors=3)
    result.stdout.fnmatch_lines(
        [
            "*the evidence could not be written: *test-fails-* holds files that are not evidence; choose another folder*"
        ]
    )
    assert (fails / "diary.txt").read_text() == (mine / "diary.txt").read_text() == "mine"
    assert (mine / "screenshot.png").exists()
