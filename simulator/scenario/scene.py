"""One step of a performance, or an invariant, with the watches that decide it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.report.result import ExpectationResult, StepResult, Verdict
from simulator.units import format_duration

if TYPE_CHECKING:
    from simulator.expect.watch import Watch


class Scene:
    """A step (or an invariant) with the watches that decide it."""

    def __init__(self, title: str, place: str, source: str, at: float) -> None:
        self.title, self.place, self.source, self.at = title, place, source, at
        self.watches: list[Watch] = []
        self.problem = ""
        self.error = False
        self.mechanism = ""
        self.acted = False
        """Whether its verb is done, so that its watches are all there."""
        self.told = False

    @property
    def decided(self) -> bool:
        return self.acted and all(watch.decided for watch in self.watches)

    def result(self) -> StepResult:
        expectations = tuple(_decision(watch) for watch in self.watches)
        verdicts = {decision.verdict for decision in expectations}
        verdict = next((worst for worst in (Verdict.FAILED, Verdict.SKIPPED) if worst in verdicts), Verdict.PASSED)
        if self.problem:
            verdict = Verdict.ERROR if self.error else Verdict.FAILED
        return StepResult(
            self.title, self.place, self.source, self.at, verdict, self.problem, expectations, self.mechanism
        )


def _decision(watch: Watch) -> ExpectationResult:
    verdict = Verdict.PASSED if watch.satisfied else Verdict.FAILED if watch.decided else Verdict.SKIPPED
    detail = watch.detail() if verdict is Verdict.FAILED else ""
    device = f" ({watch.device})" if watch.device else ""
    seen_at = None if watch.outside else watch.seen_at
    return ExpectationResult(watch.text + device, verdict, detail, seen_at, _limits(watch), watch.device)


def _limits(watch: Watch) -> str:
    """`within 2s of t=30.000`; for what must not happen or must last, how long it was watched."""
    expected, start = watch.expectation, f"t={watch.since.at:.3f}"
    if expected.negate:
        return f"for {format_duration(expected.for_)} from {start}" if expected.for_ else f"from {start}"
    lasting = f", for {format_duration(expected.for_)}" if expected.for_ else ""
    return f"within {format_duration(expected.within)} of {start}{lasting}"
