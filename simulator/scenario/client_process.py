"""The client under test: a program that finds the bench through the file named in AXSIM_FLEET."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from simulator.errors import FleetError
from simulator.resources import folder

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.scenario.plan import ClientPlan

FLEET_VARIABLE = "AXSIM_FLEET"
READY_PATIENCE = 30.0
"""Wire seconds until the client must have said that it is ready."""
MOST_LINES = 100_000
_TICK = 0.02


class ClientProcess:
    """Starts, stops and restarts the client; keeps what it prints, both streams in order of arrival."""

    def __init__(self, plan: ClientPlan, fleet_file: Path) -> None:
        self._plan = plan
        self._fleet_file = fleet_file
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._lines: list[str] = []
        self._line_came = threading.Event()

    def lines(self) -> list[str]:
        """What it has printed so far, over all its lives."""
        return list(self._lines)

    def exit_code(self) -> int | None:
        """None while it runs or was never started."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start it, and wait for its ready line if the scenario names one. Raises FleetError."""
        if self._process is not None and self._process.poll() is None:
            raise FleetError("the client runs already")
        command = _command(self._plan.command)
        environment = {**os.environ, **dict(self._plan.env), FLEET_VARIABLE: str(self._fleet_file)}
        try:
            self._process = subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                errors="replace", start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise FleetError(f"the client cannot be started: {command[0]}: {error.strerror}") from None
        begun = len(self._lines)
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        if self._plan.ready:
            self._await_ready(begun)

    def stop(self) -> None:
        """Ask it to end (SIGTERM), and make it after the time the scenario gives. Safe to repeat."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(self._plan.stop)
        self.kill()

    def kill(self) -> None:
        """End it at once, with everything it started. Safe to repeat."""
        process = self._process
        if process is None:
            return
        self._signal(signal.SIGKILL)
        process.wait()
        if self._reader is not None:
            self._reader.join(2)
        if process.stdout is not None:
            process.stdout.close()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with contextlib.suppress(ValueError, OSError):
            for line in process.stdout:
                if len(self._lines) < MOST_LINES:
                    self._lines.append(line.rstrip("\n"))
                self._line_came.set()
        self._line_came.set()

    def _await_ready(self, begun: int) -> None:
        for _ in range(int(READY_PATIENCE / _TICK)):
            self._line_came.clear()
            if any(self._plan.ready in line for line in self._lines[begun:]):
                return
            if self.exit_code() is not None:
                break
            self._line_came.wait(_TICK)
        told = "\n".join(self._lines[-5:])
        raise FleetError(f"the client did not say {self._plan.ready!r}", hint=f"it wrote:\n{told}" if told else "")


def _command(words: tuple[str, ...]) -> list[str]:
    """`python` is our own interpreter; `examples/...` is found among the shipped examples."""
    resolved = [_shipped(word) for word in words]
    if resolved[0] in ("python", "python3"):
        resolved[0] = sys.executable
    elif shutil.which(resolved[0]) is None:
        raise FleetError(f"the client cannot be started: no program {resolved[0]}")
    return resolved


def _shipped(word: str) -> str:
    if not word.startswith("examples/") or os.path.exists(word):
        return word
    shipped = folder("examples") / word.removeprefix("examples/")
    return str(shipped) if shipped.exists() else word
