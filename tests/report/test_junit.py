"""JUnit XML as CI systems read it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from report_samples import case, expectation, step

from simulator.report.junit import junit
from simulator.report.result import RunResult, Verdict

ANYTHING = st.text(st.characters())


def document(*cases: object) -> etree._Element:
    return etree.fromstring(junit(RunResult("0.1.0", "2026-03-01T08:00:00", tuple(cases))))  # type: ignore[arg-type]


def test_a_run_with_every_verdict_is_counted() -> None:
    (suite,) = document(*(case(verdict) for verdict in Verdict))
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped", "time")}
    assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1", "time": "6.000"}
    assert [child.tag for test in suite for child in test] == [
        "properties", "properties", "failure", "properties", "error", "properties", "skipped",
    ]  # fmt: skip


def test_seed_evidence_and_the_command_to_repeat_are_properties() -> None:
    (suite,) = document(case(evidence="out/a-cut"))
    properties = {one.get("name"): one.get("value") for one in suite.iter("property")}
    assert properties == {"axis_seed": "7", "axis_evidence": "out/a-cut",
                          "axis_repeat": "axsim run x.scenario.yaml --seed 7"}  # fmt: skip


def test_a_failure_carries_its_summary_and_the_whole_text() -> None:
    failed = step(Verdict.FAILED, expectations=(expectation(Verdict.FAILED, detail="nothing came near it"),))
    (suite,) = document(case(Verdict.FAILED, steps=(failed,), detail="first line\nsecond"))
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "first line"
    assert "nothing came near it" in (failure.text or "")


@given(ANYTHING, ANYTHING, ANYTHING)
def test_whatever_a_client_said_the_document_can_be_read(title: str, detail: str, said: str) -> None:
    failed = step(Verdict.FAILED, expectations=(expectation(Verdict.FAILED, detail=said),), source=said)
    (suite,) = document(case(Verdict.FAILED, case=title, detail=detail, steps=(failed,), file=said))
    assert suite.get("failures") == "1"
