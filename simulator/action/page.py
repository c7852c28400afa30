"""Pages over multicast by the site's paging system (audio sheet 7.1; C1410 manual, Multicast controller)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from simulator.action.action import Action, check_use
from simulator.action.kind import Duration, Kind, Number, Text, Whole
from simulator.units import Seconds

GROUP: Final[Kind] = Text(r"2(2[4-9]|3[0-9])(\.[0-9]{1,3}){3}", "multicast group", example="239.1.1.1")
SRTP_KEY: Final[Kind] = Text(r"([0-9a-fA-F]{60}|[0-9a-fA-F]{92})?", "SRTP key", empty=True)

PAGE_USES: Final[dict[str, tuple[str, ...]]] = {
    "start": ("tone", "level", "codec", "key", "for"),
    "stop": (),
}


@dataclass(frozen=True, slots=True)
class Page(Action):
    """Let the site's paging system send a tone to a multicast group, or end that."""

    verb: ClassVar[str] = "page"
    family: ClassVar[str] = "sound"
    shorthand: ClassVar[str] = "do"

    do: Annotated[Literal["start", "stop"], "What it does."]
    group: Annotated[
        str,
        Text(r"2(2[4-9]|3[0-9])(\.[0-9]{1,3}){3}", "multicast group", example="239.1.1.1"),
        "Where it is sent.",
    ]
    port: Annotated[int, Whole(1024, 65534), "Port of the group."]
    tone: Annotated[float, Number(20, 3900), "Frequency of the tone in hertz."] = 1000.0
    level: Annotated[float, Number(-60, -3), "Its level in decibels below full scale."] = -10.0
    codec: Annotated[Literal["PCMU", "PCMA"], "How it is encoded."] = "PCMU"
    key: Annotated[str, SRTP_KEY, "SRTP key with salt, 60 or 92 hex digits."] = ""
    for_: Annotated[Seconds | None, Duration(0.001), "Ends by itself after this time on the device clock."] = None

    def __post_init__(self) -> None:
        check_use(self, "do", PAGE_USES)
