"""Every broken file gives its golden message, quickly."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from simulator.errors import ScenarioError
from simulator.scenario.compile import check_text, compile_file
from simulator.scenario.problem import ScenarioErrors

BROKEN = Path(__file__).parent / "broken"
FILES = sorted(BROKEN.glob("*.scenario.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.split(".")[0])
def test_it_is_told_what_is_wrong_and_where(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    errors = check_text(path.read_text(), path.name)
    assert all(isinstance(error, ScenarioError) and error.place.line and error.place.column for error in errors)
    assert (
        ScenarioErrors(errors).render() + "\n" == path.with_name(path.name.split(".")[0] + ".expected").read_text()
    )


def test_there_are_at_least_fifty_of_them_and_each_has_its_message() -> None:
    assert len(FILES) >= 50
    messages = {path.stem for path in BROKEN.glob("*.expected")}
    assert messages == {path.name.split(".")[0] for path in FILES}
    assert all(re.match(r"[\w/.-]+:\d+:\d+: ", (BROKEN / f"{name}.expected").read_text()) for name in messages)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.split(".")[0])
def test_a_check_costs_less_than_a_tenth_of_a_second(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    text = path.read_text()
    assert min(_cost(text, path.name) for _ in range(3)) < 0.1


def test_a_long_scenario_is_checked_as_quickly() -> None:
    steps = "".join(f"  - at: {n}s\n    cut: io-{n % 500 + 1}/input/2\n    expect: {{state: {{supervised: cut}}}}\n"
                    for n in range(200))  # fmt: skip
    text = f"scenario: Long\nfleet:\n  io-{{1..500}}: {{model: A9210}}\ntimeline:\n{steps}"
    assert check_text(text, "long.scenario.yaml") == []
    assert min(_cost(text, "long.scenario.yaml") for _ in range(3)) < 0.1


def test_a_file_that_is_not_there_is_a_scenario_error_too(tmp_path: Path) -> None:
    with pytest.raises(ScenarioErrors, match="cannot be read"):
        compile_file(tmp_path / "absent.scenario.yaml")


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"scenario: \xc3\x28\n"], ids=["utf-16", "broken utf-8"])
def test_a_file_that_is_no_utf_8_is_a_scenario_error_too(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "odd.scenario.yaml"
    path.write_bytes(data)
    with pytest.raises(ScenarioErrors):
        compile_file(path)


def _cost(text: str, name: str) -> float:
    """Processor seconds, so that a busy machine changes nothing."""
    begin = time.process_time()
    check_text(text, name)
    return time.process_time() - begin
