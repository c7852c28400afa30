"""Failures in words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from report_samples import case, expectation, step

from simulator.report.result import Verdict
from simulator.report.text import failure_text, printable

NEAR_MISS = "arrived at t=30.412: axis/B8A44F000001/event/x  -> differs in: state=open, not cut"


def test_a_failure_shows_the_lines_of_the_step_what_was_expected_and_what_came() -> None:
    failed = step(Verdict.FAILED, expectations=(expectation(Verdict.FAILED, detail=NEAR_MISS), expectation()))
    text = failure_text(case(Verdict.FAILED, steps=(step(), failed), detail="summary", evidence="out/a-cut"))
    assert text.splitlines() == [
        "A cut[firmware=12.9.57]: failed",
        "x.scenario.yaml:7:5: cut io-1/input/2 (t=30.000)",
        "      - at: 30s",
        "        cut: io-1/input/2",
        "  expected  mqtt: {event: tampering} (io-1)   within 2s of t=30.000",
        "  arrived   at t=30.412: axis/B8A44F000001/event/x  -> differs in: state=open, not cut",
        "repeat    axsim run x.scenario.yaml --seed 7",
        "evidence  out/a-cut/report.html",
    ]


def test_when_nothing_came_that_is_said() -> None:
    failed = step(Verdict.FAILED, expectations=(expectation(Verdict.FAILED, detail="nothing came near it"),))
    assert "  arrived   nothing came near it" in failure_text(case(Verdict.FAILED, steps=(failed,)))


def test_several_near_misses_stand_under_each_other() -> None:
    failed = step(Verdict.FAILED, expectations=(expectation(Verdict.FAILED, detail=f"{NEAR_MISS}\n{NEAR_MISS}"),))
    assert failure_text(case(Verdict.FAILED, steps=(failed,))).count("\n  arrived   at t=30.412") == 2


def test_a_run_that_could_not_go_on_says_why_once() -> None:
    broken = step(Verdict.ERROR, detail="stall needs a raw socket", expectations=())
    text = failure_text(
        case(Verdict.ERROR, steps=(broken,), detail="x.scenario.yaml:7:5: stall needs a raw socket")
    )
    assert text.count("stall needs a raw socket") == 1
    gone = failure_text(case(Verdict.ERROR, steps=(step(),), detail="the engine ended with code -9"))
    assert "the engine ended with code -9" in gone.splitlines()


def test_expectations_that_were_not_decided_are_no_failures() -> None:
    failed = step(
        Verdict.FAILED, expectations=(expectation(Verdict.SKIPPED), expectation(Verdict.FAILED, detail="x"))
    )
    assert failure_text(case(Verdict.FAILED, steps=(failed,))).count("expected") == 1


@given(st.text())
def test_printable_text_fits_into_xml(text: str) -> None:
    element = etree.Element("x")
    element.text = printable(text)
    assert len(printable(text)) == len(text)
    etree.fromstring(etree.tostring(element))
