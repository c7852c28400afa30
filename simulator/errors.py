"""Every error the simulator raises on purpose, as one tree.

    AxsimError
    ├── ScenarioError        a scenario file is wrong; carries file, line and column
    ├── ClientViolation      the client under test broke a rule: a finding, never a crash
    │   └── MalformedMessage     bytes that are no message of the protocol; carries the offset
    ├── FleetError           the simulator is asked for something it cannot do
    │   ├── UnknownTarget        no such device, port, component
    │   ├── MissingCapability    this machine or mode cannot do it truthfully
    │   ├── AddressTaken         somebody else holds the address or the block
    │   └── EngineGone           the engine process ended
    └── SimulatorBug         we are wrong; please report it

Whatever crosses a boundary (a door, a control call, a parser) is one of these; a message says what is
wrong and, in `hint`, what to do about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class AxsimError(Exception):
    """Root of the tree. `hint` is the remedy, one clause, or empty."""

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}; {self.hint}" if self.hint else self.what


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a file something stands. Lines and columns count from 1; 0 means the whole file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class ScenarioError(AxsimError):
    """A scenario file cannot be used; `place` says where."""

    def __init__(self, what: str, *, place: Place, hint: str = "") -> None:
        super().__init__(what, hint=hint)
        self.place = place

    def __str__(self) -> str:
        return f"{self.place}: {super().__str__()}"


class ClientViolation(AxsimError):
    """The peer broke a rule of its protocol. Journalled as a finding about the client under test."""


class MalformedMessage(ClientViolation):
    """Bytes that are no message of the protocol; `offset` is where reading stopped."""

    def __init__(self, what: str, *, offset: int = 0) -> None:
        super().__init__(what)
        self.offset = offset

    def __str__(self) -> str:
        return f"{self.what} at byte {self.offset}"


class FleetError(AxsimError):
    """The simulator is asked for something it cannot do."""


class UnknownTarget(FleetError):
    """A name that nothing answers to; the message lists near ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"no {kind} named {name!r}", hint=did_you_mean(name, known))
        self.kind = kind
        self.name = name


class MissingCapability(FleetError):
    """The machine or the mode cannot do this truthfully; `capability` names what is missing."""

    def __init__(self, what: str, *, capability: str, hint: str = "") -> None:
        super().__init__(f"{what} needs {capability}", hint=hint)
        self.capability = capability


class AddressTaken(FleetError):
    """An address, a port or an address block is held by somebody else."""


class EngineGone(FleetError):
    """The engine process ended; carries its exit code and the last lines it wrote."""

    def __init__(self, what: str, *, exit_code: int | None = None, last_lines: str = "") -> None:
        super().__init__(what, hint=f"its last words were:\n{last_lines}" if last_lines else "")
        self.exit_code = exit_code
        self.last_lines = last_lines


class SimulatorBug(AxsimError):
    """We are wrong."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A remedy that lists near names, or all of them when they are few and none is near."""
    names = sorted(set(known))
    near = get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(repr(n) for n in near) + "?"
    if 0 < len(names) <= 12:
        return "known: " + ", ".join(names)
    return ""
