"""`axsim` as a shell sees it: exit code, standard output, standard error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from typer.testing import CliRunner

AXSIM = Path(sys.executable).with_name("axsim")


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def axsim(*words: str | Path) -> Ended:
    """Run the command in this process; its own ending, not the test runner's, decides the code."""
    from simulator.cli.app import app

    result = CliRunner().invoke(app, [str(word) for word in words], prog_name="axsim")
    return Ended(result.exit_code, result.stdout, result.stderr)


class Running:
    """The command in a process of its own, for signals."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.process = subprocess.Popen(
            [AXSIM, *words], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        self._told: list[str] = []

    def wait_for(self, text: str) -> None:
        """Until it prints a line with this text."""
        out: IO[str] | None = self.process.stdout
        assert out is not None
        for line in out:
            self._told.append(line)
            if text in line:
                return
        raise AssertionError(f"{''.join(self._told)}{self.process.stderr.read() if self.process.stderr else ''}")

    def end(self, number: signal.Signals | None = None) -> Ended:
        """Send a signal, if one is given, and wait for the end."""
        if number is not None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return Ended(self.process.returncode, "".join(self._told) + out, err)

    def children(self) -> list[int]:
        """Process ids of all it started, and of what those started."""
        found, grown = [self.process.pid], True
        while grown:
            fresh = [pid for parent in found for pid in _children_of(parent) if pid not in found]
            found, grown = found + fresh, bool(fresh)
        return found[1:]


def _children_of(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def alive(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
