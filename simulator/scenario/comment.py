"""Comments of a file, and the value each belongs to.

A comment on lines of its own belongs to what follows it, one behind a value to that value. Comments are no part
of the language; only `axsim fmt` looks at them, so that rewriting a file loses none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.scenario.node import Mapping, Node, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARK = re.compile(r"(?<!\S)#")
_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")


@dataclass(slots=True)
class Comments:
    """The comments of one text, taken one by one by line."""

    above: dict[int, str] = field(default_factory=dict)
    """Comments that have their line to themselves, by line."""
    behind: dict[int, str] = field(default_factory=dict)
    """Comments that stand behind something, by line."""
    blank: set[int] = field(default_factory=set)
    """Empty lines."""

    @classmethod
    def of(cls, text: str, root: Node | None) -> Comments:
        """All comments outside the texts of `root`."""
        comments = cls()
        spans = sorted(_inner_span(scalar, text) for scalar in _scalars(root))
        starts = [start for start, _ in spans]
        for line, begin, content in _lines(text):
            if not content.strip():
                comments.blank.add(line)
            for match in _MARK.finditer(content):
                position = begin + match.start()
                inside = bisect_right(starts, position) - 1
                if inside >= 0 and position < spans[inside][1]:
                    continue
                alone = not content[: match.start()].strip()
                (comments.above if alone else comments.behind)[line] = content[match.start() :].rstrip()
                break
        return comments

    def take_above(self, first: int, before: int) -> list[str]:
        """The comments on lines `first` up to and without `before`, in order; each is given once."""
        return [self.above.pop(line) for line in sorted(self.above) if first <= line < before]

    def take_behind(self, first: int, last: int) -> list[str]:
        """The comments behind something on these lines; each is given once."""
        return [self.behind.pop(line) for line in sorted(self.behind) if first <= line <= last]

    def any_between(self, first: int, last: int) -> bool:
        """Whether any comment stands on these lines."""
        return any(first <= line <= last for line in (*self.above, *self.behind))


def _scalars(node: Node | None) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Mapping):
        for entry in node.entries:
            yield entry.key
            yield from _scalars(entry.value)
    elif node is not None:
        for item in node.items:
            yield from _scalars(item)


def _inner_span(scalar: Scalar, text: str) -> tuple[int, int]:
    """Where the text itself stands: a block text begins behind the line of its sign, which may hold a comment."""
    begin, end = scalar.span
    if scalar.style in {"|", ">"}:
        first = _BREAK.search(text, begin)
        begin = first.end() if first else end
    return begin, max(begin, end)


def _lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Number, position and content of every line."""
    begin, number = 0, 1
    for match in _BREAK.finditer(text):
        yield number, begin, text[begin : match.start()]
        begin, number = match.end(), number + 1
    yield number, begin, text[begin:]
