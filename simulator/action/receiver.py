"""The receivers of the site: mail, web and TCP server that devices tell of events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from simulator.action.action import Action, check_use
from simulator.action.kind import Duration, Whole
from simulator.units import Seconds

RECEIVER_USES: Final[dict[str, tuple[str, ...]]] = {
    "stop": ("which", "for"),
    "start": ("which",),
    "refuse": ("which", "code", "for"),
    "accept": ("which",),
    "stall": ("which", "for"),
    "slow": ("which", "delay!", "for"),
    "resume": ("which",),
    "certificate": ("flaw!", "for"),
}
"""What they can be told, and which fields each takes."""


@dataclass(frozen=True, slots=True)
class Receiver(Action):
    """Tell the receivers of notifications what to do.

    stop, start: the whole program; connections are refused in between. refuse: mail is refused with a code, requests
    are answered with a status, TCP connections are reset; accept ends it. stall: new connections stand and nothing is
    said on them. slow: answers come late; resume ends both. certificate: from the next TLS handshake on they show
    another one.
    """

    verb: ClassVar[str] = "receiver"
    family: ClassVar[str] = "receiver"
    shorthand: ClassVar[str] = "do"

    do: Annotated[
        Literal["stop", "start", "refuse", "accept", "stall", "slow", "resume", "certificate"],
        "What the receivers do.",
    ]
    which: Annotated[Literal["mail", "web", "tcp"] | None, "Which one; all by default."] = None
    code: Annotated[
        int | None, Whole(400, 599), "SMTP reply code or HTTP status of a refusal; 550 and 503 by default."
    ] = None
    delay: Annotated[Seconds | None, Duration(0.001), "How late an answer comes, on the device clock."] = None
    flaw: Annotated[
        Literal["none", "expired", "not-yet-valid", "unknown-authority", "wrong-name"] | None,
        "What is wrong with the certificate; none: nothing any more.",
    ] = None
    for_: Annotated[Seconds | None, Duration(0.001), "Ends by itself after this time on the device clock."] = None

    def __post_init__(self) -> None:
        check_use(self, "do", RECEIVER_USES)
