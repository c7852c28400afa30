"""A child process with a control socket: the engine, or the observers.

The parent holds the child's standard input open and never writes to it. When the parent ends, in whatever
way, the child reads end of file and ends too; so a killed test run leaves no process. On Linux the control
socket is abstract: no file, no folder, nothing to clean up after a kill.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import uuid
from collections import deque
from pathlib import Path
from typing import IO

from simulator.errors import EngineGone
from simulator.fleet.caller import Caller

LAST_LINES = 50
_ABSTRACT_SOCKETS = str(sys.platform) == "linux"
_PATIENCE = 10.0
"""Wire seconds a child gets to end in order."""
_BREATH = 0.01
_PAUSE = threading.Event()


class Child:
    """Starts `python -m <module> <socket>`; `caller` talks to it."""

    def __init__(self, module: str, *arguments: str) -> None:
        """Raises EngineGone with the child's last lines when it does not come up."""
        self._folder: Path | None = None
        self._address = self._choose_address()
        self._errors: deque[str] = deque(maxlen=LAST_LINES)
        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-m", module, _spelled(self._address), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # Ctrl-C is for the parent, which ends the child in order
        )
        self._readers = [self._drain(self._process.stderr)]
        self._await_ready()
        self.caller = Caller(self._address)
        self.caller.last_words = self.last_words

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def last_words(self) -> tuple[int | None, str]:
        """Exit code (None while it runs) and the last lines it wrote to standard error."""
        if self._ends_within(0.2):
            self._join_readers()
        return self._process.poll(), "\n".join(self._errors)

    def stop(self) -> None:
        """End the child in order, by force after ten seconds. Safe to repeat."""
        self.caller.close()
        self._end()

    def _end(self) -> None:
        process = self._process
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        if not self._ends_within(_PATIENCE):
            process.kill()
            process.wait()
        self._join_readers()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _ends_within(self, seconds: float) -> bool:
        """Whether it ends in time. It reads no clock: the tester may have frozen Python's (freezegun)."""
        for _ in range(int(seconds / _BREATH)):
            if self._process.poll() is not None:
                return True
            _PAUSE.wait(_BREATH)
        return self._process.poll() is not None

    def _join_readers(self) -> None:
        for reader in self._readers:
            reader.join(1)

    def _choose_address(self) -> str:
        if _ABSTRACT_SOCKETS:
            return f"\0axsim-{uuid.uuid4().hex}"
        self._folder = Path(tempfile.mkdtemp(prefix="axsim-"))
        return str(self._folder / "control")

    def _await_ready(self) -> None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line.strip() != b"ready":
            self._end()
            code, words = self.last_words()
            raise EngineGone(
                f"the child ended with code {code} before it was ready", exit_code=code, last_lines=words
            )
        self._readers.append(self._drain(self._process.stdout))  # a full pipe would hold the child up

    def _drain(self, pipe: IO[bytes] | None) -> threading.Thread:
        def read() -> None:
            assert pipe is not None
            with contextlib.suppress(ValueError, OSError):
                for line in pipe:
                    self._errors.append(line.decode(errors="replace").rstrip())

        thread = threading.Thread(target=read, name="axsim-child-errors", daemon=True)
        thread.start()
        return thread


def _spelled(address: str) -> str:
    """A NUL cannot be an argument; `@name` is the usual spelling of an abstract address."""
    return address.replace("\0", "@", 1)
