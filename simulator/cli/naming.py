"""Which scenario files an argument means: a file, a folder, or the name of a shipped scenario."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.cli.ending import BadArgument
from simulator.errors import did_you_mean
from simulator.resources import folder

if TYPE_CHECKING:
    from collections.abc import Iterable

ENDING = ".scenario.yaml"


def shipped() -> dict[str, Path]:
    """The scenarios that travel with axsim, by name: `wiring/cut-supervised-input`."""
    home = folder("scenarios")
    return {_name(path, home): path for path in sorted(home.rglob(f"*{ENDING}"))}


def _name(path: Path, home: Path) -> str:
    return path.relative_to(home).as_posix().removesuffix(ENDING)


def scenario_files(arguments: Iterable[str]) -> list[Path]:
    """The files that the arguments name, each once, in their order. Raises BadArgument."""
    found: dict[Path, None] = {}
    for argument in arguments:
        found.update(dict.fromkeys(_files(argument)))
    return list(found)


def _files(argument: str) -> list[Path]:
    path = Path(argument)
    if path.is_dir():
        return _inside(path)
    if path.exists():
        return [path]
    return [_near(one) for one in _shipped_as(argument.strip("/"))]


def _inside(home: Path) -> list[Path]:
    files = sorted(home.rglob(f"*{ENDING}"))
    if not files:
        raise BadArgument(f"{home} holds no *{ENDING}", hint="name the file itself, or another folder")
    return files


def _shipped_as(name: str) -> list[Path]:
    """The shipped scenario of that name, or all of a family such as `wiring`."""
    known = shipped()
    if name in known:
        return [known[name]]
    family = [path for full, path in known.items() if full.startswith(f"{name}/")]
    if not family:
        hint = did_you_mean(name, known) or "axsim scenarios lists those that ship"
        raise BadArgument(f"no file, folder or shipped scenario {name!r}", hint=hint)
    return family


def _near(path: Path) -> Path:
    """As it would be typed here: relative where it lies below the working folder."""
    here = Path(os.getcwd())
    return path.relative_to(here) if path.is_relative_to(here) else path
