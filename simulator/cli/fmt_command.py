"""`axsim fmt`: files in the one way to write them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.cli.check_command import text_of
from simulator.cli.naming import scenario_files
from simulator.scenario.format import format_text
from simulator.scenario.outcome import ExitCode
from simulator.scenario.problem import ScenarioErrors

if TYPE_CHECKING:
    from collections.abc import Iterable


def format_files(arguments: Iterable[str], *, check: bool) -> ExitCode:
    """Rewrite the files that need it, or with `check` only name them."""
    code = ExitCode.PASSED
    for file in scenario_files(arguments):
        try:
            text = text_of(file)
            formatted = format_text(text, str(file))
        except ScenarioErrors as errors:
            print(errors.render(), file=sys.stderr)
            code = ExitCode.BAD_SCENARIO
            continue
        if formatted == text:
            continue
        print(f"would format {file}" if check else f"formatted {file}")
        if check:
            code = max(code, ExitCode.FAILED)
        else:
            replace_file(file, formatted)
    return code


def replace_file(file: Path, text: str) -> None:
    """Write a file as a whole: whoever reads it sees the old text or the new one."""
    target = Path(os.path.realpath(file))
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        fresh.write_text(text, encoding="utf-8")
        if target.exists():
            fresh.chmod(target.stat().st_mode & 0o777)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
