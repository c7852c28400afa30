"""`axsim fmt`: one way to write a file, comments kept, meaning kept."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.resources import folder
from simulator.scenario.compile import compile_text
from simulator.scenario.format import format_text
from simulator.scenario.plan import Plan
from simulator.scenario.problem import ScenarioErrors

SHIPPED = sorted(folder("scenarios").rglob("*.yaml"))


def test_keys_are_sorted_old_names_are_renamed_and_comments_stay() -> None:
    written = """\
        # yaml-language-server: $schema=../schema.json

        steps:
          # the back door
          - cut: io-2/input/2   # snip
            at: 30s
            expect: {mqtt: {state: tampered, event: tampering}, within: 2s}

          - expect:
              everywhere: {port: 2,   # two
                condition: normal}
              device: io-2
            after: 3s
        devices:
          io-{1..2}: {firmware: "12.10", model: A9210, mqtt: yes}
        description: |  # why
          first

          second
        format: 0
        title: 'A: door'
        # end
        """
    assert format_text(textwrap.dedent(written)) == textwrap.dedent("""\
        # yaml-language-server: $schema=../schema.json

        format: 1
        scenario: "A: door"
        about: |  # why
          first

          second
        fleet:
          io-{1..2}: {model: A9210, firmware: "12.10", mqtt: yes}
        timeline:
          # the back door
          - at: 30s
            cut: io-2/input/2  # snip
            expect: {within: 2s, mqtt: {event: tampering, state: tampered}}

          - after: 3s
            expect:
              device: io-2
              everywhere:  # two
                condition: normal
                port: 2
        # end
        """)


def test_fields_beside_a_verb_follow_it_and_the_present_form_is_declared() -> None:
    text = "scenario: x\ntimeline: [{for: 25s, press: io-1, at: 1s}, {for: 1m, press: io-1, every: 2s}]\n"
    assert format_text(text) == (
        "format: 1\nscenario: x\ntimeline: [{at: 1s, press: io-1, for: 25s}, {every: 2s, for: 1m, press: io-1}]\n"
    )


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_ships_is_formatted(path: Path) -> None:
    assert format_text(path.read_text()) == path.read_text()


@pytest.mark.parametrize("text", ["", "a: [", "- a\n", "a: 1\na: 2\n", "a: &x [*x]\n"])
def test_what_cannot_be_read_is_not_written(text: str) -> None:
    with pytest.raises(ScenarioErrors):
        format_text(text)


_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs",)) | st.sampled_from(" #:-,[]{}'\"&*!|>%@`?\n\t\\~$"),
    max_size=12,
)
_PLAIN = st.sampled_from(
    ["io-2/input/2", "30s", "12.10", "yes", "${name}", "x: y", "a #b", "- z", "", "é", "\U0001f600"]
)


def _quoted(text: str) -> str:
    import json

    return json.dumps(text)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """YAML in many styles: maps and lists, block and flow, comments, blank lines, quoted and block texts."""
    keys = st.sampled_from(
        ["scenario", "about", "fleet", "timeline", "expect", "cut", "at", "mqtt", "within", "event", "use", "x y"]
    )

    def scalar(indent: str) -> str:
        kind = draw(st.integers(0, 3))
        if kind == 0:
            return " " + _quoted(draw(_TEXT))
        if kind == 1:
            return " " + draw(st.sampled_from(["io-2/input/2", "30s", "12.10", "off", "${name}", "plain words"]))
        if kind == 2:
            return f" |{draw(st.sampled_from(['', '-', '+']))}\n{indent}  first # no comment\n{indent}   second\n"
        return " {b: 1, a: [x, 'y # z']}" + draw(st.sampled_from(["", "  # behind"]))

    def block(depth: int, indent: str) -> str:
        lines = []
        for key in draw(st.lists(keys, min_size=1, max_size=4, unique=True)):
            lines.append(draw(st.sampled_from(["", "\n", f"{indent}# above\n", "\n# out\n\n"])))
            shape = draw(st.integers(0, 3)) if depth else 0
            if shape == 0:
                value = scalar(indent)
                lines.append(f"{indent}{key}:{value}" + ("" if value.endswith("\n") else "\n"))
            elif shape == 1:
                lines.append(
                    f"{indent}{key}:{draw(st.sampled_from(['', ' # key']))}\n" + block(depth - 1, indent + "  ")
                )
            else:
                lines.append(f"{indent}{key}:\n")
                for _ in range(draw(st.integers(1, 3))):
                    inner = block(depth - 1, indent + "    ").lstrip("\n")
                    first = inner.lstrip().split("\n")[0]
                    dash = "-" + draw(st.sampled_from(["", " # item"])) + "\n" + inner
                    lines.append(f"{indent}  {dash}" if first else "")
        return "".join(lines)

    return block(3, "")


@pytest.mark.timeout(900)  # CI tries 10,000 examples
@given(documents())
def test_formatting_twice_is_formatting_once_and_loses_no_comment(text: str) -> None:
    try:
        once = format_text(text)
    except ScenarioErrors:
        return
    assert format_text(once) == once
    for mark in ("# above", "# behind", "# out", "# key", "# item"):
        assert once.count(mark) == text.count(mark)


def _meaning(plan: Plan) -> Any:
    """A plan without the places in its file."""
    bare = [replace(e, place=None) for e in (*plan.steady, *plan.always)]
    steps = [
        (s.when.anchor, s.when.delay, s.action, [replace(e, place=None, text="") for e in s.expectations], s.title)
        for s in plan.steps
    ]
    return replace(plan, steady=(), always=(), steps=()), bare, steps


@pytest.mark.parametrize(
    "path", [path for path in SHIPPED if path.name.endswith(".scenario.yaml")], ids=lambda p: p.name
)
def test_a_shuffled_scenario_means_the_same_after_formatting(path: Path) -> None:
    lines = path.read_text()
    head, _, timeline = lines.partition("timeline:\n")
    shuffled = "timeline:\n" + timeline + head
    for text in (shuffled, lines):
        before = compile_text(text, str(path))
        after = compile_text(format_text(text), str(path))
        assert [_meaning(plan) for plan in before] == [_meaning(plan) for plan in after]
