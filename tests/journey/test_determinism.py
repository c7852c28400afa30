"""The same seed gives the same timeline, byte for byte, whatever else the machine does and whichever block is free."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from journey_bench import WORKER, plans

from simulator.report.result import Verdict
from simulator.report.text import failure_text
from simulator.scenario.compile import compile_file
from simulator.scenario.plan import Plan
from simulator.scenario.run import run_case

ROOT = Path(__file__).parents[2]
SCENARIOS = ("wiring/cut-supervised-input", "network/dhcp-returns", "upgrade/autorollback-unconfirmed")


def timeline(plan: Plan, folder: Path, *, block: int, seed: int | None = None) -> bytes:
    """The timeline that one run leaves."""
    result = run_case(plan, evidence=folder, block=block, seed=seed)
    assert result.verdict is Verdict.PASSED, failure_text(result)
    return Path(result.evidence, "timeline.jsonl").read_bytes()


@contextmanager
def a_busy_machine() -> Iterator[None]:
    """Programs that want every processor."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
    try:
        yield
    finally:
        for program in busy:
            program.kill()
            program.wait()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SCENARIOS)
def test_two_runs_with_a_client_leave_the_same_timeline(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    (plan,) = compile_file(ROOT / "scenarios" / f"{name}.scenario.yaml")
    first = timeline(plan, tmp_path / "first", block=WORKER)
    with a_busy_machine():
        second = timeline(plan, tmp_path / "second", block=WORKER + 20)
    assert first == second
    assert len(first.splitlines()) > 300


def test_another_seed_is_another_fleet(tmp_path: Path) -> None:
    (plan,) = plans(
        tmp_path, "timeline: [{at: 1m, power: cut, device: io-1}, {after: 1m, power: restore, device: io-1}]"
    )
    one, same, other = (
        timeline(plan, tmp_path / str(number), block=WORKER, seed=seed) for number, seed in enumerate((7, 7, 8))
    )
    assert one == same != other


def test_nothing_of_the_machine_is_in_a_timeline(tmp_path: Path) -> None:
    (plan,) = plans(
        tmp_path, "timeline: [{at: 1m, cut: io-1/input/1, expect: {within: 1s, everywhere: tampering}}]"
    )
    lines = [json.loads(line) for line in timeline(plan, tmp_path, block=WORKER).splitlines()]
    text = json.dumps(lines)
    assert "axsim-observer" not in text
    assert json.loads((tmp_path / "a-case" / "fleet.json").read_text())["site"]["observer"] not in text
    assert not any(
        {"wire", "peer", "seconds"} & {*line, *line["data"]} for line in lines if line["kind"] != "state"
    )
