"""Scenarios written by a test, run from the file to the evidence."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

from simulator.report.result import CaseResult, StepResult
from simulator.scenario.compile import compile_file
from simulator.scenario.plan import Plan
from simulator.scenario.run import run_case

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
HEAD = """
scenario: {title}
seed: 7
clock: {{mode: stepped, grace: 0s}}
fleet:
  io-1: {{model: A9210, mqtt: yes, supervised: {{1: SerialFirst4k7}}}}
"""


def plans(folder: Path, text: str, *, title: str = "A case") -> tuple[Plan, ...]:
    """The cases of a scenario; the head with one I/O module is written for it."""
    file = folder / "case.scenario.yaml"
    file.write_text(HEAD.format(title=title).lstrip() + textwrap.dedent(text).strip() + "\n")
    return compile_file(file)


def play(
    folder: Path, text: str, *, progress: Callable[[StepResult], None] = lambda _step: None, title: str = "A case"
) -> CaseResult:
    """What came of the one case of a scenario."""
    (plan,) = plans(folder, text, title=title)
    return run_case(plan, evidence=folder / "evidence", block=WORKER, progress=progress)


def client(folder: Path, code: str) -> str:
    """A client under test as a `command`: Python code that has `site`, the content of fleet.json."""
    file = folder / "client.py"
    head = "import json, os, signal, sys, time\nsite = json.load(open(os.environ['AXSIM_FLEET']))\n"
    file.write_text(head + textwrap.dedent(code))
    return f"[{sys.executable}, {file}]"


def verdicts(result: CaseResult) -> dict[str, str]:
    return {step.title: str(step.verdict) for step in result.steps}


def children() -> Iterator[int]:
    """Processes that this one has started and that still run."""
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text().split():
            if "(zombie)" not in Path(f"/proc/{child}/status").read_text():
                yield int(child)
