"""Profile data as people edit it: YAML tables under `fixtures/profiles/<model>/<firmware>/`.

Each file is a table from a name to a row. A firmware may be described by its differences alone: its
`product.yaml` says `based_on: 12.9.57`, and in every table a row given again changes the columns it names,
a new row is added, and the names listed under `removed` are left out. A quirk is a value and not a row: given
again it replaces the old one whole. A file that is missing changes nothing.
A name with `{00..29}` in it stands for thirty rows that are alike; a row given later changes one of them.

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
    from pathlib import Path

Table = dict[str, Any]

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""The C parser where PyYAML was built with libyaml; both give the same."""

_TYPE = re.compile(
    r"(?P<kind>string|int|bool|enum|ip|ipList|hostname|password)"
    r"(?: max(?P<longest>[0-9]+)| (?P<low>-?[0-9]+)\.\.(?P<high>-?[0-9]+)?| (?P<choices>\S+/\S*))?"
)
_RANGE = re.compile(r"\{([0-9]+)\.\.([0-9]+)\}")
_VALUES = "quirks"
"""The table whose entries are values."""
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
        for one in _spread(key):
            rows[one] = row if name == _VALUES else _changed(rows.get(one), row)
    return rows


def _spread(name: str) -> list[str]:
    """The names that a name with a range stands for; its numbers have as many digits as the first."""
    found = _RANGE.search(name)
    if found is None:
        return [name]
    first, last = found.groups()
    numbers = (f"{number:0{len(first)}}" for number in range(int(first), int(last) + 1))
    return [f"{name[: found.start()]}{number}{name[found.end() :]}" for number in numbers]


def _changed(present: Any, row: Any) -> Any:
    return {**present, **row} if isinstance(present, dict) and isinstance(row, dict) else row


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


def definition(name: str, row: Any) -> Definition:
    """One line of `parameters.yaml` as a parameter. Raises FleetError for a line that cannot be read."""
    problems = _problems(row)
    if problems:
        raise FleetError(f"parameter {name}: {', '.join(problems)}")
    kind = _TYPE.fullmatch(row.get("type", "string"))
    assert kind is not None
    return Definition(
        name=name,
        default=row["value"],
        level=row["level"],
        kind=kind["kind"],
        choices=tuple(kind["choices"].split("/")) if kind["choices"] else (),
        minimum=_number(kind["low"]),
        maximum=_number(kind["high"]),
        longest=_number(kind["longest"]),
        flags=frozenset(row.get("flags", "").split()),
        survival=Survival(row.get("survives", Survival.RESTART)),
    )


def _problems(row: Any) -> list[str]:
    if not isinstance(row, dict) or not all(isinstance(cell, str) for cell in row.values()):
        return ["a row has named columns with one text each"]
    found = [f"unknown column {column}" for column in sorted(set(row) - _COLUMNS)]
    found += [f"no {column}" for column in ("value", "level") if column not in row]
    found += [f"unknown flag {flag}" for flag in sorted(set(row.get("flags", "").split()) - _FLAGS)]
    if not _TYPE.fullmatch(row.get("type", "string")):
        found.append(f"no type: {row['type']}")
    if not re.fullmatch(r"[01467]{4}", row.get("level", "7777")):
        found.append(f"no level: {row['level']}")
    if row.get("survives", "restart") not in set(Survival):
        found.append(f"no reset: {row['survives']}")
    return found


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
