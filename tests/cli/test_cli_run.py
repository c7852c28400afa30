"""`axsim run`: exit codes, evidence, reports, and that it ends in order whatever happens."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from command_line import AXSIM, Running, alive, axsim

PASSES = """\
scenario: It passes
seed: 7
clock: stepped
matrix:
  preset: [SerialFirst1k, SerialFirst4k7]
fleet:
  io-1: {model: A9210, supervised: {1: "${preset}"}}
timeline:
  - at: 1s
    cut: io-1/input/1
    expect: {within: 2s, state: {supervised: cut}}
"""
FAILS = """\
scenario: It fails
seed: 7
clock: stepped
fleet:
  io-1: {model: A9210, supervised: {1: SerialFirst1k}}
timeline:
  - at: 1s
    cut: io-1/input/1
    expect: {within: 2s, state: {supervised: shorted}}
"""
CANNOT = """\
scenario: It cannot
clock: stepped
fleet:
  io-1: {model: A9210}
timeline:
  - at: 1s
    fault: {on: io-1/http, kind: silent}
"""
TAKES_LONG = """\
scenario: It takes long
seed: 7
fleet:
  io-1: {model: A9210, supervised: {1: SerialFirst1k}}
client: {command: [python, "-c", "import signal; print('ready', flush=True); signal.pause()"], ready: ready}
timeline:
  - at: 100ms
    cut: io-1/input/1
  - at: 1h
    restore: io-1/input/1
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("passes", PASSES), ("fails", FAILS), ("cannot", CANNOT), ("takes-long", TAKES_LONG)):
        (tmp_path / f"{name}.scenario.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_passes_ends_with_0_and_says_where_the_report_is(folder: Path) -> None:
    ended = axsim("run", "passes.scenario.yaml", "--only", "preset=SerialFirst1k")
    assert (ended.code, ended.err) == (0, "")
    told = ended.out.splitlines()
    assert told[0].endswith("1 case")
    assert any(line.startswith("can  ") and "loopback" in line for line in told)
    assert any(line.split()[:4] == ["1.000", "ok", "cut", "io-1/input/1"] for line in told)
    assert told[-1].startswith("1 case: 1 passed in ")
    report = next(line.split()[1] for line in told if line.startswith("report "))
    assert "</html>" in (folder / report).read_text()


def test_every_cell_of_a_matrix_is_a_case_and_only_selects(folder: Path) -> None:
    ended = axsim("run", "passes.scenario.yaml", "--json", "all.json", "--seed", "11")
    cases = json.loads((folder / "all.json").read_text())["cases"]
    assert ended.code == 0
    assert [case["case"] for case in cases] == [
        "It passes[preset=SerialFirst1k]", "It passes[preset=SerialFirst4k7]",
    ]  # fmt: skip
    assert {case["seed"] for case in cases} == {11}
    assert cases[0]["repeat"] == "axsim run passes.scenario.yaml --seed 11 --only preset=SerialFirst1k"


@pytest.mark.parametrize(
    ("only", "told"),
    [
        ("preset=SerialFirst", "there is preset=SerialFirst1k, preset=SerialFirst4k7"),
        ("firmware=12.9.57", "there is preset="),
        ("preset", "names no value"),
    ],
)
def test_only_what_is_there_can_be_selected(only: str, told: str, folder: Path) -> None:
    ended = axsim("run", "passes.scenario.yaml", "--only", only)
    assert ended.code == 2
    assert told in ended.err


def test_what_fails_ends_with_1_and_shows_the_lines_of_the_step(folder: Path) -> None:
    ended = axsim("run", "fails.scenario.yaml")
    assert ended.code == 1
    assert "FAILED  cut io-1/input/1" in ended.out
    assert "fails.scenario.yaml:7:5" in ended.out
    assert "      expect: {within: 2s, state: {supervised: shorted}}" in ended.out
    assert "differs in: supervised=cut, not shorted" in ended.out
    assert "repeat    axsim run fails.scenario.yaml --seed 7" in ended.out


def test_quiet_tells_failures_and_the_last_line(folder: Path) -> None:
    assert len(axsim("run", "-q", "passes.scenario.yaml").out.splitlines()) == 1
    told = axsim("run", "-q", "fails.scenario.yaml").out
    assert "differs in: supervised=cut, not shorted" in told
    assert told.splitlines()[-1].startswith("1 case: 1 failed")


def test_a_missing_capability_ends_with_3_and_is_named(folder: Path) -> None:
    ended = axsim("run", "cannot.scenario.yaml")
    assert ended.code == 3
    assert "fault silent needs mode netns" in ended.out


def test_nothing_is_run_when_one_file_is_wrong(folder: Path) -> None:
    (folder / "wrong.scenario.yaml").write_text(FAILS.replace("cut:", "cutt:"))
    ended = axsim("run", "passes.scenario.yaml", "wrong.scenario.yaml")
    assert ended.code == 2
    assert "wrong.scenario.yaml:8:5: unknown key 'cutt'; did you mean 'cut'?" in ended.err
    assert not (folder / "axsim-evidence").exists()


def test_junit_tells_failures_and_after_fail_fast_what_was_not_run(folder: Path) -> None:
    ended = axsim("run", "fails.scenario.yaml", "passes.scenario.yaml", "--fail-fast", "--junit", "out/junit.xml")
    suite = ElementTree.parse(folder / "out" / "junit.xml").getroot()[0]
    assert ended.code == 1
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3", "failures": "1", "errors": "0", "skipped": "2",
    }  # fmt: skip
    failure = suite[0].find("failure")
    assert failure is not None
    assert "supervised: shorted" in str(failure.text)


