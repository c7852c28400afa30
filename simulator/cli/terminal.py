"""The terminal, or the file or pipe in its place: no colours, no wrapping and nothing that moves there."""

from __future__ import annotations

from rich.console import Console

WIDE = 200
"""Columns where nobody watches: long lines are better than broken ones."""


def console() -> Console:
    """Where results are printed."""
    terminal = Console(highlight=False)
    return terminal if terminal.is_terminal else Console(highlight=False, width=WIDE, no_color=True)
