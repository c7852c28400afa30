"""The way out of the language: a function or an address of the project that uses the simulator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from simulator.action.action import Action
from simulator.action.declaration import Pairs
from simulator.action.kind import Text

HOOK = Text(
    r"python:[A-Za-z_]\w*(\.[A-Za-z_]\w*)+|https?://[^\s]{1,2000}",
    "hook",
    example="python:checks.door_view or http://127.0.0.1:9000/view",
)


@dataclass(frozen=True, slots=True)
class Call(Action):
    """Call a Python function of the project, or an HTTP address that answers JSON."""

    verb: ClassVar[str] = "call"
    family: ClassVar[str] = "hook"
    shorthand: ClassVar[str] = "hook"

    hook: Annotated[str, HOOK, "`python:module.function`, or an http address that is sent the arguments by POST."]
    arguments: Annotated[Pairs, "Arguments by name."] = ()
