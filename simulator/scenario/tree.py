"""From nodes to values: names are put in, places are remembered.

`${name}` stands for a constant of `let` or a name of the matrix, inside texts only: no loops, no expressions.
`$${` is a plain `${`, for commands that have their own variables.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from simulator.action.kind import LONGEST_TEXT, Path, Reading, shown
from simulator.errors import Place, did_you_mean
from simulator.scenario.node import Entry, Mapping, Node, Scalar

if TYPE_CHECKING:
    from simulator.scenario.problem import Findings

_NAME = re.compile(r"\$(\$\{)|\$\{([^${}]*)\}")


class Names:
    """The names that a case knows, and their use."""

    def __init__(self, findings: Findings, case: str) -> None:
        self._values: dict[str, str] = {}
        self._findings = findings
        self._case = case
        self.failed: set[Place] = set()
        """Where a text could not be filled in: what else is wrong with it is not told."""

    def define(self, name: str, value: str) -> None:
        self._values[name] = value

    def fill(self, node: Scalar) -> str:
        """The text with its names replaced; unknown ones are noted and left."""
        if "${" not in node.text:
            return node.text
        filled = _NAME.sub(lambda match: match[1] or self._value(match[2], node), node.text)
        if len(filled) > LONGEST_TEXT:
            self._findings.add(node.place, f"text grows over {LONGEST_TEXT} characters", case=self._case)
            return filled[:LONGEST_TEXT]
        return filled

    def _value(self, name: str, node: Scalar) -> str:
        value = self._values.get(name)
        if value is None:
            hint = did_you_mean(name, self._values) or "let and matrix define names"
            self.failed.add(node.place)
            self._findings.add(node.place, f"no name {shown(name)} for ${{{name}}}", hint, case=self._case)
            return ""
        return value


class FileReading(Reading):
    """One pass over the values of one case, with the place of each."""

    def __init__(self, findings: Findings, names: Names, case: str) -> None:
        super().__init__()
        self.names = names
        self._findings = findings
        self._case = case
        self._nodes: dict[Path, tuple[Scalar | None, Node]] = {}

    def values(self, node: Node, path: Path, key: Scalar | None = None) -> Any:
        """Text, list or map of a node, with names put in."""
        self._nodes[path] = (key, node)
        if isinstance(node, Scalar):
            return self.names.fill(node)
        if isinstance(node, Mapping):
            return {e.key.text: self.values(e.value, (*path, e.key.text), e.key) for e in node.entries}
        return [self.values(item, (*path, number)) for number, item in enumerate(node.items)]

    def problem(self, path: Path, what: str, hint: str = "", *, at_key: bool = False) -> None:
        super().problem(path, what, hint, at_key=at_key)
        key, node = self._nearest(path)
        place = key.place if at_key and key is not None else node.place
        if place not in self.names.failed:
            self._findings.add(place, what, hint, case=self._case)

    def at(self, place: Place | None, what: str, hint: str = "") -> None:
        """Note a problem of an object that knows its place."""
        super().problem((), what, hint)
        if place not in self.names.failed:
            self._findings.add(place or Place(""), what, hint, case=self._case)

    def place(self, path: Path) -> Place:
        return self._nearest(path)[1].place

    def stands_for(self, path: Path, other: Path) -> None:
        """Problems at `path` are told where `other` stands: a field written beside its verb."""
        if other in self._nodes:
            self._nodes[path] = self._nodes[other]

    def source(self, path: Path) -> str:
        """The lines of the file in which a value stands."""
        _, node = self._nearest(path)
        lines = self._findings.lines.get(node.place.file, [])
        return "\n".join(line.rstrip() for line in lines[node.place.line - 1 : node.end_line])

    def _nearest(self, path: Path) -> tuple[Scalar | None, Node]:
        while path not in self._nodes and path:
            path = path[:-1]
        return self._nodes[path]


def define_names(root: Mapping, cell: tuple[tuple[str, str], ...], findings: Findings, case: str) -> Names:
    """The names of one case: those of its cell, then the constants of `let` in their order."""
    names = Names(findings, case)
    for name, value in cell:
        names.define(name, value)
    entry = root.get("let")
    constants = entry.value.entries if entry is not None and isinstance(entry.value, Mapping) else []
    for constant in constants:
        _define(names, constant, dict(cell), findings, case)
    return names


def _define(names: Names, constant: Entry, cell: dict[str, str], findings: Findings, case: str) -> None:
    name = constant.key.text
    if name in cell:
        findings.add(constant.key.place, f"{shown(name)} is a name of the matrix too", "rename one", case=case)
    elif not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name):
        findings.add(constant.key.place, f"{shown(name)} is no name", "letters, digits, _ and -", case=case)
    elif isinstance(constant.value, Scalar):
        names.define(name, names.fill(constant.value))
