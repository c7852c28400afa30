"""Profile data as people edit it: YAML tables under `fixtures/profiles/<model>/<firmware>/`.

Each file is a table from a name to a row. A firmware may be described by its differences alone: its
`product.yaml` says `based_on: 12.9.57`, and in every table a row given again changes the columns it names,
a new row is added, and the names listed under `removed` are left out. A file that is missing changes nothing.

Every scalar is read as text (YAML's base schema), because parameter values are text on the device: `yes` stays
`yes` and version `1.10` stays `1.10`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from simulator.device.parameter import Definition, Survival
from simulator.errors import FleetError
from simulator.resources import folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Table = dict[str, Any]

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""The C parser where PyYAML was built with libyaml; both give the same."""

_TYPE = re.compile(
    r"(?P<kind>string|int|bool|enum|ip|ipList|hostname|password)"
    r"(?: max(?P<longest>\d+)| (?P<low>-?\d+)\.\.(?P<high>-?\d+)?| (?P<choices>\S+/\S*))?"
)
_COLUMNS = {"value", "level", "type", "flags", "survives"}
_FLAGS = {"ro", "wo", "const", "hid", "int"}


def profile_folder(model: str, firmware: str) -> Path:
    """Where the tables of one firmware of one model lie."""
    return folder("profiles") / model / firmware


@cache
def table(model: str, firmware: str, name: str) -> Table:
    """The rows of one table with everything it is based on. Raises FleetError for a file that is no table."""
    base = based_on(model, firmware)
    rows = dict(table(model, base, name)) if base else {}
    changes = _read(profile_folder(model, firmware) / f"{name}.yaml")
    for gone in changes.pop("removed", []):
        if gone not in rows:
            raise FleetError(f"{model} {firmware}: {name}.yaml removes {gone}, which {base or 'nothing'} has")
        del rows[gone]
    for key, row in changes.items():
        present = rows.get(key)
        rows[key] = {**present, **row} if isinstance(present, dict) and isinstance(row, dict) else row
    return rows


def based_on(model: str, firmware: str) -> str:
    """The firmware whose tables this one changes; empty for one that stands alone."""
    return str(_product(model, firmware).get("based_on", ""))


@cache
def _product(model: str, firmware: str) -> Table:
    return _read(profile_folder(model, firmware) / "product.yaml")


def _read(path: Path) -> Table:
    if not path.is_file():
        return {}
    try:
        rows = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FleetError(f"{path} is no YAML: {error}") from error
    if not isinstance(rows, dict):
        raise FleetError(f"{path} is no table of names and rows")
    return rows


def definition(name: str, row: Mapping[str, str]) -> Definition:
    """One line of `parameters.yaml` as a parameter. Raises FleetError for a line that cannot be read."""
    kind = _TYPE.fullmatch(row.get("type", "string"))
    flags = frozenset(row.get("flags", "").split())
    level = row.get("level", "")
    problems = [f"unknown column {column}" for column in sorted(set(row) - _COLUMNS)]
    problems += [f"unknown flag {flag}" for flag in sorted(flags - _FLAGS)]
    if kind is None or "value" not in row or not re.fullmatch(r"[01467]{4}", level):
        problems.append(f"cannot be read: {dict(row)}")
    if problems or kind is None:
        raise FleetError(f"parameter {name}: {', '.join(problems)}")
    return Definition(
        name=name,
        default=row["value"],
        level=level,
        kind=kind["kind"],
        choices=tuple(kind["choices"].split("/")) if kind["choices"] else (),
        minimum=_number(kind["low"]),
        maximum=_number(kind["high"]),
        longest=_number(kind["longest"]),
        flags=flags,
        survival=Survival(row.get("survives", "restart")),
    )


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
