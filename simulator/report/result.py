"""What a run came to: the one object from which terminal, JUnit, JSON and HTML are made."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """How a step, a check or a case ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    """The simulator could not do it: a missing capability, a bug."""
    SKIPPED = "skipped"
    """Not reached, or not asked for."""


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """One expectation of a step. `text` is how it reads in the file, `detail` says what came instead."""

    text: str
    verdict: Verdict
    detail: str = ""
    seen_at: float | None = None
    """Device seconds at which it held."""
    limits: str = ""
    """When it had to hold: `within 2s of t=30.000`."""
    device: str = ""
    """Whom it is about, where the file names several at once; `text` ends in it."""

    @property
    def general(self) -> str:
        """The text without the device: what all devices of one expectation have in common."""
        return self.text.removesuffix(f" ({self.device})")


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step of the timeline, an invariant, or a check of `steady`."""

    title: str
    place: str
    """file:line of the step."""
    source: str
    """The lines of the file."""
    at: float
    """Device seconds at which it began."""
    verdict: Verdict
    detail: str = ""
    expectations: tuple[ExpectationResult, ...] = ()
    mechanism: str = ""
    """How a fault was done on the wire."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the compatibility table (sheet scenarios-and-pytest, section 5)."""

    id: str
    title: str
    device: str
    firmware: str
    stimulus: str
    figure: str
    """What was measured, with its unit; empty when the check was not exercised."""
    verdict: Verdict
    detail: str = ""
    measured: dict[str, float] = field(default_factory=dict)
    """The numbers of the figure: counts, and durations in wire seconds."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case of a scenario file: a cell of its matrix."""

    title: str
    case: str
    """Title with the matrix cell: `Cut is seen[firmware=12.9.57]`."""
    file: str
    about: str
    seed: int
    verdict: Verdict
    detail: str
    """Why it failed, first line a summary; empty when it passed."""
    device_seconds: float
    wall_seconds: float
    steps: tuple[StepResult, ...]
    checks: tuple[Check, ...] = ()
    capabilities: dict[str, str] = field(default_factory=dict)
    """What the machine can do, as the probe found it."""
    repeat: str = ""
    """The command that runs this case again."""
    evidence: str = ""
    """Folder of the evidence."""
    fleet: dict[str, Any] = field(default_factory=dict)
    """What fleet.json held."""
    leftovers: tuple[str, ...] = ()
    """Faults that were still in force at the end and were cleared."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class RunResult:
    """All cases of one command."""

    version: str
    started: str
    """ISO 8601 date and time of the machine."""
    cases: tuple[CaseResult, ...]

    @property
    def verdict(self) -> Verdict:
        verdicts = {case.verdict for case in self.cases}
        for worst in (Verdict.ERROR, Verdict.FAILED):
            if worst in verdicts:
                return worst
        return Verdict.PASSED

    def as_json(self) -> dict[str, Any]:
        return {"version": self.version, "started": self.started, "verdict": self.verdict,
                "cases": [case.as_json() for case in self.cases]}  # fmt: skip
