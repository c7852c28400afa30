"""Where everything of a fleet is, for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from simulator.cli.terminal import console

if TYPE_CHECKING:
    from pathlib import Path

MOST_SHOWN = 40
_COLUMNS = ("name", "model", "firmware", "serial", "url", "https_url")


def show_fleet(fleet: dict[str, Any], file: Path) -> None:
    """Print addresses and credentials, broker and control API."""
    terminal = console()
    terminal.print(_table(fleet["devices"][:MOST_SHOWN]))
    if len(fleet["devices"]) > MOST_SHOWN:
        terminal.print(f"... and {len(fleet['devices']) - MOST_SHOWN} more in {file}")
    for name, told in _places(fleet, file):
        terminal.print(f"{name:<12}{told}", soft_wrap=True, highlight=False, markup=False)
    terminal.print("Ctrl-C ends it.")


def _table(devices: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("name", "model", "firmware", "serial", "http", "https", "user", "password"):
        table.add_column(column, no_wrap=True)
    for device in devices:
        account = ("-", "none yet") if device["needs_setup"] else tuple(device["credentials"].values())
        table.add_row(*(str(device[column] or "-") for column in _COLUMNS), *account)
    return table


def _places(fleet: dict[str, Any], file: Path) -> list[tuple[str, str]]:
    broker = fleet["site"]["broker"]
    return [
        ("broker", f"mqtt://{broker['host']}:{broker['port']}"),
        ("control", fleet["control"]["url"]),
        ("description", str(file)),
    ]
