"""Device time (network sheet 15). Wire time is never touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from simulator.action.action import Action, check_use
from simulator.action.kind import Duration, Number
from simulator.clock import FASTEST
from simulator.units import Seconds

CLOCK_USES: Final[dict[str, tuple[str, ...]]] = {
    "pause": (),
    "resume": (),
    "rate": ("rate!",),
    "advance": ("by!",),
}
"""What can be done to the clock, and which fields each takes."""


@dataclass(frozen=True, slots=True)
class Clock(Action):
    """Pause device time, let it run on, run it faster, or move a stepped clock on."""

    verb: ClassVar[str] = "clock"
    family: ClassVar[str] = "clock"
    shorthand: ClassVar[str] = "do"

    do: Annotated[Literal["pause", "resume", "rate", "advance"], "What happens to the clock."]
    rate: Annotated[float | None, Number(0.01, FASTEST), "Device seconds per second."] = None
    by: Annotated[Seconds | None, Duration(), "How far a stepped clock moves."] = None

    def __post_init__(self) -> None:
        check_use(self, "do", CLOCK_USES)
