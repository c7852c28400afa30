"""Results in words, for terminals and failure reports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulator.report.result import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.report.result import CaseResult, ExpectationResult, StepResult

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LABELS = ("arrived", "others")


def printable(text: str) -> str:
    """Text without characters that XML cannot hold; clients send anything."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def failure_text(case: CaseResult) -> str:
    """Why a case did not pass: the step's lines of the file, what was expected, what came, how to repeat."""
    return "\n".join(_failure_lines(case))


def failed_steps(case: CaseResult) -> tuple[StepResult, ...]:
    """The steps that did not pass."""
    return tuple(step for step in case.steps if step.verdict in (Verdict.FAILED, Verdict.ERROR))


def failed_expectations(step: StepResult) -> tuple[ExpectationResult, ...]:
    """What a step expected in vain."""
    return tuple(one for one in step.expectations if one.verdict is Verdict.FAILED)


def reason(case: CaseResult) -> str:
    """Why a case did not pass where no step tells: the fleet could not be made, the engine died, Ctrl-C."""
    told = any(step.detail and step.detail in case.detail for step in failed_steps(case))
    return "" if told or (case.verdict is Verdict.FAILED and failed_steps(case)) else case.detail


def _failure_lines(case: CaseResult) -> Iterator[str]:
    yield f"{case.case}: {case.verdict}"
    yield from reason(case).splitlines()
    for step in failed_steps(case):
        yield from _step_lines(step)
    yield f"repeat    {case.repeat}"
    if case.evidence:
        yield f"evidence  {case.evidence}/report.html"


def _step_lines(step: StepResult) -> Iterator[str]:
    place = f"{step.place}: " if step.place else ""
    yield f"{place}{step.title} (t={step.at:.3f})"
    yield from (f"    {line}" for line in step.source.splitlines())
    if step.detail:
        yield f"  {step.detail}"
    for expectation in failed_expectations(step):
        yield f"  expected  {expectation.text}" + (f"   {expectation.limits}" if expectation.limits else "")
        yield from (f"  {line}" for line in _labelled(expectation.detail))


def _labelled(detail: str) -> Iterator[str]:
    """What came instead, under one label: `arrived   at t=30.412: ...`."""
    for number, line in enumerate(detail.splitlines()):
        label, _, rest = line.partition(" ")
        known = label in _LABELS
        shown = label if known else "arrived" if number == 0 else ""
        yield f"{shown:<9} {rest if known else line}"
