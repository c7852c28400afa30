"""How param.cgi lists parameters: order, prefixes, patterns, secrets and the error line (core sheet 2.5)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.device.device import Device
    from simulator.device.parameter import Definition, Level, ParameterStore

ROOT = "root."
_NUMBER = re.compile(r"(\d+)")

OrderKey = tuple[tuple[int, tuple[str | int, ...], str], ...]


@lru_cache(maxsize=8192)
def order_key(name: str) -> OrderKey:
    """At each level the group's own parameters first, then its subgroups, both without regard to case.

    Verified over complete dumps of four devices. Numbers in natural order, `M9` before `M10`, is a guess: no dump
    shows it.
    """
    *groups, leaf = name.split(".")
    return (*((1, _natural(group), group) for group in groups), (0, _natural(leaf), leaf))


def _natural(part: str) -> tuple[str | int, ...]:
    pieces = _NUMBER.split(part.casefold())
    return tuple(int(piece) if place % 2 else piece for place, piece in enumerate(pieces))


def without_root(name: str) -> str:
    """`root.Brand` and `Brand` are the same group."""
    return name.removeprefix(ROOT)


def readable(device: Device, level: Level, names: Iterable[str] | None = None) -> list[str]:
    """Those of `names` (by default all) that somebody of this level may read, in list order."""
    parameters = device.parameters
    wanted = parameters.names() if names is None else names
    return sorted((name for name in wanted if parameters.definition(name).read <= level), key=order_key)


def shown(device: Device, definition: Definition) -> str:
    """The value as it is listed: raw, or stars for a secret. An empty write-only string shows as empty."""
    value = device.parameters[definition.name]
    secret = definition.kind == "password" or ("wo" in definition.flags and value != "")
    return device.profile.quirks.masked_secret if secret else value


def list_lines(device: Device, level: Level, groups: list[str]) -> Iterator[str]:
    """The lines for these groups, or for everything where none is named.

    Groups are always listed with `root.`, a leaf as the client wrote it. An unknown one is an error line, and what
    follows an error line comes without `root.`, as recorded.
    """
    prefix = ROOT
    for group in groups or [ROOT]:
        found = _matching(device.parameters, group)
        if not found:
            yield f"# Error: Error -1 getting param in group '{group}'"
            prefix = ""
        for name in readable(device, level, found):
            is_bare_leaf = found[name] and not group.startswith(ROOT)
            yield f"{'' if is_bare_leaf else prefix}{name}={shown(device, device.parameters.definition(name))}"


def _matching(parameters: ParameterStore, group: str) -> dict[str, bool]:
    """Names in a group, each with whether the group names that very leaf. `*` stands for one part of a name."""
    bare = without_root(group)
    if bare in ("root", ""):
        return dict.fromkeys(parameters.names(), False)
    if "*" not in bare:
        return {name: name == bare for name in parameters.group(bare)}
    wanted = bare.split(".")
    return {
        name: len(parts) == len(wanted) for name in parameters.names() if _fits(parts := name.split("."), wanted)
    }


def _fits(parts: list[str], wanted: list[str]) -> bool:
    if len(parts) < len(wanted):
        return False
    return all(piece in ("*", part) for part, piece in zip(parts, wanted, strict=False))
