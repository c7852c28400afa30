"""Reuse: `use:` names files whose parts come first, so that what the using file says wins.

Fleets merge by device name and key, `site` and `let` by key; a later `client` replaces an earlier one; `steady`
and `always` add up. A used file gives parts and tells no story: a timeline or a matrix in it is an error.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simulator.action.kind import shown
from simulator.errors import Place, did_you_mean
from simulator.resources import folder
from simulator.scenario.load import LARGEST_FILE, load
from simulator.scenario.node import Entry, Mapping, Node, Scalar, Sequence
from simulator.scenario.upgrade import upgraded

if TYPE_CHECKING:
    from simulator.scenario.problem import Findings

PARTS: Final = ("format", "about", "use", "let", "fleet", "site", "client", "steady", "always")
"""What a used file may hold."""
MOST_FILES = 50
DEEPEST_CHAIN = 16


def assemble(text: str, file: str, findings: Findings) -> Mapping | None:
    """The document of a text with everything it uses merged in, or None when it cannot be read."""
    return _Assembly(findings).document(text, file, ())


@dataclass(slots=True)
class _Assembly:
    findings: Findings
    files: int = 0
    open: list[str] = field(default_factory=list)

    def document(self, text: str, file: str, chain: tuple[Place, ...]) -> Mapping | None:
        self.findings.read(file, text, chain)
        root = load(text, file, self.findings)
        if root is None:
            return None
        root = upgraded(root, self.findings)
        if not isinstance(root, Mapping):
            self.findings.add(root.place, "a scenario is a map", "its keys: scenario, fleet, timeline, ...")
            return None
        if chain:
            self.refuse_story(root)
        self.open.append(os.path.realpath(file))
        merged = self.merge(root, file, chain)
        self.open.pop()
        return merged

    def refuse_story(self, root: Mapping) -> None:
        for entry in root.entries:
            if entry.key.text not in PARTS:
                near = did_you_mean(entry.key.text, PARTS)
                self.findings.add(
                    entry.key.place,
                    f"{shown(entry.key.text)} has no place in a used file",
                    near if near.startswith("did") else f"it may hold {', '.join(PARTS)}",
                )

    def merge(self, root: Mapping, file: str, chain: tuple[Place, ...]) -> Mapping:
        parts = [part for name in self.names(root) if (part := self.used(name, file, chain)) is not None]
        if not parts:
            return root
        entries: dict[str, Entry] = {}
        for part in [*parts, root]:
            for entry in part.entries:
                if part is root or entry.key.text not in {"about", "use", "format"}:
                    key = entry.key.text
                    entries[key] = _joined(entries[key], entry) if key in entries else entry
        return Mapping(list(entries.values()), root.place, root.end_line)

    def names(self, root: Mapping) -> list[Scalar]:
        entry = root.get("use")
        if entry is None:
            return []
        items = entry.value.items if isinstance(entry.value, Sequence) else [entry.value]
        for item in items:
            if not isinstance(item, Scalar) or not item.text:
                self.findings.add(item.place, "expected the name of a file", "for example fleets/two-doors.yaml")
        return [item for item in items if isinstance(item, Scalar) and item.text]

    def used(self, name: Scalar, file: str, chain: tuple[Place, ...]) -> Mapping | None:
        path = self.found(name, file)
        if path is None:
            return None
        if os.path.realpath(path) in self.open:
            self.findings.add(name.place, f"{shown(name.text)} uses itself", "break the circle")
            return None
        self.files += 1
        if self.files > MOST_FILES or len(chain) > DEEPEST_CHAIN:
            self.findings.add(name.place, f"more than {MOST_FILES} files, or {DEEPEST_CHAIN} in a chain, are used")
            return None
        text = self.text(path, name)
        return None if text is None else self.document(text, path, (name.place, *chain))

    def found(self, name: Scalar, file: str) -> str | None:
        """The path of a used file: beside the using one, or among the shipped scenarios."""
        if os.path.isabs(name.text) or "\0" in name.text:
            self.findings.add(name.place, "a used file is named relative to the using one")
            return None
        beside = os.path.normpath(os.path.join(os.path.dirname(file), name.text))
        shipped = str(folder("scenarios") / name.text)
        for path in (beside, shipped):
            if os.path.isfile(path):
                return path
        near = _files_near(beside)
        self.findings.add(name.place, f"no file {shown(name.text)}", did_you_mean(os.path.basename(beside), near))
        return None

    def text(self, path: str, name: Scalar) -> str | None:
        try:
            return read_file(path)
        except (OSError, ValueError) as error:
            self.findings.add(name.place, f"{shown(name.text)} cannot be read: {error}")
            return None


def read_file(path: str | os.PathLike[str]) -> str:
    """The text of a scenario file. Raises OSError, and ValueError where it is too large or no UTF-8."""
    with Path(path).open("rb") as stream:
        data = stream.read(4 * LARGEST_FILE + 1)
    if len(data) > 4 * LARGEST_FILE:
        raise ValueError(f"it has more than {4 * LARGEST_FILE} bytes")
    return data.decode()


def _files_near(path: str) -> list[str]:
    home = os.path.dirname(path) or "."
    try:
        return [entry.name for entry in os.scandir(home) if entry.is_file()]
    except OSError:
        return []


def _joined(earlier: Entry, later: Entry) -> Entry:
    """Two entries of the same section as one; the later one's file is where errors about the whole point."""
    return Entry(later.key, _joined_values(later.key.text, earlier.value, later.value))


def _joined_values(section: str, earlier: Node, later: Node) -> Node:
    if section == "fleet" and isinstance(earlier, Mapping) and isinstance(later, Mapping):
        return Mapping([*earlier.entries, *later.entries], later.place, later.end_line)
    if section in {"let", "site"} and isinstance(earlier, Mapping) and isinstance(later, Mapping):
        return overlaid(earlier, later)
    if section in {"steady", "always"} and isinstance(earlier, Sequence) and isinstance(later, Sequence):
        return Sequence([*earlier.items, *later.items], later.place, later.end_line)
    return later


def overlaid(earlier: Mapping, later: Mapping) -> Mapping:
    """One map of both: maps inside are overlaid too, of anything else the later wins."""
    entries = {entry.key.text: entry for entry in earlier.entries}
    for entry in later.entries:
        before = entries.get(entry.key.text)
        if before and isinstance(before.value, Mapping) and isinstance(entry.value, Mapping):
            entries[entry.key.text] = Entry(entry.key, overlaid(before.value, entry.value))
        else:
            entries[entry.key.text] = entry
    return Mapping(list(entries.values()), later.place, later.end_line)
