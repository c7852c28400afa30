"""What an expectation asks about the sound of a speaker."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from simulator.action.kind import Duration, Kind, Number, Text
from simulator.errors import FleetError
from simulator.expect.query import Query
from simulator.units import Seconds

LEVEL: Final[Kind] = Text(r"(>=|<=) ?-?[0-9]{1,3}(\.[0-9]+)?", "level", example="'>= -30'")
SOURCE: Final[Kind] = Text(
    r"[!-~]([ -~]{0,61}[!-~])?", "source", example="SIP, VAPIXAudio, VAPIXMediaClip or none"
)
QUIET: Final = -80.0
"""dBFS up to which it is silent, and above which a tone is one."""
WINDOW: Final = 0.5
"""Seconds that are listened to where none are given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundQuery(Query):
    """What a speaker's loudspeaker has just played, by ear; levels in dBFS, with gain and mute applied."""

    shorthand: ClassVar[str] = "source"

    source: Annotated[str, SOURCE, "Who is heard now; none for nobody."] = ""
    tone: Annotated[float | None, Number(20, 7500), "Frequency in Hz of a tone that is heard above all else."] = (
        None
    )
    level: Annotated[str, LEVEL, "How loud: the tone, or without one all of it."] = ""
    silent: Annotated[bool | None, "Whether nothing can be heard."] = None
    last: Annotated[Seconds | None, Duration(0.05), "How much of what was just played is listened to; 0.5 s."] = (
        None
    )

    def __post_init__(self) -> None:
        if not (self.source or self.tone or self.level or self.silent is not None):
            raise FleetError("nothing is asked about the sound", hint="name source, tone, level or silent")
        if self.silent and (self.tone or self.level):
            raise FleetError("silence has neither tone nor level")

    def level_fits(self, decibels: float) -> bool:
        """Whether a level is as wanted; any is where none is."""
        found = re.fullmatch(r"(>=|<=) ?(.+)", self.level)
        if found is None:
            return True
        wanted = float(found[2])
        return decibels >= wanted if found[1] == ">=" else decibels <= wanted
