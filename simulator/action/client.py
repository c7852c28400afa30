"""The client under test, where the scenario starts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from simulator.action.action import Action


@dataclass(frozen=True, slots=True)
class Client(Action):
    """Start, stop, restart or kill the program of the scenario's `client` section."""

    verb: ClassVar[str] = "client"
    family: ClassVar[str] = "client"
    shorthand: ClassVar[str] = "do"

    do: Annotated[
        Literal["start", "stop", "restart", "kill"],
        "stop asks it to end and waits; kill gives it no time to do so.",
    ]
