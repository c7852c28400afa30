"""`*.scenario.yaml` beside test modules: each case is a test that can be chosen, repeated and spread."""

from __future__ import annotations

import pytest

CUT = """\
scenario: A cut is seen
clock: stepped
matrix:
  firmware: [11.11.192, 12.9.57]
fleet:
  door: {model: A9210, firmware: "${firmware}", supervised: {1: SerialFirst4k7}}
timeline:
  - at: 1s
    cut: door/input/1
    expect: {within: 2s, event: {event: tampering, state: cut}}
"""
SHORT_EXPECTED = """\
scenario: A cut is a short
seed: 5
clock: stepped
fleet:
  door: {model: A9210, supervised: {1: SerialFirst4k7}}
timeline:
  - at: 1s
    cut: door/input/1
    expect: {within: 2s, event: {event: tampering, state: shorted}}
"""
BROKEN = """\
scenario: Two mistakes
fleet:
  door: {model: A9210}
timeline:
  - at: 1s
    cutt: door/input/1
  - at: 2
    cut: door/input/1
"""


@pytest.fixture
def scenarios(inner):
    def write(**files: str) -> None:
        for name, text in files.items():
            (inner.path / f"{name}.scenario.yaml").write_text(text)

    return write


def test_cases_are_tests_with_node_ids_of_their_own(inner, scenarios):
    scenarios(cut=CUT)
    inner.file("def test_module(): pass")
    result = inner.run(
        "-v", "--axis-evidence=on", "--junitxml=junit.xml", "cut.scenario.yaml::A cut is seen[firmware=11.11.192]"
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["cut.scenario.yaml::A cut is seen[[]firmware=11.11.192] PASSED*"])
    junit = (inner.path / "junit.xml").read_text()
    assert 'name="axis_seed"' in junit
    assert 'name="axis_evidence"' in junit
    [folder] = inner.evidence
    assert folder.startswith("cut-scenario-yaml-A-cut-is-seen-firmware-11-11-192-")


def test_they_spread_over_workers_and_a_failure_shows_the_lines_of_its_step(inner, scenarios):
    scenarios(cut=CUT, short=SHORT_EXPECTED)
    result = inner.run("-n", "2")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ A cut is a short _*",
            "A cut is a short: failed",
            "*short.scenario.yaml:7*cut door/input/1* (t=1.000)",
            "    *cut: door/input/1",
            "    *expect: {within: 2s, event: {event: tampering, state: shorted}}",
            "  expected  *",
            "  arrived *differs in: state=cut, not shorted*",
            "repeat    axsim run *short.scenario.yaml --seed 5",
            "evidence  */axsim-evidence/*",
            "FAILED short.scenario.yaml::A cut is a short*",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    assert "scenario_file.py" not in result.stdout.str()


def test_a_broken_file_is_a_collection_error_with_all_its_mistakes(inner, scenarios):
    scenarios(broken=BROKEN)
    result = inner.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*broken.scenario.yaml:6:5: unknown key 'cutt'; did you mean 'cut'?", "*broken.scenario.yaml:7:*: *2s*"]
    )
    assert "Traceback" not in result.stdout.str()
    assert "scenario_file.py" not in result.stdout.str()
