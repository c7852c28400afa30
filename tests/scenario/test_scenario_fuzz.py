"""Whatever the text: plans or ScenarioErrors, never another exception."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.action.declaration import fields_of
from simulator.action.vocabulary import ACTIONS
from simulator.expect.expectation import QUERIES
from simulator.scenario.compile import check_text, compile_text
from simulator.scenario.format import format_text
from simulator.scenario.language import Document
from simulator.scenario.plan import DevicePlan
from simulator.scenario.problem import ScenarioErrors

pytestmark = pytest.mark.timeout(900)  # CI tries 10,000 examples of each

KEYS = sorted(
    {
        field.key
        for declared in (Document, DevicePlan, *ACTIONS, *QUERIES.values())
        for field in fields_of(declared)
    }
    | {declared.verb for declared in ACTIONS}
    | {face.value for face in QUERIES}
    | {"at", "after", "when", "every", "for", "expect", "ordered", "io-1", "io-{1..3}"}
)
WORDS = [
    "io-1", "io-*/input/{1..3}", "io-1/input/2", "io-1/http", "30s", "5", "-1", "1e3", "yes", "off", "4.7k", "inf",
    "12.9.57", "A9210", "C1410", "tampering", "cut", "${a}", "$${b}", "{1..9}", "{9..1}", "*", "x10", "stepped",
    "embedded", "127.0.0.1:1883", "169.254.*", "latency", "lease", "\0", "", "é", "python:a.b", "9" * 400,
]  # fmt: skip

values = st.recursive(
    st.sampled_from(WORDS) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
steps = st.dictionaries(st.sampled_from(KEYS), values, max_size=4)
near_documents = st.fixed_dictionaries(
    {"scenario": st.just("x") | values, "fleet": st.just({"io-1": {"model": "A9210", "mqtt": "yes"}}) | values},
    optional={
        "timeline": st.lists(steps, max_size=3) | values,
        "steady": st.lists(st.dictionaries(st.sampled_from(KEYS), values, max_size=2), max_size=2),
        "always": st.lists(st.dictionaries(st.sampled_from(KEYS), values, max_size=2), max_size=2),
        **dict.fromkeys(("matrix", "except", "use", "let", "site", "client", "clock", "format", "seed"), values),
    },
)


def holds(text: str) -> None:
    try:
        plans = compile_text(text, "fuzz.scenario.yaml")
    except ScenarioErrors as errors:
        assert errors.errors
        assert errors.render()
        assert check_text(text, "fuzz.scenario.yaml")
    else:
        assert all(plan.fleet for plan in plans)


@pytest.mark.fuzz
@given(st.text())
def test_any_text(text: str) -> None:
    holds(text)


@pytest.mark.fuzz
@given(st.text(st.sampled_from("abc:- \n\t#{}[]&*!|>'\"%,?$é\u2028\x85\ufeff")))
def test_any_text_of_yaml_signs(text: str) -> None:
    holds(text)


@pytest.mark.fuzz
@given(near_documents)
def test_anything_that_looks_like_a_scenario(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    holds(text)


@pytest.mark.fuzz
@given(near_documents, st.data())
def test_a_scenario_with_a_few_signs_changed(document: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(document, indent=1)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        text = (
            text[:at]
            + data.draw(st.sampled_from(["", "\n", ":", "&a ", "*a", "\t", "{", "]", '"']))
            + text[at + 1 :]
        )
    holds(text)


@given(near_documents)
def test_formatting_means_the_same(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    try:
        written = format_text(text)
    except ScenarioErrors:
        return
    assert format_text(written) == written
    assert bool(check_text(text, "x")) == bool(check_text(written, "x"))
