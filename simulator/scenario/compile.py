"""From a file to plans: load, upgrade, merge what is used, then read and check every cell of the matrix.

All stages go on after an error where they can, so that a file's errors are told at once.
"""

from __future__ import annotations

import os
from typing import Any

from simulator.action.declaration import ListOf, Record, fields_of
from simulator.action.kind import MISSING, Kind, Path
from simulator.errors import Place, ScenarioError
from simulator.scenario.check import Checker, Fleet, checked_fleet
from simulator.scenario.check_telephony import check_accounts
from simulator.scenario.expecting import Groups
from simulator.scenario.fleet import read_fleet
from simulator.scenario.language import Document
from simulator.scenario.matrix import Cell, case_id, cells
from simulator.scenario.node import Mapping, Scalar
from simulator.scenario.plan import Plan
from simulator.scenario.problem import Findings, ScenarioErrors, SourceError
from simulator.scenario.timeline import steps
from simulator.scenario.tree import FileReading, define_names
from simulator.scenario.use import assemble, read_file


def check_text(text: str, file_name: str) -> list[ScenarioError]:
    """All that is wrong with a scenario, in the order of the file; empty when it can be run.

    `file_name` is shown in the errors, and `use` is resolved beside it.
    """
    try:
        compile_text(text, file_name)
    except ScenarioErrors as errors:
        return list(errors.errors)
    return []


def compile_file(path: str | os.PathLike[str]) -> list[Plan]:
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
    if len(fleet.plans) < len(plans) or not plans:
        return None
    if document is None:
        _check_rest(root, fleet, reading)
        return None
    return _checked(document, fleet, reading, cell, file_name)


def _title(root: Mapping) -> str:
    entry = root.get("scenario")
    return entry.value.text if entry is not None and isinstance(entry.value, Scalar) else ""


def _document(root: Mapping, reading: FileReading) -> Document | None:
    """Everything but the fleet, which is read by itself."""
    rest = Mapping([e for e in root.entries if e.key.text != "fleet"], root.place, root.end_line)
    document = Record(Document).read(reading.values(rest, ()), (), reading)
    return None if document is MISSING else document


def _check_rest(root: Mapping, fleet: Fleet, reading: FileReading) -> None:
    """Hold what could be read against the fleet, so that one wrong step hides nothing of the others."""
    read: dict[str, Any] = {"scenario": ""}
    for field in fields_of(Document):
        entry = root.get(field.key)
        if entry is None or field.key == "fleet":
            continue
        value = _salvaged(field.kind, reading.values(entry.value, (field.key,), entry.key), (field.key,), reading)
        if value is not MISSING:
            read[field.name] = value
    site_known = root.get("site") is None or "site" in read
    checker = Checker(Document(**read), fleet, reading, site_known=site_known)
    for draft in read.get("timeline", ()):
        checker.draft(draft)
    for expected in (*read.get("steady", ()), *read.get("always", ())):
        checker.expectation(expected)


def _salvaged(kind: Kind, value: Any, path: Path, reading: FileReading) -> Any:
    """What can be read; problems are told already and are not told again."""
    if not isinstance(kind, ListOf) or not isinstance(value, list):
        return kind.read(value, path, reading)
    items = [kind.item.read(item, (*path, number), reading) for number, item in enumerate(value)]
    readable = [item for item in items if item is not MISSING]
    return tuple(one for group in readable for one in group) if isinstance(kind, Groups) else tuple(readable)


def _checked(document: Document, fleet: Fleet, reading: FileReading, cell: Cell, file_name: str) -> Plan:
    check_accounts(fleet.plans.values(), document.site, reading)
    checker = Checker(document, fleet, reading)
    drafts = [checker.draft(draft) for draft in document.timeline]
    return Plan(
        title=document.scenario,
        case=case_id(document.scenario, cell),
        about=document.about.strip(),
        seed=document.seed,
        clock=document.clock,
        mode=document.mode,
        requires=document.requires,
        fleet=tuple(fleet.plans.values()),
        site=document.site,
        client=document.client,
        steady=tuple(checker.expectation(expected) for expected in document.steady),
        always=tuple(checker.expectation(expected) for expected in document.always),
        steps=steps(drafts, reading),
        source=file_name,
        cell=cell,
    )
