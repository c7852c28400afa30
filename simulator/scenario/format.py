"""`axsim fmt`: one way to write a scenario. Keys in declared order, the present form, comments kept.

The order of devices, matrix names, steps and list items is the author's and stays.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from simulator.action.declaration import Record
from simulator.errors import SimulatorBug
from simulator.scenario.comment import Comments
from simulator.scenario.language import Document
from simulator.scenario.load import load
from simulator.scenario.node import Entry, Mapping, Node, Scalar, Sequence
from simulator.scenario.problem import Findings, ScenarioErrors
from simulator.scenario.upgrade import FORMAT, upgraded
from simulator.scenario.writer import Dress, Writer

if TYPE_CHECKING:
    from typing import Any

    from simulator.action.kind import Kind


def format_text(text: str, file_name: str = "scenario") -> str:
    """The text in the one way to write it; the same again when it is so already.

    Raises ScenarioErrors for what is no YAML of ours; a scenario that is wrong in other ways is formatted.
    """
    source = text.removeprefix("\ufeff")
    root = _loaded(source, file_name)
    _own(root, set())
    comments = Comments.of(source, root)
    dresser = _Dresser(comments)
    header = dresser.header(root)
    dresser.dress(root)
    _declare_format(root)
    _put_in_order(root, Record(Document))
    writer = Writer(dresser.dresses)
    writer.lines += header
    writer.mapping(root, 0)
    writer.lines += dresser.rest()
    written = "\n".join(writer.lines) + "\n"
    if plain(_loaded(written, file_name)) != plain(root):
        raise SimulatorBug("formatting would change what the scenario means; the file is left as it was")
    return written


def plain(node: Node) -> Any:
    """The texts of a node, in order, for comparison."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Mapping):
        return [(entry.key.text, plain(entry.value)) for entry in node.entries]
    return [plain(item) for item in node.items]


def _loaded(text: str, file_name: str) -> Mapping:
    findings = Findings()
    findings.read(file_name, text, ())
    root = load(text, file_name, findings)
    if root is not None:
        root = upgraded(root, findings)
        if not isinstance(root, Mapping):
            findings.add(root.place, "a scenario is a map", "its keys: scenario, fleet, timeline, ...")
    if findings or not isinstance(root, Mapping):
        raise ScenarioErrors(findings.errors())
    return root


def _declare_format(root: Mapping) -> None:
    if root.get("format") is None:
        place = root.place
        root.entries.insert(0, Entry(Scalar("format", place, place.line), Scalar(str(FORMAT), place, place.line)))


def _put_in_order(node: Node, kind: Kind) -> None:
    """Sort the keys of declared classes; entries and items stay the objects they are."""
    if isinstance(node, Sequence):
        for number, item in enumerate(node.items):
            _put_in_order(item, kind.inside(number))
    elif isinstance(node, Mapping):
        by_key = {entry.key.text: entry for entry in node.entries}
        node.entries[:] = [by_key[key] for key in kind.order(list(by_key))]
        for entry in node.entries:
            _put_in_order(entry.value, kind.inside(entry.key.text))


def _own(node: Node, seen: set[int]) -> Node:
    """The node, or a copy where an alias shows it a second time; what is inside is made its own too."""
    if id(node) in seen:
        node = copy(node)
    seen.add(id(node))
    if isinstance(node, Sequence):
        node.items = [_own(item, seen) for item in node.items]
    elif isinstance(node, Mapping):
        node.entries = [Entry(entry.key, _own(entry.value, seen)) for entry in node.entries]
    return node


class _Dresser:
    """Gives every comment to the entry or item that it stands above or behind; none is lost."""

    def __init__(self, comments: Comments) -> None:
        self._comments = comments
        self.dresses: dict[int, Dress] = {}

    def header(self, root: Mapping) -> list[str]:
        """The comments before the first key stay before the first key."""
        first = root.entries[0].key.place.line if root.entries else 1 << 30
        lines = self._comments.take_above(0, first)
        gap = first - 1 in self._comments.blank
        self._comments.blank.discard(first - 1)
        return [*lines, ""] if lines and gap else lines

    def dress(self, node: Node) -> None:
        if isinstance(node, Mapping):
            for entry in node.entries:
                self._one(entry, entry.key.place.line, entry.value)
        elif isinstance(node, Sequence):
            for item in node.items:
                self._one(item, item.place.line, item)

    def _one(self, thing: Entry | Node, line: int, value: Node) -> None:
        dress = self.dresses[id(thing)] = Dress()
        gap = self._first_line(line) - 1
        dress.blank = gap in self._comments.blank
        self._comments.blank.discard(gap)  # it stands before an item, and not before its first key as well
        dress.above = [*self._comments.take_behind(0, line - 1), *self._comments.take_above(0, line)]
        if isinstance(value, Scalar):
            dress.behind = " ".join(self._comments.take_behind(line, value.end_line))
            return
        last = value.end_line
        if value.flow and not self._comments.any_between(line, last - 1):
            dress.behind = " ".join(self._comments.take_behind(line, last))
        else:
            dress.spread = True
            if isinstance(thing, Entry):
                dress.behind = " ".join(self._comments.take_behind(line, line))
            self.dress(value)

    def _first_line(self, line: int) -> int:
        """The line where the comments above something begin."""
        while line - 1 in self._comments.above:
            line -= 1
        return line

    def rest(self) -> list[str]:
        """What stands behind everything."""
        last = 1 << 30
        return [*self._comments.take_behind(0, last), *self._comments.take_above(0, last)]
