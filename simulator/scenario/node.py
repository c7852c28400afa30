"""A loaded file before anything is decided: maps, lists and texts, each with its place.

All single values are text. Only the declared kinds decide what a text means, so `off`, `12.10`, `0123456` and
MAC addresses survive (sheet scenarios-and-pytest, section 4, rule 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.errors import Place


@dataclass(slots=True, eq=False)
class Scalar:
    """One text. `style` is the quote sign or block sign of the file, empty for plain."""

    text: str
    place: Place
    end_line: int
    style: str = ""
    span: tuple[int, int] = (0, 0)
    """Positions in the file's text where it begins and ends."""


@dataclass(slots=True, eq=False)
class Sequence:
    items: list[Node]
    place: Place
    end_line: int
    flow: bool = False


@dataclass(slots=True, eq=False)
class Entry:
    key: Scalar
    value: Node


@dataclass(slots=True, eq=False)
class Mapping:
    entries: list[Entry]
    place: Place
    end_line: int
    flow: bool = False

    def get(self, key: str) -> Entry | None:
        """The last entry with this key: of two equal ones the later counts, and the loader has complained."""
        for entry in reversed(self.entries):
            if entry.key.text == key:
                return entry
        return None


Node = Scalar | Sequence | Mapping
