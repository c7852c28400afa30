"""Collects `*.scenario.yaml`: each case of a file is a test of its own, run as `axsim run` runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.scenario.plan import Plan


class ScenarioFile(pytest.File):
    """A scenario file. One that cannot be compiled is a collection error with all its mistakes."""

    def collect(self) -> Iterable[ScenarioItem]:
        from simulator.scenario.compile import compile_file

        for plan in compile_file(self.path):
            yield ScenarioItem.from_parent(self, name=plan.case, plan=plan)


class ScenarioFailed(Exception):
    """A case that did not pass; its text is the failure report."""


class ScenarioItem(pytest.Item):
    """One case: a title with its cell of the matrix, such as `Cut is seen[firmware=12.9.57]`."""

    def __init__(self, *, plan: Plan, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._plan = plan

    def runtest(self) -> None:
        from pathlib import Path

        from simulator.pytest_plugin.option import read_options
        from simulator.report.result import Verdict
        from simulator.report.text import failure_text
        from simulator.scenario.run import run_case

        options = read_options(self.config)
        result = run_case(self._plan, evidence=Path(options.evidence_dir))
        self.user_properties += [("axis_seed", str(result.seed)), ("axis_evidence", result.evidence)]
        if result.verdict is not Verdict.PASSED:
            raise ScenarioFailed(failure_text(result))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, ScenarioFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        return self.path, 0, self.name
