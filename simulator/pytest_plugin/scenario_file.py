"""Collects `*.scenario.yaml`: each case of a file is a test of its own, run as `axsim run` runs it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulator.errors import AxsimError
from simulator.pytest_plugin.bench import seed_of_test, worker_block
from simulator.pytest_plugin.evidence import evidence_name
from simulator.pytest_plugin.option import read_options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.report.result import CaseResult
    from simulator.scenario.plan import Plan

SUFFIX = ".scenario.yaml"


class ScenarioFile(pytest.File):
    """A scenario file. One that cannot be compiled is a collection error with all its mistakes."""

    def collect(self) -> Iterable[ScenarioItem]:
        from simulator.scenario.compile import compile_file

        for plan in compile_file(self.path):
            yield ScenarioItem.from_parent(self, name=plan.case, plan=plan)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return _told(excinfo) or super().repr_failure(excinfo)


class ScenarioFailed(Exception):
    """A case that did not pass; its text is the failure report."""


class ScenarioItem(pytest.Item):
    """One case: a title with its cell of the matrix, such as `Cut is seen[firmware=12.9.57]`."""

    def __init__(self, *, plan: Plan, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._plan = plan

    def runtest(self) -> None:
        """Run it with the scenario's own seed, else with that of its node id."""
        from simulator.report.result import Verdict
        from simulator.report.text import failure_text
        from simulator.scenario.run import run_case

        options = read_options(self.config)
        seed = None if self._plan.seed is not None else seed_of_test(options.seed, self.nodeid)
        folder = Path(options.evidence_dir) / evidence_name(self.nodeid)
        result = run_case(self._plan, evidence=folder, seed=seed, block=worker_block(options.block))
        self.user_properties.append(("axis_seed", str(result.seed)))
        self._keep(folder, result, failed=result.verdict is not Verdict.PASSED)
        if result.verdict is not Verdict.PASSED:
            raise ScenarioFailed(failure_text(result))

    def _keep(self, folder: Path, result: CaseResult, *, failed: bool) -> None:
        """Evidence is always written, for it may be wanted; here it goes again where the options do not want it."""
        when = read_options(self.config).evidence
        if when == "on" or (when == "retain-on-failure" and failed):
            self.user_properties.append(("axis_evidence", result.evidence))
            return
        shutil.rmtree(result.evidence)
        if not any(folder.iterdir()):
            folder.rmdir()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return _told(excinfo) or super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        return self.path, 0, self.name


def _told(excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    """Errors that explain themselves need no traceback."""
    return str(excinfo.value) if isinstance(excinfo.value, ScenarioFailed | AxsimError) else ""
