"""Loading: marks, texts that stay texts, and hostile files."""

from __future__ import annotations

import pytest

from simulator.scenario.load import LARGEST_FILE, load
from simulator.scenario.node import Mapping, Scalar, Sequence
from simulator.scenario.problem import Findings, ScenarioErrors


def loaded(text: str) -> Mapping:
    findings = Findings()
    root = load(text, "s.yaml", findings)
    assert isinstance(root, Mapping), ScenarioErrors(findings.errors()).render()
    assert not findings
    return root


def refused(text: str) -> str:
    findings = Findings()
    findings.read("s.yaml", text, ())
    load(text, "s.yaml", findings)
    return ScenarioErrors(findings.errors()).render()


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: 1\nb: 2\nkey: x\n", 3, 1),
        ("# é\na: é\nkey: x\n", 3, 1),
        ("{a: \U0001f600, key: x}\n", 1, 8),
        ("\ufeffkey: x\n", 1, 1),
        ("a: 1\r\nb: 2\r\nkey: x\r\n", 3, 1),
        ("a: 'x\n\n  y'\nkey: x\n", 4, 1),
    ],
)
def test_marks_count_lines_and_characters_from_one(text: str, line: int, column: int) -> None:
    entry = loaded(text).get("key")
    assert entry is not None
    assert (entry.key.place.line, entry.key.place.column) == (line, column)


def test_every_single_value_is_a_text() -> None:
    texts = [
        "1:30",
        "12:34:56:12:34:56",
        "0123456",
        "12.10",
        "off",
        "no",
        "~",
        "null",
        "0x1F",
        "2026-03-01",
        ".inf",
    ]
    root = loaded("values:\n" + "".join(f"  - {text}\n" for text in texts))
    values = root.entries[0].value
    assert isinstance(values, Sequence)
    assert [item.text for item in values.items if isinstance(item, Scalar)] == texts


def test_a_shared_node_is_resolved_and_counted_each_time() -> None:
    root = loaded("a: &x {k: v}\nb: *x\n")
    assert root.entries[0].value is root.entries[1].value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: " + "x" * LARGEST_FILE, "more than 1048576 characters"),
        ("a: \x07\n", "character '\\x07' is not allowed"),
        ("a: \ud800\n", "character '\\ud800' is not allowed"),
        ("a: \x00\n", "character '\\x00' is not allowed"),
        ("[" * 100_000, "nested deeper than 32 levels"),
        ("a: " + "{b: " * 100_000, "nested deeper than 32 levels"),
        ("- " * 100_000 + "x", "nested deeper than 32 levels"),
        ("a: [" + "x, " * 100_000 + "x]", "more than 100000 values"),
        ("x" * 300 + ": 1\n", "a key must be a text of at most 200 characters"),
        ("a: &x [*x]\n", "stands inside its own anchor"),
        ("? &k a\n: *k\n*k : 2\n", "stands here twice"),
        ("a: !!int 3\n", "tag 'tag:yaml.org,2002:int' is not used here"),
        ("%YAML 1.2\n%YAML 1.2\n---\na: 1\n", "no YAML"),
        ('a: "\\ud800"\n', "no YAML"),
        ("a: 'open\n", "no YAML"),
        ("a: @x\n", "no YAML"),
        ("  \t a: 1\n", "a tab indents this line"),
    ],
    ids=lambda value: value[:20].encode("ascii", "replace").decode() if isinstance(value, str) else None,
)
def test_a_hostile_file_gets_a_clear_answer(text: str, told: str) -> None:
    answer = refused(text)
    assert told in answer
    assert answer.startswith("s.yaml:")
    assert len(answer) < 30_000
