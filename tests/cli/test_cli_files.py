"""`axsim check`, `fmt`, `schema`, `scenarios`, `actions`, `firmware build`: what they print and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import axsim

from simulator.action.vocabulary import BY_VERB
from simulator.fleet.image import FAULTS
from simulator.scenario.schema import SCHEMA_FILE
from simulator.wire.firmware_image import Signature, read_image

ROOT = Path(__file__).resolve().parents[2]
BROKEN = sorted((ROOT / "tests" / "scenario" / "broken").glob("*.scenario.yaml"))

UGLY = """\
# who keeps comments
fleet:
    io-1:   {mqtt: yes, model: A9210}   # the back door
scenario: Ugly
timeline:
    - expect: {within: 1s, state: {phase: running}}
      at: 1s
"""


@pytest.fixture
def ugly(tmp_path: Path) -> Path:
    file = tmp_path / "ugly.scenario.yaml"
    file.write_text(UGLY)
    return file


# check


def test_what_ships_is_right() -> None:
    ended = axsim("check", ROOT / "scenarios", "wiring", "upgrade/wrong-model")
    assert (ended.code, ended.err) == (0, "")
    assert "nothing wrong" in ended.out


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.name.partition(".")[0])
def test_a_broken_file_is_told_with_its_place_and_ends_with_2(file: Path) -> None:
    ended = axsim("check", file)
    assert ended.code == 2
    assert f"{file}" in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


def test_a_caret_shows_where(tmp_path: Path) -> None:
    file = tmp_path / "door.scenario.yaml"
    file.write_text(UGLY.replace("- expect", "- opne: io-1/input/1\n      expect"))
    ended = axsim("check", file)
    assert (
        f"{file}:6:7: unknown key 'opne'; did you mean 'open' or 'phone'?\n    6 |     - opne: io-1/input/1\n"
        in ended.err
    )
    assert "\n      |       ^^^^\n" in ended.err


def test_all_errors_of_all_files_are_told() -> None:
    ended = axsim("check", *BROKEN[:5])
    assert all(str(file) in ended.err for file in BROKEN[:5])
    assert "5 files checked" in ended.err


def test_files_of_parts_are_checked_too(tmp_path: Path) -> None:
    part = tmp_path / "doors.yaml"
    part.write_text("fleet:\n  io-1: {model: A9210, mqqt: yes}\n")
    ended = axsim("check", part)
    assert ended.code == 2
    assert "2:24: unknown key 'mqqt'; did you mean 'mqtt'?" in ended.err
    assert "axsim up" not in ended.err
    part.write_text("site:\n  dhcp: {lease: 4m}\n")
    assert axsim("check", part).code == 0


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"{" * 100_000, b"- a\n", b"a: &a [*a]\n"])
def test_what_is_no_scenario_is_told(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "what.scenario.yaml"
    file.write_bytes(content)
    for command in ("check", "fmt", "run", "up"):
        ended = axsim(command, file)
        assert (ended.code, ended.out) == (2, "")
        assert "Traceback" not in ended.err
        assert str(file) in ended.err


@pytest.mark.parametrize("command", ["check", "fmt", "run"])
def test_an_argument_that_is_nothing_names_near_ones(command: str, tmp_path: Path) -> None:
    ended = axsim(command, "wiring/cut-supervised-inptu")
    assert ended.code == 2
    assert "did you mean 'wiring/cut-supervised-input'" in ended.err
    assert axsim(command, tmp_path).code == 2
    assert axsim(command).code == 2


# fmt


def test_fmt_writes_the_one_form_and_keeps_comments(ugly: Path) -> None:
    ugly.chmod(0o640)
    ended = axsim("fmt", ugly)
    assert (ended.code, ended.out) == (0, f"formatted {ugly}\n")
    assert "# who keeps comments" in ugly.read_text()
    assert "# the back door" in ugly.read_text()
    assert ugly.read_text().index("scenario:") < ugly.read_text().index("fleet:")
    assert ugly.stat().st_mode & 0o777 == 0o640
    assert axsim("fmt", ugly).out == ""
    assert axsim("check", ugly).code == 0
    assert [file.name for file in ugly.parent.iterdir()] == [ugly.name]


def test_fmt_check_changes_nothing_and_ends_with_1(ugly: Path) -> None:
    ended = axsim("fmt", "--check", ugly)
    assert (ended.code, ended.out) == (1, f"would format {ugly}\n")
    assert ugly.read_text() == UGLY


# what only tells


def test_schema_is_the_published_one() -> None:
    assert axsim("schema").out == SCHEMA_FILE.read_text()


def test_scenarios_are_listed_by_the_names_that_run_takes() -> None:
    names = {line.split()[0] for line in axsim("scenarios").out.splitlines()}
    files = (ROOT / "scenarios").rglob("*.scenario.yaml")
    assert names == {str(f.relative_to(ROOT / "scenarios")).removesuffix(".scenario.yaml") for f in files}
    assert "wiring/cut-supervised-input" in names


def test_actions_are_all_listed() -> None:
    told = axsim("actions").out
    assert all(f"\n  {verb} " in told for verb in BY_VERB)
    assert set(json.loads(axsim("actions", "--json").out)) == set(BY_VERB)


def test_version_and_help() -> None:
    assert axsim("--version").out.startswith("axsim ")
    assert "firmware" in axsim("--help").out
    assert axsim("nonsense").code == 2


# firmware build


@pytest.mark.parametrize("kind", FAULTS)
def test_an_image_of_each_kind(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "image.bin"
    ended = axsim("firmware", "build", "--model", "C1410", "--version", "12.9.58", "--kind", kind, "-o", file)
    assert (ended.code, ended.out) == (0, f"{file}\n")
    assert file.stat().st_size > 1000


def test_a_right_image_has_the_real_name_and_a_good_signature(tmp_path: Path) -> None:
    ended = axsim("firmware", "build", "--model", "C1410", "--version", "12.9.58", "-o", tmp_path)
    assert ended.out == f"{tmp_path}/C1410_Mk_II_12_9_58.bin\n"
    with (tmp_path / "C1410_Mk_II_12_9_58.bin").open("rb") as file:
        image = read_image(file)
    assert (image.version, image.signature) == ("12.9.58", Signature.VALID)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--model", "A9211", "--version", "12.9.58"), "did you mean 'A9210'"),
        (("--model", "A9210", "--version", "twelve"), "write for example 12.9.58"),
        (("--model", "A9210", "--version", "12.9.58", "--kind", "wrongmodel"), "did you mean 'wrong-model'"),
        (("--model", "A9210", "--version", "12.9.58", "-o", "/nowhere/at/all.bin"), "cannot be written"),
        (("--model", "A9210"), "version"),
    ],
)
def test_a_wrong_argument_ends_with_2_and_a_remedy(words: tuple[str, ...], told: str) -> None:
    ended = axsim("firmware", "build", *words)
    assert ended.code == 2
    assert told in ended.err
