"""Targets: which device, and which part of it, as a path `device/component/index`.

Each part may hold globs (`*`, `?`) and ranges (`io-{1..16}`). `io-2/input/3` is port 3 of io-2, where the index is
the port's id, as in IOPort.I3 and portmanagement (io-events sheet 1.1: port.cgi counts one higher).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from simulator.action.kind import Kind, Unfit, as_text, shown
from simulator.errors import FleetError, UnknownTarget

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_NAMES = 10_000
"""Names that the ranges of one target may stand for: the largest fleet."""
_RANGE = re.compile(r"\{(\d{1,6})\.\.(\d{1,6})\}")
_PART = re.compile(r"[A-Za-z0-9._*?{}-]{1,128}")


def expand(text: str) -> tuple[str, ...]:
    """All names that the ranges in `text` stand for: `io-{1..3}` is io-1, io-2, io-3; `{01..10}` keeps the zero.

    Raises Unfit for a range that runs backwards, stray braces, and more than `MOST_NAMES` names.
    """
    names = [""]
    position = 0
    for match in _RANGE.finditer(text):
        ends = _ends(match, len(names))
        before = text[position : match.start()]
        names = [name + before + number for name in names for number in ends]
        position = match.end()
    rest = text[position:]
    if re.search(r"[{}]", _RANGE.sub("", text)):
        raise Unfit(f"{shown(text)} has a brace that is no range", "write for example io-{1..16}")
    return tuple(name + rest for name in names)


def _ends(match: re.Match[str], present: int) -> list[str]:
    low, high = int(match[1]), int(match[2])
    if low > high:
        raise Unfit(f"range {match[0]} runs backwards", f"write {{{match[2]}..{match[1]}}}")
    if (high - low + 1) * present > MOST_NAMES:
        raise Unfit(f"range {match[0]} stands for more than {MOST_NAMES} names")
    width = len(match[1]) if match[1].startswith("0") else 0
    return [str(number).zfill(width) for number in range(low, high + 1)]


def is_pattern(text: str) -> bool:
    """Whether the text holds a glob, so that it need not match every device."""
    return "*" in text or "?" in text


def matching(kind: str, pattern: str, known: Sequence[str]) -> tuple[str, ...]:
    """The known names that a pattern stands for, in the order of `known` for globs.

    Raises UnknownTarget when a plain name is not known or a glob matches nothing.
    """
    if is_pattern(pattern):
        hits = tuple(name for name in known if fnmatchcase(name, pattern))
        if not hits:
            raise UnknownTarget(kind, pattern, known)
        return hits
    names, present = expand(pattern), frozenset(known)
    for name in names:
        if name not in present:
            raise UnknownTarget(kind, name, known)
    return names


@dataclass(frozen=True, slots=True)
class Target:
    """A device, or a component of it, or one numbered item of a component; each part a pattern."""

    device: str
    component: str = ""
    index: str = ""

    @classmethod
    def parse(cls, text: str) -> Target:
        """`io-2`, `io-2/http`, `io-{1..4}/input/*`. Raises FleetError."""
        try:
            return _parsed(text)
        except Unfit as error:
            raise FleetError(error.what, hint=error.hint) from None

    def __str__(self) -> str:
        return "/".join(part for part in (self.device, self.component, self.index) if part)

    def devices(self, known: Sequence[str]) -> tuple[str, ...]:
        """Names of the devices meant. Raises UnknownTarget."""
        return matching("device", self.device, known)

    def indices(self, known: Iterable[int]) -> tuple[int, ...]:
        """Numbers of the items meant, of those that the component of one device has. Raises UnknownTarget."""
        names = [str(number) for number in sorted(known)]
        return tuple(int(name) for name in matching(self.component or "index", self.index, names))


def _parsed(text: str) -> Target:
    parts = text.strip().split("/")
    if len(parts) > 3 or not all(_PART.fullmatch(part) for part in parts):
        raise Unfit(f"{shown(text)} is no target", "write device/component/index, for example io-2/input/2")
    for part in parts:
        if is_pattern(part) and "{" in part:
            raise Unfit(f"{shown(part)} mixes a glob with a range", "write one of the two")
        expand(part)
    return Target(*parts)


PORT_COMPONENTS = ("input", "output", "relay", "port")


class DeviceTarget(Kind):
    """Devices and nothing of them: `io-2`, `speaker-*`, `io-{1..100}`."""

    words = "device"

    def parse(self, value: object) -> Target:
        target = _parsed(as_text(value, "a device"))
        if target.component:
            raise Unfit(f"{shown(value)} is more than a device", f"write {target.device}")
        return target

    def show(self, value: Target) -> str:
        return str(value)

    def single_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^[A-Za-z0-9._*?{}-]+$"}


class ItemTarget(Kind):
    """A component of a device, with an index where the component has several: `io-2/input/2`, `io-2/http`."""

    def __init__(self, components: Sequence[str], *, indexed: bool, whole: bool = False) -> None:
        """`indexed`: an index must follow; `whole`: the device alone will do."""
        self.components = tuple(components)
        self._indexed, self._whole = indexed, whole
        self._example = f"io-2/{self.components[0]}" + ("/2" if indexed else "")
        self.words = f"target {self._example}"

    def parse(self, value: object) -> Target:
        target = _parsed(as_text(value, "a target"))
        if self._whole and not target.component:
            return target
        if target.component not in self.components:
            known = "components: " + ", ".join(self.components)
            raise Unfit(
                f"{shown(value)} names no component to act on", f"write for example {self._example}; {known}"
            )
        if bool(target.index) != self._indexed:
            surplus = "has no index" if self._indexed else "has an index too many"
            raise Unfit(f"{shown(value)} {surplus}", f"write for example {self._example}")
        return target

    def show(self, value: Target) -> str:
        return str(value)

    def single_schema(self) -> dict[str, Any]:
        index = "/[A-Za-z0-9._*?{}-]+" if self._indexed else ""
        tail = f"/({'|'.join(self.components)}){index}"
        return {"type": "string", "pattern": f"^[A-Za-z0-9._*?{{}}-]+{f'({tail})?' if self._whole else tail}$"}
