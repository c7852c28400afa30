"""Reads a file into nodes with marks, from the events of the YAML parser.

The tree is built here and not by YAML's composer, because the file may be hostile: depth, size and what aliases
expand to are bounded while it is built, and an alias into its own anchor is an error. Duplicate keys, tabs in
the indentation, tags and a second document are errors too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

from simulator.action.kind import shown
from simulator.errors import Place
from simulator.scenario.node import Entry, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.scenario.problem import Findings

LARGEST_FILE = 1 << 20
"""Characters of one file."""
DEEPEST = 32
LONGEST_KEY = 200
MOST_NODES = 100_000
"""Values of one file, counting what aliases expand to."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRANGE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAB = re.compile(r"^[ ]*\t", re.MULTILINE)


class _Stop(Exception):
    """Loading cannot go on; what is wrong has been noted."""


def load(text: str, file: str, findings: Findings) -> Node | None:
    """The root node of a file, or None when it cannot be read; `findings` then says why."""
    source = text.removeprefix("\ufeff")
    if not _readable(source, file, findings):
        return None
    try:
        return _Builder(file, findings).build(source)
    except _Stop:
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
        findings.add(place, _what(str(error.problem or error.context)), _remedy(str(error.problem)))
    except (yaml.YAMLError, ValueError) as error:
        findings.add(Place(file, 1, 1), f"no YAML: {str(error).splitlines()[0]}")
    return None


def _what(problem: str) -> str:
    """What the parser found; some releases have a limit of nesting of their own and meet it before the builder does."""
    return f"nested deeper than {DEEPEST} levels" if "nesting depth" in problem else f"no YAML: {problem}"


def _readable(text: str, file: str, findings: Findings) -> bool:
    if len(text) > LARGEST_FILE:
        findings.add(Place(file, 1, 1), f"the file has more than {LARGEST_FILE} characters", "split it with use")
        return False
    strange = _STRANGE.search(text)
    if strange:
        findings.add(_place_at(text, strange.start(), file), f"character {strange[0]!a} is not allowed")
    for tab in _TAB.finditer(text):
        findings.add(_place_at(text, tab.end() - 1, file), "a tab indents this line", "indent with spaces")
    return not findings


def _place_at(text: str, position: int, file: str) -> Place:
    before = re.split(r"\r\n|[\n\r\x85\u2028\u2029]", text[:position])
    return Place(file, len(before), len(before[-1]) + 1)


def _remedy(problem: str) -> str:
    if "mapping values are not allowed" in problem:
        return "put a text that holds a colon and a space in quotes, and check the indentation"
    if "could not find expected ':'" in problem:
        return "a key needs a colon and a space behind it"
    if "cannot start any token" in problem:
        return "put the text in quotes"
    return ""


@dataclass(slots=True)
class _Anchor:
    node: Node | None
    """None while the node is still being built."""
    weight: int = 0


@dataclass(slots=True)
class _Builder:
    file: str
    findings: Findings
    anchors: dict[str, _Anchor] = field(default_factory=dict)
    count: int = 0

    def build(self, text: str) -> Node | None:
        events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    self.stop(event, "a second document begins here", "one file holds one document")
                root = self.node(next(events), events, 0)
        if root is None or (isinstance(root, Scalar) and not root.text):
            self.findings.add(Place(self.file, 1, 1), "the file is empty")
            return None
        return root

    def node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        if depth > DEEPEST:
            self.stop(event, f"nested deeper than {DEEPEST} levels")
        self.weigh(event, 1)
        if event.tag is not None and event.tag != "!":
            self.findings.add(self.place(event), f"tag {shown(event.tag)} is not used here", "leave it out")
        before = self.count
        if event.anchor:
            self.anchors[event.anchor] = _Anchor(None)
        node = self.content(event, events, depth)
        if event.anchor:
            self.anchors[event.anchor] = _Anchor(node, self.count - before + 1)
        return node

    def content(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        place = self.place(event)
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(event.value, place, _last_line(event), event.style or "", _span(event))
        flow = bool(event.flow_style)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Node] = []
            for inner in events:
                if isinstance(inner, yaml.SequenceEndEvent):
                    break
                items.append(self.node(inner, events, depth + 1))
            return Sequence(items, place, _end(inner, place, flow, [item.end_line for item in items]), flow)
        entries, inner = self.entries(events, depth)
        return Mapping(entries, place, _end(inner, place, flow, [e.value.end_line for e in entries]), flow)

    def entries(self, events: Iterator[Any], depth: int) -> tuple[list[Entry], Any]:
        entries: list[Entry] = []
        seen: dict[str, Place] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self.node(event, events, depth + 1)
            value = self.node(next(events), events, depth + 1)
            if not isinstance(key, Scalar) or len(key.text) > LONGEST_KEY:
                self.findings.add(key.place, f"a key must be a text of at most {LONGEST_KEY} characters")
                continue
            if key.text in seen:
                first = seen[key.text]
                self.findings.add(
                    key.place, f"key {shown(key.text)} stands here twice", f"first in line {first.line}"
                )
            seen.setdefault(key.text, key.place)
            entries.append(Entry(key, value))
        return entries, event

    def alias(self, event: Any) -> Node:
        anchor = self.anchors.get(event.anchor)
        if anchor is None:
            self.stop(event, f"no anchor named {shown(event.anchor)}")
        if anchor.node is None:
            self.stop(event, f"alias {shown(event.anchor)} stands inside its own anchor")
        self.weigh(event, anchor.weight)
        return anchor.node

    def weigh(self, event: Any, weight: int) -> None:
        self.count += weight
        if self.count > MOST_NODES:
            self.stop(event, f"the file holds more than {MOST_NODES} values, counting what aliases stand for")

    def place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def stop(self, event: Any, what: str, hint: str = "") -> NoReturn:
        self.findings.add(self.place(event), what, hint)
        raise _Stop


def _span(event: Any) -> tuple[int, int]:
    return event.start_mark.index, event.end_mark.index


def _last_line(event: Any) -> int:
    """A block text ends at the start of the line behind it."""
    mark = event.end_mark
    behind = mark.column == 0 and mark.line > event.start_mark.line
    return int(mark.line) + (0 if behind else 1)


def _end(event: Any, place: Place, flow: bool, lines: list[int]) -> int:
    if flow:
        return int(event.end_mark.line) + 1
    return max(lines, default=place.line)
