"""What the README promises: two commands, a mixed fleet, a report that can be opened.

Installing takes minutes and the network; `.ci/run` does it, word for word as the README says. Here the installed
program does the rest of the first command.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def commands() -> list[str]:
    return re.findall(r"^python3 -m venv .*$", (ROOT / "README.md").read_text(), re.MULTILINE)


def test_there_are_two_commands_and_ci_runs_both() -> None:
    run_scenario, run_tests = commands()
    script = (ROOT / ".ci" / "run").read_text()
    assert "axsim run" in run_scenario
    assert "pytest" in run_tests
    assert all(f"commands[{number}]" in script for number in (0, 1))
    assert "python3 -m venv" in script


def test_both_times_are_printed() -> None:
    text = (ROOT / "README.md").read_text()
    assert re.search(r"about \d+ s\b", text)
    assert re.search(r"about \d+(\.\d+)? minutes", text)


def test_the_first_command_ends_in_a_passed_scenario_on_a_mixed_fleet(tmp_path: Path) -> None:
    axsim = Path(sys.executable).with_name("axsim")
    arguments = commands()[0].partition(".venv/bin/axsim ")[2].split()
    done = subprocess.run(
        [axsim, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (result_file,) = tmp_path.glob("axsim-evidence/*/result.json")
    result = json.loads(result_file.read_text())
    kinds = Counter(device["kind"] for device in result["fleet"]["devices"])
    assert result["verdict"] == "passed"
    assert kinds == {"C1410": 2, "A9210": 2}
    assert result["fleet"]["site"]["broker"]["embedded"]
    assert "</html>" in result_file.with_name("report.html").read_text()


def test_ci_knows_no_machine() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert not re.search(r"(^|[\s'\"=])/(home|work|opt|root|usr/local)\b", script)
