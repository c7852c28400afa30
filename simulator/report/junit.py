"""JUnit XML, as CI systems read it: one testcase per case, seed and evidence as properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from simulator.report.result import Verdict
from simulator.report.text import failure_text, printable

if TYPE_CHECKING:
    from simulator.report.result import CaseResult, RunResult


def junit(run: RunResult) -> bytes:
    """The document of a whole run."""
    verdicts = [case.verdict for case in run.cases]
    suites = etree.Element("testsuites", name="axsim")
    suite = etree.SubElement(
        suites,
        "testsuite",
        name="axsim",
        timestamp=run.started,
        tests=str(len(run.cases)),
        failures=str(verdicts.count(Verdict.FAILED)),
        errors=str(verdicts.count(Verdict.ERROR)),
        skipped=str(verdicts.count(Verdict.SKIPPED)),
        time=f"{sum(case.wall_seconds for case in run.cases):.3f}",
    )
    for case in run.cases:
        _testcase(suite, case)
    return etree.tostring(suites, xml_declaration=True, encoding="utf-8", pretty_print=True)


def _testcase(suite: etree._Element, case: CaseResult) -> None:
    element = etree.SubElement(
        suite,
        "testcase",
        classname=printable(case.file),
        name=printable(case.case),
        time=f"{case.wall_seconds:.3f}",
    )
    properties = etree.SubElement(element, "properties")
    for name, value in (
        ("axis_seed", str(case.seed)),
        ("axis_evidence", case.evidence),
        ("axis_repeat", case.repeat),
    ):
        etree.SubElement(properties, "property", name=name, value=printable(value))
    tag = {Verdict.FAILED: "failure", Verdict.ERROR: "error", Verdict.SKIPPED: "skipped"}.get(case.verdict)
    if tag is not None:
        told = etree.SubElement(element, tag, message=printable(case.detail.split("\n", 1)[0]))
        told.text = printable(failure_text(case))
