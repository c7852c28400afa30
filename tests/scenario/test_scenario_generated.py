"""What is made from the declarations is as committed, and fits what ships."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.action.declaration import fields_of
from simulator.action.vocabulary import ACTIONS
from simulator.expect.expectation import Face
from simulator.resources import folder
from simulator.scenario.compile import compile_file
from simulator.scenario.load import load
from simulator.scenario.node import Mapping, Node, Scalar
from simulator.scenario.problem import Findings
from simulator.scenario.reference import reference
from simulator.scenario.schema import SCHEMA_FILE, json_schema, schema_text

SHIPPED = sorted(folder("scenarios").rglob("*.scenario.yaml"))
REFERENCE_PAGE = Path(__file__).parents[2] / "docs" / "scenario-reference.md"
"""In the source tree, wherever the package is installed."""
AGAIN = "run python -m simulator.scenario.reference"


def test_the_schema_is_as_committed() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), AGAIN


def test_the_reference_page_is_as_committed() -> None:
    assert REFERENCE_PAGE.read_text(encoding="utf-8") == reference(), AGAIN


def test_schema_and_page_know_every_verb_field_and_face() -> None:
    steps = json_schema()["$defs"]["Step"]["properties"]
    page = reference()
    for declared in ACTIONS:
        assert declared.verb in steps
        assert f"### {declared.verb}\n" in page
        assert all(f"`{field.key}`" in page for field in fields_of(declared))
    assert all(f"### {face.value}\n" in page for face in Face)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_ships_compiles(path: Path) -> None:
    plans = compile_file(path)
    assert plans
    assert all(plan.steps for plan in plans)


def test_the_scenarios_that_ship() -> None:
    assert {str(path.relative_to(folder("scenarios"))).removesuffix(".scenario.yaml") for path in SHIPPED} >= {
        "wiring/cut-supervised-input", "wiring/short-supervised-input", "wiring/chatter",
        "network/dhcp-lost-link-local", "network/dhcp-lost-static-fallback", "network/dhcp-returns",
        "network/address-changed", "upgrade/wrong-model", "upgrade/bad-signature", "upgrade/power-lost-halfway",
        "upgrade/autorollback-unconfirmed", "broker/restart", "fleet/two-hundred-devices",
    }  # fmt: skip


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_an_editor_finds_nothing_to_complain_of(path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    validator = jsonschema.Draft202012Validator(json_schema())
    assert not [error.message for error in validator.iter_errors(as_an_editor_reads(path))]


@pytest.mark.parametrize(
    "text",
    ["timeline: [{at: 30, cut: io-2/input/2}]", "timeline: [{at: 30s, cutt: io-2/input/2}]", "fleet: {io-1: {modell: A}}",
     "clock: fast", "timeline: [{at: 1s, power: cut, expect: {mqtt: {evnt: input}}}]"],
)  # fmt: skip
def test_an_editor_marks_what_is_wrong(text: str) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    findings = Findings()
    value = _typed(load(f"scenario: x\n{text}\n", "x", findings))
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(value)


def as_an_editor_reads(path: Path) -> Any:
    return _typed(load(path.read_text(), path.name, Findings()))


def _typed(node: Node | None) -> Any:
    """Values by YAML 1.2's core schema, as editors read them."""
    if isinstance(node, Mapping):
        return {entry.key.text: _typed(entry.value) for entry in node.entries}
    if not isinstance(node, Scalar):
        return [_typed(item) for item in node.items] if node else None
    if node.style or node.text not in {"true", "false", "null"}:
        try:
            return node.text if node.style else json.loads(node.text)
        except ValueError:
            return node.text
    return {"true": True, "false": False, "null": None}[node.text]
