"""Remarks in the timeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from simulator.action.action import Action


@dataclass(frozen=True, slots=True)
class Note(Action):
    """Write a remark into the journal, so that it shows in the timeline of the report."""

    verb: ClassVar[str] = "note"
    family: ClassVar[str] = "note"
    shorthand: ClassVar[str] = "text"

    text: Annotated[str, "The remark."]
