"""From a file to plans: load, upgrade, merge what is used, then read and check every cell of the matrix.

All stages go on after an error where they can, so that a file's errors are told at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.action.declaration import Record
from simulator.action.kind import MISSING
from simulator.errors import Place, ScenarioError
from simulator.scenario.check import Checker, checked_fleet
from simulator.scenario.fleet import read_fleet
from simulator.scenario.language import Document
from simulator.scenario.matrix import Cell, case_id, cells
from simulator.scenario.node import Mapping, Scalar
from simulator.scenario.plan import Plan
from simulator.scenario.problem import Findings, ScenarioErrors, SourceError
from simulator.scenario.timeline import steps
from simulator.scenario.tree import FileReading, define_names
from simulator.scenario.use import assemble, read_file

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.scenario.plan import DevicePlan


def check_text(text: str, file_name: str) -> list[ScenarioError]:
    """All that is wrong with a scenario, in the order of the file; empty when it can be run.

    `file_name` is shown in the errors, and `use` is resolved beside it.
    """
    try:
        compile_text(text, file_name)
    except ScenarioErrors as errors:
        return list(errors.errors)
    return []


def compile_file(path: str | Path) -> list[Plan]:
    """The plans of a scenario file, one per cell of its matrix. Raises ScenarioErrors."""
    try:
        text = read_file(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ScenarioErrors([SourceError(f"cannot be read: {reason}", place=Place(str(path)))]) from None
    return compile_text(text, str(path))


def compile_text(text: str, file_name: str) -> list[Plan]:
    """The plans of a scenario's text. Raises ScenarioErrors with everything that is wrong."""
    findings = Findings()
    root = assemble(text, file_name, findings)
    if root is None:
        raise ScenarioErrors(findings.errors())
    found = cells(root, findings)
    plans = [_plan(root, cell, file_name, findings) for cell in found]
    if findings:
        raise ScenarioErrors(findings.errors(len(found)))
    return [plan for plan in plans if plan is not None]


def _plan(root: Mapping, cell: Cell, file_name: str, findings: Findings) -> Plan | None:
    case = case_id(_title(root), cell) if cell else ""
    reading = FileReading(findings, define_names(root, cell, findings, case), case)
    fleet_entry = root.get("fleet")
    document = _document(root, reading)
    plans = read_fleet(fleet_entry, reading)
    if fleet_entry is None:
        reading.problem((), "'fleet' is missing", "say which devices there are, for example io-1: {model: A9210}")
    fleet = checked_fleet(plans, reading)
    if document is None or len(fleet.plans) < len(plans) or not plans:
        return None
    return _checked(document, plans, Checker(document, fleet, reading), reading, cell, file_name)


def _title(root: Mapping) -> str:
    entry = root.get("scenario")
    return entry.value.text if entry is not None and isinstance(entry.value, Scalar) else ""


def _document(root: Mapping, reading: FileReading) -> Document | None:
    """Everything but the fleet, which is read by itself."""
    rest = Mapping([e for e in root.entries if e.key.text != "fleet"], root.place, root.end_line)
    document = Record(Document).read(reading.values(rest, ()), (), reading)
    return None if document is MISSING else document


def _checked(
    document: Document,
    plans: dict[str, DevicePlan],
    checker: Checker,
    reading: FileReading,
    cell: Cell,
    file_name: str,
) -> Plan:
    drafts = [checker.draft(draft) for draft in document.timeline]
    return Plan(
        title=document.scenario,
        case=case_id(document.scenario, cell),
        about=document.about.strip(),
        seed=document.seed,
        clock=document.clock,
        mode=document.mode,
        requires=document.requires,
        fleet=tuple(plans.values()),
        site=document.site,
        client=document.client,
        steady=tuple(checker.expectation(expected) for expected in document.steady),
        always=tuple(checker.expectation(expected) for expected in document.always),
        steps=steps(drafts, reading),
        source=file_name,
        cell=cell,
    )
