"""Everything that is wrong with a scenario, gathered and told at once.

door.scenario.yaml:6:5: unknown key 'cutt'; did you mean 'cut'?
    6 |     cutt: io-2/input/2
      |     ^^^^
  used by main.scenario.yaml:3:7
  in case A cut input[firmware=12.9.57]
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.errors import AxsimError, Place, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_TOLD = 100
"""Errors that are printed; a file with more is wrong in another way."""
_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
_WIDEST = 160


class SourceError(ScenarioError):
    """A ScenarioError with the line it is about, the `use` chain and the matrix cell."""

    def __init__(
        self,
        what: str,
        *,
        place: Place,
        hint: str = "",
        line: str = "",
        chain: Sequence[Place] = (),
        case: str = "",
    ) -> None:
        super().__init__(what, place=place, hint=hint)
        self.line = line
        self.chain = tuple(chain)
        self.case = case

    def render(self) -> str:
        """The message with its caret line, chain and case."""
        parts = [str(self)]
        if self.line:
            parts += self._pointed()
        parts += [f"  used by {place}" for place in self.chain]
        if self.case:
            parts.append(f"  in case {self.case}")
        return "\n".join(parts)

    def _pointed(self) -> list[str]:
        shift = max(0, self.place.column - _WIDEST // 2)
        shown = "".join(c if c.isprintable() else " " for c in self.line[shift : shift + _WIDEST])
        column = self.place.column - 1 - shift
        token = re.match(r"[^\s,:\]}]*", shown[column:])
        carets = "^" * max(1, len(token[0]) if token else 1)
        number = f"{self.place.line:>5}"
        return [f"{number} | {shown}", f"{' ' * len(number)} | {' ' * column}{carets}"]


class ScenarioErrors(AxsimError):
    """All errors of one file, in the order of the files and lines."""

    def __init__(self, errors: Iterable[ScenarioError]) -> None:
        self.errors = tuple(errors)
        super().__init__(self.render())

    def render(self) -> str:
        """Every error with its caret line, as the terminal shows them."""
        told = [e.render() if isinstance(e, SourceError) else str(e) for e in self.errors[:MOST_TOLD]]
        more = len(self.errors) - MOST_TOLD
        return "\n".join([*told, *([f"... and {more} more"] if more > 0 else [])])

    def __str__(self) -> str:
        return self.what


@dataclass(slots=True)
class Findings:
    """Where all stages put what they find, with the lines of every file they read."""

    lines: dict[str, list[str]] = field(default_factory=dict)
    chains: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    _found: dict[tuple[Place, str, str], list[str]] = field(default_factory=dict)

    def read(self, file: str, text: str, chain: tuple[Place, ...]) -> None:
        """Remember the lines of a file and by whom it is used."""
        self.lines[file] = _BREAK.split(text)
        self.chains[file] = chain

    def add(self, place: Place, what: str, hint: str = "", *, case: str = "") -> None:
        """Note one error; the same in several cases is one."""
        cases = self._found.setdefault((place, what, hint), [])
        if case not in cases:
            cases.append(case)

    def __bool__(self) -> bool:
        return bool(self._found)

    def errors(self, cases: int = 1) -> list[ScenarioError]:
        """All errors in order. One that is found in every one of `cases` names none."""
        order = {file: number for number, file in enumerate(self.lines)}
        found = sorted(self._found, key=lambda key: (order.get(key[0].file, -1), key[0].line, key[0].column))
        return [self._error(key, cases) for key in found]

    def _error(self, key: tuple[Place, str, str], cases: int) -> SourceError:
        place, what, hint = key
        lines = self.lines.get(place.file, [])
        line = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
        named = self._found[key]
        more = f" and {len(named) - 1} more" if len(named) > 1 else ""
        case = named[0] + more if len(named) < cases and named[0] else ""
        return SourceError(
            what, place=place, hint=hint, line=line, chain=self.chains.get(place.file, ()), case=case
        )
