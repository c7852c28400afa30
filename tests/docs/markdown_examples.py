"""Runs the examples of a page, in their order and in one folder, as a reader would.

A fenced block is run by its language: `sh` by bash, `python` by pytest if it has tests and by python otherwise, a
`yaml` scenario by `axsim run`, a part of one by `axsim check`. A block whose fence names a file is saved under that
name. `axsim up` stays until the next one or the end of the page. `text` is output and not run; any other language is
an error, so that no example escapes.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CONTROL_PORT = "8090"
"""The port that the pages use; each run takes a free one in its place."""
INSTALLING = "python3 -m venv"
"""Commands that install are run by `.ci/run`."""
_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_KEYS_OF_A_PART = {"scenario": "scenario: A part\n", "use": "use: [fleets/mixed.yaml]\n"}


@dataclass(frozen=True)
class Example:
    """One fenced block."""

    language: str
    file: str
    text: str
    line: int


def examples_of(page: Path) -> list[Example]:
    text = page.read_text()
    found = []
    for block in _FENCE.finditer(text):
        language, _, file = block["info"].strip().partition(" ")
        found.append(Example(language, file, block["text"], text.count("\n", 0, block.start()) + 1))
    return found


class Reader:
    """Somebody who tries everything on a page."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._up: subprocess.Popen[str] | None = None
        self._environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        for name in [name for name in self._environment if name.startswith(("PYTEST_", "COV_"))]:
            del self._environment[name]

    def try_out(self, example: Example) -> None:
        """Raises AssertionError with the output of what failed."""
        text = example.text.replace(CONTROL_PORT, str(self._port))
        {"sh": self._shell, "python": self._python, "yaml": self._yaml}[example.language](text, example)

    def leave(self) -> None:
        """End the fleet that stays."""
        up, self._up = self._up, None
        if up is not None:
            up.send_signal(signal.SIGTERM)
            told, _ = up.communicate(timeout=30)
            assert up.returncode == 0, told

    def _shell(self, text: str, example: Example) -> None:
        if text.startswith(INSTALLING):
            return
        if text.startswith("axsim up"):
            self.leave()
            self._stay_up(text)
        else:
            self._run(["bash", "-euo", "pipefail", "-c", text])

    def _stay_up(self, command: str) -> None:
        self._up = subprocess.Popen(
            ["bash", "-c", f"exec {command}"], cwd=self._folder, env=self._environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert self._up.stdout is not None
        told = []
        for line in self._up.stdout:
            told.append(line)
            if line.startswith("Ctrl-C"):
                return
        raise AssertionError("".join(told))

    def _python(self, text: str, example: Example) -> None:
        if "def test_" in text:
            file = self._save(example.file or f"test_example_{example.line}.py", text)
            self._run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", file.name])
        else:
            file = self._save(example.file or f"example_{example.line}.py", text)
            self._run([sys.executable, file.name])

    def _yaml(self, text: str, example: Example) -> None:
        whole = re.search(r"^scenario:", text, re.MULTILINE) is not None
        if not whole:
            missing = [
                line for key, line in _KEYS_OF_A_PART.items() if not re.search(f"^{key}:", text, re.MULTILINE)
            ]
            text = "".join(missing) + text
        file = self._save(example.file or f"example-{example.line}.scenario.yaml", text)
        if not example.file:
            self._run(["axsim", "run" if whole else "check", file.name])

    def _save(self, name: str, text: str) -> Path:
        file = self._folder / name
        file.write_text(text)
        return file

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(
            command, cwd=self._folder, env=self._environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
