"""Results in words, for terminals and failure reports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulator.report.result import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.report.result import CaseResult, Check, StepResult

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """Text without characters that XML cannot hold; clients send anything."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def failure_text(case: CaseResult) -> str:
    """Why a case did not pass: the step's lines of the file, what was expected, what came, how to repeat."""
    return "\n".join(_failure_lines(case))


def _failure_lines(case: CaseResult) -> Iterator[str]:
    yield f"{case.case}: {case.verdict}"
    if case.detail:
        yield case.detail
    for step in case.steps:
        if step.verdict in (Verdict.FAILED, Verdict.ERROR):
            yield from _step_lines(step)
    yield f"repeat    {case.repeat}"
    if case.evidence:
        yield f"evidence  {case.evidence}"


def _step_lines(step: StepResult) -> Iterator[str]:
    yield f"{step.place}: {step.title} (t={step.at:.3f})"
    yield from (f"    {line}" for line in step.source.splitlines())
    if step.detail:
        yield f"  {step.detail}"
    for expectation in step.expectations:
        if expectation.verdict is Verdict.FAILED:
            yield f"  expected  {expectation.text}"
            yield from (f"  {line}" for line in expectation.detail.splitlines())


def check_rows(checks: tuple[Check, ...]) -> list[tuple[str, ...]]:
    """The compatibility table as rows of text: id, title, device, firmware, stimulus, figure, verdict."""
    return [
        (check.id, check.title, check.device, check.firmware, check.stimulus, check.figure, str(check.verdict))
        for check in checks
    ]
