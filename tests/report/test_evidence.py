"""The evidence folder: complete, and never somebody else's files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import Notebook, case, check, fleet

from simulator.errors import FleetError
from simulator.report.evidence import LONGEST_NAME, MARK, folder_name, open_folder, write_case, write_journal

FILES = {MARK, "report.html", "result.json", "compat.json", "timeline.jsonl", "journal.jsonl", "fleet.json",
         "client.log", "scenario.scenario.yaml"}  # fmt: skip


def test_a_case_leaves_every_file(tmp_path: Path) -> None:
    book = Notebook()
    book.add("state", "phase", phase="running")
    result = case(checks=(check(seconds=0.25, requests=3),))
    write_case(open_folder(tmp_path / "case"), result, book.records, source="scenario: x\n", client_log="hello\n")
    assert {entry.name for entry in (tmp_path / "case").iterdir()} == FILES
    written = json.loads((tmp_path / "case" / "result.json").read_text())
    assert (written["verdict"], written["seed"]) == ("passed", 7)
    (row,) = json.loads((tmp_path / "case" / "compat.json").read_text())
    assert (row["check"], row["verdict"], row["measured"]) == ("C01", "passed", {"seconds": 0.25, "requests": 3})
    assert json.loads((tmp_path / "case" / "journal.jsonl").read_text())["wire"] == 1000.001
    assert (tmp_path / "case" / "client.log").read_text() == "hello\n"


def test_a_pytest_run_leaves_journal_timeline_and_page(tmp_path: Path) -> None:
    book = Notebook()
    book.add("note", "hello")
    write_journal(tmp_path / "test", fleet(), book.records, title="test_x")
    names = {entry.name for entry in (tmp_path / "test").iterdir()}
    assert names == {MARK, "fleet.json", "timeline.jsonl", "journal.jsonl", "timeline.html"}


def test_bytes_that_are_no_text_are_kept_readable(tmp_path: Path) -> None:
    book = Notebook()
    book.request("GET /\udc80\udcff")
    book.add("note", "\udc80")
    folder = open_folder(tmp_path / "case")
    write_case(folder, case(detail="\udc80"), book.records, source="\udc80", client_log="\udc80\x00")
    record = json.loads((folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert record["what"] == "GET /\udc80\udcff"
    assert "\\udc80" in (folder / "timeline.jsonl").read_text(encoding="utf-8")


def test_our_own_folder_is_emptied(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "case")
    (folder / "old.txt").write_text("old")
    (folder / "deep").mkdir()
    (folder / "deep" / "old.txt").write_text("old")
    open_folder(folder)
    assert [entry.name for entry in folder.iterdir()] == [MARK]


def test_what_a_link_points_at_is_not_emptied(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years")
    folder = open_folder(tmp_path / "case")
    (folder / "link").symlink_to(precious)
    open_folder(folder)
    assert (precious / "thesis.txt").exists()
    assert not (folder / "link").exists()


def test_somebody_else_s_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years")
    with pytest.raises(FleetError, match="files that are not evidence; choose another folder"):
        open_folder(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_place_where_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "case"):
        with pytest.raises(FleetError, match="evidence cannot be written to"):
            open_folder(place)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Cut is seen[firmware=12.9.57]", "cut-is-seen-firmware-12.9.57"),
        ("../../etc/passwd", "etc-passwd"),
        ("Ü", "case"),
        ("..", "case"),
    ],
)
def test_a_folder_has_a_readable_name(title: str, name: str) -> None:
    assert folder_name(title) == name


def test_cells_of_a_long_title_have_folders_of_their_own() -> None:
    title = "A very long title of a scenario that says everything there is to say about what it does and why"
    names = {folder_name(f"{title}[firmware={version}]") for version in ("11.11", "12.9", "12.10")}
    assert len(names) == 3
    assert all(len(name) <= LONGEST_NAME for name in names)


@given(st.text())
def test_any_title_is_one_folder_below(title: str) -> None:
    name = folder_name(title)
    assert name == os.path.basename(name)
    assert name not in ("", ".", "..")
    assert len(name) <= LONGEST_NAME
