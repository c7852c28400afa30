"""`axsim check`: every error of every file, with line, column and remedy."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from simulator.cli.naming import scenario_files
from simulator.cli.part import plans_of
from simulator.errors import Place
from simulator.scenario.outcome import ExitCode
from simulator.scenario.problem import ScenarioErrors, SourceError
from simulator.scenario.use import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def check_files(arguments: Iterable[str]) -> ExitCode:
    """Print what is wrong; the code says whether anything is."""
    files = scenario_files(arguments)
    wrong = 0
    for file in files:
        errors = errors_of(file)
        if errors is not None:
            wrong += len(errors.errors)
            print(errors.render(), file=sys.stderr)
    if not wrong:
        print(f"{_count(len(files), 'file')} checked, nothing wrong")
        return ExitCode.PASSED
    print(f"{_count(len(files), 'file')} checked, {_count(wrong, 'error')}", file=sys.stderr)
    return ExitCode.BAD_SCENARIO


def errors_of(file: Path) -> ScenarioErrors | None:
    """What is wrong with a scenario, or with a file of parts that scenarios use."""
    try:
        plans_of(text_of(file), str(file))
    except ScenarioErrors as errors:
        return errors
    return None


def text_of(file: Path) -> str:
    """The text of a file. Raises ScenarioErrors."""
    try:
        return read_file(file)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ScenarioErrors([SourceError(f"cannot be read: {reason}", place=Place(str(file)))]) from None


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
