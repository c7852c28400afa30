"""Writes nodes as YAML: block style, two spaces, plain texts where they are safe, one value per line or a short flow.

What is written reads back as the same texts. Quoted texts stay quoted, for editors read `12.10` as a number.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.scenario.node import Entry, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDTH = 115
_UNPRINTED = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")
_PLAIN_BLOCK = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`]([^\n]*\S)?|-[A-Za-z0-9]([^\n]*\S)?")
_NOT_PLAIN = re.compile(r": |:$| #|\t|^---|^\.\.\.")
_NOT_FLOW = re.compile(r"[,\[\]{}]|:(?![^\s,\[\]{}])")


@dataclass(slots=True)
class Dress:
    """What goes with an entry or item beside its value."""

    above: list[str] = field(default_factory=list)
    behind: str = ""
    blank: bool = False
    """An empty line stands before it."""
    spread: bool = False
    """Its value must be written in block style, because comments stand inside."""


class Writer:
    """Lines of one document. `dress` says by identity of entry or item what goes with it."""

    def __init__(self, dress: dict[int, Dress]) -> None:
        self._dress = dress
        self.lines: list[str] = []

    def mapping(self, node: Mapping, indent: int, first: str = "") -> None:
        """The entries of a map; `first` is what the first line begins with in place of its indent."""
        for number, entry in enumerate(node.entries):
            dress = self._of(entry)
            self._before(dress, indent - (2 if first and not number else 0), blank=bool(number))
            self._entry(entry, dress, indent, first if not number and first else " " * indent)

    def _entry(self, entry: Entry, dress: Dress, indent: int, begin: str) -> None:
        key = text_of(entry.key, flow=False)
        value = entry.value
        behind = f"  {dress.behind}" if dress.behind else ""
        if isinstance(value, Scalar):
            self._scalar(f"{begin}{key}:", value, indent, behind)
        elif self._fits(value, dress, len(begin) + len(key) + 2):
            self.lines.append(f"{begin}{key}: {flow_of(value)}{behind}")
        else:
            self.lines.append(f"{begin}{key}:{behind}")
            self._block(value, indent + 2)

    def _block(self, node: Mapping | Sequence, indent: int) -> None:
        if isinstance(node, Mapping):
            self.mapping(node, indent)
        else:
            self._sequence(node, indent)

    def _sequence(self, node: Sequence, indent: int) -> None:
        for number, item in enumerate(node.items):
            dress = self._of(item)
            self._before(dress, indent, blank=bool(number))
            begin = " " * indent + "-"
            behind = f"  {dress.behind}" if dress.behind else ""
            if isinstance(item, Scalar):
                self._scalar(begin, item, indent, behind)
            elif self._fits(item, dress, indent + 2):
                self.lines.append(f"{begin} {flow_of(item)}{behind}")
            elif isinstance(item, Mapping):
                self._before(Dress([dress.behind] if dress.behind else []), indent, blank=False)
                self.mapping(item, indent + 2, f"{begin} ")
            else:
                self.lines.append(f"{begin}{behind}")
                self._sequence(item, indent + 2)

    def _scalar(self, begin: str, value: Scalar, indent: int, behind: str) -> None:
        if value.style in {"|", ">"} and _is_literal(value.text):
            self.lines.append(f"{begin} |{'' if value.text.endswith(chr(10)) else '-'}{behind}")
            body = value.text.removesuffix("\n").split("\n")
            self.lines += [" " * (indent + 2) + line if line else "" for line in body]
        else:
            self.lines.append(f"{begin} {text_of(value, flow=False)}{behind}")

    def _fits(self, node: Mapping | Sequence, dress: Dress, used: int) -> bool:
        if not (node.entries if isinstance(node, Mapping) else node.items):
            return True
        return node.flow and not dress.spread and used + len(flow_of(node)) <= WIDTH

    def _of(self, thing: Entry | Node) -> Dress:
        return self._dress.get(id(thing), Dress())

    def _before(self, dress: Dress, indent: int, *, blank: bool) -> None:
        if blank and dress.blank:
            self.lines.append("")
        self.lines += [" " * indent + comment for comment in dress.above]


def flow_of(node: Node) -> str:
    """A value in one line."""
    if isinstance(node, Scalar):
        return text_of(node, flow=True)
    if isinstance(node, Mapping):
        return "{" + _listed(f"{text_of(e.key, flow=True)}: {flow_of(e.value)}" for e in node.entries) + "}"
    return "[" + _listed(flow_of(item) for item in node.items) + "]"


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(parts)


def text_of(node: Scalar, *, flow: bool) -> str:
    """A text, plain where that is safe and it was not quoted before."""
    text = node.text
    plain = not node.style and text.isprintable() and _PLAIN_BLOCK.fullmatch(text) and not _NOT_PLAIN.search(text)
    if plain and not (flow and _NOT_FLOW.search(text)):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTED.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def _is_literal(text: str) -> bool:
    lines = text.removesuffix("\n").split("\n")
    plain = all(line.isprintable() for line in lines)
    return plain and bool(lines[0]) and not lines[0].startswith(" ") and bool(lines[-1].strip())
