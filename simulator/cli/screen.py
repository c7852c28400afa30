"""What a person sees of a run: every step as it is decided, and at the end what came of it all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from simulator.cli.terminal import console
from simulator.report.result import Verdict
from simulator.report.text import failure_text, printable
from simulator.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.status import Status

    from simulator.report.result import CaseResult, Check, RunResult, StepResult
    from simulator.scenario.plan import Plan

_STYLES = {Verdict.PASSED: "green", Verdict.FAILED: "bold red", Verdict.ERROR: "bold red", Verdict.SKIPPED: "dim"}
_WORDS = {Verdict.PASSED: "ok", Verdict.FAILED: "FAILED", Verdict.ERROR: "ERROR", Verdict.SKIPPED: "skipped"}
MOST_CHECKS = 40
"""Rows of the compatibility table on the terminal; the reports have all."""


class Screen:
    """Prints lines; on a terminal the last line also shows device time and what is waited for."""

    def __init__(self, *, quiet: bool) -> None:
        self._console = console()
        self._quiet = quiet
        self._status: Status | None = None

    def opening(self, version: str, capabilities: Sequence[str], cases: int) -> None:
        """The first lines: who runs, on what machine."""
        self._line(f"axsim {version}, {_count(cases, 'case')}")
        for line in capabilities:
            self._line(line, style="dim")

    def begin(self, plan: Plan) -> None:
        """A case begins."""
        self._line("")
        self._line(plan.case, style="bold")
        if self._console.is_terminal and not self._quiet:
            self._status = self._console.status("starting")
            self._status.start()

    def pulse(self, now: float, waiting: str) -> None:
        """Device time has passed."""
        if self._status is not None:
            self._status.update(escape(f"{now:10.3f}  {printable(waiting)}"))

    def step(self, step: StepResult) -> None:
        """A step is decided."""
        if self._quiet:
            return
        line = Text(f"{step.at:10.3f}  ")
        line.append(f"{_WORDS[step.verdict]:<7}", style=_STYLES[step.verdict])
        line.append(f" {printable(step.title)}")
        if step.mechanism:
            line.append(f"  ({step.mechanism})", style="dim")
        self._console.print(line, soft_wrap=True)

    def rest(self) -> None:
        """Nothing moves on the screen from here on. Safe to repeat."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def end(self, case: CaseResult) -> None:
        """A case is over."""
        self.rest()
        if case.verdict in (Verdict.FAILED, Verdict.ERROR):
            self._console.print(Text(printable(failure_text(case)), style="red"), soft_wrap=True)
        times = f"{format_duration(round(case.device_seconds, 1))} of device time in {case.wall_seconds:.1f} s"
        self._line(f"{case.verdict}, {times}, seed {case.seed}", style=_STYLES[case.verdict])
        for left in case.leftovers:
            self._line(f"left over and cleared: {left}", style="yellow")

    def closing(self, run: RunResult, seconds: float) -> None:
        """The compatibility table, where the reports are, and the one line that counts."""
        self.rest()
        rows = [check for case in run.cases for check in case.checks]
        if rows and not self._quiet:
            self._line("")
            self._console.print(_compatibility(rows[:MOST_CHECKS]))
            if len(rows) > MOST_CHECKS:
                self._line(f"... and {len(rows) - MOST_CHECKS} more rows in the reports", style="dim")
        self._line("")
        for case in run.cases:
            if case.evidence:
                self._line(f"report  {case.evidence}/report.html")
        self._console.print(_verdict_line(run, seconds), soft_wrap=True)

    def _line(self, text: str, style: str = "") -> None:
        if not self._quiet:
            self._console.print(Text(printable(text), style=style), soft_wrap=True)


def _compatibility(checks: Sequence[Check]) -> Table:
    table = Table(title="Compatibility of the client under test", title_justify="left", box=None, pad_edge=False)
    for column in ("check", "what", "device", "firmware", "stimulus", "figure", "verdict"):
        table.add_column(column, header_style="dim", overflow="fold")
    for check in checks:
        cells = (check.id, check.title, check.device, check.firmware, check.stimulus, check.figure)
        table.add_row(
            *(Text(printable(cell)) for cell in cells), Text(check.verdict, style=_STYLES[check.verdict])
        )
    return table


def _verdict_line(run: RunResult, seconds: float) -> Text:
    counts = [(verdict, sum(case.verdict is verdict for case in run.cases)) for verdict in _WORDS]
    told = ", ".join(f"{count} {_told(verdict)}" for verdict, count in counts if count)
    return Text(f"{_count(len(run.cases), 'case')}: {told} in {seconds:.1f} s", style=_STYLES[run.verdict])


def _told(verdict: Verdict) -> str:
    return "not decided (simulator)" if verdict is Verdict.ERROR else str(verdict)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