def test_cases_of_the_same_name_keep_their_evidence_apart(folder: Path) -> None:
    (folder / "twin.scenario.yaml").write_text(FAILS.replace("shorted", "cut"))
    ended = axsim("run", "fails.scenario.yaml", "twin.scenario.yaml")
    verdicts = [json.loads(file.read_text())["verdict"] for file in folder.glob("axsim-evidence/**/result.json")]
    assert ended.code == 1
    assert sorted(verdicts) == ["failed", "passed"]


def test_a_folder_of_somebody_else_is_left_alone(folder: Path) -> None:
    mine = folder / "axsim-evidence" / "it-fails" / "mine"
    mine.parent.mkdir(parents=True)
    mine.write_text("precious")
    ended = axsim("run", "fails.scenario.yaml")
    assert ended.code == 3
    assert "holds files that are not evidence" in ended.out
    assert mine.read_text() == "precious"


def test_an_internal_error_is_one_line_and_shows_its_place_on_demand(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError("by nobody")

    monkeypatch.setattr("simulator.cli.run_command.run_case", broken)
    ended = axsim("run", "fails.scenario.yaml")
    assert ended.code == 3
    assert "axsim: internal error: ZeroDivisionError: by nobody" in ended.err
    assert "axsim --debug" in ended.err
    assert "Traceback" not in ended.err + ended.out
    monkeypatch.setattr("simulator.cli.ending._debug", True)
    from simulator.cli.app import app

    with pytest.raises(ZeroDivisionError):
        app(["run", "fails.scenario.yaml"], standalone_mode=False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_run_that_is_stopped_ends_with_4_keeps_its_evidence_and_leaves_nothing(
    number: signal.Signals, folder: Path
) -> None:
    running = Running(folder, "run", "takes-long.scenario.yaml", "--junit", "junit.xml", "--json", "all.json")
    running.wait_for("cut io-1/input/1")
    children = running.children()
    ended = running.end(number)
    assert len(children) >= 2  # engine and client
    assert not [pid for pid in children if alive(pid)]
    assert ended.code == 4
    assert "Traceback" not in ended.out + ended.err
    evidence = folder / "axsim-evidence" / "it-takes-long"
    assert json.loads((evidence / "result.json").read_text())["detail"] == "interrupted"
    assert '"cut"' in (evidence / "timeline.jsonl").read_text()
    assert (evidence / "client.log").read_text().startswith("ready")
    assert (folder / "junit.xml").exists()
    assert json.loads((folder / "all.json").read_text())["verdict"] == "error"


def test_a_killed_engine_is_told_and_ends_with_3(folder: Path) -> None:
    running = Running(folder, "run", "takes-long.scenario.yaml")
    running.wait_for("cut io-1/input/1")
    children = running.children()
    for pid in children:
        if "simulator.fleet.engine" in Path(f"/proc/{pid}/cmdline").read_text():
            subprocess.run(["kill", "-KILL", str(pid)], check=True)
    ended = running.end()
    assert ended.code == 3
    assert "the engine ended with code -9" in ended.out
    assert "Traceback" not in ended.out + ended.err
    assert not [pid for pid in children if alive(pid)]


def test_a_reader_that_has_enough_is_no_error(folder: Path) -> None:
    done = subprocess.run(
        f"{AXSIM} actions | head -n 1", shell=True, text=True, capture_output=True, check=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("wiring\n", "")


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, simulator.cli.app; print(*{'rich', 'pydantic', 'aiohttp', 'asyncio', 'yaml'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    assert done.stdout.split() == []
