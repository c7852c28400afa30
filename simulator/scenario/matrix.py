"""The matrix: names and their values, all combinations but the excepted ones, each a case of its own."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

from simulator.action.kind import LONGEST_TEXT, shown
from simulator.errors import did_you_mean
from simulator.scenario.node import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from simulator.scenario.problem import Findings

MOST_CELLS = 256
Cell = tuple[tuple[str, str], ...]


def cells(root: Mapping, findings: Findings) -> list[Cell]:
    """The cells of a document in the order of the file; one empty cell where there is no matrix."""
    axes = _axes(root, findings)
    excepted = _excepted(root, dict(axes), findings)
    if _too_many(root, axes, findings):
        axes = [(name, values[:1]) for name, values in axes]
    names = [name for name, _ in axes]
    found = [tuple(zip(names, values, strict=True)) for values in product(*(values for _, values in axes))]
    kept = [cell for cell in found if not any(left_out <= set(cell) for left_out in excepted)]
    if not kept and (entry := root.get("except")):
        findings.add(entry.key.place, "nothing of the matrix is left", "except less")
    return kept


def _too_many(root: Mapping, axes: list[tuple[str, list[str]]], findings: Findings) -> bool:
    count = prod(len(values) for _, values in axes)
    entry = root.get("matrix")
    if count <= MOST_CELLS or entry is None:
        return False
    findings.add(entry.key.place, f"the matrix has {count} cells", f"at most {MOST_CELLS} are run")
    return True


def case_id(title: str, cell: Cell) -> str:
    """`title[firmware=12.4,transport=tls]`, as reports and pytest show it."""
    return title + (f"[{','.join(f'{name}={value}' for name, value in cell)}]" if cell else "")


def _axes(root: Mapping, findings: Findings) -> list[tuple[str, list[str]]]:
    entry = root.get("matrix")
    if entry is None:
        return []
    if not isinstance(entry.value, Mapping):
        findings.add(entry.value.place, "expected a map of names to lists of values")
        return []
    axes = {axis.key.text: _values(axis.value, findings) for axis in entry.value.entries}
    return list(axes.items())


def _values(node: Node, findings: Findings) -> list[str]:
    items = node.items if isinstance(node, Sequence) else [node]
    texts = [item.text for item in items if isinstance(item, Scalar) and item.text]
    if len(texts) < len(items) or not items:
        findings.add(node.place, "expected a list of single values")
    if any(len(text) > LONGEST_TEXT for text in texts):
        findings.add(node.place, f"a value is longer than {LONGEST_TEXT} characters")
    doubled = next((text for text in texts if texts.count(text) > 1), None)
    if doubled is not None:
        findings.add(node.place, f"value {shown(doubled)} stands here twice")
    return list(dict.fromkeys(texts)) or [""]


def _excepted(root: Mapping, axes: dict[str, list[str]], findings: Findings) -> list[set[tuple[str, str]]]:
    entry = root.get("except")
    if entry is None:
        return []
    items = entry.value.items if isinstance(entry.value, Sequence) else [entry.value]
    return [_left_out(item, axes, findings) for item in items if _is_map(item, findings)]


def _is_map(node: Node, findings: Findings) -> bool:
    if isinstance(node, Mapping) and node.entries:
        return True
    findings.add(node.place, "expected a map of matrix names to values", "for example {firmware: 11.11.192}")
    return False


def _left_out(node: Node, axes: dict[str, list[str]], findings: Findings) -> set[tuple[str, str]]:
    pairs: set[tuple[str, str]] = set()
    for entry in node.entries if isinstance(node, Mapping) else ():
        name = entry.key.text
        value = entry.value.text if isinstance(entry.value, Scalar) else ""
        if name not in axes:
            findings.add(entry.key.place, f"the matrix has no {shown(name)}", did_you_mean(name, axes))
        elif value not in axes[name]:
            findings.add(entry.value.place, f"{name} is never {shown(value)}", did_you_mean(value, axes[name]))
        pairs.add((name, value))
    return pairs
