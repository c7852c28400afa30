"""Old forms of the language, turned into the present one: the only place that knows them.

`format: 1` is the present form. A file without `format` is taken for the present form too. Format 0 was the draft
in which fleet, timeline, scenario and about had other names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.action.kind import shown
from simulator.scenario.node import Entry, Mapping, Node, Scalar

if TYPE_CHECKING:
    from simulator.scenario.problem import Findings

FORMAT: Final = 1
_RENAMED: Final = {0: {"title": "scenario", "description": "about", "devices": "fleet", "steps": "timeline"}}


def upgraded(root: Node, findings: Findings) -> Node:
    """The same document in the present form, with `format` made present."""
    if not isinstance(root, Mapping):
        return root
    entry = root.get("format")
    if entry is None:
        return root
    number = entry.value.text if isinstance(entry.value, Scalar) else ""
    if number not in {str(known) for known in (*_RENAMED, FORMAT)}:
        findings.add(entry.value.place, f"unknown format {shown(number)}", f"this version reads up to {FORMAT}")
        number = str(FORMAT)
    entry.value = Scalar(str(FORMAT), entry.value.place, entry.value.end_line)
    renamed = _RENAMED.get(int(number), {})
    root.entries = [_renamed(entry, renamed) for entry in root.entries]
    return root


def _renamed(entry: Entry, names: dict[str, str]) -> Entry:
    key = entry.key
    if key.text not in names:
        return entry
    return Entry(Scalar(names[key.text], key.place, key.end_line, key.style, key.span), entry.value)
