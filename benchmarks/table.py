"""How results are printed: tables in Markdown, ready for a document."""

from __future__ import annotations

import os
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def spread(values: Sequence[float], form: str) -> str:
    """`1.52 (1.40 to 1.71)`: median, lowest and highest of the rounds."""
    middle, low, high = (form.format(value) for value in (median(values), min(values), max(values)))
    return f"{middle} ({low} to {high})"


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on standard output, with the load of the machine, which explains a wide spread."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"\n{title}; {os.cpu_count()} cores, load {load}\n")
    for line in (head, ["-" * width for width in widths], *rows):
        cells = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        print("|", " | ".join([line[0].ljust(widths[0]), *cells]), "|", flush=True)
